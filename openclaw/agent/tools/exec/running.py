"""One command, from its start to its end."""

import logging
import math
import re
import signal
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import anyio
import anyio.abc
import anyio.to_thread

from openclaw.agent.tools.base import Scene, ToolError
from openclaw.agent.tools.exec import tree
from openclaw.agent.tools.exec.recording import Recording
from openclaw.agent.tools.exec.sandbox.base import Cell, Order
from openclaw.types.clock import Clock

logger = logging.getLogger(__name__)

MOST_OUTPUT_BYTES = 16 << 20
WATCH_SECONDS = 0.1
DRAIN_SECONDS = 1.0
"""For the rest of the output when the command has ended and something holds its end of the pipe."""
FLOOD = f"it wrote more than {MOST_OUTPUT_BYTES >> 20} MiB"

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07?)")
_SIGNALS = {
    signal.SIGKILL: "killed, perhaps for taking too much memory",
    signal.SIGXCPU: "its processor time was used up",
    signal.SIGXFSZ: "it wrote a file larger than it may",
    signal.SIGSEGV: "it crashed",
    signal.SIGABRT: "it gave up",
    signal.SIGSYS: "it made a system call that is refused",
    signal.SIGTERM: "asked to end",
    signal.SIGINT: "interrupted",
}


@dataclass(frozen=True, slots=True)
class Ending:
    code: int
    seconds: float
    reason: str = ""
    """Why we ended it."""

    @property
    def succeeded(self) -> bool:
        return self.code == 0 and not self.reason

    def __str__(self) -> str:
        after = f"after {self.seconds:.1f} s"
        if self.reason:
            return f"ended {after}: {self.reason}"
        number = -self.code if self.code < 0 else self.code - 128
        if number <= 0 or number not in {each.value for each in signal.Signals}:
            return f"exit code {self.code}, {after}"
        name = signal.Signals(number)
        told = f"{name.name}: {_SIGNALS[name]}" if name in _SIGNALS else name.name
        return f"exit code {self.code} ({told}), {after}"


@dataclass(frozen=True, slots=True)
class Command:
    """What was asked for, and by which turn."""

    text: str
    """As the model wrote it."""
    order: Order
    scene: Scene
    timeout_seconds: float
    takes_input: bool
    outside: bool


class Running:
    def __init__(self, session_id: str, command: Command, clock: Clock) -> None:
        self.session_id = session_id
        self.command = command
        self.recording = Recording()
        self.in_background = False
        self.started_at = clock.monotonic()
        self.ending: Ending | None = None
        self.failure: ToolError | None = None
        """It never started."""
        self.begun = anyio.Event()
        """It is there, or never will be."""
        self.ended = anyio.Event()
        self._clock = clock
        self._process: anyio.abc.Process | None = None
        self._reason = ""
        self._stop = anyio.Event()
        self._news = anyio.Event()

    @property
    def seconds(self) -> float:
        return self.ending.seconds if self.ending else self._clock.monotonic() - self.started_at

    def stop(self, reason: str) -> None:
        """It is killed, with all that it started; `ended` tells when that is done. The first reason counts."""
        self._reason = self._reason or reason
        self._stop.set()

    async def live(self, prepare: Callable[[Order], Cell]) -> None:
        """Returns when the command and all that it started are gone, also when cancelled. `finish` comes after it."""
        try:
            cell = await anyio.to_thread.run_sync(prepare, self.command.order)
            try:
                await self._run(cell)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(cell.close)
        except ToolError as error:
            self.failure = error
        except OSError as error:
            self.failure = ToolError(f"the command cannot be started: {error.strerror or error}")

    def finish(self) -> None:
        """Now everybody may know."""
        if self.ending is None and self.failure is None:
            self.failure = ToolError("the command was stopped before it began")
        self.begun.set()
        self._tell_news()
        self.ended.set()

    async def _run(self, cell: Cell) -> None:
        process = self._process = await self._spawn(cell)
        self.begun.set()
        try:
            async with anyio.create_task_group() as group:
                read = anyio.Event()
                group.start_soon(self._read, process, read)
                group.start_soon(self._watch, process, cell)
                group.start_soon(self._obey, process)
                with anyio.move_on_after(self.command.timeout_seconds) as limit:
                    await process.wait()
                if limit.cancelled_caught:
                    self.stop(f"it ran longer than its timeout of {self.command.timeout_seconds:g} s")
                    await process.wait()
                await self._drain(process, read)
                group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._bury(process, cell)

    async def _spawn(self, cell: Cell) -> anyio.abc.Process:
        launch = cell.launch
        owner, group = launch.owner or (None, None)
        try:
            # From the loop's own thread: a sandbox ends with the thread that started it.
            return await anyio.open_process(
                launch.argv,
                stdin=subprocess.PIPE if self.command.takes_input else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=launch.cwd,
                env=launch.env,
                start_new_session=True,
                pass_fds=launch.descriptors,
                user=owner,
                group=group,
                extra_groups=[] if launch.owner else None,
            )
        finally:
            cell.started()

    async def _read(self, process: anyio.abc.Process, done: anyio.Event) -> None:
        assert process.stdout is not None
        with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
            async for data in process.stdout:
                self.recording.write(data)
                if words := last_line(data):
                    self.command.scene.tell(words)
                self._tell_news()
                if self.recording.bytes > MOST_OUTPUT_BYTES:
                    self.stop(FLOOD)
                    break
        done.set()

    async def _watch(self, process: anyio.abc.Process, cell: Cell) -> None:
        while True:
            await anyio.sleep(WATCH_SECONDS)
            if trouble := await anyio.to_thread.run_sync(cell.trouble, process.pid):
                self.stop(trouble)
                return

    async def _obey(self, process: anyio.abc.Process) -> None:
        await self._stop.wait()
        await anyio.to_thread.run_sync(tree.kill, process.pid)

    async def _drain(self, process: anyio.abc.Process, read: anyio.Event) -> None:
        with anyio.move_on_after(DRAIN_SECONDS):
            await read.wait()
        if not read.is_set():
            await anyio.to_thread.run_sync(tree.kill, process.pid)

    async def _bury(self, process: anyio.abc.Process, cell: Cell) -> None:
        if process.returncode is None:
            self._reason = self._reason or "the assistant stops"
        await anyio.to_thread.run_sync(tree.kill, process.pid)
        await process.wait()
        # What happened since the last look; a short command was never looked at.
        self._reason = self._reason or await anyio.to_thread.run_sync(cell.trouble, process.pid)
        await process.aclose()
        self.recording.write(b"", final=True)
        assert process.returncode is not None
        self.ending = Ending(process.returncode, self._clock.monotonic() - self.started_at, self._reason)

    # -- from outside ---------------------------------------------------------------------------------------

    async def send(self, data: bytes) -> None:
        """Raises ToolError when it takes no input (any more)."""
        stdin = self._process.stdin if self._process else None
        if stdin is None or self.ending is not None:
            raise ToolError("the process takes no input: only what was started with background: true does")
        try:
            with anyio.fail_after(5):
                await stdin.send(data)
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            raise ToolError("the process takes no more input") from None
        except TimeoutError:
            raise ToolError("the process does not read its input; not all of it was written") from None

    async def end_input(self) -> None:
        if self._process and self._process.stdin:
            await self._process.stdin.aclose()

    async def interrupt(self, number: signal.Signals) -> None:
        if self._process is not None and self.ending is None:
            await anyio.to_thread.run_sync(tree.interrupt, self._process.pid, number)

    async def wait_for_news(self, seconds: float) -> None:
        """Returns when there is something unread, when it has ended, or after so long."""
        with anyio.move_on_after(seconds if seconds > 0 else -math.inf):
            while not (self.recording.unread or self.ended.is_set()):
                await self._news.wait()

    def _tell_news(self) -> None:
        self._news.set()
        self._news = anyio.Event()


def last_line(data: bytes) -> str:
    """Pure. Of what a command has just written, for people who wait."""
    line = data.rstrip().rpartition(b"\n")[2].rpartition(b"\r")[2][-400:].decode(errors="replace")
    return "".join(letter for letter in _ESCAPE.sub("", line) if letter.isprintable()).strip()


Notify = Callable[[Running], Awaitable[None]]
