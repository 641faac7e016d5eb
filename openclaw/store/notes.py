"""Full-text indexes over notes: one SQLite file for each collection, so that none can leak into another's results.

They hold nothing that is not in the files they were made from: a damaged one is made anew.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from openclaw.store.note_tables import VERSION, create, search, update
from openclaw.types.errors import OpenClawError, StorageBusyError, StorageFullError
from openclaw.types.notes import Hits, NoteSource, Wanted

logger = logging.getLogger(__name__)

T = TypeVar("T")

BUSY_SECONDS = 5.0
_DAMAGED = frozenset(
    {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_SCHEMA}
)
"""READONLY: the file was moved or deleted under us."""


class NotesError(OpenClawError):
    """An index can be neither used nor made anew."""


@dataclass(slots=True)
class _Book:
    """One collection. A thread at a time has it."""

    path: Path
    connection: sqlite3.Connection | None = None
    turn: anyio.Lock = field(default_factory=anyio.Lock)


class NoteIndex:
    """Satisfies `agent.tools.memory_search.Notes`. What has changed on disk is read before each search."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._books: dict[str, _Book] = {}

    async def find(self, collection: str, source: NoteSource, wanted: Wanted) -> Hits:
        """`collection` names the file, as `agents/main`. Raises NotesError, StorageFullError, StorageBusyError."""
        book = self._books.setdefault(collection, _Book(self._folder / f"{collection}.sqlite"))
        async with book.turn:
            return await anyio.to_thread.run_sync(_find, book, source, wanted)

    async def aclose(self) -> None:
        for book in self._books.values():
            async with book.turn:
                if book.connection is not None:
                    await anyio.to_thread.run_sync(book.connection.close)
                    book.connection = None


def _find(book: _Book, source: NoteSource, wanted: Wanted) -> Hits:
    def work(connection: sqlite3.Connection) -> Hits:
        listing = source.listing()
        update(connection, source, listing)
        return Hits(search(connection, wanted), listing.left_out)

    return _mended(book, work)


def _mended(book: _Book, work: Callable[[sqlite3.Connection], T]) -> T:
    with _told(book.path):
        try:
            return work(_open(book))
        except sqlite3.DatabaseError as error:
            if _code(error) not in _DAMAGED:
                raise
            logger.warning("the index %s is damaged (%s); it is made anew", book.path, error)
        _remove(book)
        return work(_open(book))


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        match _code(error):
            case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
                raise StorageFullError(f"no room to write {path}: free some space on its disk") from error
            case sqlite3.SQLITE_BUSY:
                raise StorageBusyError(f"another process has held {path} for {BUSY_SECONDS:.0f} s") from error
            case _:
                raise NotesError(f"{path} cannot be used: {error}") from error
    except OSError as error:
        raise NotesError(f"{path} cannot be used: {error.strerror or error}") from error


def _code(error: sqlite3.DatabaseError) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _open(book: _Book) -> sqlite3.Connection:
    if book.connection is None:
        book.connection = _connected(book.path)
        (version,) = book.connection.execute("PRAGMA user_version").fetchone()
        if version not in {0, VERSION}:
            _remove(book)
            book.connection, version = _connected(book.path), 0
        if version == 0:
            create(book.connection)
    return book.connection


def _connected(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made before SQLite does: what it makes itself others might read.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes is read again
        connection.execute("PRAGMA journal_size_limit = 16777216")
    except BaseException:
        connection.close()
        raise
    return connection


def _remove(book: _Book) -> None:
    if book.connection is not None:
        book.connection.close()
        book.connection = None
    for ending in ("", "-wal", "-shm"):
        book.path.with_name(book.path.name + ending).unlink(missing_ok=True)
