from pathlib import Path

import anyio
import pytest

from openclaw.agent.tools import watching
from openclaw.agent.tools.base import Scene
from openclaw.agent.tools.watching import LONGEST_WORDS, Watch
from openclaw.types.clock import SystemClock
from openclaw.types.conversation import ToolCall
from openclaw.types.events import ToolProgressed, TurnEvent

SLOW, QUICK = ToolCall("c1", "exec", {}), ToolCall("c2", "read", {})
SCENE = Scene("main", "agent:main:main", "r1", Path("/w"))


class Watcher:
    def __init__(self) -> None:
        self.seen: list[ToolProgressed] = []
        self.enough = anyio.Event()

    async def emit(self, event: TurnEvent) -> None:
        assert isinstance(event, ToolProgressed)
        self.seen.append(event)
        if event.words.endswith("x"):
            self.enough.set()


async def test_a_call_that_runs_for_long_tells_how_long_and_what_it_last_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "EVERY_SECONDS", 0.001)
    watcher = Watcher()
    watch = Watch(SCENE, watcher.emit, SystemClock(), 2)
    tell = watch.begin(SLOW)
    watch.begin(QUICK)
    watch.end(QUICK)
    async with anyio.create_task_group() as group:
        group.start_soon(watch.run)
        tell("first")
        tell("second")
        tell("third " + "x" * 1_000)
        await watcher.enough.wait()
        watch.end(SLOW)

    last = watcher.seen[-1]
    assert {each.call_id for each in watcher.seen} == {"c1"}
    assert (last.run_id, last.name, len(last.words), last.ms > 0) == ("r1", "exec", LONGEST_WORDS, True)


async def test_the_watch_ends_with_the_last_call_and_of_quick_ones_nothing_is_told() -> None:
    watcher = Watcher()
    watch = Watch(SCENE, watcher.emit, SystemClock(), 2)
    for call in (SLOW, QUICK):
        watch.begin(call)
        watch.end(call)
    with anyio.fail_after(20):
        await watch.run()
    assert watcher.seen == []
