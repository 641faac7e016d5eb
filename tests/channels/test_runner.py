import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import anyio
import pytest

from openclaw.bus import Bus, Subscription
from openclaw.channels.runner import Backoff, ChannelRunner
from openclaw.types.channel import Channel, ChannelState, Deliver, Report, WebhookRoute
from openclaw.types.errors import ChannelError
from openclaw.types.events import ChannelChanged
from openclaw.types.messages import Address, Arrival, Outbound, Part, Unusable
from tests.channels.telegram.house import NOW, StoppedClock

Life = Callable[[Deliver, Report], Awaitable[None]]
CONNECTED = ChannelState("connected")
AT_ONCE = Backoff(first_seconds=0, most_seconds=0)
ARRIVAL = Arrival("pigeon:default:1", "pigeon", "default", b"{}", Unusable("a test"))


class Pigeon:
    """A channel that lives through a script: one life after the other, the last one for ever."""

    def __init__(self, *lives: Life, account: str = "default") -> None:
        self.name = "pigeon"
        self.account = account
        self._lives = list(lives)

    async def run(self, deliver: Deliver, report: Report) -> None:
        if self._lives:
            return await self._lives.pop(0)(deliver, report)
        report(CONNECTED)
        await anyio.sleep_forever()
        return None

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]:
        return ()

    def compose(self, text: str) -> Sequence[Part]:
        return [Part(text)]

    async def send(self, message: Outbound) -> str:
        return message.id

    async def show_working(self, to: Address) -> None: ...

    async def aclose(self) -> None: ...


def fails(error: Exception, *reports: ChannelState) -> Life:
    async def live(_: Deliver, report: Report) -> None:
        for state in reports:
            report(state)
        raise error

    return live


async def take(arrivals: Sequence[Arrival]) -> None: ...


@asynccontextmanager
async def running(runner: ChannelRunner, *channels: Channel) -> AsyncIterator[Subscription]:
    bus = Bus()
    with bus.subscribe(ChannelChanged, lossless=True) as changes:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.receive, channels, take, bus)
            yield changes
            tasks.cancel_scope.cancel()


async def conditions(changes: Subscription, count: int) -> list[str]:
    seen: list[str] = []
    for _ in range(count):
        event = await changes.next()
        assert isinstance(event, ChannelChanged)
        seen.append(event.state.condition)
    return seen


async def test_a_channel_that_fails_is_started_again_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "openclaw.channels.runner")
    gone = ChannelError("no network")
    runner = ChannelRunner(StoppedClock(), AT_ONCE)

    async with running(runner, Pigeon(fails(gone, CONNECTED), fails(gone), fails(gone))) as changes:
        assert await conditions(changes, 4) == ["starting", "connected", "failing", "connected"]

        (status,) = runner.states()
        assert (status.condition, status.reason, status.last_error) == ("connected", "", "no network")
        assert (status.since, status.last_error_at) == (NOW, NOW)
    assert [record.getMessage() for record in caplog.records] == [
        "pigeon is connected",
        "pigeon is failing: no network",
        "pigeon is back",
    ]
    assert [status.condition for status in runner.states()] == ["stopped"]


async def test_a_fault_of_our_own_is_logged_with_its_place_and_restarted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    runner = ChannelRunner(StoppedClock(), AT_ONCE)

    async with running(runner, Pigeon(fails(KeyError("oops")))) as changes:
        assert await conditions(changes, 3) == ["starting", "failing", "connected"]

    assert runner.states()[0].last_error == "unexpected KeyError: 'oops'"
    assert any(record.exc_info for record in caplog.records)


async def test_one_bad_channel_takes_no_other_down() -> None:
    runner = ChannelRunner(StoppedClock())
    bad = Pigeon(fails(ChannelError("the token was refused", wait_seconds=300)), account="bad")

    async with running(runner, bad, Pigeon()) as changes:
        await conditions(changes, 4)

        assert {status.account: status.condition for status in runner.states()} == {
            "bad": "failing",
            "default": "connected",
        }


async def test_a_channel_that_ends_by_itself_is_not_forgotten() -> None:
    async def ends(_: Deliver, report: Report) -> None:
        report(CONNECTED)

    runner = ChannelRunner(StoppedClock(), AT_ONCE)
    async with running(runner, Pigeon(ends)) as changes:
        assert await conditions(changes, 4) == ["starting", "connected", "failing", "connected"]


async def recorded_waits(runner: ChannelRunner, monkeypatch: pytest.MonkeyPatch, *lives: Life) -> list[float]:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)
        await anyio.lowlevel.checkpoint()

    monkeypatch.setattr("openclaw.channels.runner.anyio.sleep", note)
    async with running(runner, Pigeon(*lives)) as changes:
        while (await conditions(changes, 1)) != ["connected"] or len(waits) < len(lives):
            pass
    return waits


async def test_waits_double_up_to_a_minute_and_begin_anew_after_a_healthy_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = StoppedClock()

    async def healthy(_: Deliver, report: Report) -> None:
        report(CONNECTED)
        clock.seconds += 61
        raise ChannelError("gone")

    gone = fails(ChannelError("gone"))
    runner = ChannelRunner(clock, Backoff(jitter=0))

    waits = await recorded_waits(runner, monkeypatch, *[gone] * 8, healthy, gone)

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 1, 2]


async def test_a_wait_that_the_provider_names_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    told = fails(ChannelError("409", wait_seconds=30))

    assert await recorded_waits(ChannelRunner(StoppedClock()), monkeypatch, told, told) == [30, 30]


def test_waits_are_spread_a_little() -> None:
    waits = {Backoff().wait(3) for _ in range(20)}

    assert len(waits) > 1
    assert all(4 <= wait <= 5 for wait in waits)


async def test_the_time_of_the_last_message_is_kept_by_whatever_way_it_came() -> None:
    runner = ChannelRunner(StoppedClock())

    async def receives(deliver: Deliver, report: Report) -> None:
        report(CONNECTED)
        await deliver([ARRIVAL])
        await anyio.sleep_forever()

    async with running(runner, Pigeon(receives), Pigeon(account="hook")) as changes:
        await conditions(changes, 4)
        await runner.noting(take)([Arrival("pigeon:hook:1", "pigeon", "hook", b"{}", Unusable("a test"))])

        assert [status.last_inbound_at for status in runner.states()] == [NOW, NOW]


async def test_a_channel_is_started_anew_when_somebody_asks(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "openclaw.channels.runner")
    runner = ChannelRunner(StoppedClock())
    waits = fails(ChannelError("the token was refused", wait_seconds=300))

    async with running(runner, Pigeon(waits)) as changes:
        assert await conditions(changes, 2) == ["starting", "failing"]
        assert runner.restart("pigeon", "default") is True
        assert await conditions(changes, 2) == ["starting", "connected"]
        assert runner.restart("pigeon", "default") is True
        assert await conditions(changes, 2) == ["starting", "connected"]
        assert runner.restart("pigeon", "nobody") is False
    assert [record.getMessage() for record in caplog.records].count("pigeon is started anew, as asked") == 2


async def test_a_channel_that_comes_later_is_run_like_the_others() -> None:
    runner = ChannelRunner(StoppedClock(), AT_ONCE)
    async with running(runner) as changes:
        await anyio.lowlevel.checkpoint()
        while not runner.states():
            runner.put_on(Pigeon())
            await anyio.lowlevel.checkpoint()

        assert await conditions(changes, 2) == ["starting", "connected"]


async def test_one_is_replaced_while_the_other_goes_on_and_its_place_is_forgotten_only_for_good() -> None:
    stopped: list[str] = []

    async def live(_: Deliver, report: Report) -> None:
        report(CONNECTED)
        try:
            await anyio.sleep_forever()
        finally:
            stopped.append("home")

    runner = ChannelRunner(StoppedClock(), AT_ONCE)
    async with running(runner, Pigeon(live, account="home"), Pigeon(account="work")) as changes:
        await conditions(changes, 4)

        await runner.take_off("pigeon", "home", for_good=False)
        replaced = {each.account: each.condition for each in runner.states()}
        await runner.take_off("pigeon", "home", for_good=True)

        assert stopped == ["home"]
        assert replaced == {"home": "stopped", "work": "connected"}
        assert [each.account for each in runner.states()] == ["work"]


async def test_where_nobody_receives_nothing_is_put_on() -> None:
    runner = ChannelRunner(StoppedClock(), AT_ONCE)
    runner.put_on(Pigeon())

    assert runner.states() == ()
