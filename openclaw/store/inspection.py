"""A look at the ledger from outside: read-only, beside a daemon that runs, and of one that is damaged. Blocks."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from openclaw.store.database import Transaction
from openclaw.store.echoes import Released
from openclaw.store.migrations import STEPS
from openclaw.store.sessions import SessionRow
from openclaw.types.clock import iso

NEWEST = len(STEPS)
_BUSY_SECONDS = 2.0
_STEPS_BETWEEN_LOOKS = 100_000
"""Of SQLite's machine, between two looks at the clock."""


class DamagedError(Exception):
    """The file is no ledger any more; the text is SQLite's own."""


class UnreadError(Exception):
    """Somebody holds it, nobody may read it, or it takes longer than there is time: nothing is known of it."""


@dataclass(frozen=True, slots=True)
class FailingJob:
    name: str
    failures: int
    error: str


@dataclass(frozen=True, slots=True)
class Inspected:
    version: int
    size: int
    """Bytes, with what waits beside the file."""
    echoes: Mapping[str, Sequence[Released]] = field(default_factory=dict)
    """Lines that their transcripts are still owed, by session key."""
    sessions: Sequence[SessionRow] = ()
    unfinished: int = 0
    """Messages whose answer has not been settled."""
    oldest_unfinished: str | None = None
    outbox: Mapping[str, int] = field(default_factory=dict)
    """Messages on their way out, by state."""
    jobs: Sequence[FailingJob] = ()
    registrations: Mapping[str, str] = field(default_factory=dict)
    """What Twilio has told of our numbers' registration."""


def inspect(path: Path, failed_since_ms: int = 0) -> Inspected:
    """Of messages that failed, those since then. Raises FileNotFoundError, DamagedError and UnreadError."""
    if not path.exists():
        raise FileNotFoundError(path)
    size = sum(each.stat().st_size for each in (path, _beside(path, "-wal")) if each.exists())
    with closing(_opened(path)) as tx:
        try:
            return _read(tx, size, iso(failed_since_ms))
        except sqlite3.DatabaseError as error:
            raise _meaning(error) from None
        except ValueError as error:
            raise DamagedError(f"a row holds what is no JSON: {error}") from None


def check(path: Path, seconds: float) -> list[str]:
    """What SQLite finds wrong with the file; empty: nothing. Raises FileNotFoundError, DamagedError and UnreadError."""
    if not path.exists():
        raise FileNotFoundError(path)
    with closing(_opened(path)) as tx:
        end = time.monotonic() + seconds
        tx.set_progress_handler(lambda: int(time.monotonic() > end), _STEPS_BETWEEN_LOOKS)
        try:
            said = [str(row[0]) for row in tx.execute("PRAGMA quick_check(5)")]
        except sqlite3.DatabaseError as error:
            raise _meaning(error) from None
    return [line for line in said if line != "ok"]


def spent_by_heartbeats(path: Path, since_ms: int) -> float:
    """US dollars. Raises as `inspect` does."""
    if not path.exists():
        return 0.0
    with closing(_opened(path)) as tx:
        try:
            row = _one(
                tx,
                "SELECT coalesce(sum(cost), 0.0) FROM usage WHERE channel = 'heartbeat' AND at >= ?",
                iso(since_ms),
            )
        except sqlite3.DatabaseError as error:
            raise _meaning(error) from None
    return float(row[0]) if row else 0.0


def _opened(path: Path) -> Transaction:
    try:
        tx = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
        )
    except sqlite3.DatabaseError as error:
        raise _meaning(error) from None
    tx.row_factory = sqlite3.Row
    return tx


def _meaning(error: sqlite3.DatabaseError) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return DamagedError(str(error))
    return UnreadError(str(error))


def _read(tx: Transaction, size: int, failed_since: str) -> Inspected:
    (version,) = tx.execute("PRAGMA user_version").fetchone()
    echoes: dict[str, list[Released]] = {}
    for row in _all(tx, "SELECT id, target, lines FROM echoes WHERE released = 1 ORDER BY id"):
        echoes.setdefault(row["target"], []).append(Released(row["id"], row["target"], row["lines"]))
    sessions = [
        SessionRow(row["key"], row["agent"], row["session_id"], orjson.loads(row["entry"]), row["updated_at"])
        for row in _all(tx, "SELECT key, agent, session_id, entry, updated_at FROM sessions")
    ]
    waiting = _one(tx, "SELECT count(*), min(received_at) FROM inbox WHERE finished_at IS NULL")
    outbox = _all(
        tx,
        "SELECT state, count(*) AS n FROM outbox WHERE state NOT IN ('sent', 'dropped', 'refused')"
        " AND (state <> 'failed' OR created_at >= ?) GROUP BY state",
        failed_since,
    )
    return Inspected(
        version,
        size,
        echoes,
        sessions,
        waiting[0] if waiting else 0,
        waiting[1] if waiting else None,
        {row["state"]: row["n"] for row in outbox},
        _failing(tx),
        _registrations(tx),
    )


def _failing(tx: Transaction) -> list[FailingJob]:
    found = []
    for row in _all(tx, "SELECT job, state FROM jobs WHERE enabled = 1"):
        job, state = orjson.loads(row["job"]), orjson.loads(row["state"])
        if failures := int(state.get("consecutive_errors") or 0):
            name = str(job.get("name") or job.get("description") or "a job without a name")
            found.append(FailingJob(name, failures, str(state.get("last_error") or "")))
    return found


def _registrations(tx: Transaction) -> dict[str, str]:
    rows = _all(tx, "SELECT subject, evidence FROM compliance_events WHERE kind = 'registered' ORDER BY seq")
    return {row["subject"]: str(orjson.loads(row["evidence"]).get("status", "unknown")) for row in rows}


def _all(tx: Transaction, sql: str, *values: object) -> list[sqlite3.Row]:
    """Nothing where the table is not there yet: a ledger of an older program is read as well."""
    try:
        return tx.execute(sql, values).fetchall()
    except sqlite3.OperationalError as error:
        if str(error).startswith(("no such table", "no such column")):
            return []
        raise


def _one(tx: Transaction, sql: str, *values: object) -> sqlite3.Row | None:
    rows = _all(tx, sql, *values)
    return rows[0] if rows else None


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
