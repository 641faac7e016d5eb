"""The parts of a workspace that instruct the assistant: no command may write them."""

import os
import stat
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from openclaw.agent.tools.base import ToolError

FILES = (
    "AGENTS.md", "SOUL.md", "TOOLS.md", "USER.md", "IDENTITY.md", "MEMORY.md", "HEARTBEAT.md", "BOOTSTRAP.md",
)  # fmt: skip
FOLDERS = ("memory", "skills", ".agents")
"""`.agents/skills` is one of the places where skills are looked for."""

LINK = (
    "{name} in the workspace is a link: what a link stands for cannot be kept from commands. "
    "The owner has to put the real file or folder in its place."
)
REPLACED = (
    "{name} of the workspace was replaced while the command ran, which ends the command: "
    "only the old one was kept from it"
)

_Identity = tuple[int, int]


@dataclass(slots=True)
class _Held:
    count: int = 0
    made: dict[str, _Identity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hold:
    """The protected names of a workspace, there as long as this is held."""

    workspace: Path
    names: Mapping[str, _Identity]

    def replaced(self) -> str:
        """The first name that does not stand for what it stood for.

        A mount goes away, in every namespace, with the directory entry it lies on: when an editor renames its new
        file over the old one, the new one is open to the command.
        """
        for name, identity in self.names.items():
            try:
                found = _identity((self.workspace / name).lstat())
            except OSError:
                return name
            if found != identity:
                return name
        return ""


class Protection:
    """Sees to it that every protected name exists, for only what exists can be covered by a mount.

    What was missing is empty, which says nothing to the assistant, and goes with the last command.
    """

    def __init__(self) -> None:
        self._held: dict[Path, _Held] = {}
        self._lock = threading.Lock()

    def hold(self, workspace: Path) -> Hold:
        """Blocks. Raises ToolError when a name is a link, OSError when the workspace cannot be written."""
        with self._lock:
            held = self._held.setdefault(workspace, _Held())
            held.count += 1
            try:
                names = {name: self._ensure(workspace / name, held) for name in (*FILES, *FOLDERS)}
            except BaseException:
                self._leave(workspace)
                raise
        return Hold(workspace, names)

    def release(self, hold: Hold) -> None:
        """Blocks."""
        with self._lock:
            self._leave(hold.workspace)

    def _ensure(self, path: Path, held: _Held) -> _Identity:
        try:
            found = path.lstat()
        except FileNotFoundError:
            if path.name in FOLDERS:
                path.mkdir(mode=0o700)
            else:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
            found = path.lstat()
            held.made[path.name] = _identity(found)
        if stat.S_ISLNK(found.st_mode):
            raise ToolError(LINK.format(name=path.name))
        return _identity(found)

    def _leave(self, workspace: Path) -> None:
        held = self._held[workspace]
        held.count -= 1
        if held.count:
            return
        del self._held[workspace]
        for name, identity in held.made.items():
            with suppress(OSError):
                _remove_if_untouched(workspace / name, identity)


def _remove_if_untouched(path: Path, identity: _Identity) -> None:
    found = path.lstat()
    if _identity(found) != identity:
        return
    if stat.S_ISDIR(found.st_mode):
        path.rmdir()
    elif found.st_size == 0:
        path.unlink()


def _identity(found: os.stat_result) -> _Identity:
    return found.st_dev, found.st_ino
