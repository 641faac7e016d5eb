import anyio

from openclaw.web.rpc.feed import SLOW_BYTES, Feed


async def test_frames_come_out_in_order() -> None:
    feed = Feed(1000)
    feed.offer("a")
    feed.offer("b", droppable=True)
    assert [await feed.next(), await feed.next()] == ["a", "b"]


async def test_a_waiting_reader_is_woken() -> None:
    feed = Feed(1000)
    async with anyio.create_task_group() as tasks:
        got: list[str | None] = []

        async def read() -> None:
            got.append(await feed.next())

        tasks.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        feed.offer("a")
    assert got == ["a"]


async def test_a_slow_reader_misses_deltas_first() -> None:
    feed = Feed(10 * SLOW_BYTES)
    feed.offer("x" * (SLOW_BYTES + 1))
    feed.offer("delta", droppable=True)
    feed.offer("final")
    assert len(await feed.next() or "") == SLOW_BYTES + 1
    assert await feed.next() == "final"
    feed.offer("delta again", droppable=True)
    assert await feed.next() == "delta again"


async def test_a_reader_that_is_far_too_slow_is_given_up() -> None:
    feed = Feed(10)
    feed.offer("x" * 8)
    feed.offer("x" * 8)
    feed.offer("x")
    assert feed.overflowed
    assert await feed.next() is None
