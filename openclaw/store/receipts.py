"""How a message fared after its provider took it: on its outbox row, and in the trace of the turn that sent it."""

from typing import Any

from openclaw.store import echoes, outbox, traces
from openclaw.store.database import Database, Transaction
from openclaw.types.clock import Clock, iso, parse_iso
from openclaw.types.receipts import Receipt

_RANKS = {"": 0, "sent": 1, "delivered": 2, "read": 3, "failed": 4}


class ReceiptStore:
    """Satisfies `types.receipts.Receipts`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(self, receipt: Receipt) -> bool:
        now = self._clock.now_ms()
        return await self._database.write(lambda tx: take(tx, receipt, now))


def moves_on(known: str, status: str) -> bool:
    """Receipts come late, twice and in any order. What somebody has received has not failed."""
    if status == "failed":
        return known in {"", "sent"}
    return known != "failed" and _RANKS[status] > _RANKS[known]


def take(tx: Transaction, receipt: Receipt, now: int) -> bool:
    row = _sent(tx, receipt)
    if row is None or row["provider_id"] not in {None, receipt.provider_id}:
        return False  # of a copy that was sent before this one
    of, _, known = (row["receipt"] or "").rpartition(" ")
    if not moves_on(known if of == receipt.provider_id else "", receipt.status):
        return False
    told = f"{receipt.provider_id} {receipt.status}"
    tx.execute("UPDATE outbox SET receipt = ? WHERE id = ?", (told, row["id"]))
    if receipt.status == "failed":
        tx.execute(
            "UPDATE outbox SET state = 'failed', reason = ? WHERE id = ? AND state IN ('sent', 'ambiguous')",
            (receipt.reason, row["id"]),
        )
    elif row["provider_id"] is None and row["state"] in {"ambiguous", "pending"} and row["attempts"]:
        # Whether it had arrived was in doubt: it has, and no copy of it need follow.
        outbox.sent(tx, row["id"], receipt.provider_id, now)
        echoes.release(tx, row["id"])
    if receipt.status != "sent":
        traces.extend(tx, row["trace_id"], [_span(receipt, row["sent_at"], now)])
    return True


def _sent(tx: Transaction, receipt: Receipt) -> Any:
    return tx.execute(
        "SELECT id, trace_id, provider_id, sent_at, receipt, state, attempts FROM outbox"
        " WHERE id = ? OR provider_id = ? LIMIT 1",
        (receipt.outbox_id, receipt.provider_id),
    ).fetchone()


def _span(receipt: Receipt, sent_at: str | None, now: int) -> traces.Span:
    span: traces.Span = {
        "name": "delivered",
        "at": iso(now),
        "ms": float(max(0, now - parse_iso(sent_at))) if sent_at else 0.0,
        "ok": receipt.status != "failed",
        "status": receipt.status,
    }
    if receipt.code is not None:
        span["errorCode"] = receipt.code
    if receipt.reason:
        span["reason"] = receipt.reason
    return span
