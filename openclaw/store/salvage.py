"""What can still be read of a damaged ledger, row by row, into an older copy of the same ledger. Blocks."""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from openclaw.store.copies import CopyError, reading
from openclaw.store.database import Transaction

logger = logging.getLogger(__name__)

_GOES = frozenset({"browsers", "echoes", "jobs", "login_codes", "phone_marks", "steps", "system_events"})
"""Tables from which rows are taken away in daily life. Of the others a row that is not there is old, or was misread."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    whole: frozenset[str] = frozenset()
    """Tables of which every row could be read: the copy now has what the damaged ledger had."""
    broken: frozenset[str] = frozenset()
    """Tables of which some rows could not: theirs may be as old as the copy."""


def salvage(copy: Transaction, damaged: Path) -> Salvaged:
    """Rows of one ledger keep their numbers, so a newer row takes the place of the copy's. All of it or nothing."""
    try:
        with reading(damaged) as source:
            return _salvage(copy, source)
    except (CopyError, sqlite3.DatabaseError) as error:
        logger.warning("nothing can be read of %s: %s", damaged, error)
        return Salvaged(broken=frozenset(_tables(copy)))


def _salvage(copy: Transaction, source: Transaction) -> Salvaged:
    whole: set[str] = set()
    broken: set[str] = set()
    there = _tables(source)
    copy.execute("PRAGMA foreign_keys = OFF")
    copy.execute("BEGIN IMMEDIATE")
    try:
        for table in _tables(copy):
            read = table in there and _replaced(copy, source, table)
            (whole if read else broken).add(table)
        for table, row, *_ in copy.execute("PRAGMA foreign_key_check").fetchall():
            copy.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))  # noqa: S608 - a table of ours
        copy.execute("COMMIT")
    except BaseException:
        copy.execute("ROLLBACK")
        raise
    return Salvaged(frozenset(whole), frozenset(broken))


def _tables(tx: Transaction) -> list[str]:
    rows = tx.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return [str(row[0]) for row in rows]


def _replaced(copy: Transaction, source: Transaction, table: str) -> bool:
    """Whether the whole table could be read; else what lies on both sides of the damage."""
    columns, order = _shared(copy, source, table), _order(copy, table)
    whole = False
    with suppress(sqlite3.DatabaseError):
        for _ in _rows(source, table, columns, order, "ASC"):
            pass
        whole = True
    if whole and table in _GOES and not _is_empty(source, table):
        copy.execute(f"DELETE FROM {table}")  # noqa: S608
    marks = ", ".join("?" for _ in columns)
    put = f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
    for direction in ("ASC",) if whole else ("ASC", "DESC"):
        _until_damage(lambda way=direction: _rows(source, table, columns, order, way), copy, put)  # type: ignore[misc]
    return whole


def _until_damage(rows: Callable[[], Iterator[Sequence[object]]], copy: Transaction, put: str) -> None:
    readable = rows()
    while True:
        try:
            row = next(readable, None)
        except sqlite3.DatabaseError:
            return
        if row is None:
            return
        copy.execute(put, tuple(row))


def _rows(
    source: Transaction, table: str, columns: Sequence[str], order: str, way: str
) -> Iterator[Sequence[object]]:
    # Not by an index: it may be what is damaged, and then the rows are all there.
    hint = "" if order != "rowid" else " NOT INDEXED"
    yield from source.execute(
        f"SELECT {', '.join(columns)} FROM {table}{hint} ORDER BY "  # noqa: S608
        + ", ".join(f"{name} {way}" for name in order.split(", "))
    )


def _is_empty(source: Transaction, table: str) -> bool:
    """Of a damaged file that may be so, or be the damage itself: then the copy's rows stay."""
    return source.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is None  # noqa: S608


def _shared(copy: Transaction, source: Transaction, table: str) -> list[str]:
    ours, theirs = (
        [str(row[1]) for row in tx.execute(f"PRAGMA table_info({table})")] for tx in (copy, source)
    )
    return [name for name in ours if name in theirs]


def _order(copy: Transaction, table: str) -> str:
    (made,) = copy.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    if "WITHOUT ROWID" not in str(made).upper():
        return "rowid"
    keyed = [(row[5], str(row[1])) for row in copy.execute(f"PRAGMA table_info({table})") if row[5]]
    return ", ".join(name for _, name in sorted(keyed))
