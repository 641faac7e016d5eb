"""Entries of the original's session list in our spelling. Pure."""

import re
from collections.abc import Mapping, Set
from typing import Any

from openclaw.migrate.records import Json, Speaker
from openclaw.sessions.keys import agent_of, expand, main_key
from openclaw.types.conversation import Provenance

AGENT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
SESSION_ID = re.compile(r"[\w-][\w.-]{0,199}", re.ASCII)
"""It becomes a file's name."""
_LEFT = ("sessionFile", "skillsSnapshot", "systemPromptReport", "cliSessionIds", "delivery")
_DIRECT = re.compile(r"agent:[^:]+:(?:([^:]+):(?:[^:]+:)?)?direct:(.+)")


def our_key(key: str, agent: str) -> str:
    """Lower case, `direct` for `dm`, the agent in front."""
    return expand(key, agent)


def our_entry(raw: Mapping[str, Any]) -> tuple[Json, tuple[str, ...]]:
    """The entry, and what was changed in it."""
    entry = {name: value for name, value in raw.items() if name not in _LEFT and value is not None}
    notes: list[str] = []
    _take_delivery(entry, raw.get("delivery"))
    _take_model(entry)
    context = entry.get("deliveryContext")
    if isinstance(context, dict):
        channel = str(context.get("channel") or "")
        to = _bare(context.get("to"), channel)
        thread = context.get("threadId")
        entry["deliveryContext"] = {
            **context,
            **({"to": to} if to else {}),
            **({"threadId": str(thread)} if thread is not None else {}),
        }
    if "lastTo" in entry:
        entry["lastTo"] = _bare(entry["lastTo"], str(entry.get("lastChannel") or ""))
    if raw.get("lastTo") != entry.get("lastTo") and "lastTo" in raw:
        notes.append("addresses without the channel in front")
    if not isinstance(entry.get("updatedAt"), int):
        entry["updatedAt"] = 0
    return entry, tuple(notes)


def _take_delivery(entry: Json, delivery: object) -> None:
    """Newer versions keep the place of the last answer in one object."""
    context = delivery.get("context") if isinstance(delivery, dict) else None
    if not isinstance(context, dict) or "deliveryContext" in entry:
        return
    entry["deliveryContext"] = dict(context)
    if context.get("channel"):
        entry.setdefault("lastChannel", context["channel"])
    if context.get("to"):
        entry.setdefault("lastTo", context["to"])


def _take_model(entry: Json) -> None:
    model, provider = entry.get("model"), entry.get("modelProvider")
    if isinstance(model, str) and isinstance(provider, str) and "/" not in model:
        entry["model"] = f"{provider}/{model}"


def _bare(to: object, channel: str) -> str:
    text = str(to or "")
    return text.removeprefix(f"{channel}:") if channel else text


def speaker_of(key: str, entry: Mapping[str, Any], owners: Set[str], *, alone: bool) -> Speaker:
    """`owners`: `<channel>:<id>`. `alone`: nobody else was ever let in, so a shared conversation is theirs too."""
    channel, peer = _peer(key, entry)
    sender = f"{channel}:{peer}" if channel and peer else "unknown"
    if ":group:" in key or ":channel:" in key:
        return Speaker(sender, "stranger")
    is_main = key == main_key(agent_of(key) or "")
    known = sender in owners or (is_main and sender == "unknown")
    provenance: Provenance = "owner" if known and (alone or not is_main) else "stranger"
    return Speaker(sender, provenance)


def _peer(key: str, entry: Mapping[str, Any]) -> tuple[str, str]:
    if (direct := _DIRECT.fullmatch(key)) and direct[1]:
        return direct[1], direct[2]
    context = entry.get("deliveryContext")
    place = context if isinstance(context, dict) else {}
    channel = str(entry.get("lastChannel") or place.get("channel") or "")
    return channel, _bare(entry.get("lastTo") or place.get("to"), channel)
