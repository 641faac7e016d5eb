"""What a program changes without the door: the workspace is looked at before it runs and afterwards."""

import hashlib
import logging
import os
import stat
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.to_thread
import orjson

from openclaw.agent.tools.base import Scene, ToolError
from openclaw.agent.tools.files.door import PLAIN_MODE, Beneath
from openclaw.agent.tools.files.place import WorkspacePath
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.agent.tools.files.undo.journal import INDEX, InTurn, Recorder, UndoJournal
from openclaw.agent.tools.files.undo.origins import NOBODY, Whose
from openclaw.agent.tools.files.undo.records import Version, same

logger = logging.getLogger(__name__)

SKIPPED = frozenset({".git", ".hg", "node_modules", ".venv", "venv", "__pycache__", ".cache"})
"""Folders that programs fill and can fill again."""
TICK_NS = 100_000_000
"""A file that was changed so shortly before it was read may be changed again without another time."""

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    files: int = 5_000
    kept_file_bytes: int = 1 << 20
    read_bytes: int = 64 << 20
    """Of what has changed since the last look."""


@dataclass(frozen=True, slots=True)
class Seen:
    stamp: tuple[int, int, int, int]
    """Modified, changed (both in ns), size, inode."""
    version: Version | None
    """None: it could not be read."""
    settled: bool
    """Whether the same stamp means the same content."""


@dataclass(frozen=True, slots=True)
class Look:
    files: Mapping[Parts, Seen]
    whole: bool
    """False: there were more files than are looked at."""


@dataclass(slots=True)
class _Looking:
    journal: UndoJournal
    bounds: Bounds
    known: Mapping[Parts, Seen]
    objects: set[str]
    read: int = 0
    door: Beneath = field(init=False)

    def __post_init__(self) -> None:
        self.door = Beneath(self.journal.workspace)

    def look(self) -> Look:
        files: dict[Parts, Seen] = {}
        for parts, found in self._walk():
            if len(files) == self.bounds.files:
                return Look(files, whole=False)
            files[parts] = self._seen(parts, found)
        return Look(files, whole=True)

    def _walk(self) -> Iterator[tuple[Parts, os.stat_result]]:
        workspace = self.journal.workspace
        for place, folders, names, descriptor in os.fwalk(workspace):
            folders[:] = sorted(set(folders) - SKIPPED)
            above = tuple(part for part in os.path.relpath(place, workspace).split("/") if part != ".")
            names = [name for name in names if _is_text("/".join((*above, name)))]
            for name in sorted(names):
                try:
                    found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(found.st_mode):
                    yield (*above, name), found

    def _seen(self, parts: Parts, found: os.stat_result) -> Seen:
        stamp = (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
        known = self.known.get(parts)
        if known is not None and known.stamp == stamp and known.settled and self._is_there(known.version):
            return known
        settled = found.st_ctime_ns < time.time_ns() - TICK_NS
        return Seen(stamp, self._version(parts, found), settled)

    def _is_there(self, version: Version | None) -> bool:
        return version is not None and (not version.kept or version.sha256 in self.objects)

    def _version(self, parts: Parts, found: os.stat_result) -> Version | None:
        mode, size = stat.S_IMODE(found.st_mode) & PLAIN_MODE, found.st_size
        self.read += size
        if self.read > self.bounds.read_bytes:
            self.read -= size
            return None
        try:
            with self.door.leaf(WorkspacePath(self.journal.workspace, parts)) as leaf:
                if size > self.bounds.kept_file_bytes:
                    with os.fdopen(leaf.open(), "rb") as file:
                        return Version(
                            hashlib.file_digest(file, "sha256").hexdigest(), mode, size, kept=False
                        )
                content = leaf.read(self.bounds.kept_file_bytes)
        except ToolError:
            return None
        # Whether a content is what it was is seen by its hash: not each of thousands need be on the disk at once.
        name = self.journal.objects.keep(content.data, durable=False)
        return Version(name, mode, len(content.data), kept=content.whole)


def _is_text(name: str) -> bool:
    """Names may be any bytes; those that are no UTF-8 fit into no manifest."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def look(journal: UndoJournal, bounds: Bounds) -> Look:
    """Blocks. Call it while the journal is locked."""
    objects = {name for name, _ in journal.objects.sizes()}
    found = _Looking(journal, bounds, _read_index(journal), objects).look()
    _write_index(journal, found)
    return found


def note_changes(recorder: Recorder, before: Look, after: Look, journal: UndoJournal) -> None:
    """Only what was seen in both looks: a file that was past the bounds is not taken for a new one."""
    for parts in sorted(before.files.keys() | after.files.keys()):
        was, now = before.files.get(parts), after.files.get(parts)
        if (was is None and not before.whole) or (now is None and not after.whole):
            continue
        if (was is not None and was.version is None) or (now is not None and now.version is None):
            continue
        old, new = (was.version if was else None), (now.version if now else None)
        if not same(old, new):
            recorder.changed(WorkspacePath(journal.workspace, parts), old, new)


def note_origins(turn: InTurn, before: Look, after: Look, journal: UndoJournal) -> None:
    """What a program has changed may hold all that its turn had read, and what stood there before."""
    known, found = journal.origins.known(), dict[WorkspacePath, tuple[str, Whose]]()
    for parts in before.files.keys() | after.files.keys():
        was, now = before.files.get(parts), after.files.get(parts)
        path = WorkspacePath(journal.workspace, parts)
        if now is None:
            found |= {path: ("", NOBODY)} if after.whole else {}
        elif was is None or (was.stamp, was.version) != (now.stamp, now.version):
            whose = known.of(path, _hash(was)) | known.of(path, _hash(now)) | turn.foreign
            found[path] = (_hash(now), whose)
    journal.origins.note(found)


def _hash(seen: Seen | None) -> str:
    return seen.version.sha256 if seen is not None and seen.version is not None else ""


class Watch:
    """For whoever runs programs in a workspace. Never raises: without it a program's changes cannot be undone."""

    def __init__(self, book: UndoBook, bounds: Bounds | None = None) -> None:
        self._book = book
        self._bounds = bounds or Bounds()

    @asynccontextmanager
    async def watching(self, scene: Scene) -> AsyncIterator[None]:
        """Around a program that runs to its end."""
        before = await self.before(scene)
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await self.after(scene, before)

    async def before(self, scene: Scene) -> Look | None:
        """To be handed to `after`, for a program that goes on in the background."""
        return await anyio.to_thread.run_sync(self._before, scene)

    async def after(self, scene: Scene, before: Look | None) -> None:
        if before is not None:
            await anyio.to_thread.run_sync(self._after, scene, before)

    def _before(self, scene: Scene) -> Look | None:
        journal = self._book.of(scene.workspace)
        try:
            with journal.locked():
                return look(journal, self._bounds)
        except OSError as error:
            logger.warning("what a program changes in %s cannot be undone: %s", scene.workspace, error)
            return None

    def _after(self, scene: Scene, before: Look) -> None:
        journal = self._book.of(scene.workspace)
        try:
            turn = InTurn.of(scene)
            with journal.changing(turn) as recorder:
                after = look(journal, self._bounds)
                note_origins(turn, before, after, journal)
                note_changes(recorder, before, after, journal)
        except (OSError, ToolError) as error:
            logger.warning("what a program changed in %s cannot be undone: %s", scene.workspace, error)

    async def whose(self, scene: Scene, command: str, said: str) -> Whose:
        """Whose words a program has brought from the workspace's files, besides the owner's. Raises ToolError."""
        origins = self._book.of(scene.workspace).origins
        return await anyio.to_thread.run_sync(origins.told_by, command, said)


def _index_path(journal: UndoJournal) -> WorkspacePath:
    return WorkspacePath(journal.folder, (INDEX,))


def _read_index(journal: UndoJournal) -> dict[Parts, Seen]:
    try:
        rows = orjson.loads((journal.folder / INDEX).read_bytes())
        return {tuple(parts): _seen(*row) for parts, *row in rows}
    except (OSError, ValueError, TypeError):
        return {}


def _seen(stamp: list[int], settled: bool, sha256: str, mode: int, size: int, kept: bool) -> Seen:
    modified, changed, length, inode = stamp
    return Seen((modified, changed, length, inode), Version(sha256, mode, size, kept), settled)


def _write_index(journal: UndoJournal, found: Look) -> None:
    rows = [
        (parts, seen.stamp, seen.settled, each.sha256, each.mode, each.size, each.kept)
        for parts, seen in found.files.items()
        if (each := seen.version) is not None
    ]
    with Beneath(journal.folder).leaf(_index_path(journal)) as leaf:
        leaf.replace(orjson.dumps(rows))
