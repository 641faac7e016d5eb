"""The tables of one collection of notes: kept as the files are, and searched. Plain functions on a connection."""

import logging
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import get_args

from openclaw.store import note_words as words
from openclaw.types.conversation import Provenance
from openclaw.types.notes import Hit, Listing, NoteSource, Passage, Reading, Stamp, Wanted

logger = logging.getLogger(__name__)

VERSION = 1
CANDIDATES = 80
FILES_A_COMMIT = 500
UNSETTLED_NS = 50_000_000
"""A file that was written so shortly before it was read may be written again without a new time."""
_PROVENANCES = frozenset(get_args(Provenance))
_TABLES = """
CREATE TABLE collection (identity TEXT NOT NULL);
CREATE TABLE files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE,
    mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL, digest BLOB NOT NULL, resume TEXT NOT NULL
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL REFERENCES files,
    line INTEGER NOT NULL, last_line INTEGER NOT NULL,
    provenance TEXT NOT NULL, session TEXT NOT NULL, at INTEGER
);
CREATE INDEX passages_by_file ON passages(file);
CREATE VIRTUAL TABLE words USING fts5(
    heading, text, tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'", prefix = '3'
);
"""
_FOUND = """
SELECT files.path, line, last_line, provenance, session, at, words.heading, words.text, bm25(words, 0.5, 1.0)
FROM words JOIN passages ON passages.id = words.rowid JOIN files ON files.id = passages.file
WHERE words MATCH ? AND (? IS NULL OR session = ?) ORDER BY bm25(words, 0.5, 1.0) LIMIT ?
"""
_COUNTED = """
SELECT count(*) FROM words JOIN passages ON passages.id = words.rowid
WHERE words MATCH ? AND session = ?
"""


_NOTHING = (0, -1, -1)
_Row = tuple[str, int, int, str, str, int | None, str, str, float]


def create(connection: sqlite3.Connection) -> None:
    with _committing(connection):
        for statement in _TABLES.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def update(connection: sqlite3.Connection, source: NoteSource, listing: Listing) -> None:
    """Reads what is new or looks changed, forgets what is gone; commits as it goes, so that no work is lost."""
    _expect(connection, source.identity)
    known = _known(connection)
    gone = [known[path][0] for path in known.keys() - listing.files.keys()]
    changed = [path for path, stamp in listing.files.items() if known.get(path, _NOTHING)[1:] != stamp]
    for start in range(0, len(gone), FILES_A_COMMIT):
        with _committing(connection):
            for number in gone[start : start + FILES_A_COMMIT]:
                _forget(connection, number)
    for start in range(0, len(changed), FILES_A_COMMIT):
        with _committing(connection):
            for path in changed[start : start + FILES_A_COMMIT]:
                _take(connection, source, path, listing.files[path])


def _expect(connection: sqlite3.Connection, identity: str) -> None:
    row = connection.execute("SELECT identity FROM collection").fetchone()
    if row is not None and row[0] == identity:
        return
    with _committing(connection):
        for table in ("collection", "passages", "files", "words"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        connection.execute("INSERT INTO collection VALUES (?)", (identity,))


def _known(connection: sqlite3.Connection) -> Mapping[str, tuple[int, int, int]]:
    """Number, time and size of each file; of thousands, at each search."""
    rows = connection.execute("SELECT path, id, mtime_ns, size FROM files")
    return {path: (number, mtime, size) for path, number, mtime, size in rows}


def _forget(connection: sqlite3.Connection, file: int) -> None:
    _empty(connection, file)
    connection.execute("DELETE FROM files WHERE id = ?", (file,))


def _empty(connection: sqlite3.Connection, file: int) -> None:
    connection.execute("DELETE FROM words WHERE rowid IN (SELECT id FROM passages WHERE file = ?)", (file,))
    connection.execute("DELETE FROM passages WHERE file = ?", (file,))


def _take(connection: sqlite3.Connection, source: NoteSource, path: str, stamp: Stamp) -> None:
    sql = "SELECT id, digest, resume FROM files WHERE path = ?"
    row = connection.execute(sql, (path,)).fetchone()
    try:
        reading = source.read(path, Reading(row[1], resume=row[2]) if row else None)
    except OSError as error:
        logger.info("%s is not searched: %s", path, error.strerror or error)
        # An empty reading: it is tried again when it changes, not at every search.
        reading = Reading(b"")
    if time.time_ns() - stamp.mtime_ns < UNSETTLED_NS:
        stamp = Stamp(0, stamp.size)
    if row:
        connection.execute("UPDATE files SET mtime_ns = ?, size = ? WHERE id = ?", (*stamp, row[0]))
    if reading is None:
        return
    file = _kept(connection, row[0], reading) if row else _new(connection, path, stamp, reading)
    for passage in reading.passages:
        _add(connection, file, passage)


def _kept(connection: sqlite3.Connection, file: int, reading: Reading) -> int:
    if not reading.appended:
        _empty(connection, file)
    connection.execute(
        "UPDATE files SET digest = ?, resume = ? WHERE id = ?", (reading.digest, reading.resume, file)
    )
    return file


def _new(connection: sqlite3.Connection, path: str, stamp: Stamp, reading: Reading) -> int:
    row = (path, *stamp, reading.digest, reading.resume)
    sql = "INSERT INTO files (path, mtime_ns, size, digest, resume) VALUES (?, ?, ?, ?, ?)"
    number = connection.execute(sql, row).lastrowid
    assert number is not None
    return number


def _add(connection: sqlite3.Connection, file: int, one: Passage) -> None:
    row = (file, one.line, one.last_line, one.provenance, one.session, one.at)
    sql = "INSERT INTO passages (file, line, last_line, provenance, session, at) VALUES (?, ?, ?, ?, ?, ?)"
    number = connection.execute(sql, row).lastrowid
    texts = (number, words.indexed(one.heading), words.indexed(one.text))
    connection.execute("INSERT INTO words (rowid, heading, text) VALUES (?, ?, ?)", texts)


def search(connection: sqlite3.Connection, wanted: Wanted) -> tuple[Hit, ...]:
    asked = words.terms(wanted.query)
    if not asked:
        return ()
    weights = [words.weight(_count(connection, term, wanted.session)) for term in asked]
    rows = connection.execute(
        _FOUND, (words.match_of_all(asked), wanted.session, wanted.session, CANDIDATES)
    ).fetchall()
    strongest = max((-row[8] for row in rows), default=0.0) or 1.0
    hits = []
    for row in rows:
        passage = _passage(row)
        held = words.flat(f"{passage.heading}\n{passage.text}")
        covered = sum(w * words.coverage(term, held) for term, w in zip(asked, weights, strict=True))
        covered /= sum(weights)
        score = words.score(covered, -row[8] / strongest, passage.at, wanted.now)
        hits.append(Hit(row[0], passage, round(score, 4)))
    hits.sort(key=lambda hit: (-hit.score, -(hit.passage.at or wanted.now), hit.path, hit.passage.line))
    return tuple(hits[: wanted.limit])


def _count(connection: sqlite3.Connection, term: words.Term, session: str | None) -> int:
    match = words.match_of(term)
    if session is None:
        row = connection.execute("SELECT count(*) FROM words WHERE words MATCH ?", (match,)).fetchone()
    else:
        row = connection.execute(_COUNTED, (match, session)).fetchone()
    return int(row[0])


def _passage(row: _Row) -> Passage:
    _, line, last_line, provenance, session, at, heading, text, _ = row
    whose: Provenance = provenance if provenance in _PROVENANCES else "stranger"  # type: ignore[assignment]
    return Passage(line, last_line, words.shown(text), words.shown(heading), whose, session, at)


@contextmanager
def _committing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
