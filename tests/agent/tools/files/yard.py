"""A workspace with its tools, and something outside that nobody may reach."""

import struct
import zlib
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Output, Scene, Tool, ToolError
from openclaw.agent.tools.files.config import ApplyPatchConfig, FsConfig
from openclaw.agent.tools.files.family import FileTools
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.agent.tools.files.undo.journal import UndoJournal
from openclaw.agent.tools.files.undo.restore import UndoneTurn, undo_last
from openclaw.types.clock import SystemClock
from tests.agent.tools.scenes import SCENE

CANARY = "canary-5fd1 the owner's secret"


@dataclass
class Yard:
    folder: Path
    fs: FsConfig = field(default_factory=FsConfig)
    book: UndoBook = field(init=False)
    tools: dict[str, Tool] = field(init=False)

    def __post_init__(self) -> None:
        self.workspace.mkdir(parents=True)
        self.outside.mkdir()
        self.secret.write_text(CANARY)
        self.book = UndoBook(self.state, SystemClock())
        family = FileTools(self.fs, ApplyPatchConfig(), self.state, self.book)
        self.tools = {tool.name: tool for tool in family.tools(AgentProfile("main", self.workspace))}

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def workspace(self) -> Path:
        return self.state / "workspace"

    @property
    def outside(self) -> Path:
        return self.folder / "outside"

    @property
    def secret(self) -> Path:
        return self.outside / "secret.txt"

    @property
    def journal(self) -> UndoJournal:
        return self.book.of(self.workspace)

    def scene(self, run: str = "run_1", session: str = "agent:main:main") -> Scene:
        return replace(SCENE, workspace=self.workspace, run_id=run, session_key=session)

    async def use(self, name: str, run: str = "run_1", **arguments: Any) -> Output:
        """As the loop does it: first what it would do, then it."""
        tool, scene = self.tools[name], self.scene(run)
        tool.act(arguments, scene)
        outcome = await tool.run(arguments, scene)
        return outcome if isinstance(outcome, Output) else Output(outcome)

    async def refusal(self, name: str, **arguments: Any) -> str:
        try:
            outcome = await self.use(name, **arguments)
        except ToolError as error:
            return str(error)
        raise AssertionError(f"{name} was not refused: {outcome.text[:200]}")

    async def undo(
        self, session: str | None = None, *, force: bool = False, dry_run: bool = False
    ) -> UndoneTurn | None:
        work = partial(undo_last, self.journal, session, force=force, dry_run=dry_run)
        return await anyio.to_thread.run_sync(work)

    def put(self, name: str, text: str = "inside\n") -> Path:
        path = self.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def tree(self) -> dict[str, str]:
        return tree(self.workspace)


def tree(folder: Path) -> dict[str, str]:
    """Every file there is, with what it holds; folders end with a slash."""
    return {
        path.relative_to(folder).as_posix() + "/" * path.is_dir(): "" if path.is_dir() else path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_dir() or path.is_file()
    }


def patch(*lines: str) -> str:
    return "\n".join(["*** Begin Patch", *lines, "*** End Patch"])


def png(width: int = 2, height: int = 1) -> bytes:
    def part(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress((b"\0" + b"\xff\0\0" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", rows) + part(b"IEND", b"")
