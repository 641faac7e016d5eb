"""The owner's rules for texts and calls, as the gates read them. Pure data."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from re import Pattern
from typing import Literal

from openclaw.types.dealings import Registration

Scope = Literal["all", "channel"]


def estimated_segments(text: str) -> int:
    """Too many rather than too few; the channel's own count is handed in instead."""
    units = len(text.encode("utf-16-le")) // 2
    return max(1, -(-units // (153 if text.isascii() else 67)))


def counted_sentences(text: str) -> int:
    """By their marks alone; the channel's own count is handed in instead."""
    return len(re.findall(r"[.!?…]+(?=\s|$)", text))


@dataclass(frozen=True, slots=True)
class Caps:
    """None: no such cap."""

    spacing_seconds: int = 20
    contact_hour: int | None = 30
    sender_hour: int | None = 1000
    house_hour: int | None = 2000
    marketing_day: int = 1
    """To one number."""
    marketing_month: int = 6
    unanswered: int = 2
    segments: int = 4
    blast: int = 10
    """Numbers that may get the same words within an hour without an approved campaign."""
    canary: int = 5
    """The first messages of a campaign; the others wait until these have arrived."""
    dollars_per_day: float | None = None


@dataclass(frozen=True, slots=True)
class SendingRules:
    enabled: bool = True
    ten_dlc: Registration = "unknown"
    toll_free: Registration = "unknown"
    numbers: Mapping[str, Registration] = field(default_factory=dict)
    """Of our numbers that differ from the others."""
    senders: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Channel and account → our number there. One that is not known counts as a long code of the US."""
    opens: int = 9 * 60
    """Minutes of the recipient's day. The law's own hours, 8 to 21, hold besides."""
    closes: int = 20 * 60
    marketing_on_sundays: bool = False
    marketing_on_holidays: bool = False
    zone: str | None = None
    """Assumed for a number that tells nothing of its place; None: every zone of the US at once."""
    countries: frozenset[str] = frozenset({"US", "CA"})
    """Where a message may go that is no answer and not for the owner."""
    opt_out_scope: Scope = "all"
    switches: frozenset[str] = frozenset()
    """What is stopped: `all`, a channel, `channel:account`, `campaign:name`."""
    caps: Caps = field(default_factory=Caps)
    brand: str = ""
    commitments: tuple[Pattern[str], ...] = ()
    overlay: frozenset[str] = frozenset()
    """Channels whose answers have at most two sentences."""
    sentences: Callable[[str], int] = counted_sentences
    expire_hours: int = 72
    segments: Callable[[str], int] = estimated_segments
    segment_prices: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Channel and account → about what a segment costs, in US dollars."""
