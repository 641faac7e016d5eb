"""How long a key rests after a refusal. Pure: times are milliseconds since 1970, so that they survive a restart."""

from dataclasses import dataclass, replace
from typing import Literal

Reason = Literal["rate_limit", "billing", "auth"]

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
FORGET_MS = 24 * HOUR_MS
LONGEST_MS = HOUR_MS
BILLING_MS = 5 * HOUR_MS
LONGEST_BILLING_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Trouble:
    """Refusals in a row, of one key by one model or, when it is about money, by all."""

    reason: Reason
    count: int
    at: int
    """The last one that counted."""
    until: int | None
    """None: until the key is another one."""
    key: str = ""
    """A fingerprint of the key that was refused."""

    def active(self, now: int) -> bool:
        if self.until is None:
            return True
        # The clock may have been set back: what lies in the future did not happen, and must not last for years.
        return self.at <= now < self.until

    def forgotten(self, now: int) -> bool:
        return now - self.at >= FORGET_MS or self.at > now


def limited(before: Trouble | None, now: int, retry_after: float | None) -> Trouble:
    """1, 5, 25, 60 minutes; longer where the provider says so."""
    count = _next(before, "rate_limit", now)
    pause = min(MINUTE_MS * 5 ** min(count - 1, 3), LONGEST_MS)
    until = now + max(pause, round((retry_after or 0) * 1000))
    if before is not None and before.active(now) and before.until is not None:
        # Asked in its rest, because there was no other: that tells nothing new, unless the provider asks for more.
        return replace(before, until=max(before.until, now + round((retry_after or 0) * 1000)))
    return Trouble("rate_limit", count, now, until)


def unpaid(before: Trouble | None, now: int) -> Trouble:
    """5 hours, doubling to a day."""
    if before is not None and before.active(now):
        return before
    count = _next(before, "billing", now)
    return Trouble("billing", count, now, now + min(BILLING_MS * 2 ** min(count - 1, 8), LONGEST_BILLING_MS))


def refused(before: Trouble | None, now: int, key: str) -> Trouble:
    return Trouble("auth", _next(before, "auth", now), now, None, key)


def _next(before: Trouble | None, reason: Reason, now: int) -> int:
    if before is None or before.reason != reason or before.forgotten(now):
        return 1
    return before.count + 1
