from collections.abc import Iterable

import anyio
import pytest
from anyio.lowlevel import checkpoint

from openclaw.bus import Bus, Gap, Subscription
from openclaw.types.events import Event, MessageReceived, ReplyReady, Stopping
from openclaw.types.messages import Address


def reply(number: int) -> ReplyReady:
    return ReplyReady(Address("telegram", str(number)))


async def publish(bus: Bus, numbers: Iterable[int]) -> None:
    for number in numbers:
        await bus.publish(reply(number))


async def take(subscription: Subscription, count: int) -> list[Event | Gap]:
    return [await subscription.next() for _ in range(count)]


async def test_a_subscriber_gets_the_kinds_it_asked_for_in_order() -> None:
    bus = Bus()
    with bus.subscribe(ReplyReady, Stopping, lossless=True) as events:
        await publish(bus, [1])
        await bus.publish(MessageReceived())
        await bus.publish(Stopping("SIGTERM"))
        await publish(bus, [2])

        assert await take(events, 3) == [reply(1), Stopping("SIGTERM"), reply(2)]


async def test_an_event_nobody_asked_for_is_no_error() -> None:
    await Bus().publish(Stopping("SIGTERM"))


async def test_a_subscriber_waits_for_what_comes() -> None:
    bus = Bus()
    seen: list[Event | Gap] = []
    with bus.subscribe(ReplyReady, lossless=True) as events:

        async def listen() -> None:
            seen.extend(await take(events, 2))

        async with anyio.create_task_group() as group:
            group.start_soon(listen)
            for number in (1, 2):
                await anyio.wait_all_tasks_blocked()
                await publish(bus, [number])

    assert seen == [reply(1), reply(2)]


async def test_publishing_waits_while_a_lossless_subscriber_is_full() -> None:
    bus = Bus()
    published: list[int] = []
    with bus.subscribe(ReplyReady, depth=2, lossless=True) as events:

        async def publish_five() -> None:
            for number in range(5):
                await publish(bus, [number])
                published.append(number)

        async with anyio.create_task_group() as group:
            group.start_soon(publish_five)
            await anyio.wait_all_tasks_blocked()
            assert published == [0, 1]

            assert await events.next() == reply(0)
            await anyio.wait_all_tasks_blocked()
            assert published == [0, 1, 2]

            assert await take(events, 4) == [reply(n) for n in (1, 2, 3, 4)]


@pytest.mark.parametrize("publishers", [2, 7])
async def test_every_one_of_several_waiting_publishers_goes_on(publishers: int) -> None:
    bus = Bus()
    with bus.subscribe(ReplyReady, depth=1, lossless=True) as events:
        await publish(bus, [0])
        async with anyio.create_task_group() as group:
            for number in range(publishers):
                group.start_soon(publish, bus, [10 * number, 10 * number + 1])
            await anyio.wait_all_tasks_blocked()
            with anyio.fail_after(5):
                seen = await take(events, 2 * publishers + 1)

    numbers = [int(event.to.chat) for event in seen if isinstance(event, ReplyReady)]
    assert sorted(numbers[1:]) == sorted(10 * n + i for n in range(publishers) for i in (0, 1))
    for n in range(publishers):
        assert numbers.index(10 * n, 1) < numbers.index(10 * n + 1, 1), "each one's events stay in order"


@pytest.mark.parametrize("publishers", [1, 3])
async def test_a_subscriber_that_leaves_frees_who_waits_for_it(publishers: int) -> None:
    bus = Bus()
    async with anyio.create_task_group() as group:
        with bus.subscribe(ReplyReady, depth=1, lossless=True):
            await publish(bus, [0])
            for _ in range(publishers):
                group.start_soon(publish, bus, [1])
            await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(5):
            await publish(bus, [2])


async def test_a_slow_watcher_loses_the_oldest_and_is_told_how_many() -> None:
    bus = Bus()
    with bus.subscribe(ReplyReady, depth=3, lossless=False) as events:
        await publish(bus, range(10))
        assert await take(events, 4) == [Gap(7), reply(7), reply(8), reply(9)]

        await publish(bus, [10])
        assert await events.next() == reply(10), "a gap is told once"


async def test_a_wake_up_is_one_however_often_it_is_published() -> None:
    bus = Bus()
    with bus.subscribe(MessageReceived, depth=1, lossless=False) as events:
        for _ in range(100):
            await bus.publish(MessageReceived())
        assert await take(events, 2) == [Gap(99), MessageReceived()]

        with anyio.move_on_after(0) as waiting:
            await events.next()
        assert waiting.cancelled_caught


async def test_a_slow_watcher_holds_up_nobody() -> None:
    bus = Bus()
    with bus.subscribe(ReplyReady, depth=1, lossless=False):
        with bus.subscribe(ReplyReady, depth=20, lossless=True) as gateway:
            await publish(bus, range(20))
            assert len(await take(gateway, 20)) == 20


async def test_who_has_left_gets_nothing_more() -> None:
    bus = Bus()
    with bus.subscribe(ReplyReady, depth=1, lossless=True):
        pass
    with bus.subscribe(ReplyReady, depth=9, lossless=True) as stays:
        await publish(bus, range(3))
        assert await take(stays, 3) == [reply(n) for n in range(3)]


async def test_a_subscriber_that_leaves_while_it_is_told_hurts_nobody() -> None:
    bus = Bus()
    with bus.subscribe(ReplyReady, depth=9, lossless=True) as stays:
        async with anyio.create_task_group() as group:
            with bus.subscribe(ReplyReady, depth=1, lossless=True):
                with bus.subscribe(ReplyReady, depth=9, lossless=True) as last:
                    await publish(bus, [0])
                    group.start_soon(publish, bus, [1])
                    await anyio.wait_all_tasks_blocked()
            await checkpoint()
        assert await take(stays, 2) == [reply(0), reply(1)]
        assert await last.next() == reply(0)


async def test_a_failing_watcher_is_logged_and_goes_on_and_so_do_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus = Bus()
    good: list[Event | Gap] = []
    bad: list[Event | Gap] = []

    async def see(event: Event | Gap) -> None:
        good.append(event)

    async def stumble(event: Event | Gap) -> None:
        bad.append(event)
        raise ZeroDivisionError("the screen is gone")

    async with anyio.create_task_group() as group:
        group.start_soon(bus.watch, "good", see, ReplyReady)
        group.start_soon(bus.watch, "the screen", stumble, ReplyReady)
        await anyio.wait_all_tasks_blocked()
        await publish(bus, [1, 2])
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()

    assert good == bad == [reply(1), reply(2)]
    assert caplog.text.count("the watcher the screen failed at ReplyReady") == 2
    assert "ZeroDivisionError: the screen is gone" in caplog.text


async def test_a_watcher_that_is_cancelled_has_left() -> None:
    bus = Bus()

    async def never(event: Event | Gap) -> None:
        await anyio.sleep_forever()

    async with anyio.create_task_group() as group:
        group.start_soon(lambda: bus.watch("stuck", never, ReplyReady, depth=1))
        await anyio.wait_all_tasks_blocked()
        await publish(bus, [1, 2, 3])
        group.cancel_scope.cancel()

    await publish(bus, [4])
