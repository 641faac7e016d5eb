import random
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import pytest

from openclaw.gateway.lanes import Lanes
from tests.gateway.scripted import Changes


class Work:
    """Queues outside the lanes, as the ledger is one; every piece of work is written down."""

    def __init__(self) -> None:
        self.waiting: defaultdict[str, deque[int]] = defaultdict(deque)
        self.done: list[tuple[str, int]] = []
        self.busy: set[str] = set()
        self.most_at_once = 0
        self.changes = Changes()
        self.during: Callable[[str, int], Awaitable[None]] | None = None
        self.after_last_look: Callable[[str], Awaitable[None]] | None = None

    async def next(self, key: str) -> bool:
        await anyio.lowlevel.checkpoint()
        if not self.waiting[key]:
            if self.after_last_look is not None:
                await self.after_last_look(key)
            return False
        assert key not in self.busy, "two at once in one lane"
        self.busy.add(key)
        self.most_at_once = max(self.most_at_once, len(self.busy))
        self.changes.notify()
        item = self.waiting[key].popleft()
        if self.during is not None:
            await self.during(key, item)
        self.busy.discard(key)
        self.done.append((key, item))
        self.changes.notify()
        return True


@asynccontextmanager
async def running(work: Work, at_once: int = 8) -> AsyncIterator[Lanes[str]]:
    lanes: Lanes[str] = Lanes(work.next, at_once=at_once)
    async with anyio.create_task_group() as group:
        await group.start(lanes.run)
        yield lanes
        group.cancel_scope.cancel()


@pytest.fixture
def work() -> Work:
    return Work()


async def test_work_of_one_key_is_done_in_order(work: Work) -> None:
    work.waiting["a"].extend(range(50))

    async with running(work) as lanes:
        lanes.wake("a")
        await work.changes.until(lambda: len(work.done) == 50)

    assert work.done == [("a", number) for number in range(50)]


async def test_many_keys_work_at_once_up_to_the_limit(work: Work) -> None:
    held = anyio.Event()

    async def hold(key: str, item: int) -> None:
        await held.wait()

    work.during = hold
    async with running(work, at_once=3) as lanes:
        for key in "abcde":
            work.waiting[key].append(1)
            lanes.wake(key)
        await work.changes.until(lambda: len(work.busy) == 3)
        await anyio.wait_all_tasks_blocked()
        held.set()
        await work.changes.until(lambda: len(work.done) == 5)

    assert work.most_at_once == 3


async def test_a_wake_up_during_the_last_look_is_not_lost(work: Work) -> None:
    async with running(work) as lanes:

        async def something_comes(key: str) -> None:
            work.after_last_look = None
            work.waiting[key].append(2)
            lanes.wake(key)

        work.waiting["a"].append(1)
        work.after_last_look = something_comes
        lanes.wake("a")
        await work.changes.until(lambda: len(work.done) == 2)

    assert work.done == [("a", 1), ("a", 2)]


async def test_no_wake_up_is_lost_under_stress(work: Work) -> None:
    chance = random.Random(7)

    async def dawdle(key: str, item: int = 0) -> None:
        for _ in range(chance.randrange(3)):
            await anyio.lowlevel.checkpoint()

    work.during = dawdle
    work.after_last_look = dawdle
    keys = [f"k{number}" for number in range(10)]
    async with running(work, at_once=4) as lanes:
        async with anyio.create_task_group() as group:

            async def come(key: str) -> None:
                for item in range(100):
                    work.waiting[key].append(item)
                    lanes.wake(key)
                    await dawdle(key)

            for key in keys:
                group.start_soon(come, key)
        await work.changes.until(lambda: len(work.done) == 1000)
        await lanes.rest()

        for key in keys:
            assert [item for name, item in work.done if name == key] == list(range(100))
        assert (lanes.working, lanes._lanes) == (0, {})


async def test_a_wake_up_before_the_lanes_run_is_kept(work: Work) -> None:
    lanes: Lanes[str] = Lanes(work.next, at_once=1)
    work.waiting["a"].append(1)
    lanes.wake("a")

    async with anyio.create_task_group() as group:
        await group.start(lanes.run)
        await work.changes.until(lambda: work.done == [("a", 1)])
        group.cancel_scope.cancel()


async def test_a_wake_up_after_the_lanes_have_ended_hurts_nobody(work: Work) -> None:
    async with running(work) as lanes:
        pass

    lanes.wake("a")

    assert lanes.working == 0


async def test_holding_a_lane_keeps_work_out_of_it_and_no_other(work: Work) -> None:
    async with running(work) as lanes:
        work.waiting["a"].append(1)
        work.waiting["b"].append(1)
        async with lanes.holding("a"):
            lanes.wake("a")
            lanes.wake("b")
            await work.changes.until(lambda: work.done == [("b", 1)])
            await anyio.wait_all_tasks_blocked()
            assert work.done == [("b", 1)]
        await work.changes.until(lambda: work.done == [("b", 1), ("a", 1)])


async def test_who_wants_to_hold_a_lane_waits_for_the_work_in_it_and_goes_before_the_next(work: Work) -> None:
    held = anyio.Event()

    async def hold(key: str, item: int) -> None:
        if item == 1:
            await held.wait()

    work.during = hold
    work.waiting["a"].extend([1, 2])
    async with running(work) as lanes:
        lanes.wake("a")
        await work.changes.until(lambda: work.busy == {"a"})
        async with anyio.create_task_group() as group:

            async def take() -> None:
                async with lanes.holding("a"):
                    assert work.done == [("a", 1)]

            group.start_soon(take)
            await anyio.wait_all_tasks_blocked()
            held.set()
        await work.changes.until(lambda: work.done == [("a", 1), ("a", 2)])


async def test_finish_lets_what_is_under_way_end_and_takes_nothing_new(work: Work) -> None:
    held = anyio.Event()

    async def hold(key: str, item: int) -> None:
        await held.wait()

    work.during = hold
    work.waiting["a"].extend([1, 2])
    async with running(work) as lanes:
        lanes.wake("a")
        await work.changes.until(lambda: work.busy == {"a"})
        async with anyio.create_task_group() as group:
            group.start_soon(lanes.finish)
            group.start_soon(lanes.finish)
            await anyio.wait_all_tasks_blocked()
            work.waiting["b"].append(1)
            lanes.wake("b")
            held.set()

    assert work.done == [("a", 1)]


async def test_finish_with_nothing_under_way_returns_at_once(work: Work) -> None:
    async with running(work) as lanes:
        await lanes.finish()


async def test_a_failure_in_a_lane_is_never_silent(work: Work) -> None:
    async def fail(key: str, item: int) -> None:
        raise RuntimeError("the ledger is gone")

    work.during = fail
    work.waiting["a"].append(1)

    async def fail_at_work() -> None:
        async with running(work) as lanes:
            lanes.wake("a")
            await anyio.sleep_forever()

    with pytest.raises(ExceptionGroup) as caught:
        await fail_at_work()

    assert caught.group_contains(RuntimeError, match="the ledger is gone")


async def test_everybody_who_wants_to_know_is_told_that_more_comes_for_a_busy_lane() -> None:
    work, told = Work(), list[tuple[str, str, object]]()
    release = anyio.Event()

    async def during(key: str, item: int) -> None:
        await release.wait()

    work.during = during
    lanes: Lanes[str] = Lanes(
        work.next,
        at_once=2,
        on_busy=[
            lambda key, said: told.append(("a", key, said)),
            lambda key, said: told.append(("b", key, said)),
        ],
    )
    async with anyio.create_task_group() as group:
        await group.start(lanes.run)
        work.waiting["ana"].append(1)
        lanes.wake("ana")
        await work.changes.until(lambda: "ana" in work.busy)
        lanes.wake("ana")
        release.set()
        await lanes.finish()
        group.cancel_scope.cancel()

    assert told == [("a", "ana", {}), ("b", "ana", {})]
