"""The undo journal of a workspace: what a file was is on the disk before the file is changed.

Everything here blocks.
"""

import fcntl
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from openclaw.agent.tools.base import Scene
from openclaw.agent.tools.files.door import FILE_MODE, PLAIN_MODE, Beneath, Leaf, MissingError
from openclaw.agent.tools.files.place import WorkspacePath
from openclaw.agent.tools.files.undo.objects import Objects, digest
from openclaw.agent.tools.files.undo.origins import NOBODY, Origins, Whose, foreign
from openclaw.agent.tools.files.undo.records import (
    FileRecord,
    Named,
    TurnRecord,
    Version,
    change_line,
    header_line,
    read_manifest,
    undone_line,
)
from openclaw.types.clock import Clock

MANIFEST = "manifest.jsonl"
INDEX = "index.json"
"""Of the newest look at the whole workspace."""
_TURN = re.compile(r"(\d{8,})-([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Limits:
    turns: int = 50
    total_bytes: int = 200 << 20
    file_bytes: int = 20 << 20
    """A larger file is changed all the same, and its old content is not kept."""
    grace_seconds: float = 3600
    """What was seen before a program ran is kept as long, at least, as programs usually run."""


@dataclass(frozen=True, slots=True)
class InTurn:
    """Whose change it is."""

    run_id: str
    session_key: str
    foreign: Whose = NOBODY
    """Others than the owner whose words the turn has read: they may be in whatever it writes."""

    @classmethod
    def of(cls, scene: Scene) -> "InTurn":
        return cls(scene.run_id, scene.session_key, foreign(scene.provenances))


def name_of(path: WorkspacePath) -> Named:
    return Named(path.parts, path.outside)


class UndoJournal:
    def __init__(self, workspace: Path, state: Path, clock: Clock, limits: Limits | None = None) -> None:
        self.workspace = workspace.absolute()
        self.limits = limits or Limits()
        key = hashlib.sha256(os.fsencode(self.workspace)).hexdigest()[:16]
        self.folder = state / "undo" / key
        self.objects = Objects(self.folder / "objects")
        self.origins = Origins(self.workspace, self.folder)
        self._clock = clock

    @contextmanager
    def changing(self, turn: InTurn) -> Iterator["Recorder"]:
        """While it lasts nobody else changes a file of this workspace, in whatever process."""
        with self.locked():
            yield Recorder(self, turn)

    @contextmanager
    def locked(self) -> Iterator[None]:
        for folder in (self.folder.parent, self.folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def turns(self) -> list[TurnRecord]:
        """The oldest first."""
        return [self._read(number) for number in sorted(self._folders())]

    def mark_undone(self, turn: TurnRecord, left: tuple[Named, ...]) -> None:
        self._append(turn.number, undone_line(self._clock.now_ms(), left))

    def open_turn(self, turn: InTurn) -> TurnRecord:
        """The record of a turn that goes on; a turn that was undone and goes on gets a new one."""
        folders = self._folders()
        tag = _tag(turn)
        for number in sorted(folders, reverse=True):
            if folders[number].name.endswith(tag) and not (known := self._read(number)).undone:
                return known
        number = max(folders, default=0) + 1
        folder = self.folder / f"{number:08}-{tag}"
        self._forget_old(self.limits.turns - 1)
        folder.mkdir(mode=0o700)
        self._append(number, header_line(turn.run_id, turn.session_key, self._clock.now_ms()))
        _sync(self.folder)
        return self._read(number)

    def note(self, turn: TurnRecord, file: Named, record: FileRecord, will: Version | None) -> None:
        """Returns when it is on the disk."""
        first = file not in turn.files
        self._append(turn.number, change_line(file, record, will, first=first))
        turn.files[file] = record
        record.made.append(will)

    def _forget_old(self, keep: int) -> None:
        """The oldest turns, until their number and what they keep is within the limits."""
        turns = self.turns()
        gone = turns[: max(len(turns) - keep, 0)]
        turns = turns[len(gone) :]
        sizes = dict(self.objects.sizes())
        while turns and sum(sizes.get(name, 0) for name in _contents(turns)) > self.limits.total_bytes:
            gone.append(turns.pop(0))
        folders = self._folders()
        for turn in gone:
            shutil.rmtree(folders[turn.number], ignore_errors=True)
        self.objects.drop_all_but(_contents(turns) | self.in_snapshot(), self.limits.grace_seconds)

    def in_snapshot(self) -> set[str]:
        """Contents that the newest look at the whole workspace rests on."""
        try:
            return set(re.findall(r"[0-9a-f]{64}", (self.folder / INDEX).read_text()))
        except FileNotFoundError:
            return set()

    def _folders(self) -> dict[int, Path]:
        found = {}
        for path in self.folder.iterdir() if self.folder.exists() else ():
            if match := _TURN.fullmatch(path.name):
                found[int(match[1])] = path
        return found

    def _read(self, number: int) -> TurnRecord:
        try:
            return read_manifest(number, (self._folders()[number] / MANIFEST).read_bytes())
        except FileNotFoundError:
            return TurnRecord(number)

    def _append(self, number: int, line: bytes) -> None:
        path = self._folders()[number] / MANIFEST
        new = not path.exists()
        with path.open("ab") as file:
            os.fchmod(file.fileno(), 0o600)
            # Behind a line that a crash has torn.
            if file.tell() and not _ends_a_line(path):
                file.write(b"\n")
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if new:
            _sync(path.parent)


class Recorder:
    """Changes files, and notes before what they were."""

    def __init__(self, journal: UndoJournal, turn: InTurn) -> None:
        self._journal = journal
        self._turn = turn
        self._open: TurnRecord | None = None
        self._room: int | None = None

    def replace(self, leaf: Leaf, data: bytes, *, mode: int | None = None, new_folders: int = 0) -> None:
        """Without `mode` it stays as it was. `new_folders`: so many of those above it were made for it."""
        old = leaf.look()
        if mode is None:
            mode = stat.S_IMODE(old.st_mode) & PLAIN_MODE if old is not None else FILE_MODE
        self._note(leaf, Version(digest(data), mode, len(data), kept=False), new_folders)
        if self._turn.foreign:
            self._journal.origins.note({leaf.path: (digest(data), self._turn.foreign)})
        leaf.replace(data, mode)
        if not self._turn.foreign:
            self._journal.origins.note({leaf.path: ("", NOBODY)})

    def remove(self, leaf: Leaf) -> None:
        self._note(leaf, None)
        leaf.remove()
        self._journal.origins.note({leaf.path: ("", NOBODY)})

    def take_in(self, paths: Iterable[WorkspacePath]) -> None:
        """What is written from now on may hold what these files hold."""
        known, whose = self._journal.origins.known(), self._turn.foreign
        for path in paths:
            version = version_on_disk(Beneath(path.root), path)
            whose |= known.of(path, version.sha256 if version is not None else "")
        self._turn = replace(self._turn, foreign=whose)

    def changed(self, path: WorkspacePath, was: Version | None, now: Version | None) -> None:
        """Something else has changed the file; what it was is kept already, if at all."""
        turn = self._record()
        self._journal.note(turn, name_of(path), turn.files.get(name_of(path)) or FileRecord(was), now)

    def _note(self, leaf: Leaf, will: Version | None, new_folders: int = 0) -> None:
        turn, file = self._record(), name_of(leaf.path)
        record = turn.files.get(file) or FileRecord(self._kept(leaf), new_folders)
        self._journal.note(turn, file, record, will)

    def _kept(self, leaf: Leaf) -> Version | None:
        found = leaf.look()
        if found is None:
            return None
        limits, objects = self._journal.limits, self._journal.objects
        if self._room is None:
            self._room = limits.total_bytes - sum(size for _, size in objects.sizes())
        content = leaf.read(min(limits.file_bytes, max(self._room, 0)))
        if not content.whole:
            return Version("", content.mode, found.st_size, kept=False)
        self._room -= len(content.data)
        return Version(objects.keep(content.data), content.mode, len(content.data))

    def _record(self) -> TurnRecord:
        if self._open is None:
            self._open = self._journal.open_turn(self._turn)
        return self._open


def version_on_disk(door: Beneath, path: WorkspacePath) -> Version | None:
    """Raises ToolError when it cannot be read."""
    try:
        with door.leaf(path) as leaf, os.fdopen(leaf.open(), "rb") as file:
            found = os.fstat(file.fileno())
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except MissingError:
        return None
    return Version(sha256, stat.S_IMODE(found.st_mode) & PLAIN_MODE, found.st_size, kept=False)


def _contents(turns: list[TurnRecord]) -> set[str]:
    return set().union(*(turn.contents for turn in turns))


def _tag(turn: InTurn) -> str:
    """A run may be named by whoever asked for it: no part of a file's name."""
    return hashlib.sha256(turn.run_id.encode(errors="replace")).hexdigest()[:16]


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
