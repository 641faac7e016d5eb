"""Times as people and models write them, and as they are told. Pure."""

import re
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openclaw.gateway.jobs.schedule import first_moment

LOCAL = "local"
"""In place of a zone's name: the owner's."""
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}
_UNIT = (
    r"(?P<unit>ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?![a-z])"
)
_STEP = re.compile(rf"\s*(?:and\s+|,\s*)?(?P<count>\d+(?:\.\d+)?|an?)\s*{_UNIT}", re.IGNORECASE)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def duration_ms(text: str) -> int | None:
    """`20m`, `1h30m`, `2 hours and 5 minutes`, `an hour`; None for anything else."""
    place, total = 0, 0.0
    words = text.strip()
    while place < len(words):
        step = _STEP.match(words, place)
        if step is None:
            return None
        count, unit = step["count"].lower(), step["unit"].lower()
        size = 1 if unit.startswith(("ms", "milli")) else _UNITS[unit[0]]
        total += (1.0 if count in {"a", "an"} else float(count)) * size
        place = step.end()
    return round(total) if words else None


def moment_of(text: str, now: int, zone: tzinfo, tz: str | None = None) -> int:
    """`in 20 minutes`, `20m`, `18:30`, an ISO time; without an offset it is UTC, or `tz`.

    Raises ValueError, in words for its author.
    """
    words = text.strip()
    relative = duration_ms(re.sub(r"^(in\s+|\+\s*)|\s+from\s+now$", "", words, flags=re.IGNORECASE))
    if relative is not None:
        return now + relative
    if re.fullmatch(r"\d{12,14}", words):
        return int(words)
    if clock := _CLOCK.fullmatch(words):
        return _next_clock(time(int(clock[1]), int(clock[2])), now, named_zone(tz, zone) if tz else zone)
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        raise ValueError(
            f"{text!r} is no time: write 2026-02-28T09:00:00+11:00, or 2026-02-28T09:00 with tz,"
            ' or "in 20 minutes"'
        ) from None
    if moment.tzinfo is not None:
        return round(moment.timestamp() * 1000)
    return first_moment(moment, named_zone(tz, zone) if tz else UTC)


def named_zone(name: str, zone: tzinfo) -> tzinfo:
    """Raises ValueError."""
    if name.strip().lower() == LOCAL:
        return zone
    try:
        return UTC if name.upper() == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f'{name!r} is no time zone: write a name such as Europe/Madrid, or "local" for the owner\'s'
        ) from None


def _next_clock(clock: time, now: int, zone: tzinfo) -> int:
    today = datetime.fromtimestamp(now / 1000, zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(3))
    return next(at for day in days if (at := first_moment(datetime.combine(day, clock), zone)) > now)


def told(at: int, now: int, zone: tzinfo, zone_name: str) -> str:
    """`2026-02-28 09:00 Australia/Sydney (in 11 h 3 min)`."""
    moment = datetime.fromtimestamp(at / 1000, zone)
    shown = f"{moment:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
    span = length(abs(at - now))
    return f"{shown} {zone_name} ({f'in {span}' if at >= now else f'{span} ago'})"


def length(ms: int) -> str:
    """The two largest units of a span."""
    seconds = round(ms / 1000)
    parts = [
        (seconds // 86_400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "min"),
        (seconds % 60, "s"),
    ]
    told = [f"{count} {unit}" for count, unit in parts if count][:2]
    return " ".join(told) or "0 s"
