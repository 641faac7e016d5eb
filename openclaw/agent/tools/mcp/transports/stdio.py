"""A server as a child process: JSON-RPC, a message a line, on its standard input and output.

Not the SDK's own transport: that one keeps a line without end in memory, writes every piece of garbage into the log
with a traceback, and leaves a child that ignores the end of its input behind when we are killed.
"""

import logging
import os
import shutil
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from anyio.abc import ByteReceiveStream, Process

from openclaw.agent.tools.mcp.reasons import ConnectionLostError
from openclaw.logs import printable

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.shared.message import SessionMessage

logger = logging.getLogger(__name__)

LINE_BYTES = 32 * 1024 * 1024
"""Of one message; an image of the largest size fits several times."""
PARSED_HERE_BYTES = 256 * 1024
"""What is longer is parsed in a thread: the loop must not stand still for it."""
GARBAGE_LINES = 1_000
"""In a row, that are no messages: whoever writes them is no MCP server."""
SAID_LINES, SAID_CHARACTERS, SAID_SECONDS = 40, 500, 60.0
"""Of standard error, in the log: so many lines in so many seconds."""
GRACE_SECONDS = 2.0
"""To end by itself, then to end when asked; longer than it takes to learn why it ended."""
EXIT_SECONDS, SAID_LATE_SECONDS = 0.5, 0.2
"""After the end of its output: for its exit, and for the last words."""
_PASSED = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER")


@dataclass(frozen=True, slots=True)
class Launch:
    command: str
    args: tuple[str, ...]
    env: Mapping[str, str]
    """All of it: nothing is inherited."""
    cwd: str


def environment(environ: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """What any program needs, and what the owner gives this one. Our own keys are no business of it."""
    return {name: environ[name] for name in _PASSED if name in environ} | dict(own)


@dataclass(slots=True)
class StandardError:
    """What a server says besides, a line at a time: into the log, as much as is good for it."""

    server: str
    clean: Callable[[str], str]
    now: Callable[[], float] = anyio.current_time
    last: deque[str] = field(default_factory=lambda: deque(maxlen=3))
    _since: float = float("-inf")
    _said: int = 0
    _rest: bytes = b""

    def take(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:SAID_CHARACTERS]
        for line in lines:
            if text := line[: 4 * SAID_CHARACTERS].decode("utf-8", "replace").strip():
                self._tell(printable(self.clean(text), SAID_CHARACTERS))

    def _tell(self, text: str) -> None:
        self.last.append(text)
        if self.now() - self._since >= SAID_SECONDS:
            if self._said > SAID_LINES:
                logger.info("%s said %d more lines", self.server, self._said - SAID_LINES)
            self._since, self._said = self.now(), 0
        self._said += 1
        if self._said <= SAID_LINES:
            logger.info("%s says: %s", self.server, text)


@dataclass(slots=True)
class _Pipes:
    """Between the child's pipes and the SDK's streams."""

    process: Process
    errors: StandardError
    inbound: "MemoryObjectSendStream[SessionMessage | Exception]"
    outbound: "MemoryObjectReceiveStream[SessionMessage]"
    lost: Callable[[str], None]
    heard: anyio.Event = field(default_factory=anyio.Event)
    ended: anyio.Event = field(default_factory=anyio.Event)
    garbage: int = 0

    async def read(self) -> None:
        assert self.process.stdout is not None
        async with self.inbound:
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                async for line in _lines(self.process.stdout):
                    if message := await self._message(line):
                        await self.inbound.send(message)
        self.lost(await self._why_ended())
        self.ended.set()

    async def _message(self, line: bytes) -> "SessionMessage | None":
        from mcp.shared.message import SessionMessage
        from mcp_types import jsonrpc_message_adapter

        try:
            if len(line) > PARSED_HERE_BYTES:
                parsed = await anyio.to_thread.run_sync(jsonrpc_message_adapter.validate_json, line)
            else:
                parsed = jsonrpc_message_adapter.validate_json(line)
        except ValueError:
            self.garbage += 1
            if self.garbage == 1:
                text = printable(self.errors.clean(line[:800].decode("utf-8", "replace")), 200)
                logger.warning("%s writes what is no message to its output: %s", self.errors.server, text)
            if self.garbage >= GARBAGE_LINES:
                raise ConnectionLostError("it writes no MCP messages to its output") from None
            return None
        self.garbage = 0
        return SessionMessage(parsed)

    async def _why_ended(self) -> str:
        await _gone(self.process, EXIT_SECONDS)
        # What it said last often comes after the end of its output.
        with anyio.move_on_after(SAID_LATE_SECONDS):
            await self.heard.wait()
        code = self.process.returncode
        how = "closed its output" if code is None else _ended_by(code)
        said = f": {' · '.join(self.errors.last)}" if self.errors.last else ""
        return f"it {how}{said}"

    async def write(self) -> None:
        assert self.process.stdin is not None
        async with self.outbound:
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
                async for message in self.outbound:
                    json = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                    await self.process.stdin.send(json.encode() + b"\n")

    async def listen(self) -> None:
        assert self.process.stderr is not None
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            async for data in self.process.stderr:
                self.errors.take(data)
        self.heard.set()


@asynccontextmanager
async def stdio_transport(
    launch: Launch, errors: StandardError, lost: Callable[[str], None]
) -> AsyncIterator[
    tuple["MemoryObjectReceiveStream[SessionMessage | Exception]", "MemoryObjectSendStream[SessionMessage]"]
]:
    """The child lives as long as the block, and everything it has started no longer.

    `lost` is told once why its output has ended. Raises ConnectionLostError where it cannot be started.
    """
    process = await _start(launch)
    to_session, inbound = anyio.create_memory_object_stream["SessionMessage | Exception"](0)
    outbound, from_session = anyio.create_memory_object_stream["SessionMessage"](0)
    pipes = _Pipes(process, errors, to_session, from_session, lost)
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(pipes.read)
            group.start_soon(pipes.write)
            group.start_soon(pipes.listen)
            try:
                yield inbound, outbound
            finally:
                with anyio.CancelScope(shield=True):
                    await _stop(process)
                    # Where it ended by itself, somebody wants to know why.
                    with anyio.move_on_after(EXIT_SECONDS):
                        await pipes.ended.wait()
                group.cancel_scope.cancel()
    finally:
        for stream in (to_session, inbound, outbound, from_session):
            stream.close()
        with anyio.CancelScope(shield=True):
            await process.aclose()


async def _start(launch: Launch) -> Process:
    argv, cwd = await anyio.to_thread.run_sync(_argv, launch)
    try:
        return await anyio.open_process(argv, env=launch.env, cwd=cwd, start_new_session=True)
    except (OSError, ValueError) as error:
        raise ConnectionLostError(f"{launch.command!r} cannot be started: {error}") from error


def _argv(launch: Launch) -> tuple[list[str], Path]:
    """Blocks. What is missing is named before anything runs."""
    cwd, command = Path(launch.cwd).expanduser(), launch.command
    if not cwd.is_dir():
        raise ConnectionLostError(f"there is no folder {cwd}; see its cwd")
    if "/" in command:
        command = str(cwd / Path(command).expanduser())
    program = shutil.which(command, path=launch.env.get("PATH", os.defpath))
    if program is None:
        raise ConnectionLostError(
            f"there is no program {launch.command!r}; see its command, and PATH in its env"
        )
    # A server that ignores the end of its input would outlive us where we are killed.
    tether = shutil.which("setpriv") if sys.platform == "linux" else None
    tied = [tether, "--pdeathsig", "KILL", "--"] if tether else []
    return [*tied, program, *launch.args], cwd


async def _stop(process: Process) -> None:
    """As the protocol has it: its input ends, then it is asked, then it is made to; with all that it has started."""
    assert process.stdin is not None
    with suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
        await process.stdin.aclose()
    if not await _gone(process, GRACE_SECONDS):
        _signal(process, signal.SIGTERM)
        await _gone(process, GRACE_SECONDS)
    _signal(process, signal.SIGKILL)
    await _gone(process, GRACE_SECONDS)


async def _gone(process: Process, seconds: float) -> bool:
    """Whether the child has ended within this time. Not `wait`: that waits for its pipes' end as well."""
    with anyio.move_on_after(seconds):
        while process.returncode is None:  # noqa: ASYNC110 - nothing tells
            await anyio.sleep(0.01)
    return process.returncode is not None


def _signal(process: Process, number: signal.Signals) -> None:
    """To the whole group, which outlives its leader as long as anything of it runs."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


async def _lines(stream: ByteReceiveStream) -> AsyncIterator[bytes]:
    pieces: list[bytes] = []
    size = 0
    async for chunk in stream:
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            yield b"".join([*pieces, line])
            pieces, size = [], 0
        if rest:
            pieces.append(rest)
            size += len(rest)
        if size > LINE_BYTES:
            raise ConnectionLostError(f"it sent a message of more than {LINE_BYTES // 1024**2} MB")


def _ended_by(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"
