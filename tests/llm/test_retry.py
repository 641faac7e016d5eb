import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.llm.config import RetryConfig
from openclaw.llm.retry import wait_before_next

PLAN = RetryConfig(attempts=6, initial_seconds=1, max_seconds=8, deadline_seconds=60)


def longest() -> float:
    return 1.0


def shortest() -> float:
    return 0.0


@pytest.mark.parametrize(
    ("failed", "elapsed", "retry_after", "wait"),
    [
        (1, 0, None, 1),
        (2, 1, None, 2),
        (3, 3, None, 4),
        (4, 7, None, 8),
        (5, 15, None, 8),  # never longer than max_seconds of our own will,
        (1, 0, 20, 20),  # but as long as the provider asks
        (1, 0, 0.2, 1),  # and not shorter because it asks for less
        (6, 20, None, None),  # that was the last attempt
        (1, 59, None, 60 - 59),
        (1, 59.5, None, None),  # the deadline would pass while waiting
        (1, 0, 61, None),
        (1, 500, None, None),
    ],
)
def test_waits_double_until_attempts_or_time_run_out(
    failed: int, elapsed: float, retry_after: float | None, wait: float | None
) -> None:
    assert wait_before_next(failed, elapsed, retry_after, PLAN, longest) == wait


def test_half_of_a_wait_is_chance() -> None:
    assert wait_before_next(3, 3, None, PLAN, shortest) == 2


def test_one_attempt_means_no_second() -> None:
    assert wait_before_next(1, 0, None, RetryConfig(attempts=1), longest) is None


@given(st.integers(1, 10_000), st.floats(0, 1e6), st.none() | st.floats(0, 1e9), st.floats(0, 1))
def test_no_attempt_starts_after_the_deadline(
    failed: int, elapsed: float, retry_after: float | None, chance: float
) -> None:
    plan = RetryConfig(attempts=10_001, max_seconds=30, deadline_seconds=60)

    wait = wait_before_next(failed, elapsed, retry_after, plan, lambda: chance)

    assert wait is None or (wait >= (retry_after or 0) and elapsed + wait <= 60)
