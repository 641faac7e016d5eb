"""Opens the ledger: one SQLite file, one connection, one thread that owns it."""

import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import aiosqlite
import anyio
import anyio.to_thread

from openclaw.store import copies, versions
from openclaw.store.migrations import STEPS
from openclaw.types.errors import OpenClawError, StorageBusyError, StorageFullError

logger = logging.getLogger(__name__)

T = TypeVar("T")
Transaction = sqlite3.Connection

BUSY_SECONDS = 5.0
_MENDED_BY = "`openclaw serve` moves it aside at its start and goes on with the newest copy"
_NO_ROOM = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
"""A quota and a limit of the file's size are failed writes to SQLite; FULL is only what the disk itself says."""


class LedgerError(OpenClawError):
    """The file is no ledger that this version can use."""


class Database:
    """Runs whole transactions as plain functions, one thread hop each."""

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path
        self.full = False
        """The last write found the disk full."""

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Commit what `work` did, or nothing. Not cancelled half-way: who waits for it knows what is on disk.

        Raises StorageFullError and StorageBusyError; then nothing was changed.
        """
        with anyio.CancelScope(shield=True):
            try:
                result = await self._run(_committed, work)
            except StorageFullError:
                self.full = True
                raise
        self.full = False
        return result

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._run(_called, work)

    async def checkpoint(self) -> None:
        await self._run(_called, lambda tx: tx.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())

    async def _run(
        self, run: Callable[[Transaction, Callable[[Transaction], T]], T], work: Callable[[Transaction], T]
    ) -> T:
        # `_execute` is aiosqlite's own hop to its thread. Its public calls hop once a statement,
        # which makes five hops of a transaction and lets another task's statements in between.
        try:
            result: T = await self._connection._execute(  # type: ignore[no-untyped-call]
                run, self._connection._conn, work
            )
        except sqlite3.DatabaseError as error:
            if (typed := _typed(error, self.path)) is None:
                raise
            raise typed from error
        return result


def touch(tx: Transaction) -> None:
    """The smallest write there is: the version that it has, be it a newer program's."""
    (version,) = tx.execute("PRAGMA user_version").fetchone()
    tx.execute(f"PRAGMA user_version = {version}")


def _committed(tx: Transaction, work: Callable[[Transaction], T]) -> T:
    # IMMEDIATE: a transaction that reads first and writes later fails at once when another process wrote in between.
    tx.execute("BEGIN IMMEDIATE")
    try:
        result = work(tx)
        tx.execute("COMMIT")
    except BaseException:
        if tx.in_transaction:
            tx.execute("ROLLBACK")
        raise
    return result


def _called(tx: Transaction, work: Callable[[Transaction], T]) -> T:
    return work(tx)


def _code(error: sqlite3.DatabaseError) -> int:
    """The extended result code; 0 for what Python's own module finds wrong, which has none."""
    return getattr(error, "sqlite_errorcode", 0)


def _typed(error: sqlite3.DatabaseError, path: Path) -> OpenClawError | None:
    """What somebody catches; None for a mistake of ours."""
    if _code(error) in _NO_ROOM:
        return StorageFullError(f"no room to write {path}: free some space on its disk")
    match _code(error) & 0xFF:
        case sqlite3.SQLITE_BUSY:
            return StorageBusyError(f"another process has held {path} for {BUSY_SECONDS:.0f} s")
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return LedgerError(f"{path} is damaged ({error}): {_MENDED_BY}")
        case _:
            return None


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    """Open, set the pragmas, migrate. Closes last of everything."""
    opening = aiosqlite.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        connection = await opening
    except sqlite3.OperationalError as error:
        # Its thread still has a word for the loop, and complains on stderr when the loop is gone first.
        await anyio.to_thread.run_sync(opening._thread.join)
        raise LedgerError(f"{path} cannot be opened: {error}") from error
    database = Database(connection, path)
    try:
        await database.read(lambda tx: make_ready(tx, path))
        yield database
        with suppress(
            StorageFullError, StorageBusyError
        ):  # then its log keeps what it has, and is read again
            await database.checkpoint()
    finally:
        with anyio.CancelScope(shield=True):
            await connection.close()


def make_ready(tx: Transaction, path: Path) -> None:
    """The pragmas, and the schema of this version."""
    tx.execute("PRAGMA journal_mode = WAL")
    # NORMAL loses acknowledged rows in a power cut, although the file stays whole.
    tx.execute("PRAGMA synchronous = FULL")
    tx.execute("PRAGMA fullfsync = 1")  # macOS: a plain fsync stops in the disk's cache
    tx.execute("PRAGMA checkpoint_fullfsync = 1")
    tx.execute("PRAGMA foreign_keys = ON")
    tx.execute("PRAGMA journal_size_limit = 67108864")
    tx.row_factory = sqlite3.Row
    _migrate(tx, path)


def _migrate(tx: Transaction, path: Path) -> None:
    """Step by step, each whole or not at all: who is killed in between goes on from where he was.

    A new file takes all steps as one: a commit waits for the disk, and a first start would wait for each of them.
    """
    (version,) = tx.execute("PRAGMA user_version").fetchone()
    if version > len(STEPS):
        _refuse_unless_readable(tx, path, version)
        return
    if 0 < version < len(STEPS):
        _keep_before(tx, path, version)
    scripts = [
        f"{step};\n{versions.record(STEPS[:number])}\nPRAGMA user_version = {number};\n"
        for number, step in enumerate(STEPS[version:], start=version + 1)
    ]
    empty = tx.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    for script in ["".join(scripts)] if empty else scripts:
        tx.executescript(f"BEGIN IMMEDIATE;\n{script}COMMIT;")


def _keep_before(tx: Transaction, path: Path, version: int) -> None:
    """Without it there is no way back, unless an older program may go on with what is only added."""
    try:
        kept = copies.keep_before(tx, path, time.time_ns() // 1_000_000, len(STEPS))
    except copies.DamagedError as error:
        raise LedgerError(f"{path} is damaged ({error}): {_MENDED_BY}") from error
    except copies.CopyError as error:
        if versions.readable_from(STEPS) > version:
            raise LedgerError(
                f"{path} has to be changed for this version, and is not without a copy: {error}"
            ) from error
        logger.warning("%s is brought to version %d without a copy: %s", path, len(STEPS), error)
        return
    logger.info("%s is brought from version %d to %d; as it was: %s", path, version, len(STEPS), kept.path)


def _refuse_unless_readable(tx: Transaction, path: Path, version: int) -> None:
    """Of a newer program, which may only have added something. Such a ledger keeps its version."""
    if tx.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (versions.TABLE,)).fetchone():
        said = f"SELECT readable_from FROM {versions.TABLE} WHERE version = ?"  # noqa: S608 - our own name
        oldest = tx.execute(said, (version,)).fetchone()
        if oldest is not None and oldest[0] <= len(STEPS):
            logger.warning("%s is of a newer version (%d), which this program can use as well", path, version)
            return
    older = copies.newest_for(copies.folder(path), len(STEPS))
    back = (
        f"; or go back to how it was before: openclaw backup restore {older.path}"
        if older is not None
        else ""
    )
    raise LedgerError(
        f"{path} is of a newer version ({version}) than this program reads ({len(STEPS)}):"
        f" start the program that wrote it, or a newer one{back}"
    )
