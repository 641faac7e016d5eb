"""Writes into our state directory: each file whole, under a name of its own until it is, and never over ours.

Killed at any point it leaves files that are whole; a second run completes what is missing and changes nothing else.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from openclaw.files import sync_folder

STAGING = ".migrating"
KEPT = "before-migration"
Placed = Literal["written", "same", "other"]


def _unwatched(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Carrier:
    state: Path
    writing: bool = True
    """False: everything is told as it would be, and nothing is written."""
    taking_over: bool = False
    """What lies here is theirs: it is put aside and replaced."""
    passed: Callable[[str], None] = _unwatched
    """Called before and after each change on the disk."""

    def begin(self) -> None:
        """What a run that was killed has left half-written goes away."""
        if self.writing:
            shutil.rmtree(self.state / STAGING, ignore_errors=True)
            (self.state / STAGING).mkdir(mode=0o700)

    def end(self) -> None:
        if self.writing:
            shutil.rmtree(self.state / STAGING, ignore_errors=True)

    def present(self, target: str) -> bytes | None:
        """What of ours is there."""
        try:
            return (self.state / target).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def place(self, target: str, data: bytes, *, executable: bool = False, over: bool = False) -> Placed:
        """`over`: what is there may be replaced."""
        before = self.present(target)
        if before == data:
            return "same"
        if before is not None and not (over or self.taking_over):
            return "other"
        if self.writing:
            if before is not None and self.taking_over:
                self._keep(target, before)
            self._write(target, data, 0o700 if executable else 0o600)
        return "written"

    def _keep(self, target: str, before: bytes) -> None:
        """Theirs, as it was found first."""
        kept = f"{KEPT}/{target}"
        if not (self.state / kept).exists():
            self._write(kept, before, 0o600)

    def _write(self, target: str, data: bytes, mode: int) -> None:
        path, staged = self.state / target, self.state / STAGING / "file"
        with suppress(FileNotFoundError):
            staged.unlink()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(staged, flags, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data[: len(data) // 2])
            file.flush()
            self.passed(f"half of {target}")
            file.write(data[len(data) // 2 :])
            file.flush()
            os.fsync(file.fileno())
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.passed(f"before {target}")
        staged.replace(path)
        sync_folder(path.parent)
        self.passed(f"after {target}")
