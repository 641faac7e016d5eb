from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw.gateway.jobs.job import At, Cron, Every, Schedule
from openclaw.gateway.jobs.schedule import backoff_ms, check_expression, first_moment, next_run

HOUR = 3_600_000


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def times(schedule: Schedule, after: str, count: int, zone: str = "UTC") -> list[str]:
    """As the wall there shows them, with the offset."""
    where, at, found = ZoneInfo(zone), ms(after), []
    for _ in range(count):
        following = next_run(schedule, at, where)
        assert following is not None
        assert following > at
        at = following
        found.append(f"{datetime.fromtimestamp(at / 1000, where):%m-%d %H:%M%z}")
    return found


@pytest.mark.parametrize(
    ("expr", "zone", "after", "expected"),
    [
        # What comes at an hour of the day: right behind the gap, and once where the hour comes twice.
        ("30 2 * * *", "Europe/Madrid", "2026-03-28T12:00Z", ["03-29 03:00+0200", "03-30 02:30+0200"]),
        ("*/30 2 * * *", "Europe/Madrid", "2026-03-28T12:00Z", ["03-29 03:00+0200", "03-30 02:00+0200"]),
        ("0 30 2 * * *", "Europe/Madrid", "2026-03-28T12:00Z", ["03-29 03:00+0200", "03-30 02:30+0200"]),
        ("30 2 * * *", "Europe/Madrid", "2026-10-24T12:00Z", ["10-25 02:30+0200", "10-26 02:30+0100"]),
        ("30 2 * * *", "Europe/Madrid", "2026-10-25T01:10Z", ["10-26 02:30+0100", "10-27 02:30+0100"]),
        ("30 1 * * *", "America/New_York", "2026-10-31T12:00Z", ["11-01 01:30-0400", "11-02 01:30-0500"]),
        ("30 2 * * *", "America/New_York", "2026-03-07T12:00Z", ["03-08 03:00-0400", "03-09 02:30-0400"]),
        ("0 0 * * *", "America/Santiago", "2026-09-05T12:00Z", ["09-06 01:00-0300", "09-07 00:00-0300"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00Z", ["10-04 02:30+1100", "10-05 02:15+1100"]),
        ("0 12 30 * *", "Pacific/Apia", "2011-12-29T00:00Z", ["12-31 00:00+1400", "01-30 12:00+1400"]),
        ("0 9 * * *", "Asia/Kolkata", "2026-03-28T12:00Z", ["03-29 09:00+0530", "03-30 09:00+0530"]),
        # What comes every hour goes by elapsed time.
        ("30 * * * *", "Europe/Madrid", "2026-03-29T00:00Z", ["03-29 01:30+0100", "03-29 03:30+0200"]),
        ("30 * * * *", "Europe/Madrid", "2026-10-25T00:00Z", ["10-25 02:30+0200", "10-25 02:30+0100"]),
        ("*/20 * * * *", "America/New_York", "2026-11-01T05:30Z",
         ["11-01 01:40-0400", "11-01 01:00-0500", "11-01 01:20-0500"]),
        # And without any change of clocks.
        ("0 9 * * 1-5", "UTC", "2026-02-27T10:00Z", ["03-02 09:00+0000", "03-03 09:00+0000"]),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00Z", ["02-29 00:00+0000"]),
        ("0 9 * * MON#1", "UTC", "2026-02-27T10:00Z", ["03-02 09:00+0000", "04-06 09:00+0000"]),
        ("@weekly", "UTC", "2026-02-27T10:00Z", ["03-01 00:00+0000", "03-08 00:00+0000"]),
        ("*/30 * * * * *", "UTC", "2026-02-27T10:00:29Z", ["02-27 10:00+0000", "02-27 10:01+0000"]),
    ],
)  # fmt: skip
def test_an_expression_goes_by_the_wall_clock_of_its_zone(
    expr: str, zone: str, after: str, expected: list[str]
) -> None:
    assert times(Cron(expr, zone, 0), after, len(expected), zone) == expected


def test_without_a_zone_of_its_own_an_expression_goes_by_the_owners() -> None:
    assert next_run(Cron("0 9 * * *"), ms("2026-02-27T00:00Z"), ZoneInfo("Asia/Tokyo")) == ms(
        "2026-02-28T00:00Z"
    )
    assert next_run(Cron("0 9 * * *", "UTC"), ms("2026-02-27T00:00Z"), ZoneInfo("Asia/Tokyo")) == ms(
        "2026-02-27T09:00Z"
    )


def test_a_time_comes_once() -> None:
    assert [next_run(At(1000), after, UTC) for after in (0, 999, 1000, 1001)] == [1000, 1000, None, None]


def test_an_interval_counts_from_its_anchor_however_much_was_missed() -> None:
    every = Every(HOUR, 500)
    assert [next_run(every, after, UTC) for after in (0, 499, 500, 501, HOUR + 499, HOUR + 500, 10 * HOUR)] == [
        500, 500, HOUR + 500, HOUR + 500, HOUR + 500, 2 * HOUR + 500, 10 * HOUR + 500,
    ]  # fmt: skip


def test_jobs_of_every_full_hour_are_spread_each_always_by_the_same() -> None:
    after = ms("2026-02-27T10:30Z")
    spread = {next_run(Cron("0 * * * *"), after, UTC, f"job_{n}") for n in range(40)}
    assert len(spread) > 20
    assert all(at is not None and 0 <= at - ms("2026-02-27T11:00Z") < 300_000 for at in spread)
    assert next_run(Cron("0 * * * *"), after, UTC, "job_1") == next_run(
        Cron("0 * * * *"), after, UTC, "job_1"
    )


@pytest.mark.parametrize(
    ("schedule", "spread"),
    [
        (Cron("0 * * * *", None, 0), 0),
        (Cron("0 9 * * *"), 0),
        (Cron("5 * * * *"), 0),
        (Cron("0 9 * * *", None, 60_000), 60_000),
    ],
)
def test_what_is_meant_for_a_time_of_the_day_comes_at_it(schedule: Cron, spread: int) -> None:
    after = ms("2026-02-27T00:00Z")
    found = {next_run(schedule, after, UTC, f"job_{n}") for n in range(20)}
    assert (len(found) > 1) == bool(spread)


@pytest.mark.parametrize(
    ("expr", "complaint"),
    [
        ("61 * * * *", "Bad minute"),
        ("* * *", "five fields"),
        ("0 0 31 2 *", "no cron expression"),
        ("* * * * * *", "more often than every 10 s"),
        ("*/5 * * * * *", "more often than every 10 s"),
        ("once a day, please", "no cron expression"),
    ],
)
def test_a_bad_expression_is_told_in_words(expr: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        check_expression(expr)


@pytest.mark.parametrize("expr", ["*/10 * * * * *", "0 9 * * 1-5", "@daily", "0 0 L * *", "0 0 29 2 *"])
def test_a_good_one_passes(expr: str) -> None:
    check_expression(expr)


def test_the_wait_after_errors_grows_up_to_an_hour() -> None:
    assert [backoff_ms(n) // 1000 for n in range(8)] == [0, 30, 60, 300, 900, 3600, 3600, 3600]


def test_a_skipped_moment_is_the_first_one_behind_the_gap() -> None:
    madrid = ZoneInfo("Europe/Madrid")
    assert first_moment(datetime.fromisoformat("2026-03-29T02:30"), madrid) == ms("2026-03-29T01:00Z")
    assert first_moment(datetime.fromisoformat("2026-10-25T02:30"), madrid) == ms("2026-10-25T00:30Z")


_FIELDS = st.tuples(
    st.sampled_from(["0", "30", "*/15", "5,50", "*"]),
    st.sampled_from(["*", "2", "1-3", "*/6", "0", "23"]),
    st.sampled_from(["*", "1", "L", "*/10"]),
    st.sampled_from(["*", "3,10,11", "*/2"]),
    st.sampled_from(["*", "0", "MON-FRI", "6L"]),
)
_SCHEDULES = st.one_of(
    st.builds(
        lambda fields, tz, stagger: Cron(" ".join(fields), tz, stagger),
        _FIELDS,
        st.sampled_from(
            ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC", None]
        ),
        st.sampled_from([None, 0, 60_000]),
    ),
    st.builds(Every, st.integers(10_000, 10**10), st.integers(0, 2 * 10**12)),
)


@settings(max_examples=150, deadline=None)
@given(_SCHEDULES, st.integers(ms("2025-12-01T00:00Z"), ms("2027-01-01T00:00Z")))
def test_the_next_time_is_always_later_and_never_skips_one(schedule: Schedule, after: int) -> None:
    zone = ZoneInfo("America/Santiago")
    first = next_run(schedule, after, zone, "job_1")
    assert first is not None
    assert first > after
    second = next_run(schedule, first, zone, "job_1")
    assert second is not None
    assert second > first
    # Asked from anywhere before it, the next time is the same.
    assert next_run(schedule, (after + first) // 2, zone, "job_1") == first
    assert next_run(schedule, first - 1, zone, "job_1") == first


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(["Europe/Madrid", "America/New_York", "America/Santiago"]),
)
def test_a_daily_job_comes_once_on_every_day_of_the_year(hour: int, minute: int, zone: str) -> None:
    where, at = ZoneInfo(zone), ms("2026-01-01T00:00Z")
    days = []
    for _ in range(365):
        at = next_run(Cron(f"{minute} {hour} * * *", zone, 0), at, where) or 0
        days.append(datetime.fromtimestamp(at / 1000, where).date())
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))
