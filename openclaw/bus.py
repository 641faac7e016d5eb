"""Publish and subscribe by event type. Bounded; nothing here does I/O."""

import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio

from openclaw.types.events import Event

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gap:
    """Told to a watcher that was too slow: so many events are gone."""

    missed: int


class Subscription:
    """A bounded queue of the events of some types."""

    def __init__(self, kinds: tuple[type[Event], ...], depth: int, *, lossless: bool) -> None:
        self.kinds = kinds
        self._depth = depth
        self._lossless = lossless
        self._queue: deque[Event] = deque()
        self._missed = 0
        self._arrived = anyio.Event()
        self._taken = anyio.Event()
        self._closed = False

    async def offer(self, event: Event) -> None:
        """Waits while a lossless queue is full; otherwise drops the oldest and counts it."""
        while self._lossless and len(self._queue) >= self._depth and not self._closed:
            # Several publishers may wait: a new event while somebody waits on the old one would forget them.
            if self._taken.is_set():
                self._taken = anyio.Event()
            await self._taken.wait()
        if len(self._queue) >= self._depth:
            self._queue.popleft()
            self._missed += 1
        self._queue.append(event)
        self._arrived.set()

    def close(self) -> None:
        """A publisher that waits on this queue goes on: who has left misses nothing."""
        self._closed = True
        self._taken.set()
        self._arrived.set()

    async def next(self) -> Event | Gap:
        while not self._queue:
            if self._arrived.is_set():
                self._arrived = anyio.Event()
            await self._arrived.wait()
        if self._missed:
            missed, self._missed = self._missed, 0
            return Gap(missed)
        event = self._queue.popleft()
        self._taken.set()
        return event

    async def __aiter__(self) -> AsyncIterator[Event | Gap]:
        while True:
            yield await self.next()


class Bus:
    def __init__(self) -> None:
        self._subscriptions: dict[type[Event], list[Subscription]] = {}

    async def publish(self, event: Event) -> None:
        """Returns when every lossless subscriber has room for it."""
        for subscription in tuple(self._subscriptions.get(type(event), ())):
            await subscription.offer(event)

    @contextmanager
    def subscribe(self, *kinds: type[Event], depth: int = 64, lossless: bool) -> Iterator[Subscription]:
        """Leaving the block unsubscribes. `lossless=False` is for watchers: they may lag, and are told so."""
        subscription = Subscription(kinds, depth, lossless=lossless)
        for kind in kinds:
            self._subscriptions.setdefault(kind, []).append(subscription)
        try:
            yield subscription
        finally:
            for kind in kinds:
                self._subscriptions[kind].remove(subscription)
            subscription.close()

    async def watch(
        self, name: str, see: Callable[[Event | Gap], Awaitable[None]], *kinds: type[Event], depth: int = 256
    ) -> None:
        """Show events to a watcher until cancelled. Its failures are logged and hurt nobody."""
        with self.subscribe(*kinds, depth=depth, lossless=False) as events:
            async for event in events:
                try:
                    await see(event)
                except Exception:
                    logger.exception("the watcher %s failed at %s", name, type(event).__name__)
