"""A database of another program, which may be running: never opened where it lies, but copied until it stood still.

SQLite makes files beside a database that it opens, and theirs would find them.
"""

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from openclaw.migrate.opening import Folder, UnreadableFileError

TRIES = 8
LARGEST = 4 << 30
LONGEST_VALUE = 128 << 20
_PARTS = ("", "-wal")
Stamp = tuple[tuple[int, int, int] | None, ...]


def copy_database(folder: Folder, name: str, target: Path) -> Path:
    """Raises FileNotFoundError or UnreadableFileError."""
    for _ in range(TRIES):
        before = _stamp(folder, name)
        if before[0] is None:
            raise FileNotFoundError(name)
        for part in _PARTS:
            copy = target.with_name(target.name + part)
            copy.unlink(missing_ok=True)
            if folder.is_file(name + part):
                _copy(folder, name + part, copy)
        if _stamp(folder, name) == before:
            return target
    raise UnreadableFileError("it is written to all the time; stop the program that does, then try again")


def _stamp(folder: Folder, name: str) -> Stamp:
    found: list[tuple[int, int, int] | None] = []
    for part in _PARTS:
        try:
            state = (folder.root / (name + part)).lstat()
        except FileNotFoundError:
            found.append(None)
            continue
        if not stat.S_ISREG(state.st_mode):
            raise UnreadableFileError(
                "it is a link" if stat.S_ISLNK(state.st_mode) else "it is no regular file"
            )
        found.append((state.st_ino, state.st_size, state.st_mtime_ns))
    return tuple(found)


def _copy(folder: Folder, name: str, copy: Path) -> None:
    with folder.open(name, LARGEST) as file, copy.open("xb") as out:
        copy.chmod(0o600)
        shutil.copyfileobj(file.raw, out)


@contextmanager
def opened(copy: Path) -> Iterator[sqlite3.Connection]:
    """Raises UnreadableFileError, inside the block too."""
    try:
        connection = sqlite3.connect(copy, isolation_level=None)
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
            connection.execute("PRAGMA query_only = ON")
            connection.row_factory = sqlite3.Row
            yield connection
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise UnreadableFileError(f"SQLite says: {error}") from error


def tables(connection: sqlite3.Connection) -> dict[str, frozenset[str]]:
    """Each with its columns."""
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    return {
        row[0]: frozenset(
            column["name"] for column in connection.execute("SELECT * FROM pragma_table_info(?)", (row[0],))
        )
        for row in rows
    }
