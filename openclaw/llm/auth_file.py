"""`auth-profiles.json`: how the keys fared, in the original's shape. Pure.

Keys that the original keeps there are read and left as they are; ours are only ever named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from openclaw.llm.cooling import Reason, Trouble
from openclaw.llm.profiles import Profile
from openclaw.types.secrets import SecretRef

Json = dict[str, Any]
EVERY_MODEL = ""
"""In a record's troubles: what the key has with its provider, whichever model is asked."""
_OURS = "config"


@dataclass(slots=True)
class Record:
    used: int = 0
    troubles: dict[str, Trouble] = field(default_factory=dict)
    """By model."""


def parse(data: bytes) -> Json:
    """Raises ValueError."""
    document = orjson.loads(data)
    if not isinstance(document, dict):
        raise ValueError("it is no object")
    return document


def stored_profiles(document: Json) -> dict[str, Profile]:
    """The original's own keys; those of an account that logs in are of no use to us."""
    found: dict[str, Profile] = {}
    for name, entry in _objects(document, "profiles"):
        reference = _reference(entry)
        if entry.get("type") == "api_key" and entry.get("source") != _OURS and reference is not None:
            found[name] = Profile(
                name, str(entry.get("provider") or name.partition(":")[0]).lower(), reference
            )
    return found


def records(document: Json) -> dict[str, Record]:
    return {name: _record(entry) for name, entry in _objects(document, "usageStats")}


def filled(
    document: Json, profiles: Iterable[Profile], kept: Mapping[str, Record], good: Mapping[str, str]
) -> Json:
    """The document with what we know, and with all that is not ours."""
    strangers = {
        name: entry for name, entry in _objects(document, "profiles") if entry.get("source") != _OURS
    }
    ours = {each.id: _shown(each) for each in profiles if each.id not in strangers}
    stats = dict(_objects(document, "usageStats"))
    told = {name: record for name, record in kept.items() if record.used or record.troubles}
    return {
        **document,
        "version": document.get("version", 1),
        "profiles": {**strangers, **ours},
        "lastGood": {**dict(_texts(document, "lastGood")), **good},
        "usageStats": {**stats, **{name: _stats(stats.get(name, {}), told[name]) for name in told}},
    }


def _shown(profile: Profile) -> Json:
    shown: Json = {"type": "api_key", "provider": profile.provider, "source": _OURS}
    if profile.key is not None and not profile.key.is_plain:
        shown["keyRef"] = profile.key.text
    return shown


def _stats(before: Json, record: Record) -> Json:
    money = record.troubles.get(EVERY_MODEL)
    by_model = {model: each for model, each in record.troubles.items() if model != EVERY_MODEL}
    every = list(record.troubles.values())
    counts: dict[str, int] = {}
    for each in every:
        counts[each.reason] = max(counts.get(each.reason, 0), each.count)
    ours: Json = {
        "lastUsed": record.used or None,
        "cooldownUntil": max((each.until for each in by_model.values() if each.until), default=None),
        "disabledUntil": money.until if money is not None else None,
        "disabledReason": money.reason if money is not None else None,
        "errorCount": max((each.count for each in every), default=0),
        "failureCounts": counts or None,
        "lastFailureAt": max((each.at for each in every), default=None),
        "models": {model: _trouble(each) for model, each in by_model.items()} or None,
    }
    return {name: value for name, value in {**before, **ours}.items() if value is not None}


def _trouble(trouble: Trouble) -> Json:
    shown: Json = {"reason": trouble.reason, "errorCount": trouble.count, "lastFailureAt": trouble.at}
    if trouble.until is not None:
        shown["cooldownUntil"] = trouble.until
    if trouble.key:
        shown["refusedKey"] = trouble.key
    return shown


def _record(entry: Json) -> Record:
    record = Record(_number(entry, "lastUsed"))
    for model, each in _objects(entry, "models"):
        if (reason := each.get("reason")) in {"rate_limit", "auth"}:
            until = _number(each, "cooldownUntil") if reason == "rate_limit" else None
            record.troubles[model] = Trouble(
                cast(Reason, reason),
                max(_number(each, "errorCount"), 1),
                _number(each, "lastFailureAt"),
                until,
                str(each.get("refusedKey") or ""),
            )
    if until := _number(entry, "disabledUntil"):
        count = max(_number(entry, "errorCount"), 1)
        record.troubles[EVERY_MODEL] = Trouble("billing", count, _number(entry, "lastFailureAt"), until)
    return record


def _reference(entry: Json) -> SecretRef | None:
    match entry.get("keyRef") or entry.get("key"):
        case str(text) if text:
            return SecretRef(text)
        case {"source": "env", "id": str(name)}:
            return SecretRef(f"env:{name}")
        case _:
            return None


def _objects(document: Json, name: str) -> list[tuple[str, Json]]:
    """Other programs write here too: what has not the form we know is passed over."""
    found = document.get(name)
    return [item for item in found.items() if isinstance(item[1], dict)] if isinstance(found, dict) else []


def _texts(document: Json, name: str) -> list[tuple[str, str]]:
    found = document.get(name)
    return [item for item in found.items() if isinstance(item[1], str)] if isinstance(found, dict) else []


def _number(entry: Json, name: str) -> int:
    value = entry.get(name)
    return int(value) if isinstance(value, int | float) and 0 <= value < 2**53 else 0
