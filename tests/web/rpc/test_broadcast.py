from typing import Any

import anyio
import orjson
import pytest

from openclaw.bus import Gap
from openclaw.types.events import (
    ConfigChanged,
    JobChanged,
    SessionChanged,
    Stopping,
    TextDelta,
    TraceRecorded,
    TurnStarted,
    WorkTold,
)
from openclaw.web.desk import RunState
from openclaw.web.rpc import broadcast
from openclaw.web.rpc.broadcast import Broadcast, Listener
from openclaw.web.rpc.feed import Feed
from openclaw.web.rpc.handshake import Caller, Scope
from tests.web.fake_house import MAIN, FakeHouse


def listener(name: str, *scopes: Scope) -> Listener:
    return Listener(Caller(frozenset(scopes), connection=name), Feed(1_000_000))


async def frames(of: Listener, count: int) -> list[dict[str, Any]]:
    """But those of who comes and goes."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        frame = orjson.loads(await of.feed.next() or "")
        found += [frame] if frame["event"] != "presence" else []
    return found


async def test_only_those_who_may_read_are_told_and_all_with_one_numbering() -> None:
    told = Broadcast(FakeHouse())
    reader, writer, pairer = (
        listener("a", "operator.read"),
        listener("b", "operator.write"),
        listener("c", "operator.pairing"),
    )
    with told.joined(reader), told.joined(writer), told.joined(pairer):
        await told.see(SessionChanged(MAIN, "reset"))
        await told.see(Stopping("SIGTERM"))
        seen = await frames(reader, 2)
        assert await frames(writer, 2) == seen
        with anyio.move_on_after(0) as scope:
            await pairer.feed.next()
        assert scope.cancelled_caught
    first, second = (frame["seq"] for frame in seen)
    assert second == first + 1


async def test_who_has_left_is_told_no_more() -> None:
    told = Broadcast(FakeHouse())
    reader = listener("a", "operator.read")
    with told.joined(reader):
        pass
    await told.see(Stopping("SIGTERM"))
    with anyio.move_on_after(0) as scope:
        await reader.feed.next()
    assert scope.cancelled_caught


async def test_jobs_and_traces_are_told_as_they_are() -> None:
    told = Broadcast(FakeHouse())
    reader = listener("a", "operator.read")
    with told.joined(reader):
        await told.see(JobChanged("job_1", "started", 7))
        await told.see(JobChanged("job_1", "finished", 9, "error", "", "no model"))
        await told.see(TraceRecorded("t_1", "answered"))
        started, finished, trace = await frames(reader, 3)
    assert (started["event"], started["payload"]) == (
        "cron",
        {"jobId": "job_1", "action": "started", "ts": 7},
    )
    assert (finished["payload"]["status"], finished["payload"]["error"]) == ("error", "no model")
    assert (trace["event"], trace["payload"]["id"], trace["payload"]["outcome"]) == (
        "trace",
        "t_1",
        "answered",
    )


async def test_a_changed_config_is_told_by_the_names_of_its_keys() -> None:
    told = Broadcast(FakeHouse())
    reader = listener("a", "operator.read")
    with told.joined(reader):
        await told.see(ConfigChanged(("budgets.perDay",), ("gateway.port",)))
        await told.see(ConfigChanged(fault="line 2, column 1: a comma is missing before this"))
        taken, refused = await frames(reader, 2)
    assert taken["event"] == refused["event"] == "config.changed"
    assert (taken["payload"]["changed"], taken["payload"]["restartRequired"]) == (
        ["budgets.perDay"],
        ["gateway.port"],
    )
    assert refused["payload"]["fault"].startswith("line 2")


async def test_lost_events_do_not_lose_the_end_of_a_run() -> None:
    house = FakeHouse()
    told = Broadcast(house)
    reader = listener("a", "operator.read")
    with told.joined(reader):
        await told.see(TurnStarted("r1", MAIN, "main"))
        house.desk.runs["r1"] = RunState("r1", "ok", MAIN, "Hi")
        await told.see(Gap(5))
        seen = await frames(reader, 3)
    assert seen[-1]["payload"]["state"] == "final"


async def test_what_waits_for_its_time_is_told_by_itself() -> None:
    house = FakeHouse()
    told = Broadcast(house)
    reader = listener("a", "operator.read")
    with told.joined(reader):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(told.run, house.bus)
            await anyio.wait_all_tasks_blocked()
            await house.bus.publish(TextDelta("r1", MAIN, "a"))
            await house.bus.publish(TextDelta("r1", MAIN, "b"))
            seen = await frames(reader, 4)
            tasks.cancel_scope.cancel()
    assert [frame["payload"]["deltaText"] for frame in seen if frame["event"] == "chat"] == ["a", "b"]


async def test_long_work_is_told() -> None:
    told = Broadcast(FakeHouse())
    reader = listener("a", "operator.read")
    with told.joined(reader):
        await told.see(
            WorkTold("w_1", "backfill", "goes-on", "Looking", 5, 9, words="2 new", done=3, total=8)
        )
        (frame,) = await frames(reader, 1)
    assert (frame["event"], frame["payload"]["done"], frame["payload"]["text"]) == ("work", 3, "2 new")


async def test_a_tick_tells_that_we_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "TICK_SECONDS", 0.01)
    house = FakeHouse()
    told = Broadcast(house)
    reader = listener("a", "operator.read")
    with told.joined(reader):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(told.run, house.bus)
            tick = (await frames(reader, 1))[0]
            tasks.cancel_scope.cancel()
    assert tick["event"] == "tick"
    assert tick["payload"].keys() == {"ts"}
