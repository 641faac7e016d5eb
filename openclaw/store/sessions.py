"""Which conversation a key stands for, and its counters; `sessions.json` is written from these rows."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from openclaw.store.database import Transaction


@dataclass(frozen=True, slots=True)
class SessionRow:
    key: str
    agent: str
    session_id: str
    entry: Mapping[str, object]
    updated_at: int


def save(tx: Transaction, row: SessionRow) -> None:
    tx.execute(
        "INSERT INTO sessions (key, agent, session_id, entry, updated_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET agent = excluded.agent, session_id = excluded.session_id,"
        " entry = excluded.entry, updated_at = excluded.updated_at",
        (row.key, row.agent, row.session_id, orjson.dumps(row.entry).decode(), row.updated_at),
    )


def delete(tx: Transaction, key: str) -> None:
    tx.execute("DELETE FROM sessions WHERE key = ?", (key,))


def every(tx: Transaction) -> list[SessionRow]:
    rows = tx.execute("SELECT key, agent, session_id, entry, updated_at FROM sessions ORDER BY updated_at")
    return [SessionRow(row[0], row[1], row[2], orjson.loads(row[3]), row[4]) for row in rows]
