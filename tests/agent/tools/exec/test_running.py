import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest

from openclaw.agent.tools.base import Scene, ToolError
from openclaw.agent.tools.exec.running import Command, Ending, Running, last_line
from openclaw.agent.tools.exec.sandbox.base import Launch, Order
from openclaw.types.clock import SystemClock
from tests.agent.tools.exec.workshop import running
from tests.agent.tools.scenes import SCENE


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (Ending(0, 0.31), "exit code 0, after 0.3 s"),
        (Ending(2, 61), "exit code 2, after 61.0 s"),
        (Ending(137, 1), "exit code 137 (SIGKILL: killed, perhaps for taking too much memory), after 1.0 s"),
        (Ending(-9, 1), "exit code -9 (SIGKILL: killed, perhaps for taking too much memory), after 1.0 s"),
        (Ending(152, 1), "exit code 152 (SIGXCPU: its processor time was used up), after 1.0 s"),
        (Ending(129, 1), "exit code 129 (SIGHUP), after 1.0 s"),
        (Ending(128, 1), "exit code 128, after 1.0 s"),
        (Ending(255, 1), "exit code 255, after 1.0 s"),
        (Ending(-9, 2, "killed on request"), "ended after 2.0 s: killed on request"),
    ],
)
def test_an_ending_is_told_in_words(ending: Ending, words: str) -> None:
    assert str(ending) == words


def test_only_an_end_of_its_own_with_nothing_wrong_is_a_success() -> None:
    assert Ending(0, 1).succeeded
    assert not Ending(1, 1).succeeded
    assert not Ending(0, 1, "it wrote more than 16 MiB").succeeded


@dataclass
class PlainCell:
    """No sandbox: what happens around one."""

    launch: Launch
    wrong: str = ""
    closed: int = 0
    handed: int = 0
    asked: list[int] = field(default_factory=list)

    def started(self) -> None:
        self.handed += 1

    def trouble(self, pid: int) -> str:
        self.asked.append(pid)
        return self.wrong

    def close(self) -> None:
        self.closed += 1


def cell_of(script: str) -> PlainCell:
    return PlainCell(Launch(("/bin/bash", "-c", script), {"PATH": "/usr/bin:/bin"}))


@asynccontextmanager
async def started(
    cell: PlainCell, *, timeout: float = 20, takes_input: bool = False, scene: Scene = SCENE
) -> AsyncIterator[Running]:
    order = Order(("ignored",), Path("/workspace"))
    command = Command("…", order, scene, timeout, takes_input, outside=False)
    subject = Running("x1", command, SystemClock())

    async def live() -> None:
        await subject.live(lambda _: cell)
        subject.finish()

    async with anyio.create_task_group() as group:
        group.start_soon(live)
        await subject.begun.wait()
        yield subject
        group.cancel_scope.cancel()


async def test_the_cell_is_closed_once_when_everything_is_over() -> None:
    cell = cell_of("echo one; echo two >&2; exit 4")
    async with started(cell) as subject:
        await subject.ended.wait()
        assert subject.recording.text() == "one\ntwo\n"
        assert subject.ending is not None
        assert (subject.ending.code, subject.ending.reason) == (4, "")
    assert (cell.handed, cell.closed) == (1, 1)


async def test_what_it_last_wrote_is_told_meanwhile() -> None:
    heard: list[str] = []
    async with started(
        cell_of("echo one; echo; echo two"), scene=replace(SCENE, tell=heard.append)
    ) as subject:
        await subject.ended.wait()
    assert heard[-1] == "two"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"one\ntwo\n", "two"),
        (b"10 %\r20 %", "20 %"),
        (b"\x1b[32mgreen\x1b[0m \x07\n", "green"),
        (b"\n\n", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"x" * 1_000, "x" * 400),
    ],
)
def test_the_last_line_is_words_without_controls(data: bytes, line: str) -> None:
    assert last_line(data) == line


async def test_trouble_ends_it_and_is_the_reason() -> None:
    cell = cell_of("sleep 4715.5 & sleep 4715.5")
    async with started(cell) as subject:
        cell.wrong = "it started more than 3 processes"
        await subject.ended.wait()
        assert subject.ending is not None
        assert subject.ending.reason == "it started more than 3 processes"
    assert running("4715.5") == []


async def test_trouble_that_only_a_last_look_shows_is_told() -> None:
    cell = cell_of("true")
    cell.wrong = "MEMORY.md was replaced"
    async with started(cell) as subject:
        await subject.ended.wait()
        assert subject.ending is not None
        assert subject.ending.reason == "MEMORY.md was replaced"


async def test_whoever_keeps_the_pipe_open_holds_up_nothing() -> None:
    """Only outside a sandbox anybody is left."""
    async with started(cell_of("setsid sleep 4716.5 & echo said")) as subject:
        with anyio.fail_after(10):
            await subject.ended.wait()
        assert subject.recording.text() == "said\n"
        assert subject.ending is not None
        assert subject.ending.succeeded
    for pid in running("4716.5"):
        os.kill(pid, signal.SIGKILL)


async def test_cancelled_it_is_killed_and_buried_first() -> None:
    cell = cell_of("trap '' TERM INT; echo up; sleep 4717.5")
    async with started(cell) as subject:
        await subject.wait_for_news(20)
    assert running("4717.5") == []
    assert cell.closed == 1
    assert subject.ending is not None
    assert subject.ending.reason == "the assistant stops"


async def test_what_cannot_be_started_is_a_failure_and_leaves_nothing() -> None:
    cell = PlainCell(Launch(("/missing/program",), {}))
    async with started(cell) as subject:
        await subject.ended.wait()
        assert str(subject.failure) == "the command cannot be started: No such file or directory"
    assert (cell.handed, cell.closed) == (1, 1)


async def test_news_are_waited_for_and_no_longer_than_asked() -> None:
    async with started(cell_of("read line; echo got $line; read line"), takes_input=True) as subject:
        await subject.wait_for_news(0)
        await subject.wait_for_news(0.05)
        assert subject.recording.news() == ""
        await subject.send(b"x\n")
        await subject.wait_for_news(20)
        assert subject.recording.news() == "got x\n"
        await subject.end_input()
        await subject.ended.wait()
        with pytest.raises(ToolError, match="the process takes no input"):
            await subject.send(b"y\n")


async def test_input_that_nobody_reads_is_given_up() -> None:
    async def insist(subject: Running) -> None:
        for _ in range(10):
            await subject.send(b"x" * 100_000)

    async with started(cell_of("exec <&-; sleep 30"), takes_input=True) as subject:
        with pytest.raises(ToolError, match=r"takes no more input|does not read its input"):
            await insist(subject)
