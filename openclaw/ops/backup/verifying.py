"""A backup is read from its first byte to its last, and everything in it looked at. Blocks."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from openclaw.ops.backup.archive import (
    MANIFEST,
    BackupError,
    File,
    Head,
    Manifest,
    Member,
    chunks,
    head_of,
    manifest_of,
    read,
    telling,
)
from openclaw.ops.backup.shelf import LOOKING, private
from openclaw.sessions.lines import decode
from openclaw.store import copies
from openclaw.store.migrations import STEPS

LEDGER = "ledger/ledger.sqlite"
_MOST_READ = 1 << 30


@dataclass(frozen=True, slots=True)
class Verified:
    path: Path
    head: Head
    manifest: Manifest
    unreadable: int = 0
    """Lines of conversations that cannot be read; they were so before, and are moved aside when they are opened."""

    @property
    def size(self) -> int:
        return sum(each.size for each in self.manifest.files.values())


def verify(path: Path) -> Verified:
    """Raises BackupError."""
    with tempfile.TemporaryDirectory(
        prefix=LOOKING, dir=path.parent if path.parent.is_dir() else None
    ) as folder:
        return unpack(path, Path(folder), only=LEDGER)


def unpack(path: Path, into: Path, *, only: str = "") -> Verified:
    """Write the files below a folder that nobody else uses, and look at each. Raises BackupError.

    `only`: of all that is looked at, this one is written.
    """
    head = head_of(path)
    refuse_newer(head, path)
    found: dict[str, File] = {}
    manifest: Manifest | None = None
    unreadable = 0
    with private(), telling(path), _no_room(path):
        for member in read(path):
            if manifest is not None:
                raise BackupError(f"{path} is no backup of ours: something follows its list")
            if member.name == MANIFEST:
                manifest = manifest_of(member, path)
                continue
            target = into / member.name if not only or member.name == only else None
            found[member.name], bad = _taken(member, target)
            unreadable += bad
    if manifest is None:
        raise BackupError(f"{path} is damaged: it ends too early")
    _compare(found, manifest, path)
    _refuse_bad_ledger(into / LEDGER, head, path)
    return Verified(path, head, manifest, unreadable)


def refuse_newer(head: Head, path: Path) -> None:
    if head.ledger_version > len(STEPS) and head.readable_from > len(STEPS):
        raise BackupError(
            f"{path} holds a ledger of a newer openclaw ({head.program}), which this one cannot read:"
            " upgrade, then try again"
        )


@contextmanager
def _no_room(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupError(f"{path} cannot be unpacked: {error.strerror or error}") from error


def _taken(member: Member, target: Path | None) -> tuple[File, int]:
    digest, size = hashlib.sha256(), 0
    is_conversation = _is_conversation(member)
    kept: list[bytes] = []
    if target is not None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = (
        None
        if target is None
        else os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    )
    try:
        for chunk in chunks(member.content):
            digest.update(chunk)
            size += len(chunk)
            if is_conversation:
                kept.append(chunk)
            if file is not None:
                _write(file, chunk)
    finally:
        if file is not None:
            os.close(file)
    return File(size, digest.hexdigest(), 0), unreadable_lines(b"".join(kept))


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _is_conversation(member: Member) -> bool:
    parts = member.name.split("/")
    return (
        parts[:2] == ["state", "agents"]
        and parts[3:4] == ["sessions"]
        and ".jsonl" in parts[-1]
        and not parts[-1].endswith((".torn", ".unreadable"))
        and member.size < _MOST_READ
    )


def unreadable_lines(data: bytes) -> int:
    """Pure."""
    count = 0
    for line in BytesIO(data):
        try:
            decode(line)
        except ValueError:
            count += 1
    return count


def _compare(found: dict[str, File], manifest: Manifest, path: Path) -> None:
    listed = {name: (each.size, each.sha256) for name, each in manifest.files.items()}
    there = {name: (each.size, each.sha256) for name, each in found.items()}
    if listed != there:
        wrong = min(name for name in listed.keys() | there.keys() if listed.get(name) != there.get(name))
        raise BackupError(f"{path} is damaged: {wrong} is not as its list says")


def _refuse_bad_ledger(ledger: Path, head: Head, path: Path) -> None:
    if not ledger.exists():
        if head.ledger_version:
            raise BackupError(f"{path} is damaged: its ledger is not in it")
        return
    if fault := copies.faults(ledger):
        raise BackupError(f"{path}: the ledger in it is damaged ({fault})")
    if copies.version_of(ledger) != head.ledger_version:
        raise BackupError(f"{path} is damaged: its ledger is of another version than its head says")
