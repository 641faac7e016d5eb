"""What happens to a message that comes while its session is busy. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from openclaw.gateway.config import QueueConfig

QueueMode = Literal["steer", "followup", "collect", "steer-backlog", "interrupt"]
QueueDrop = Literal["old", "new", "summarize"]

_OTHER_NAMES: Mapping[str, QueueMode] = {"queue": "followup", "steer+backlog": "steer-backlog"}
BULLET = 120
"""Characters that are left of a message that fell out of a full queue."""


@dataclass(frozen=True, slots=True)
class QueueRules:
    mode: QueueMode = "steer"
    debounce_ms: int = 500
    """How long it must be quiet before collected messages are answered."""
    cap: int = 20
    drop: QueueDrop = "summarize"

    @property
    def steers(self) -> bool:
        return self.mode in {"steer", "steer-backlog"}


def mode_named(name: object) -> QueueMode | None:
    text = str(name).strip().lower()
    text = _OTHER_NAMES.get(text, text)
    return text if text in get_args(QueueMode) else None  # type: ignore[return-value]


def rules_for(entry: Mapping[str, Any], channel: str, config: QueueConfig) -> QueueRules:
    """The session's own choice, then the channel's, then the default."""
    mode = mode_named(entry.get("queueMode")) or mode_named(config.by_channel.get(channel)) or config.mode
    debounce = entry.get("queueDebounceMs", config.debounce_ms_by_channel.get(channel, config.debounce_ms))
    drop = entry.get("queueDrop", config.drop)
    return QueueRules(
        mode,
        _number(debounce, 0, config.debounce_ms),
        _number(entry.get("queueCap"), 1, config.cap),
        drop if drop in get_args(QueueDrop) else config.drop,
    )


def _number(value: object, least: int, otherwise: int) -> int:
    """The session's file may have been written by others."""
    return int(value) if isinstance(value, int | float) and value >= least else otherwise


def told_of_dropped(texts: Sequence[str]) -> str:
    """What the model learns of messages that fell out of a full queue."""
    lines = [f"- {' '.join(text.split())[:BULLET]}" for text in texts]
    return "\n".join([f"[{len(lines)} earlier messages came while you were busy; in short:]", *lines])
