from itertools import pairwise

import anyio

from openclaw.channels.sms.pace import Pace
from openclaw.types.clock import SystemClock


async def test_texts_leave_one_after_the_other_in_their_order() -> None:
    pace = Pace(20, SystemClock())
    left: list[tuple[int, float]] = []

    async def text(number: int) -> None:
        await pace.wait()
        left.append((number, anyio.current_time()))

    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(text, number)

    times = [at for _, at in left]
    assert [number for number, _ in left] == [0, 1, 2, 3]
    assert all(later - earlier >= 0.045 for earlier, later in pairwise(times))


async def test_the_first_text_waits_for_nothing() -> None:
    began = anyio.current_time()

    await Pace(0.01, SystemClock()).wait()

    assert anyio.current_time() - began < 1
