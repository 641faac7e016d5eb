"""Answers that nobody needs to read. Pure."""

from collections.abc import Mapping
from typing import Any

from openclaw.gateway import notices
from openclaw.types.messages import Inbound

NOTHING_DUE = "HEARTBEAT_OK"
HEARTBEAT = "heartbeat"
"""The channel under which a heartbeat enters."""
WATCHED_OVER = frozenset({HEARTBEAT, "cron"})
"""What enters here is followed to its end: its failures are told there, if they are worth it."""
ACK_CHARACTERS = 300
REPEATED_MS = 24 * 3_600_000


def heard(text: str, event: Inbound, entry: Mapping[str, Any], now: int) -> str | None:
    """What people get to read of an answer; None for nothing. `entry`: the session's."""
    if text.strip() == notices.SILENT:
        return None
    if not event.from_house:
        return text
    words = without_token(text)
    most = event.settings.get("ackMaxChars", ACK_CHARACTERS)
    if words != text.strip() and len(words) <= (most if isinstance(most, int) else ACK_CHARACTERS):
        return None
    if words == notices.SILENT or _is_repeated(words, event, entry, now):
        return None
    return words


def without_token(text: str) -> str:
    """Models put it before or behind what they say, and into bold."""
    words = text.strip()
    while words:
        bare = words.strip("*_`").strip()
        if bare.startswith(NOTHING_DUE):
            words = bare.removeprefix(NOTHING_DUE).lstrip(" .!*_`\n").strip()
        elif bare.endswith(NOTHING_DUE):
            words = bare.removesuffix(NOTHING_DUE).strip()
        else:
            break
    return words


def _is_repeated(words: str, event: Inbound, entry: Mapping[str, Any], now: int) -> bool:
    """A heartbeat that says the same again within a day says nothing new."""
    at = entry.get("lastHeartbeatSentAt")
    return (
        event.channel == HEARTBEAT
        and entry.get("lastHeartbeatText") == words
        and isinstance(at, int)
        and now - at < REPEATED_MS
    )
