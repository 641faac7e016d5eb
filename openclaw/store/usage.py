"""What models cost: one row per reply."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from openclaw.store.database import Transaction
from openclaw.types.clock import iso, parse_iso
from openclaw.types.conversation import Usage


@dataclass(frozen=True, slots=True)
class UsageRow:
    at: int
    agent: str
    model: str
    channel: str
    session_key: str
    trace_id: str
    usage: Usage
    kind: str = "llm"
    sender: str = ""
    """`<channel>:<id>` of whoever made it necessary."""


def insert(tx: Transaction, row: UsageRow) -> None:
    usage = row.usage
    tx.execute(
        "INSERT INTO usage (at, agent, model, channel, session_key, trace_id, input, output, cache_read, cache_write,"
        " cost, kind, sender) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            iso(row.at),
            row.agent,
            row.model,
            row.channel,
            row.session_key,
            row.trace_id,
            usage.input,
            usage.output,
            usage.cache_read,
            usage.cache_write,
            usage.cost,
            row.kind,
            row.sender,
        ),
    )


def cost_since(tx: Transaction, at: int) -> float:
    (cost,) = tx.execute("SELECT coalesce(sum(cost), 0.0) FROM usage WHERE at >= ?", (iso(at),)).fetchone()
    return float(cost)


@dataclass(frozen=True, slots=True)
class Spent:
    at: int
    sender: str
    cost: float


def spent_since(tx: Transaction, at: int) -> list[Spent]:
    """Oldest first."""
    rows = tx.execute("SELECT at, sender, cost FROM usage WHERE at >= ? ORDER BY at", (iso(at),))
    return [Spent(parse_iso(row[0]), row[1], row[2]) for row in rows]


CostGroup = Literal["agent", "model", "channel", "session"]
CostRow = dict[str, object]
"""`{key, turns, input, output, cacheRead, cost}`."""

_SUMS = (
    "count(DISTINCT trace_id) AS turns, coalesce(sum(input), 0) AS input, coalesce(sum(output), 0) AS output,"
    " coalesce(sum(cache_read), 0) AS cache_read, coalesce(sum(cost), 0.0) AS cost"
)
_COLUMNS: dict[CostGroup, str] = {
    "agent": "agent",
    "model": "model",
    "channel": "channel",
    "session": "session_key",
}


def costs(tx: Transaction, by: CostGroup, since: int) -> list[CostRow]:
    """What was spent from a moment on, the dearest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS[by]} AS name, {_SUMS} FROM usage WHERE at >= ?"  # noqa: S608 - names of ours
        " GROUP BY name ORDER BY cost DESC, name",
        (iso(since),),
    )
    return [_cost_row(row["name"], row) for row in rows]


def costs_between(tx: Transaction, by: CostGroup, start: int, end: int) -> list[CostRow]:
    """The same up to another moment."""
    rows = tx.execute(
        f"SELECT {_COLUMNS[by]} AS name, {_SUMS} FROM usage WHERE at >= ? AND at < ?"  # noqa: S608 - names of ours
        " GROUP BY name ORDER BY cost DESC, name",
        (iso(start), iso(end)),
    )
    return [_cost_row(row["name"], row) for row in rows]


def costs_of(tx: Transaction, spans: Iterable[tuple[str, int, int]]) -> list[CostRow]:
    """One row for each named span of time in which there was any."""
    found = []
    for name, start, end in spans:
        (row,) = tx.execute(f"SELECT {_SUMS} FROM usage WHERE at >= ? AND at < ?", (iso(start), iso(end)))  # noqa: S608
        if row["turns"]:
            found.append(_cost_row(name, row))
    return found


def _cost_row(name: str, row: sqlite3.Row) -> CostRow:
    return {
        "key": name,
        "turns": row["turns"],
        "input": row["input"],
        "output": row["output"],
        "cacheRead": row["cache_read"],
        "cost": round(row["cost"], 8),
    }
