"""The ledger at a glance, for the running house and for whoever looks at a stopped one.

Imports nothing that takes time to load, and of a long ledger reads only the end.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from openclaw.types.clock import iso, parse_iso
from openclaw.types.errors import OpenClawError

if TYPE_CHECKING:
    from openclaw.store.database import Database

RECENT = 500
"""So many of the newest messages are looked at for each channel's last one."""

Json = dict[str, Any]


class Glances:
    """For the running house."""

    def __init__(self, database: "Database") -> None:
        self._database = database

    async def lately(self) -> Json:
        return await self._database.read(lately)


def look(path: Path, today: int) -> Json | None:
    """What a stopped house has left. None: it has never run. Raises OpenClawError. Blocks."""
    if not path.exists():
        return None
    with _opened(path) as tx:
        return {**left_over(tx), **lately(tx), "costToday": cost_since(tx, today)}


_NAMES = {
    "sessions": "SELECT key FROM sessions ORDER BY updated_at DESC LIMIT ?",
    "traces": "SELECT id FROM traces ORDER BY at DESC LIMIT ?",
    "jobs": "SELECT id FROM jobs ORDER BY created_at DESC LIMIT ?",
    "outgoing": "SELECT id FROM outbox WHERE state NOT IN ('sent', 'dropped') ORDER BY seq DESC LIMIT ?",
}


def names(path: Path, what: str, limit: int) -> list[str]:
    """The newest first; none where the house has never run. Raises OpenClawError. Blocks."""
    if not path.exists():
        return []
    with _opened(path) as tx:
        return [str(row[0]) for row in tx.execute(_NAMES[what], (limit,))]


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """To be read, also beside a house at work. Raises OpenClawError."""
    # Without a log beside it the file is all there is, and reading it need not make one.
    still = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro{still}", uri=True, timeout=1.0)) as tx:
            yield tx
    except sqlite3.Error as error:
        raise OpenClawError(f"{path} cannot be read ({error}); see: openclaw doctor") from error


def left_over(tx: sqlite3.Connection) -> Json:
    states = dict(
        tuple(row)
        for row in tx.execute("SELECT state, count(*) FROM inbox WHERE finished_at IS NULL GROUP BY state")
    )
    unsent = tx.execute(
        "SELECT state, count(*) FROM outbox WHERE state NOT IN ('sent', 'dropped') GROUP BY state"
    )
    (sessions,) = tx.execute("SELECT count(*) FROM sessions").fetchone()
    return {
        "queue": {"waiting": states.get("accepted", 0) + states.get("queued", 0)},
        "running": states.get("running", 0),
        "outbox": dict(tuple(row) for row in unsent),
        "sessions": sessions,
    }


def lately(tx: sqlite3.Connection) -> Json:
    """Times in milliseconds since 1970; None where there is nothing to tell."""
    (oldest,) = tx.execute("SELECT min(received_at) FROM inbox WHERE finished_at IS NULL").fetchone()
    return {
        "oldestUnfinishedAt": _ms(oldest),
        "lastMessages": _last_messages(tx),
        "lastError": _last_error(tx),
        "nextJob": _next_job(tx),
    }


def cost_since(tx: sqlite3.Connection, at: int) -> float:
    (cost,) = tx.execute("SELECT coalesce(sum(cost), 0.0) FROM usage WHERE at >= ?", (iso(at),)).fetchone()
    return round(float(cost), 6)


def _last_messages(tx: sqlite3.Connection) -> list[Json]:
    came = tx.execute("SELECT channel, account, received_at FROM inbox ORDER BY seq DESC LIMIT ?", (RECENT,))
    went = tx.execute(
        "SELECT channel, account, sent_at FROM outbox WHERE state = 'sent' ORDER BY seq DESC LIMIT ?",
        (RECENT,),
    )
    found: dict[tuple[str, str], Json] = {}
    for name, rows in (("receivedAt", came), ("sentAt", went)):
        for channel, account, at in rows:
            row = found.setdefault(
                (channel, account),
                {"channel": channel, "account": account, "receivedAt": None, "sentAt": None},
            )
            row[name] = max(row[name] or 0, _ms(at) or 0) or None
    return list(found.values())


def _last_error(tx: sqlite3.Connection) -> Json | None:
    newest = "SELECT id, at, channel, outcome, reason FROM traces ORDER BY at DESC, rowid DESC LIMIT ?"
    for trace, at, channel, outcome, reason in tx.execute(newest, (RECENT,)):
        if outcome == "dead":
            return {"trace": trace, "at": _ms(at), "channel": channel, "reason": reason}
    return None


def _next_job(tx: sqlite3.Connection) -> Json | None:
    row = tx.execute(
        "SELECT id, agent, next_run_at, job FROM jobs WHERE enabled = 1 AND next_run_at IS NOT NULL"
        " ORDER BY next_run_at LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    return {"id": row[0], "agent": row[1], "at": row[2], "name": json.loads(row[3]).get("name") or row[0]}


def _ms(at: str | None) -> int | None:
    return parse_iso(at) if at else None
