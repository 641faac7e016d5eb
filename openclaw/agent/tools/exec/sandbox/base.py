"""What a place to run commands in is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from openclaw.agent.tools.base import ToolError

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one command and all that it starts."""

    processes: int = 32
    open_files: int = 256
    file_bytes: int = 64 * MEBIBYTE
    """Of one file that is written."""
    memory_bytes: int = 1024 * MEBIBYTE
    cpu_seconds: int = 300
    """Of one process."""
    scratch_bytes: int = 64 * MEBIBYTE
    """In /tmp, and as much in /dev/shm."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command to run."""

    argv: tuple[str, ...]
    workspace: Path
    folder: str = ""
    """Where in the workspace."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Besides what every command has."""
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Launch:
    """How its process is started."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None = None
    descriptors: tuple[int, ...] = ()
    """Passed on under their own numbers."""
    owner: tuple[int, int] | None = None
    """User and group to start it as, when they are not our own."""


class Cell(Protocol):
    """What one command was given. All of it blocks."""

    @property
    def launch(self) -> Launch: ...

    def started(self) -> None:
        """The process is there, or could not be made: its descriptors are ours no more."""

    def trouble(self, pid: int) -> str:
        """Why the process must end now; empty: it may go on. Asked about ten times a second."""

    def close(self) -> None:
        """After the last of its processes."""


@dataclass(frozen=True, slots=True)
class PlainCell:
    """Where nothing is handed over, watched or made."""

    launch: Launch

    def started(self) -> None:
        pass

    def trouble(self, pid: int) -> str:
        return ""

    def close(self) -> None:
        pass


class Sandbox(Protocol):
    @property
    def name(self) -> str:
        """For people: what keeps the command in."""

    @property
    def root(self) -> str:
        """What the workspace is called inside; empty: as outside."""

    def prepare(self, order: Order) -> Cell:
        """Blocks. Raises ToolError when this workspace or folder cannot be run in."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Nothing here keeps a command in."""

    reason: str
    """What is wrong and how it is mended."""


def entered(order: Order) -> tuple[Path, Path]:
    """The workspace, which is made, and the folder in it, both as they really are. Blocks; raises ToolError."""
    try:
        order.workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
        workspace = order.workspace.resolve(strict=True)
        folder = (workspace / order.folder).resolve(strict=True)
    except OSError as error:
        raise ToolError(f"{order.folder or 'the workspace'} cannot be entered: {error.strerror}") from error
    if folder != workspace and workspace not in folder.parents:
        raise ToolError(f"{order.folder} leads out of the workspace")
    return workspace, folder
