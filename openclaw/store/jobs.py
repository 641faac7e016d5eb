"""Jobs, their runs, and words that wait for a heartbeat. What a job is, is not read here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from openclaw.store import echoes, inbox, outbox
from openclaw.store.database import Database, Transaction
from openclaw.store.echoes import Echo
from openclaw.store.outbox import Draft
from openclaw.types.conversation import Provenance
from openclaw.types.messages import Inbound

RUNS_KEPT = 200
"""Of one job."""


@dataclass(frozen=True, slots=True)
class JobRow:
    id: str
    agent: str
    creator: str
    enabled: bool
    next_run_at: int | None
    job: str
    state: str
    created_at: int
    running: str | None = None
    """The key of the run that is under way."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that is to be delivered: the same words under the same key, however often it is tried."""

    key: str
    job_id: str
    due_at: int
    session_key: str
    event: Inbound


@dataclass(frozen=True, slots=True)
class OpenRun:
    begun: Begun
    started_at: int
    inbox_seq: int | None
    """None: it has not been delivered."""
    inbox_state: str
    inbox_reason: str
    trace_id: str
    has_ended: bool


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ends, with all that follows from it."""

    key: str
    status: str
    error: str
    summary: str
    at: int
    job: JobRow | None
    """The job as it is from now on; None: it is taken away, or there is none."""
    job_id: str
    notice: Sequence[Draft] = ()
    inbox_seq: int | None = None
    echo: Echo | None = None


@dataclass(frozen=True, slots=True)
class SystemEventRow:
    seq: int
    text: str
    provenance: Provenance


class JobLedger:
    """Raises StorageFullError and StorageBusyError: then nothing was changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: JobRow, most: int) -> Literal["added", "known", "full"]:
        """`most`: of one creator."""
        return await self._database.write(lambda tx: add(tx, row, most))

    async def replace(self, row: JobRow) -> bool:
        return await self._database.write(lambda tx: replace(tx, row))

    async def reschedule(self, times: Sequence[tuple[str, int | None]]) -> None:
        await self._database.write(lambda tx: reschedule(tx, times))

    async def remove(self, job_id: str) -> bool:
        return await self._database.write(lambda tx: remove(tx, job_id))

    async def find(self, job_id: str) -> JobRow | None:
        return await self._database.read(lambda tx: find(tx, job_id))

    async def every(self) -> list[JobRow]:
        return await self._database.read(every)

    async def due(self, now: int, limit: int) -> tuple[list[JobRow], int | None]:
        """Those that are due, and when the first of all others is."""
        return await self._database.read(lambda tx: due(tx, now, limit))

    async def begin(self, begun: Begun, next_run_at: int | None, now: int) -> bool:
        """Claim a run of a job; False when it runs already, or has run under this key."""
        return await self._database.write(lambda tx: begin(tx, begun, next_run_at, now))

    async def begin_beat(self, begun: Begun, events: Sequence[int], now: int) -> bool:
        """Claim a heartbeat together with the words that it takes along."""
        return await self._database.write(lambda tx: begin_beat(tx, begun, events, now))

    async def open_runs(self) -> list[OpenRun]:
        return await self._database.read(open_runs)

    async def end(self, ended: RunEnd) -> bool:
        """False when it has ended already."""
        return await self._database.write(lambda tx: end(tx, ended))

    async def runs(self, job_ids: Sequence[str] | None, limit: int) -> list[dict[str, Any]]:
        return await self._database.read(lambda tx: runs(tx, job_ids, limit))

    async def deliveries(self, keys: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """Run key → state and reason of each message that went out."""
        return await self._database.read(lambda tx: {key: deliveries(tx, key) for key in keys})

    async def keep_event(self, key: str, agent: str, text: str, provenance: Provenance, now: int) -> None:
        await self._database.write(lambda tx: keep_event(tx, key, agent, text, provenance, now))

    async def waiting_events(self, agent: str) -> list[SystemEventRow]:
        return await self._database.read(lambda tx: waiting_events(tx, agent))


def add(tx: Transaction, row: JobRow, most: int) -> Literal["added", "known", "full"]:
    if find(tx, row.id) is not None:
        return "known"
    count = tx.execute("SELECT count(*) FROM jobs WHERE creator = ?", (row.creator,)).fetchone()[0]
    if count >= most:
        return "full"
    tx.execute(
        "INSERT INTO jobs (id, agent, creator, enabled, next_run_at, job, state, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.agent, row.creator, row.enabled, row.next_run_at, row.job, row.state, row.created_at),
    )
    return "added"


def replace(tx: Transaction, row: JobRow) -> bool:
    """What runs goes on running."""
    cursor = tx.execute(
        "UPDATE jobs SET agent = ?, enabled = ?, next_run_at = ?, job = ?, state = ? WHERE id = ?",
        (row.agent, row.enabled, row.next_run_at, row.job, row.state, row.id),
    )
    return bool(cursor.rowcount)


def reschedule(tx: Transaction, times: Sequence[tuple[str, int | None]]) -> None:
    tx.executemany("UPDATE jobs SET next_run_at = ? WHERE id = ?", [(at, job_id) for job_id, at in times])


def remove(tx: Transaction, job_id: str) -> bool:
    """Its runs stay to be read."""
    return bool(tx.execute("DELETE FROM jobs WHERE id = ?", (job_id,)).rowcount)


def find(tx: Transaction, job_id: str) -> JobRow | None:
    row = tx.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
    return _row(row) if row else None


def every(tx: Transaction) -> list[JobRow]:
    rows = tx.execute("SELECT * FROM jobs ORDER BY enabled DESC, next_run_at IS NULL, next_run_at, id")
    return [_row(row) for row in rows]


def due(tx: Transaction, now: int, limit: int) -> tuple[list[JobRow], int | None]:
    rows = tx.execute(
        "SELECT * FROM jobs WHERE enabled = 1 AND running IS NULL AND next_run_at <= ?"
        " ORDER BY next_run_at, id LIMIT ?",
        (now, limit),
    )
    found = [_row(row) for row in rows]
    later = tx.execute(
        "SELECT min(next_run_at) FROM jobs WHERE enabled = 1 AND running IS NULL AND next_run_at > ?", (now,)
    ).fetchone()
    return found, later[0]


def begin(tx: Transaction, begun: Begun, next_run_at: int | None, now: int) -> bool:
    cursor = tx.execute(
        "UPDATE jobs SET next_run_at = ? WHERE id = ? AND running IS NULL", (next_run_at, begun.job_id)
    )
    if not cursor.rowcount or not _insert_run(tx, begun, now):
        return False
    tx.execute("UPDATE jobs SET running = ? WHERE id = ?", (begun.key, begun.job_id))
    return True


def begin_beat(tx: Transaction, begun: Begun, events: Sequence[int], now: int) -> bool:
    if not _insert_run(tx, begun, now):
        return False
    tx.executemany(
        "UPDATE system_events SET taken_by = ? WHERE seq = ?", [(begun.key, seq) for seq in events]
    )
    tx.execute("DELETE FROM system_events WHERE taken_by IS NOT NULL AND at < ?", (now - 7 * 86_400_000,))
    return True


def _insert_run(tx: Transaction, begun: Begun, now: int) -> bool:
    cursor = tx.execute(
        "INSERT OR IGNORE INTO job_runs (key, job_id, due_at, started_at, session_key, event)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (begun.key, begun.job_id, begun.due_at, now, begun.session_key, orjson.dumps(begun.event).decode()),
    )
    return bool(cursor.rowcount)


def open_runs(tx: Transaction) -> list[OpenRun]:
    rows = tx.execute(
        "SELECT r.key, r.job_id, r.due_at, r.started_at, r.session_key, r.event, i.seq, i.state, i.reason,"
        " i.trace_id, i.finished_at IS NOT NULL FROM job_runs r LEFT JOIN inbox i ON i.key = r.key"
        " WHERE r.ended_at IS NULL ORDER BY r.seq"
    )
    return [_open_run(tuple(row)) for row in rows]


def _open_run(row: tuple[Any, ...]) -> OpenRun:
    key, job_id, due_at, started_at, session_key, event, seq, state, reason, trace_id, ended = row
    begun = Begun(key, job_id, due_at, session_key, inbox.inbound_of(orjson.loads(event)))
    return OpenRun(begun, started_at, seq, state or "", reason or "", trace_id or "", bool(ended))


def end(tx: Transaction, ended: RunEnd) -> bool:
    # What was said is in the transcript: here it has had its use.
    cursor = tx.execute(
        "UPDATE job_runs SET ended_at = ?, status = ?, error = ?, summary = ?, event = '{}'"
        " WHERE key = ? AND ended_at IS NULL",
        (ended.at, ended.status, ended.error, ended.summary, ended.key),
    )
    if not cursor.rowcount:
        return False
    if ended.job is not None:
        replace(tx, ended.job)
        tx.execute("UPDATE jobs SET running = NULL WHERE id = ? AND running = ?", (ended.job_id, ended.key))
    else:
        remove(tx, ended.job_id)
    for draft in ended.notice:
        outbox.insert(tx, draft, ended.inbox_seq, ended.at)
    if ended.echo is not None:
        echoes.insert(tx, ended.echo)
    tx.execute(
        "DELETE FROM job_runs WHERE job_id = ? AND ended_at IS NOT NULL AND seq <= (SELECT seq FROM job_runs"
        " WHERE job_id = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)",
        (ended.job_id, ended.job_id, RUNS_KEPT),
    )
    return True


def runs(tx: Transaction, job_ids: Sequence[str] | None, limit: int) -> list[dict[str, Any]]:
    """The newest first; `job_ids=None`: of every job."""
    wanted = orjson.dumps(list(job_ids or ())).decode()
    rows = tx.execute(
        "SELECT key, job_id, due_at, started_at, ended_at, session_key, status, error, summary"
        " FROM job_runs WHERE ? OR job_id IN (SELECT value FROM json_each(?))"
        " ORDER BY seq DESC LIMIT ?",
        (job_ids is None, wanted, limit),
    )
    return [dict(row) for row in rows]


def deliveries(tx: Transaction, key: str) -> list[tuple[str, str]]:
    rows = tx.execute(
        "SELECT state, reason FROM outbox WHERE inbox_seq = (SELECT seq FROM inbox WHERE key = ?) ORDER BY seq",
        (key,),
    )
    return [(row[0], row[1]) for row in rows]


def keep_event(tx: Transaction, key: str, agent: str, text: str, provenance: Provenance, now: int) -> None:
    tx.execute(
        "INSERT OR IGNORE INTO system_events (key, agent, text, provenance, at) VALUES (?, ?, ?, ?, ?)",
        (key, agent, text, provenance, now),
    )


def waiting_events(tx: Transaction, agent: str) -> list[SystemEventRow]:
    rows = tx.execute(
        "SELECT seq, text, provenance FROM system_events WHERE agent = ? AND taken_by IS NULL ORDER BY seq",
        (agent,),
    )
    return [SystemEventRow(row[0], row[1], row[2]) for row in rows]


def _row(row: Any) -> JobRow:
    return JobRow(
        row["id"],
        row["agent"],
        row["creator"],
        bool(row["enabled"]),
        row["next_run_at"],
        row["job"],
        row["state"],
        row["created_at"],
        row["running"],
    )
