"""When a conversation is over by itself, and which words end it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal

from openclaw.sessions.config import ResetConfig, SessionConfig
from openclaw.types.calendar import last_hour

ResetType = Literal["direct", "group", "thread"]
StaleReason = Literal["daily", "idle"]

IDLE_MINUTES = 60
AT_HOUR = 4


@dataclass(frozen=True, slots=True)
class ResetRule:
    """Both set: whichever comes first. Neither: the conversation goes on for ever."""

    at_hour: int | None = None
    idle_minutes: int | None = None


def reset_type(session_key: str) -> ResetType:
    if ":topic:" in session_key or ":thread:" in session_key:
        return "thread"
    return "group" if ":group:" in session_key or ":channel:" in session_key else "direct"


def rule_for(config: SessionConfig, channel: str, session_key: str) -> ResetRule:
    """By channel as a whole, else by type over `session.reset`, field by field."""
    blocks = _blocks(config, channel, reset_type(session_key))
    mode, hour = _said(blocks, "mode"), _said(blocks, "at_hour")
    minutes = _said(blocks, "idle_minutes") or config.idle_minutes
    if mode is None:
        mode = "daily" if hour is not None else "idle" if minutes else "none"
    match mode:
        case "daily":
            return ResetRule(AT_HOUR if hour is None else hour, minutes)
        case "idle":
            return ResetRule(None, minutes or IDLE_MINUTES)
        case _:
            return ResetRule()


def _blocks(config: SessionConfig, channel: str, kind: ResetType) -> Sequence[ResetConfig]:
    for name, block in config.reset_by_channel.items():
        if name.strip().lower() == channel.lower():
            return (block,)
    by_type = config.reset_by_type
    match kind:
        case "direct":
            block_of_type = by_type.direct or by_type.dm
        case "group":
            block_of_type = by_type.group
        case "thread":
            block_of_type = by_type.thread
    return (block_of_type, config.reset) if block_of_type is not None else (config.reset,)


def _said(blocks: Sequence[ResetConfig], name: str) -> Any:
    """What the nearest block says that says it at all."""
    return next((getattr(block, name) for block in blocks if name in block.model_fields_set), None)


def is_stale(entry: Mapping[str, Any], now: int, rule: ResetRule, zone: tzinfo) -> StaleReason | None:
    """Why the next message begins a new conversation, or None.

    `lastInteractionAt` is when a person last spoke: what the assistant does by itself keeps nothing alive.
    """
    last = entry.get("lastInteractionAt") or entry.get("updatedAt")
    if not isinstance(last, int) or last <= 0:
        return None
    if rule.at_hour is not None and last < last_hour(now, rule.at_hour, zone):
        return "daily"
    if rule.idle_minutes is not None and now - last > rule.idle_minutes * 60_000:
        return "idle"
    return None


def reset_asked(text: str, triggers: Sequence[str]) -> str | None:
    """What stands behind a trigger, '' when it stands alone; None when the text is no reset."""
    words = text.strip()
    for trigger in sorted(filter(None, triggers), key=len, reverse=True):
        head, rest = words[: len(trigger)], words[len(trigger) :]
        if head.casefold() == trigger.casefold() and (not rest or rest[0].isspace()):
            return rest.strip()
    return None
