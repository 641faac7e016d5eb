"""One thing at a time per key, in order; many keys at once."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

logger = logging.getLogger(__name__)

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class _Lane:
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    again: bool = True
    """Something may have come since the worker last looked."""
    users: int = 0


class Lanes(Generic[K]):
    """A lane holds no queue: its worker asks for the next piece of work until there is none."""

    def __init__(
        self,
        work_next: Callable[[K], Awaitable[bool]],
        *,
        at_once: int,
        on_busy: Sequence[Callable[[K, Mapping[str, object]], None]] = (),
    ) -> None:
        """`on_busy`: told when more comes for a key that is being worked on, and what it says for itself.

        Contract: they must not raise.
        """
        self._work_next = work_next
        self._limiter = anyio.CapacityLimiter(at_once)
        self._on_busy = on_busy
        self._lanes: dict[K, _Lane] = {}
        self._working: set[K] = set()
        self._group: TaskGroup | None = None
        self._idle = anyio.Event()
        self._closing = False

    def adopt(self, at_once: int) -> None:
        """Work under way is not cut short."""
        self._limiter.total_tokens = at_once

    async def run(self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Work until cancelled."""
        async with anyio.create_task_group() as group:
            self._group = group
            for key in tuple(self._lanes):
                self.wake(key)
            task_status.started()
            try:
                await anyio.sleep_forever()
            finally:
                self._group = None

    def wake(self, key: K, settings: Mapping[str, object] | None = None) -> None:
        """There is work for this key. Before `run` it is kept in mind; after the end it is nobody's any more."""
        if self._closing:
            return
        lane = self._lanes.setdefault(key, _Lane())
        lane.again = True
        if key in self._working:
            for told in self._on_busy:
                told(key, settings or {})
        elif self._group is not None:
            self._working.add(key)
            self._group.start_soon(self._work, key, lane)

    async def _work(self, key: K, lane: _Lane) -> None:
        try:
            while lane.again and not self._closing:
                lane.again = False
                while not self._closing and await self._step(key, lane):
                    pass
        finally:
            self._working.discard(key)
            self._forget(key, lane)
            if not self._working:
                self._idle.set()

    async def _step(self, key: K, lane: _Lane) -> bool:
        async with self._limiter, lane.lock:
            return await self._work_next(key)

    @asynccontextmanager
    async def holding(self, key: K) -> AsyncIterator[None]:
        """Nothing else happens in this lane meanwhile."""
        lane = self._lanes.setdefault(key, _Lane(again=False))
        lane.users += 1
        try:
            async with lane.lock:
                yield
        finally:
            lane.users -= 1
            self._forget(key, lane)

    def _forget(self, key: K, lane: _Lane) -> None:
        if key not in self._working and not lane.users:
            self._lanes.pop(key, None)

    async def rest(self) -> None:
        """Returns when no lane has work."""
        while self._working:
            if self._idle.is_set():
                self._idle = anyio.Event()
            await self._idle.wait()

    async def finish(self) -> None:
        """Take no new work; returns when what is under way has reached its end."""
        self._closing = True
        await self.rest()

    @property
    def working(self) -> int:
        return len(self._working)
