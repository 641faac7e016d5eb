"""Keeps every channel running: one bad channel takes no other down, and is never silent."""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import anyio
from anyio.abc import TaskGroup

from openclaw.bus import Bus
from openclaw.types.channel import Channel, ChannelCondition, ChannelState, Deliver, Report
from openclaw.types.clock import Clock
from openclaw.types.errors import ChannelError
from openclaw.types.events import ChannelChanged
from openclaw.types.messages import Arrival

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backoff:
    first_seconds: float = 1.0
    most_seconds: float = 60.0
    jitter: float = 0.25
    healthy_seconds: float = 60.0
    """Connected for so long, a channel that fails begins with the first wait again."""

    def wait(self, failures: int) -> float:
        """After so many failures in a row."""
        seconds = min(self.most_seconds, self.first_seconds * 2.0 ** min(failures - 1, 30))
        return seconds * (1 + self.jitter * random.random())  # noqa: S311 - spreads load, keeps no secret


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """For status and health; times in milliseconds since 1970."""

    channel: str
    account: str
    condition: ChannelCondition
    reason: str
    since: int
    last_error: str = ""
    last_error_at: int | None = None
    last_inbound_at: int | None = None


class ChannelRunner:
    def __init__(self, clock: Clock, backoff: Backoff | None = None) -> None:
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._board = _Board(clock)
        self._supervised: dict[tuple[str, str], _Supervision] = {}
        self._receiving: _Receiving | None = None

    def states(self) -> Sequence[ChannelStatus]:
        return self._board.all()

    def restart(self, channel: str, account: str) -> bool:
        """It ends what it does, or its wait after a failure, and begins anew at once. False: there is none such."""
        supervision = self._supervised.get((channel, account))
        if supervision is not None:
            supervision.begin_anew()
        return supervision is not None

    async def receive(self, channels: Sequence[Channel], deliver: Deliver, bus: Bus) -> None:
        """Run all channels, and those that are put on later, until cancelled."""
        async with anyio.create_task_group() as tasks:
            self._receiving = _Receiving(tasks, self.noting(deliver), bus)
            for channel in channels:
                self.put_on(channel)
            try:
                await anyio.sleep_forever()
            finally:
                self._receiving = None

    def put_on(self, channel: Channel) -> None:
        """From now on it receives; not where nobody does."""
        if (receiving := self._receiving) is None:
            return
        supervision = _Supervision(channel, self._board, self._clock, self._backoff)
        self._supervised[channel.name, channel.account] = supervision
        receiving.tasks.start_soon(
            supervision.keep_running, receiving.deliver, _publisher(receiving.bus, receiving.tasks, channel)
        )

    async def take_off(self, channel: str, account: str, *, for_good: bool) -> None:
        """Returns when it receives no more: what it has acknowledged is in the ledger. `for_good`: it is forgotten."""
        if (supervision := self._supervised.pop((channel, account), None)) is not None:
            await supervision.end()
        if for_good:
            self._board.forget(channel, account)

    def noting(self, deliver: Deliver) -> Deliver:
        """`deliver`, with the time of the last arrival kept; for webhook routes as well."""

        async def deliver_noted(arrivals: Sequence[Arrival]) -> None:
            await deliver(arrivals)
            self._board.note_arrivals(arrivals)

        return deliver_noted


@dataclass(frozen=True, slots=True)
class _Receiving:
    tasks: TaskGroup
    deliver: Deliver
    bus: Bus


def _publisher(bus: Bus, tasks: TaskGroup, channel: Channel) -> Report:
    def publish(state: ChannelState) -> None:
        tasks.start_soon(bus.publish, ChannelChanged(channel.name, channel.account, state))

    return publish


class _Board:
    """The present state of every channel."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._statuses: dict[tuple[str, str], ChannelStatus] = {}

    def all(self) -> Sequence[ChannelStatus]:
        return tuple(self._statuses.values())

    def forget(self, channel: str, account: str) -> None:
        self._statuses.pop((channel, account), None)

    def note(self, channel: Channel, state: ChannelState) -> ChannelCondition | None:
        """Returns the condition before, None when nothing has changed."""
        place, now = (channel.name, channel.account), self._clock.now_ms()
        before = self._statuses.get(place, ChannelStatus(*place, condition="stopped", reason="", since=now))
        if place in self._statuses and (before.condition, before.reason) == (state.condition, state.reason):
            return None
        since = before.since if before.condition == state.condition else now
        status = replace(before, condition=state.condition, reason=state.reason, since=since)
        if state.condition == "failing":
            status = replace(status, last_error=state.reason, last_error_at=now)
        self._statuses[place] = status
        return before.condition

    def note_arrivals(self, arrivals: Sequence[Arrival]) -> None:
        for place in {(arrival.channel, arrival.account) for arrival in arrivals}:
            if (status := self._statuses.get(place)) is not None:
                self._statuses[place] = replace(status, last_inbound_at=self._clock.now_ms())


class _Supervision:
    """Of one channel."""

    def __init__(self, channel: Channel, board: _Board, clock: Clock, backoff: Backoff) -> None:
        self._channel = channel
        self._board = board
        self._clock = clock
        self._backoff = backoff
        self._title = channel.name if channel.account == "default" else f"{channel.name}/{channel.account}"
        self._failures = 0
        self._connected_at: float | None = None
        self._life = anyio.CancelScope()
        self._whole = anyio.CancelScope()
        self._ended = anyio.Event()

    async def end(self) -> None:
        self._whole.cancel()
        await self._ended.wait()

    def begin_anew(self) -> None:
        self._life.cancel()

    async def keep_running(self, deliver: Deliver, publish: Report) -> None:
        try:
            with self._whole:
                await self._keep_running(deliver, publish)
        finally:
            self._ended.set()

    async def _keep_running(self, deliver: Deliver, publish: Report) -> None:
        def report(state: ChannelState) -> None:
            if (before := self._board.note(self._channel, state)) is not None:
                self._changed(before, state)
                publish(state)

        report(ChannelState("starting"))
        try:
            while True:
                with anyio.CancelScope() as self._life:
                    reason, wait_seconds = await self._run_once(deliver, report)
                    backed_off = self._next_wait()
                    report(ChannelState("failing", reason))
                    await anyio.sleep(backed_off if wait_seconds is None else wait_seconds)
                if self._life.cancelled_caught:
                    logger.info("%s is started anew, as asked", self._title)
                    self._failures, self._connected_at = 0, None
                    report(ChannelState("starting"))
        finally:
            self._board.note(self._channel, ChannelState("stopped"))

    async def _run_once(self, deliver: Deliver, report: Report) -> tuple[str, float | None]:
        """Why it ended, and how long its provider asks us to wait."""
        try:
            await self._channel.run(deliver, report)
        except ChannelError as error:
            return str(error), error.wait_seconds
        except Exception as error:
            logger.exception("%s failed unexpectedly and is started again", self._title)
            return f"unexpected {type(error).__name__}: {error}", None
        return "it ended by itself", None

    def _next_wait(self) -> float:
        connected_at, self._connected_at = self._connected_at, None
        if (
            connected_at is not None
            and self._clock.monotonic() - connected_at >= self._backoff.healthy_seconds
        ):
            self._failures = 0
        self._failures += 1
        return self._backoff.wait(self._failures)

    def _changed(self, before: ChannelCondition, state: ChannelState) -> None:
        if state.condition == "connected":
            self._connected_at = self._clock.monotonic()
            logger.info("%s is back" if before == "failing" else "%s is connected", self._title)
        elif state.condition == "failing" and before == "failing":
            logger.info("%s is still failing: %s", self._title, state.reason)
        elif state.condition == "failing":
            logger.warning("%s is failing: %s", self._title, state.reason)
