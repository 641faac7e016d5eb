"""When a request that failed for now is made again. Pure: the caller measures the time and waits."""

from collections.abc import Callable

from openclaw.llm.config import RetryConfig

Random = Callable[[], float]
"""Between 0 and 1; evenly spread."""


def wait_before_next(
    failed: int, elapsed: float, retry_after: float | None, plan: RetryConfig, random: Random
) -> float | None:
    """Seconds to wait after the `failed`-th attempt, or None when there is to be no other.

    `elapsed` counts from the start of the first attempt. What the provider asks for is the least we wait; if it
    asks for more than the deadline leaves, asking earlier would only be refused again.
    """
    if failed >= plan.attempts:
        return None
    wait = pause(failed, retry_after, plan, random)
    return wait if elapsed + wait <= plan.deadline_seconds else None


def pause(failed: int, retry_after: float | None, plan: RetryConfig, random: Random) -> float:
    ceiling = min(plan.initial_seconds * 2.0 ** min(failed - 1, 60), plan.max_seconds)
    # Half of it is chance: turns that failed together must not come back together.
    return max(ceiling * (0.5 + random() / 2), retry_after or 0.0)
