from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from openclaw.gateway.jobs.moments import duration_ms, length, moment_of, named_zone, told
from openclaw.types.clock import iso
from tests.gateway.scripted import NOW

SYDNEY = ZoneInfo("Australia/Sydney")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20m", 1200), ("1h30m", 5400), ("2 hours and 5 minutes", 7500), ("an hour", 3600), ("a minute", 60),
        ("1.5h", 5400), ("90s", 90), ("3 days", 259_200), ("1 week", 604_800), ("1h, 5 min", 3900), ("250ms", 0.25),
    ],
)  # fmt: skip
def test_a_span_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert duration_ms(text) == seconds * 1000


@pytest.mark.parametrize("text", ["", "soon", "20", "m", "20 parsecs", "20m later", "2026-02-28"])
def test_what_is_no_span_is_none(text: str) -> None:
    assert duration_ms(text) is None


@pytest.mark.parametrize(
    ("text", "tz", "expected"),
    [
        ("in 20 minutes", None, "2026-02-27T09:20:00.000Z"),
        ("+20m", None, "2026-02-27T09:20:00.000Z"),
        ("20 minutes from now", None, "2026-02-27T09:20:00.000Z"),
        ("in 1 second", None, "2026-02-27T09:00:01.000Z"),
        ("2026-02-28T09:00:00", None, "2026-02-28T09:00:00.000Z"),
        ("2026-02-28T09:00:00Z", None, "2026-02-28T09:00:00.000Z"),
        ("2026-02-28T09:00:00+11:00", None, "2026-02-27T22:00:00.000Z"),
        ("2026-02-28T09:00", "local", "2026-02-27T22:00:00.000Z"),
        ("2026-02-28T09:00", "Europe/Madrid", "2026-02-28T08:00:00.000Z"),
        ("2026-02-28T09:00+11:00", "Europe/Madrid", "2026-02-27T22:00:00.000Z"),
        ("2026-03-29T02:30", "Europe/Madrid", "2026-03-29T01:00:00.000Z"),
        ("1772182800000", None, "2026-02-27T09:00:00.000Z"),
        # It is eight in the evening in Sydney.
        ("20:30", None, "2026-02-27T09:30:00.000Z"),
        ("07:00", None, "2026-02-27T20:00:00.000Z"),
        ("07:00", "Europe/Madrid", "2026-02-28T06:00:00.000Z"),
    ],
)
def test_a_time_is_read_as_people_and_models_write_it(text: str, tz: str | None, expected: str) -> None:
    assert iso(moment_of(text, NOW, SYDNEY, tz)) == expected


@pytest.mark.parametrize(
    ("text", "tz"), [("tomorrow-ish", None), ("2026-02-30T09:00", None), ("09:00", "Mars/Base")]
)
def test_what_is_no_time_is_told_with_what_would_be_one(text: str, tz: str | None) -> None:
    with pytest.raises(ValueError, match=r"write (a name|2026)"):
        moment_of(text, NOW, SYDNEY, tz)


def test_a_zone_is_known_by_name_or_is_the_owners() -> None:
    assert named_zone("local", SYDNEY) is SYDNEY
    assert named_zone("utc", SYDNEY) is UTC
    assert str(named_zone("Europe/Madrid", SYDNEY)) == "Europe/Madrid"


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "0 s"),
        (61_000, "1 min 1 s"),
        (3_600_000, "1 h"),
        (90_061_000, "1 d 1 h"),
        (39_780_000, "11 h 3 min"),
    ],
)
def test_a_span_is_told_by_its_two_largest_units(ms: int, words: str) -> None:
    assert length(ms) == words


def test_a_time_is_told_where_the_owner_is_and_how_far_off() -> None:
    assert (
        told(NOW + 1_200_000, NOW, SYDNEY, "Australia/Sydney")
        == "2026-02-27 20:20 Australia/Sydney (in 20 min)"
    )
    assert told(NOW - 5_000, NOW, UTC, "UTC") == "2026-02-27 08:59:55 UTC (5 s ago)"
