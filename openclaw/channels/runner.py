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

    def states(self) -> Sequence[ChannelStatus]:
        return self._board.all()

    async def receive(self, channels: Sequence[Channel], deliver: Deliver, bus: Bus) -> None:
        """Run all channels until cancelled."""
        async with anyio.create_task_group() as tasks:
            for channel in channels:
                supervision = _Supervision(channel, self._board, self._clock, self._backoff)
                tasks.start_soon(
                    supervision.keep_running, self.noting(deliver), _publisher(bus, tasks, channel)
                )

    def noting(self, deliver: Deliver) -> Deliver:
        """`deliver`, with the time of the last arrival kept; for webhook routes as well."""

        async def deliver_noted(arrivals: Sequence[Arrival]) -> None:
            await deliver(arrivals)
            self._board.note_arrivals(arrivals)

        return deliver_noted


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

    async def keep_running(self, deliver: Deliver, publish: Report) -> None:
        def report(state: ChannelState) -> None:
            if (before := self._board.note(self._channel, state)) is not None:
                self._changed(before, state)
                publish(state)

        report(ChannelState("starting"))
        try:
            while True:
                reason, wait_seconds = await self._run_once(deliver, report)
                backed_off = self._next_wait()
                report(ChannelState("failing", reason))
                await anyio.sleep(backed_off if wait_seconds is None else wait_seconds)
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
