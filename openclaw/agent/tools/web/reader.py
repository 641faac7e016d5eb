"""Other people's pages are read by a process that may break: it holds no secrets and is gone afterwards.

Parsers of HTML and PDF hang and crash on what is made for that, and nothing can stop a thread. A page costs a tenth
of a second for the new process, and the daemon stays as small as it was.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import anyio
from anyio.abc import ByteReceiveStream, ByteSendStream

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.web.extraction import Task

SECONDS = 25.0
AT_ONCE = 2
MOST_SAID = 50_000_000
COMMAND = (sys.executable, "-I", "-m", "openclaw.agent.tools.web.extraction")


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    text: str
    whole: int
    """Characters there were; `text` may be less."""
    note: str = ""


@dataclass(slots=True)
class _Said:
    """What the process wrote before it ended."""

    code: int = 0
    out: bytearray = field(default_factory=bytearray)
    errors: bytearray = field(default_factory=bytearray)


class Reader:
    def __init__(self, seconds: float = SECONDS, command: Sequence[str] = COMMAND) -> None:
        self._seconds = seconds
        self._command = command
        self._places: anyio.CapacityLimiter | None = None

    async def read(self, page: bytes, task: Task) -> Document:
        """HTML as UTF-8. Raises ToolError."""
        if self._places is None:
            self._places = anyio.CapacityLimiter(AT_ONCE)
        async with self._places:
            try:
                with anyio.fail_after(self._seconds):
                    said = await self._run(json.dumps(task).encode() + b"\n" + page)
            except TimeoutError:
                raise ToolError(f"the page could not be read within {self._seconds:g} s") from None
        if said.code == 0:
            return Document(**json.loads(said.out))
        reason = _reason(said.errors) if said.code == 1 else ""
        raise ToolError(reason or f"the page could not be read: its reader ended with {said.code}")

    async def _run(self, given: bytes) -> _Said:
        """A process that is left, for whatever reason, is killed."""
        said = _Said()
        async with await anyio.open_process(self._command, env={}) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            async with anyio.create_task_group() as group:
                group.start_soon(_give, process.stdin, given)
                group.start_soon(_take, process.stdout, said.out)
                group.start_soon(_take, process.stderr, said.errors)
            said.code = await process.wait()
        return said


async def _give(stream: ByteSendStream, given: bytes) -> None:
    # It need not read all of it: its end says why.
    with suppress(anyio.BrokenResourceError):
        await stream.send(given)
    await stream.aclose()


async def _take(stream: ByteReceiveStream, said: bytearray) -> None:
    async for chunk in stream:
        if len(said) < MOST_SAID:
            said += chunk


def _reason(said: bytes | bytearray) -> str:
    """What it gave up with; a traceback is nothing for the model."""
    text = said.decode(errors="replace").strip()
    return "" if "Traceback" in text else text.rpartition("\n")[2][:300]
