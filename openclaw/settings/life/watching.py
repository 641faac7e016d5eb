"""Notices when files have become others, and then waits until nobody writes to them any more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread

LONGEST_WAIT_SECONDS = 10.0
"""A file that is written to without end is read all the same."""

Mark = tuple[tuple[int, int, int], ...]


def mark_of(files: Sequence[Path]) -> Mark:
    """Another one whenever one of the files is replaced, written or gone. Blocks."""
    return tuple(_mark(file) for file in files)


def _mark(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0, 0)
    return found.st_mtime_ns, found.st_size, found.st_ino


@dataclass(slots=True)
class Watch:
    """`seen`: what the files were like when they were read last; taken before they are read."""

    files: Callable[[], Sequence[Path]]
    quiet_seconds: Callable[[], float]
    seen: Mark | None = None
    look_seconds: float = 1.0
    _nudged: anyio.Event = field(default_factory=anyio.Event)
    _asked: bool = False

    def nudge(self, *, asked: bool = False) -> None:
        """Look now. `asked`: somebody wants them read whether they have changed or not."""
        self._asked = self._asked or asked
        self._nudged.set()

    async def changed(self) -> bool:
        """Returns when there is something to read: True when somebody asked for it."""
        while True:
            with anyio.move_on_after(self.look_seconds):
                await self._nudged.wait()
            self._nudged = anyio.Event()
            asked, self._asked = self._asked, False
            mark = await self._mark()
            if asked or mark != self.seen:
                self.seen = await self._settled(mark)
                return asked

    async def _settled(self, mark: Mark) -> Mark:
        with anyio.move_on_after(LONGEST_WAIT_SECONDS):
            while True:
                await anyio.sleep(self.quiet_seconds())
                again = await self._mark()
                if again == mark:
                    break
                mark = again
        return mark

    async def _mark(self) -> Mark:
        return await anyio.to_thread.run_sync(lambda: mark_of(self.files()))
