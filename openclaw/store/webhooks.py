"""Who knocked at the public door, and which events have been taken."""

from dataclasses import dataclass

from openclaw.store.database import Transaction
from openclaw.types.clock import iso

REFUSED_PER_MINUTE = 100
EVENT_HOURS = 24


@dataclass(frozen=True, slots=True)
class AuditRow:
    channel: str
    path: str
    outcome: str
    reason: str = ""
    event_key: str | None = None


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
        "INSERT INTO webhook_audit_log (at, channel, path, outcome, reason, event_key) VALUES (?, ?, ?, ?, ?, ?)",
        (iso(now), row.channel, row.path, row.outcome, row.reason, row.event_key),
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
