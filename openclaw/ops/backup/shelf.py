"""The folder where backups lie: what is there, how many are kept, one maker at a time. Blocks."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from openclaw.ops.backup.archive import BackupError, Head, head_of
from openclaw.store import copies

PREFIX, SUFFIX = "openclaw-", ".tar.gz"
_OURS = re.compile(r"openclaw-\d{8}T\d{6}Z\.tar\.gz")
LATEST = "latest"
LOOKING = ".looking-"
"""Folders into which a ledger is unpacked to be looked at."""


@dataclass(frozen=True, slots=True)
class Shelved:
    path: Path
    at: str
    """`2026-11-21T17:00:00Z`."""
    size: int
    kind: Literal["backup", "ledger"]
    ledger_version: int
    with_secrets: bool
    note: str = ""


def shelved(folder: Path, ledger: Path) -> list[Shelved]:
    """Newest first: backups, and the daemon's own copies of the ledger."""
    backups = [_backup(path) for path in ours(folder)]
    return sorted(
        [*backups, *map(_copy, copies.listed(copies.folder(ledger)))], key=lambda each: each.at, reverse=True
    )


def ours(folder: Path) -> list[Path]:
    """Newest first; their names sort as their times."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if _OURS.fullmatch(path.name)), reverse=True)


def _backup(path: Path) -> Shelved:
    at = copies.iso_of(path.name.removeprefix(PREFIX))
    size = path.stat().st_size
    try:
        head: Head = head_of(path)
    except BackupError as error:
        return Shelved(path, at, size, "backup", 0, with_secrets=False, note=f"cannot be used: {error}")
    note = "" if head.with_media else "without media"
    return Shelved(path, at, size, "backup", head.ledger_version, head.with_secrets, note)


def _copy(copy: copies.Copy) -> Shelved:
    note = f"before the upgrade to version {copy.before}" if copy.before else ""
    size = copy.path.stat().st_size
    return Shelved(
        copy.path, copies.iso_of(copy.at), size, "ledger", copy.version, with_secrets=False, note=note
    )


def prune(folder: Path, keep: int) -> list[Path]:
    """Files of ours alone; those under other names are their owner's."""
    gone = ours(folder)[keep:]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def find(name: str, folder: Path, ledger: Path) -> Path:
    """A path, a name in the folder, or `latest`, which is the newest backup. Raises BackupError."""
    if name == LATEST:
        for path in ours(folder):
            return path
        raise BackupError(f"there is no backup in {folder}; make one with: openclaw backup create")
    for path in (Path(name), folder / name, copies.folder(ledger) / name):
        if path.is_file():
            return path
    raise BackupError(f"there is no backup {name}; openclaw backup list shows what there is")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One maker at a time. Raises BackupError."""
    file = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _lock(file, folder)
        yield
    finally:
        os.close(file)


def _lock(file: int, folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BackupError(f"another backup is just being made in {folder}; wait for it") from None


def sweep(folder: Path) -> None:
    """What a maker that was killed has left. The caller is the only one."""
    for path in (*folder.glob(f".{PREFIX}*.partial*"), *folder.glob(f"{LOOKING}*")):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def private() -> Iterator[None]:
    """Whatever is made meanwhile is its owner's alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
