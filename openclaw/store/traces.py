"""One trace per event: the way it went, with times and reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from openclaw.store.database import Transaction
from openclaw.types.clock import iso

Span = dict[str, object]


@dataclass(frozen=True, slots=True)
class TraceRecord:
    id: str
    at: int
    channel: str
    event: str
    session_key: str | None
    outcome: str
    reason: str
    spans: Sequence[Span]


def save(tx: Transaction, trace: TraceRecord) -> None:
    """Spans that a former life of the daemon recorded stay in front of the new ones."""
    before = tx.execute("SELECT spans FROM traces WHERE id = ?", (trace.id,)).fetchone()
    spans = [*(orjson.loads(before[0]) if before else ()), *trace.spans]
    tx.execute(
        "INSERT OR REPLACE INTO traces (id, at, channel, event, session_key, outcome, reason, spans)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            trace.id,
            iso(trace.at),
            trace.channel,
            trace.event,
            trace.session_key,
            trace.outcome,
            trace.reason,
            orjson.dumps(spans).decode(),
        ),
    )


def extend(tx: Transaction, trace_id: str, spans: Sequence[Span]) -> None:
    row = tx.execute("SELECT spans FROM traces WHERE id = ?", (trace_id,)).fetchone()
    if row is not None:
        joined = orjson.dumps([*orjson.loads(row[0]), *spans]).decode()
        tx.execute("UPDATE traces SET spans = ? WHERE id = ?", (joined, trace_id))


def recent(tx: Transaction, limit: int) -> list[dict[str, object]]:
    return [
        _shown(row)
        for row in tx.execute("SELECT * FROM traces ORDER BY at DESC, rowid DESC LIMIT ?", (limit,))
    ]


def by_id(tx: Transaction, trace_id: str) -> dict[str, object] | None:
    row = tx.execute("SELECT * FROM traces WHERE id = ?", (trace_id,)).fetchone()
    return _shown(row) if row else None


def forget(tx: Transaction, before: str) -> None:
    tx.execute("DELETE FROM traces WHERE at < ?", (before,))


def _shown(row: Any) -> dict[str, object]:
    return {
        "id": row["id"],
        "at": row["at"],
        "channel": row["channel"],
        "event": row["event"],
        "outcome": row["outcome"],
        "reason": row["reason"],
        "session": row["session_key"],
        "spans": orjson.loads(row["spans"]),
    }
