import pytest

from openclaw.llm.cooling import HOUR_MS, MINUTE_MS, Trouble, limited, refused, unpaid

NOW = 1_795_228_142_000
DAY = 24 * HOUR_MS


def test_limits_in_a_row_rest_a_key_for_1_5_25_and_60_minutes() -> None:
    trouble, now, rests = None, NOW, []
    for _ in range(6):
        trouble = limited(trouble, now, None)
        assert trouble.until is not None
        rests.append((trouble.until - now) // MINUTE_MS)
        now = trouble.until

    assert rests == [1, 5, 25, 60, 60, 60]


def test_bills_disable_a_key_for_5_hours_doubling_to_a_day() -> None:
    trouble, now, rests = None, NOW, []
    for _ in range(4):
        trouble = unpaid(trouble, now)
        assert trouble.until is not None
        rests.append((trouble.until - now) // HOUR_MS)
        now = trouble.until

    assert rests == [5, 10, 20, 24]


@pytest.mark.parametrize(("asked", "seconds"), [(None, 60), (3.0, 60), (600.0, 600)])
def test_what_the_provider_asks_for_counts_where_it_is_longer(asked: float | None, seconds: int) -> None:
    assert limited(None, NOW, asked).until == NOW + seconds * 1000


@pytest.mark.parametrize(("asked", "until"), [(None, 60_000), (20.0, 60_000), (120.0, 130_000)])
def test_a_refusal_during_the_rest_counts_for_nothing_but_what_it_asks(
    asked: float | None, until: int
) -> None:
    first = limited(None, NOW, None)

    again = limited(first, NOW + 10_000, asked)

    assert (again.count, again.until) == (1, NOW + until)
    assert unpaid(unpaid(None, NOW), NOW + 1) == unpaid(None, NOW)


def test_after_a_day_without_a_failure_it_begins_anew() -> None:
    trouble = limited(limited(limited(None, NOW, None), NOW + HOUR_MS, None), NOW + 3 * HOUR_MS, None)

    assert trouble.count == 3
    assert limited(trouble, trouble.at + DAY - 1, None).count == 4
    assert limited(trouble, trouble.at + DAY, None).count == 1


@pytest.mark.parametrize(
    ("trouble", "now", "active"),
    [
        (Trouble("rate_limit", 1, NOW, NOW + 60_000), NOW, True),
        (Trouble("rate_limit", 1, NOW, NOW + 60_000), NOW + 60_000, False),
        (Trouble("rate_limit", 1, NOW, NOW + 60_000), NOW - DAY, False),
        (Trouble("auth", 1, NOW, None, "abc"), NOW + 365 * DAY, True),
    ],
)
def test_a_rest_ends_also_when_the_clock_was_set_back(trouble: Trouble, now: int, active: bool) -> None:
    assert trouble.active(now) is active


def test_a_refused_key_is_known_by_its_fingerprint() -> None:
    assert refused(limited(None, NOW, None), NOW, "abc") == Trouble("auth", 1, NOW, None, "abc")
