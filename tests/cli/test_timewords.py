import pytest

from openclaw.cli.timewords import ago, span

MIN, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (-5, "0 ms"),
        (40, "40 ms"),
        (421, "0.4 s"),
        (9_940, "9.9 s"),
        (9_990, "10 s"),
        (59_000, "59 s"),
        (MIN, "1 min"),
        (59 * MIN + 59_000, "59 min"),
        (HOUR, "1 h"),
        (2 * HOUR + 10 * MIN, "2 h 10 min"),
        (DAY, "1 day"),
        (DAY + HOUR, "1 day 1 h"),
        (40 * DAY + 59 * MIN, "40 days"),
    ],
)
def test_a_span_has_at_most_two_units(ms: int, said: str) -> None:
    assert span(ms) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (None, "never"),
        (0, "just now"),
        (-9_000, "just now"),
        (-3 * MIN, "3 min ago"),
        (2 * HOUR, "in 2 h"),
    ],
)
def test_moments_are_told_from_now(at: int | None, said: str) -> None:
    now = 1_795_228_142_000
    assert ago(None if at is None else now + at, now) == said
