"""Who knocked at the public door, and which events have been taken."""

from dataclasses import dataclass, field, replace

import anyio

from openclaw.store.database import Database, Transaction
from openclaw.types.clock import Clock, iso
from openclaw.types.errors import OpenClawError

REFUSED_PER_MINUTE = 100
EVENT_HOURS = 24


@dataclass(frozen=True, slots=True)
class AuditRow:
    channel: str
    path: str
    outcome: str
    reason: str = ""
    event_key: str | None = None
    headers: str = ""
    """A few of them as a JSON object; no secret, no signature."""


@dataclass(slots=True, eq=False)
class _Batch:
    rows: list[AuditRow] = field(default_factory=list)
    failure: OpenClawError | None = None


class Audits:
    """What comes while rows are being written is written together after them: a flood of forgeries is one commit after
    the other, and whoever is authentic waits for one of them and not for all.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._batch = _Batch()
        self._writing = anyio.Lock()

    async def keep(self, row: AuditRow) -> None:
        """Raises StorageFullError and StorageBusyError."""
        batch = self._batch
        batch.rows.append(row)
        async with self._writing:
            if batch is self._batch:
                self._batch = _Batch()
                await self._write(batch)
        if batch.failure is not None:
            raise batch.failure

    async def _write(self, batch: _Batch) -> None:
        now = self._clock.now_ms()

        def work(tx: Transaction) -> None:
            for row in batch.rows:
                audit(tx, row, now)

        try:
            await self._database.write(work)
        except OpenClawError as error:
            batch.failure = error


@dataclass(frozen=True, slots=True)
class Seen:
    """The last calls of a path, in ISO."""

    accepted_at: str | None = None
    refused_at: str | None = None
    refusal: str = ""


def seen(tx: Transaction, since: int) -> dict[str, Seen]:
    """By path."""
    # Beside max() SQLite gives the other columns of the row that has it.
    rows = tx.execute(
        "SELECT path, outcome, reason, max(at) AS at FROM webhook_audit_log"
        " WHERE at >= ? AND path <> '' GROUP BY path, outcome",
        (iso(since),),
    )
    found: dict[str, Seen] = {}
    for row in rows.fetchall():
        before = found.get(row["path"], Seen())
        if row["outcome"] == "accepted":
            found[row["path"]] = replace(before, accepted_at=row["at"])
        elif row["outcome"] == "refused":
            found[row["path"]] = replace(before, refused_at=row["at"], refusal=row["reason"])
    return found


def audit(tx: Transaction, row: AuditRow, now: int) -> None:
    """Refusals beyond the first hundred of a minute are counted in one row, so that a flood fills no disk."""
    if row.outcome == "refused":
        since = iso(now - now % 60_000)
        (refused,) = tx.execute(
            "SELECT count(*) FROM webhook_audit_log WHERE at >= ? AND outcome = 'refused'", (since,)
        ).fetchone()
        if refused >= REFUSED_PER_MINUTE:
            _count_one_more(tx, row, since, now)
            return
    tx.execute(
        "INSERT INTO webhook_audit_log (at, channel, path, outcome, reason, event_key, headers)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (iso(now), row.channel, row.path, row.outcome, row.reason, row.event_key, row.headers),
    )


def _count_one_more(tx: Transaction, row: AuditRow, since: str, now: int) -> None:
    last = tx.execute(
        "SELECT id, reason FROM webhook_audit_log WHERE at >= ? AND outcome = 'refused-more'", (since,)
    ).fetchone()
    if last is None:
        tx.execute(
            "INSERT INTO webhook_audit_log (at, channel, path, outcome, reason) VALUES (?, ?, '', 'refused-more', '1')",
            (iso(now), row.channel),
        )
    else:
        tx.execute("UPDATE webhook_audit_log SET reason = ? WHERE id = ?", (str(int(last[1]) + 1), last[0]))


def processed(tx: Transaction, event_key: str, channel: str, now: int) -> None:
    tx.execute(
        "INSERT OR IGNORE INTO processed_webhook_events (event_key, channel, at, expires_at) VALUES (?, ?, ?, ?)",
        (event_key, channel, iso(now), iso(now + EVENT_HOURS * 3_600_000)),
    )


def forget(tx: Transaction, now: int, audit_before: str) -> None:
    tx.execute("DELETE FROM processed_webhook_events WHERE expires_at < ?", (iso(now),))
    tx.execute("DELETE FROM webhook_audit_log WHERE at < ?", (audit_before,))
