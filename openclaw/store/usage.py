"""What models cost: one row per reply."""

from dataclasses import dataclass

from openclaw.store.database import Transaction
from openclaw.types.clock import iso
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


def insert(tx: Transaction, row: UsageRow) -> None:
    usage = row.usage
    tx.execute(
        "INSERT INTO usage (at, agent, model, channel, session_key, trace_id, input, output, cache_read, cache_write,"
        " cost, kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        ),
    )


def cost_since(tx: Transaction, at: int) -> float:
    (cost,) = tx.execute("SELECT coalesce(sum(cost), 0.0) FROM usage WHERE at >= ?", (iso(at),)).fetchone()
    return float(cost)
