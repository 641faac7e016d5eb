import asyncio

import anyio
import pytest

from openclaw.ops.notifier import Notifier
from openclaw.ops.watchdog import Proof, Watchdog

INTERVAL = 0.08


class Heard(Notifier):
    """Keeps what it is told, and wakes those who wait for it."""

    def __init__(self) -> None:
        super().__init__(None)
        self.told: asyncio.Queue[str] = asyncio.Queue()

    def _tell(self, *assignments: str) -> None:
        self.told.put_nowait(assignments[0])


async def run_until(heard: Heard, count: int, **proofs: Proof) -> list[str]:
    """The first things that the service manager is told."""
    told = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Watchdog(heard, INTERVAL, proofs).run)
        with anyio.fail_after(5):
            told = [await heard.told.get() for _ in range(count)]
        tasks.cancel_scope.cancel()
    return told


async def gets_on() -> bool:
    return True


async def test_it_pings_twice_an_interval_while_every_proof_holds() -> None:
    before = anyio.current_time()
    assert await run_until(Heard(), 5, ledger=gets_on, polls=gets_on) == ["WATCHDOG=1"] * 5
    assert anyio.current_time() - before >= 4 * INTERVAL / 2


async def stands_still() -> bool:
    return False


async def hangs() -> bool:
    await anyio.sleep_forever()
    return True


async def breaks() -> bool:
    raise OSError("the disk went away")


@pytest.mark.parametrize("proof", [stands_still, hangs, breaks])
async def test_without_a_proof_there_is_no_ping_and_the_stuck_part_is_named(
    proof: Proof, caplog: pytest.LogCaptureFixture
) -> None:
    assert await run_until(Heard(), 1, ledger=gets_on, polls=proof) == ["STATUS=stuck: polls"]
    assert "no progress in: polls" in caplog.text


async def test_pings_go_on_when_the_stuck_part_does() -> None:
    answers = iter([True, False, False, True, True])

    async def stumbles() -> bool:
        return next(answers, True)

    told = await run_until(Heard(), 5, ledger=stumbles)
    assert told == ["WATCHDOG=1", "STATUS=stuck: ledger", "WATCHDOG=1", "STATUS=running", "WATCHDOG=1"]
