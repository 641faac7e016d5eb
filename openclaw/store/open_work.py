"""What the house has yet to do, in short: for a conversation that must know of it."""

from dataclasses import dataclass
from typing import Any

import orjson

from openclaw.store.database import Database, Transaction
from openclaw.types.clock import parse_iso


@dataclass(frozen=True, slots=True)
class OpenJob:
    name: str
    next_run_at: int | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A message whose turn has not ended."""

    session_key: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class OpenWork:
    jobs: tuple[OpenJob, ...] = ()
    """The next one first."""
    approvals: tuple[str, ...] = ()
    """What the owner has been asked, the oldest first."""
    unfinished: tuple[Unfinished, ...] = ()


class WorkLedger:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_work(self, agent: str, *, but: str, limit: int) -> OpenWork:
        """Of one agent. `but`: the session that asks; what it does itself is no news to it."""
        return await self._database.read(lambda tx: open_work(tx, agent, but, limit))


def open_work(tx: Transaction, agent: str, but: str, limit: int) -> OpenWork:
    jobs = tx.execute(
        "SELECT job, next_run_at FROM jobs WHERE agent = ? AND enabled = 1"
        " ORDER BY next_run_at IS NULL, next_run_at LIMIT ?",
        (agent, limit),
    )
    approvals = tx.execute(
        "SELECT summary FROM approvals WHERE agent = ? AND state = 'pending' ORDER BY seq LIMIT ?",
        (agent, limit),
    )
    waiting = tx.execute(
        "SELECT session_key, event, received_at FROM inbox WHERE state IN ('queued', 'running') AND agent = ?"
        " AND session_key <> ? ORDER BY seq LIMIT ?",
        (agent, but, limit),
    )
    return OpenWork(
        tuple(OpenJob(_name(orjson.loads(row[0])), row[1]) for row in jobs),
        tuple(row[0] for row in approvals),
        tuple(Unfinished(row[0], _text(row[1]), parse_iso(row[2])) for row in waiting),
    )


def _name(job: Any) -> str:
    return str(job.get("name") or job.get("description") or "a job without a name")


def _text(event: str | None) -> str:
    return str(orjson.loads(event).get("text", "")) if event else ""
