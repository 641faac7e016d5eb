"""Carriers drop what leaves one number too fast."""

import anyio

from openclaw.types.clock import Clock


class Pace:
    """Lets one text after the other leave a number, in the order in which they asked."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._seconds = 1 / per_second
        self._clock = clock
        self._turn = anyio.Lock()
        self._next = 0.0

    async def wait(self) -> None:
        async with self._turn:
            await anyio.sleep(max(0.0, self._next - self._clock.monotonic()))
            self._next = self._clock.monotonic() + self._seconds
