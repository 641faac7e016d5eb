"""When the owner is told of something unasked, and when it is held back. Pure."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

EVERY_MS = 15 * 60_000
BURST = 20
BURST_MS = 5 * 60_000
DEAD_MS = 10 * 60_000
BOOTSTRAP_TRUST = "bootstrap-trust"
TOLD_IN_CHATS = frozenset({BOOTSTRAP_TRUST})
"""Kinds whose author has written to the owners himself, so that no crash swallows it."""
_OWN_DOING = frozenset({"not-ready", "too-large", "too-slow", "broken-off", "method-not-allowed"})
"""Reasons of refusal that say nothing about who asks."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one kind of alert."""

    at: int
    """When the owner was told last."""
    held: int = 0
    """How many have come since."""
    last: str = ""


def heard(before: Told | None, text: str, now: int) -> tuple[Told, str | None]:
    """The first of a kind is told at once, then at most one in a quarter of an hour; None: held back."""
    if before is None or now - before.at >= EVERY_MS:
        return Told(now), _counted(text, before.held if before is not None else 0)
    return replace(before, held=before.held + 1, last=text), None


def overdue(before: Told, now: int) -> tuple[Told, str | None]:
    """What was held back is told once its time has come."""
    if before.held == 0 or now - before.at < EVERY_MS:
        return before, None
    return Told(now), _counted(before.last, before.held - 1)


def is_forgotten(before: Told, now: int) -> bool:
    return before.held == 0 and now - before.at >= EVERY_MS


def _counted(text: str, more: int) -> str:
    return f"{text} ({more} more like this since the last alert)" if more else text


@dataclass(slots=True)
class Burst:
    """Refusals at the public door: single ones are noise, many in a few minutes are news."""

    _times: deque[int] = field(default_factory=lambda: deque(maxlen=BURST))

    def note(self, reason: str, now: int) -> bool:
        """Whether there were twenty within five minutes; then it is counted anew."""
        if reason in _OWN_DOING:
            return False
        self._times.append(now)
        if len(self._times) < BURST or now - self._times[0] > BURST_MS:
            return False
        self._times.clear()
        return True


@dataclass(frozen=True, slots=True)
class Failing:
    since: int
    reason: str
    told: bool = False


Place = tuple[str, str]
"""Channel and account."""


def dead(failing: Mapping[Place, Failing], now: int) -> list[Place]:
    """The channels that have failed for long, and of which nobody was told."""
    return [place for place, each in failing.items() if not each.told and now - each.since > DEAD_MS]
