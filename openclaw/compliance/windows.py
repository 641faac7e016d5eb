"""When a person may be written to or called: the law's hours, the stricter states', the owner's own. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zlib import crc32
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openclaw.types.sending_rules import SendingRules

Hours = tuple[int, int] | None
"""Minutes of the local day, the end excluded; None: not on this day."""

STEP_MS = 300_000
SEARCH_MS = 8 * 86_400_000
JITTER_SECONDS = 600
LAW = (8 * 60, 21 * 60)
SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Week:
    weekdays: Hours
    saturday: Hours
    sunday: Hours
    holidays: bool = True

    def on(self, day: date) -> Hours:
        if not self.holidays and is_holiday(day):
            return None
        return (self.sunday, self.saturday, self.weekdays)[(day.weekday() == 5) + 2 * (day.weekday() < 5)]


def _daily(opens: int, closes: int) -> Week:
    hours = (opens * 60, closes * 60)
    return Week(hours, hours, hours)


def _no_sunday(opens: int, closes: int, *, holidays: bool = False) -> Week:
    hours = (opens * 60, closes * 60)
    return Week(hours, hours, None, holidays)


STATES: dict[str, Week] = {
    "AL": _no_sunday(8, 20),
    "LA": _no_sunday(8, 20),
    "MS": _no_sunday(8, 20, holidays=True),
    "RI": Week((9 * 60, 18 * 60), (10 * 60, 17 * 60), None, holidays=False),
    "TX": Week((9 * 60, 21 * 60), (9 * 60, 21 * 60), (12 * 60, 21 * 60)),
    "KY": _daily(10, 21),
    "VA": _daily(8, 21),
    **dict.fromkeys(("CT", "NV"), _daily(9, 20)),
    **dict.fromkeys(("FL", "MD", "OK", "WA", "MA", "NJ", "WY"), _daily(8, 20)),
    **dict.fromkeys(("MI", "MN", "NM"), _daily(9, 21)),
}
STATE_ZONES = {"MS": "America/Chicago"}
"""States that count in a zone of their own, wherever the called party is."""
THREE_A_DAY = frozenset({"FL", "OK", "MD"})
"""At most three messages about one matter in 24 hours."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the recipient may be: a message must be in time in every one of the zones and states."""

    zones: tuple[str, ...]
    states: frozenset[str] = frozenset()


def is_open(at: int, place: Place, rules: SendingRules, *, marketing: bool) -> bool:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    zones = {*place.zones, *(STATE_ZONES[state] for state in place.states & STATE_ZONES.keys())}
    return all(
        _open_in(moment.astimezone(ZoneInfo(zone)), place.states, rules, marketing=marketing)
        for zone in zones
    )


def next_open(at: int, place: Place, rules: SendingRules, *, marketing: bool, seed: str) -> int | None:
    """The first time from `at` on that is open, a little later for each seed lest all go at once.

    None: not within eight days.
    """
    start = -(-at // STEP_MS) * STEP_MS
    for tick in range(start, at + SEARCH_MS, STEP_MS):
        if is_open(tick, place, rules, marketing=marketing):
            later = tick + crc32(seed.encode()) % JITTER_SECONDS * 1000
            return later if is_open(later, place, rules, marketing=marketing) else tick
    return None


def _open_in(local: datetime, states: Iterable[str], rules: SendingRules, *, marketing: bool) -> bool:
    day, minute = local.date(), local.hour * 60 + local.minute
    if marketing and not rules.marketing_on_sundays and day.weekday() == SUNDAY:
        return False
    if marketing and not rules.marketing_on_holidays and is_holiday(day):
        return False
    hours = [
        LAW,
        (rules.opens, rules.closes),
        *(STATES[state].on(day) for state in states if state in STATES),
    ]
    return all(each is not None and each[0] <= minute < each[1] for each in hours)


def is_zone(name: str) -> bool:
    """Looks for a file."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


# -- federal holidays ---------------------------------------------------------------------------------------


def is_holiday(day: date) -> bool:
    """A federal holiday of the US, or the weekday on which it is kept."""
    return day in _holidays(day.year) or day in _holidays(day.year + 1)


@lru_cache(maxsize=16)
def _holidays(year: int) -> frozenset[date]:
    fixed = [date(year, *each) for each in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))]
    kept = [day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0)) for day in fixed]
    mondays = (_nth(year, 1, 0, 3), _nth(year, 2, 0, 3), _last_monday_of_may(year), _nth(year, 9, 0, 1))
    return frozenset({*fixed, *kept, *mondays, _nth(year, 10, 0, 2), _nth(year, 11, 3, 4)})


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())
