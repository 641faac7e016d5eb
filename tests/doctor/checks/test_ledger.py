import pytest

from openclaw.doctor.checking import apart
from openclaw.doctor.checks.ledger import HUGE, STUCK_MS, judged
from openclaw.store.inspection import NEWEST, FailingJob, Inspected
from openclaw.types.clock import SystemClock, iso
from tests.doctor.home import House

NOW = SystemClock().now_ms()


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (Inspected(NEWEST, 1), []),
        (Inspected(1, 1), []),
        (Inspected(NEWEST + 1, 1), ["ledger.newer"]),
        (Inspected(NEWEST, HUGE + 1), ["ledger.huge"]),
        (Inspected(NEWEST, 1, outbox={"pending": 3, "sending": 1}), []),
        (Inspected(NEWEST, 1, outbox={"ambiguous": 1, "failed": 2}), ["outbox.ambiguous", "outbox.failed"]),
        (Inspected(NEWEST, 1, unfinished=1, oldest_unfinished=iso(NOW)), []),
        (Inspected(NEWEST, 1, unfinished=2, oldest_unfinished=iso(NOW - 2 * STUCK_MS)), ["work.waiting"]),
        (Inspected(NEWEST, 1, jobs=[FailingJob("news", 1, "")]), []),
        (Inspected(NEWEST, 1, jobs=[FailingJob("news", 2, "no net")]), ["jobs.failing"]),
    ],
)
async def test_what_a_ledger_tells(house: House, found: Inspected, told: list[str]) -> None:
    premises = await apart(house.premises)

    assert [each.id for each in judged(found, premises)] == told
