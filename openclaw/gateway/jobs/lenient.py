"""Jobs as models write them, flat or under other names, brought into their form. Pure; what is wrong stays wrong."""

import json
import re
from collections.abc import Mapping
from typing import Any

from openclaw.gateway.jobs.moments import duration_ms
from openclaw.gateway.jobs.schedule import NICKNAMES

_WRAPPERS = ("job", "data")
_TIMES = ("at", "atMs", "when", "every", "everyMs", "anchorMs", "expr", "cron", "tz", "timezone", "staggerMs")
_TURN_FIELDS = ("model", "thinking", "timeoutSeconds", "lightContext")
_DELIVERY_FIELDS = ("mode", "channel", "to", "accountId", "threadId", "bestEffort")
_CRON = re.compile(r"\S+(\s+\S+){4,5}")


def canonical_job(raw: Mapping[str, object]) -> dict[str, Any]:
    """The job itself, out of whatever it is wrapped in."""
    job = _unwrapped(raw)
    _gather_schedule(job)
    _gather_payload(job)
    if isinstance(payload := job.get("payload"), dict):
        payload.setdefault("kind", _payload_kind(job.get("sessionTarget"), payload))
        _name_by_kind(payload)
        _take_context(job, payload)
    _gather_delivery(job)
    return job


def canonical_patch(raw: Mapping[str, object], payload_kind: str) -> dict[str, Any]:
    """As of a job, but only of what is there. `payload_kind`: the job's own."""
    patch = _unwrapped(raw)
    _gather_schedule(patch)
    _gather_payload(patch)
    if isinstance(payload := patch.get("payload"), dict):
        payload.setdefault("kind", payload_kind)
        _name_by_kind(payload)
    _gather_delivery(patch)
    return patch


def _payload_kind(target: object, payload: Mapping[str, object]) -> str:
    if target == "isolated":
        return "agentTurn"
    turn = target is None and any(name in payload for name in _TURN_FIELDS)
    return "agentTurn" if turn else "systemEvent"


def _unwrapped(raw: Mapping[str, object]) -> dict[str, Any]:
    job: dict[str, Any] = dict(raw)
    for name in _WRAPPERS:
        inner = _object(job.get(name))
        if inner is not None:
            job = {**{key: value for key, value in job.items() if key != name}, **inner}
    return {_camel(name): value for name, value in job.items()}


def _object(value: object) -> dict[str, Any] | None:
    """Also one that was written as text."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return {_camel(str(name)): each for name, each in value.items()} if isinstance(value, Mapping) else None


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def _gather_schedule(job: dict[str, Any]) -> None:
    loose = {name: job.pop(name) for name in _TIMES if name in job}
    given = job.get("schedule")
    schedule = _object(given)
    if schedule is None and isinstance(given, str):
        schedule = _spoken(given)
    if schedule is None and given is None and not loose:
        return
    if schedule is None and given is not None:
        return  # its complaint is precise enough
    found = {**loose, **(schedule or {})}
    for old, new in (("when", "at"), ("cron", "expr"), ("timezone", "tz")):
        if old in found:
            found.setdefault(new, found.pop(old))
    if "atMs" in found:
        found.setdefault("at", found.pop("atMs"))
    if isinstance(found.get("at"), int | float):
        found["at"] = str(int(found["at"]))
    if "every" in found:
        every = found.pop("every")
        length = duration_ms(every) if isinstance(every, str) else every
        found.setdefault("everyMs", every if length is None else length)
    found.setdefault("kind", _kind(found))
    if found["kind"] is None:
        del found["kind"]
    job["schedule"] = found


def _kind(schedule: Mapping[str, object]) -> str | None:
    kinds = {"at": "at", "everyMs": "every", "expr": "cron"}
    return next((kind for field, kind in kinds.items() if field in schedule), None)


def _spoken(text: str) -> dict[str, Any]:
    """`every 2 hours`, `0 9 * * *`, or a time."""
    words = text.strip()
    repeated = re.fullmatch(r"every\s+(.+)", words, re.IGNORECASE)
    if repeated and (length := duration_ms(repeated[1]) or duration_ms(f"1 {repeated[1]}")):
        return {"kind": "every", "everyMs": length}
    if words.lower() in NICKNAMES or (_CRON.fullmatch(words) and re.match(r"[\d*]", words) and "*" in words):
        return {"kind": "cron", "expr": words}
    return {"kind": "at", "at": words}


def _gather_payload(job: dict[str, Any]) -> None:
    given = job.get("payload")
    payload = _object(given)
    if payload is None and isinstance(given, str):
        payload = {"text": given}
    if payload is None and given is None:
        payload = {}
    if payload is None:
        return
    for name in ("text", "message", "prompt", "systemEvent", "task"):
        if name in job:
            words = job.pop(name)
            payload.setdefault("message" if name in {"message", "prompt", "task"} else "text", words)
    for name in _TURN_FIELDS:
        if name in job:
            payload.setdefault(name, job.pop(name))
    if payload:
        _old_delivery(job, payload)
        job["payload"] = payload


def _name_by_kind(payload: dict[str, Any]) -> None:
    """`text` of an event, `message` of a turn; either name will do."""
    own, other = ("message", "text") if payload["kind"] == "agentTurn" else ("text", "message")
    if other in payload:
        words = payload.pop(other)
        payload.setdefault(own, words)


def _take_context(job: dict[str, Any], payload: dict[str, Any]) -> None:
    """What was said before, below the words."""
    own = "message" if payload["kind"] == "agentTurn" else "text"
    context = job.pop("context", None)
    if isinstance(context, str) and isinstance(payload.get(own), str):
        payload[own] = f"{payload[own]}\n\n{context}"


def _old_delivery(job: dict[str, Any], payload: dict[str, Any]) -> None:
    """Where files of earlier versions have it: with the task."""
    old = {"deliver": "mode", "channel": "channel", "to": "to", "bestEffortDeliver": "bestEffort"}
    found = {new: payload.pop(name) for name, new in old.items() if name in payload}
    if isinstance(found.get("mode"), bool):
        found["mode"] = "announce" if found["mode"] else "none"
    if found and "delivery" not in job:
        job["delivery"] = found


def _gather_delivery(job: dict[str, Any]) -> None:
    loose = {name: job.pop(name) for name in _DELIVERY_FIELDS if name in job}
    given = job.get("delivery")
    delivery = {"mode": given} if given in ("none", "announce", "webhook") else _object(given)
    if isinstance(given, bool):
        delivery = {"mode": "announce" if given else "none"}
    if delivery is not None or loose:
        job["delivery"] = {**loose, **(delivery or {})}
