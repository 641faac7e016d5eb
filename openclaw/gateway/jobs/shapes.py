"""Jobs as JSON: in the original's form outside and in the ledger, as a Job inside."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import tzinfo
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from openclaw.agent.tools.arguments import complaints
from openclaw.agent.tools.jobs import JobError, JobMaker
from openclaw.gateway.jobs.job import (
    AgentTurn,
    At,
    Cron,
    DeliveryMode,
    Every,
    Job,
    JobDelivery,
    JobState,
    Payload,
    Schedule,
    SystemEvent,
    WakeMode,
)
from openclaw.gateway.jobs.moments import moment_of, named_zone
from openclaw.gateway.jobs.schedule import LEAST_INTERVAL_MS, check_expression
from openclaw.llm.chat import ThinkingLevel
from openclaw.sessions.keys import agent_of, expand, main_key
from openclaw.types.clock import iso
from openclaw.types.messages import Address

LONGEST_TEXT = 20_000
NAME_CHARACTERS = 80
FAR_MS = 100 * 366 * 86_400_000


class _Shape(BaseModel):
    model_config = ConfigDict(
        defer_build=True, alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


class _At(_Shape):
    kind: Literal["at"]
    at: str
    tz: str | None = None


class _Every(_Shape):
    kind: Literal["every"]
    every_ms: int = Field(ge=LEAST_INTERVAL_MS, le=FAR_MS)
    anchor_ms: int | None = Field(default=None, ge=0)


class _Cron(_Shape):
    kind: Literal["cron"]
    expr: str = Field(min_length=1, max_length=200)
    tz: str | None = None
    stagger_ms: int | None = Field(default=None, ge=0, le=86_400_000)


class _SystemEvent(_Shape):
    kind: Literal["systemEvent"]
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)


class _AgentTurn(_Shape):
    kind: Literal["agentTurn"]
    message: str = Field(min_length=1, max_length=LONGEST_TEXT)
    model: str | None = None
    thinking: ThinkingLevel | None = None
    timeout_seconds: float | None = Field(default=None, gt=0, le=86_400)
    light_context: bool = True


class _Delivery(_Shape):
    mode: DeliveryMode = "announce"
    channel: str | None = None
    to: str | None = None
    account_id: str | None = None
    thread_id: str | None = None
    best_effort: bool = False


class _Job(_Shape):
    """`id`, the times and the state are the house's: they are read past."""

    model_config = ConfigDict(defer_build=True, extra="ignore")

    agent_id: str | None = None
    session_key: str | None = None
    name: str = ""
    description: str = Field(default="", max_length=2000)
    enabled: bool = True
    delete_after_run: bool | None = None
    schedule: Annotated[_At | _Every | _Cron, Field(discriminator="kind")]
    session_target: str | None = None
    wake_mode: WakeMode = "now"
    payload: Annotated[_SystemEvent | _AgentTurn, Field(discriminator="kind")]
    delivery: _Delivery | None = None


_KNOWN = frozenset({"id", "jobId", "createdAtMs", "updatedAtMs", "state"}) | {
    field.alias for field in _Job.model_fields.values()
}


@dataclass(frozen=True, slots=True)
class Birth:
    """What a job does not say of itself."""

    id: str
    maker: JobMaker
    created_at: int
    now: int
    zone: tzinfo
    """The owner's."""


def parse_job(raw: Mapping[str, object], birth: Birth) -> Job:
    """Raises JobError."""
    if unknown := sorted(set(raw) - _KNOWN):
        known = ", ".join(sorted(str(name) for name in _KNOWN - {"jobId", "state"}))
        raise JobError(f"a job has no {', '.join(unknown)}; it has {known}")
    try:
        shape = _Job.model_validate(dict(raw))
        schedule = _schedule(shape.schedule, birth)
    except ValidationError as error:
        raise JobError(complaints(error, {})) from None
    except ValueError as error:
        raise JobError(f"schedule: {error}") from None
    payload, maker = _payload(shape.payload), birth.maker
    once = isinstance(schedule, At)
    return Job(
        birth.id,
        shape.agent_id or maker.agent,
        _name(shape.name or payload.text),
        schedule,
        payload,
        _target(shape, payload, maker),
        maker,
        birth.created_at,
        birth.now,
        shape.session_key,
        shape.description,
        shape.enabled,
        once if shape.delete_after_run is None else shape.delete_after_run,
        shape.wake_mode,
        _delivery(shape.delivery),
    )


def _schedule(shape: _At | _Every | _Cron, birth: Birth) -> Schedule:
    """Raises ValueError."""
    match shape:
        case _At():
            return At(moment_of(shape.at, birth.now, birth.zone, shape.tz))
        case _Every():
            return Every(shape.every_ms, birth.created_at if shape.anchor_ms is None else shape.anchor_ms)
        case _Cron():
            check_expression(shape.expr)
            zone = shape.tz
            if zone is not None:
                named_zone(zone, birth.zone)
                zone = None if zone.strip().lower() == "local" else zone
            return Cron(" ".join(shape.expr.split()), zone, shape.stagger_ms)


def _payload(shape: _SystemEvent | _AgentTurn) -> Payload:
    match shape:
        case _SystemEvent():
            return SystemEvent(shape.text)
        case _AgentTurn():
            return AgentTurn(
                shape.message, shape.model, shape.thinking, shape.timeout_seconds, shape.light_context
            )


def _target(shape: _Job, payload: Payload, maker: JobMaker) -> str:
    """Raises JobError. Words belong into a conversation: the one they come from, unless another is named."""
    agent = shape.agent_id or maker.agent
    isolated = isinstance(payload, AgentTurn)
    asked = (shape.session_target or ("isolated" if isolated else "current")).strip()
    if asked.lower() == "current":
        asked = f"session:{maker.session_key}" if agent_of(maker.session_key) == agent else "main"
    name, colon, key = asked.partition(":")
    match name.lower(), bool(colon and key):
        case "session", True:
            full = expand(key, agent)
            return "main" if full == main_key(agent) else f"session:{full}"
        case "main", False:
            if isolated:
                raise JobError(
                    "sessionTarget main takes a payload of the kind systemEvent; agentTurn is for isolated"
                )
            return "main"
        case "isolated", False:
            if not isolated:
                raise JobError(
                    "sessionTarget isolated takes a payload of the kind agentTurn; systemEvent is for main"
                )
            return "isolated"
        case _:
            raise JobError(f"sessionTarget must be main, isolated, current or session:<key>, not {asked!r}")


def _delivery(shape: _Delivery | None) -> JobDelivery:
    if shape is None:
        return JobDelivery()
    channel = None if shape.channel in (None, "", "last") else shape.channel
    return JobDelivery(
        shape.mode, channel, shape.to or None, shape.account_id, shape.thread_id, shape.best_effort
    )


def _name(text: str) -> str:
    words = " ".join(text.split())
    words = "".join(char for char in words if char.isprintable() and char not in "[]")
    return words if len(words) <= NAME_CHARACTERS else words[: NAME_CHARACTERS - 1] + "…"


# -- as JSON ----------------------------------------------------------------------------------------------


def job_json(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": job.id,
        "agentId": job.agent,
        "sessionKey": job.session_key,
        "name": job.name,
        "description": job.description or None,
        "enabled": job.enabled,
        "deleteAfterRun": job.delete_after_run,
        "createdAtMs": job.created_at,
        "updatedAtMs": job.updated_at,
        "schedule": _schedule_json(job.schedule),
        "sessionTarget": job.target,
        "wakeMode": job.wake_mode,
        "payload": _payload_json(job.payload),
        "delivery": _delivery_json(job.delivery),
    }
    return {name: value for name, value in found.items() if value is not None}


def _schedule_json(schedule: Schedule) -> dict[str, Any]:
    match schedule:
        case At(at):
            return {"kind": "at", "at": iso(at)}
        case Every(every_ms, anchor):
            return {"kind": "every", "everyMs": every_ms, "anchorMs": anchor}
        case Cron(expr, tz, stagger):
            return {"kind": "cron", "expr": expr} | _without_none({"tz": tz, "staggerMs": stagger})


def _payload_json(payload: Payload) -> dict[str, Any]:
    match payload:
        case SystemEvent(text):
            return {"kind": "systemEvent", "text": text}
        case AgentTurn():
            more = {
                "model": payload.model,
                "thinking": payload.thinking,
                "timeoutSeconds": payload.timeout_seconds,
                "lightContext": payload.light_context,
            }
            return {"kind": "agentTurn", "message": payload.text} | _without_none(more)


def _delivery_json(delivery: JobDelivery) -> dict[str, Any]:
    more = {
        "channel": delivery.channel,
        "to": delivery.to,
        "accountId": delivery.account,
        "threadId": delivery.thread,
        "bestEffort": delivery.best_effort or None,
    }
    return {"mode": delivery.mode} | _without_none(more)


def _without_none(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def patched(job: Job, patch: Mapping[str, object]) -> dict[str, Any]:
    """The job with what the patch says; a part of another kind replaces the old one whole. None takes away."""
    merged: dict[str, Any] = job_json(job)
    for name, value in patch.items():
        before = merged.get(name)
        if isinstance(before, dict) and isinstance(value, Mapping):
            same_kind = value.get("kind", before.get("kind")) == before.get("kind")
            merged[name] = _without_none({**(before if same_kind else {}), **value})
        elif value is None:
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged


# -- in the ledger ----------------------------------------------------------------------------------------


def job_text(job: Job) -> str:
    return orjson.dumps({**job_json(job), "maker": asdict(job.maker)}).decode()


def read_job(text: str, zone: tzinfo) -> Job:
    """What `job_text` wrote."""
    raw = orjson.loads(text)
    maker = raw.pop("maker")
    if maker["reply_to"] is not None:
        maker["reply_to"] = Address(**maker["reply_to"])
    birth = Birth(raw["id"], JobMaker(**maker), raw["createdAtMs"], raw["updatedAtMs"], zone)
    return parse_job(raw, birth)


def state_text(state: JobState) -> str:
    return orjson.dumps(state).decode()


def read_state(text: str) -> JobState:
    raw = orjson.loads(text)
    return JobState(**{name: raw[name] for name in JobState.__dataclass_fields__ if name in raw})
