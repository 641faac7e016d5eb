"""What waits to be written to one connection. Bounded in bytes: who reads too slowly misses deltas, then is closed."""

from collections import deque

import anyio

SLOW_BYTES = 1_048_576


class Feed:
    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._frames: deque[str] = deque()
        self._bytes = 0
        self._changed = anyio.Event()
        self.overflowed = False

    def offer(self, frame: str, *, droppable: bool = False) -> None:
        """Never waits: one slow reader must not hold up the others."""
        if self.overflowed or (droppable and self._bytes > SLOW_BYTES):
            return
        if self._bytes + len(frame) > self._max_bytes:
            self.overflowed = True
            self._frames.clear()
        else:
            self._frames.append(frame)
            self._bytes += len(frame)
        self._changed.set()

    async def next(self) -> str | None:
        """None when the reader was too slow and is to be closed. Frames in hand count until the next call."""
        while not self._frames and not self.overflowed:
            self._bytes = 0
            self._changed = anyio.Event()
            await self._changed.wait()
        if self.overflowed:
            return None
        frame = self._frames.popleft()
        self._bytes -= len(frame)
        return frame
