from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from openclaw.types.calendar import day_of, days_until, hour_of, last_hour, local

BERLIN = ZoneInfo("Europe/Berlin")
SYDNEY = ZoneInfo("Australia/Sydney")
HOUR = 3_600_000


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "hour", "expected"),
    [
        ("2026-02-27T09:00:00+01:00", 4, "2026-02-27T04:00:00+01:00"),
        ("2026-02-27T04:00:00+01:00", 4, "2026-02-27T04:00:00+01:00"),
        ("2026-02-27T03:59:59+01:00", 4, "2026-02-26T04:00:00+01:00"),
        # The night in which the clock goes forward, and the one in which it goes back.
        ("2026-03-29T05:00:00+02:00", 4, "2026-03-29T04:00:00+02:00"),
        ("2026-03-29T03:59:00+02:00", 4, "2026-03-28T04:00:00+01:00"),
        ("2026-10-25T03:00:00+01:00", 4, "2026-10-24T04:00:00+02:00"),
        # 02:30 is skipped: the wall shows two o'clock at the moment it jumps to three.
        ("2026-03-29T03:00:00+02:00", 2, "2026-03-29T03:00:00+02:00"),
        # Half past two comes twice; two o'clock was first the first time.
        ("2026-10-25T02:30:00+01:00", 2, "2026-10-25T02:00:00+02:00"),
    ],
)
def test_the_last_time_the_wall_showed_an_hour(now: str, hour: int, expected: str) -> None:
    assert last_hour(at(now), hour, BERLIN) == at(expected)


@pytest.mark.parametrize(
    ("now", "hours"),
    [("2026-03-29T12:00:00+02:00", 23), ("2026-10-25T12:00:00+01:00", 25), ("2026-02-27T12:00:00+01:00", 24)],
)
def test_a_day_is_as_long_as_the_clocks_make_it(now: str, hours: int) -> None:
    start, end = day_of(at(now), BERLIN)

    assert start <= at(now) < end
    assert end - start == hours * HOUR


def test_days_are_those_of_the_place() -> None:
    now = at("2026-02-27T22:00:00+00:00")  # the next morning in Sydney

    days = days_until(now, 3, SYDNEY)

    assert [str(day) for day, _, _ in days] == ["2026-02-26", "2026-02-27", "2026-02-28"]
    assert [end for _, _, end in days[:-1]] == [start for _, start, _ in days[1:]]
    assert (days[-1][1], days[-1][2]) == day_of(now, SYDNEY)


def test_a_moment_is_shown_as_the_wall_does() -> None:
    assert local(at("2026-02-27T22:30:00+00:00"), SYDNEY).strftime("%a %H:%M") == "Sat 09:30"
    assert hour_of(datetime(2026, 2, 27, tzinfo=UTC).date(), 0, UTC) == at("2026-02-27T00:00:00+00:00")
