"""Messages on their way out: written with the turn's end, claimed before the first byte leaves."""

from dataclasses import dataclass
from typing import Any, Literal

from openclaw.store.database import Transaction
from openclaw.types.clock import iso, parse_iso
from openclaw.types.messages import Address, Outbound, Part, Role
from openclaw.types.sending import Decide, Purpose, SendIntent

MARK = "↻ "
"""A copy of a message that may have been delivered already begins with it."""


@dataclass(frozen=True, slots=True)
class Block:
    """What a message holds of an answer that is not finished."""

    step: int
    """The number of the turn's model message."""
    source: str
    """The words as the model wrote them."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent. `number` is its place among the messages of one event."""

    id: str
    to: Address
    part: Part
    number: int
    purpose: Purpose
    audience: Role
    trace_id: str
    edits: str | None = None
    """The provider's id of the message that it replaces."""
    not_before: int | None = None
    block: Block | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    message: Outbound
    attempts: int
    trace_id: str
    audience: Role


@dataclass(frozen=True, slots=True)
class Later:
    """The next message for this address is due at this time."""

    at: int


@dataclass(frozen=True, slots=True)
class Ambiguous:
    id: str
    audience: Role


def insert(tx: Transaction, draft: Draft, inbox_seq: int | None, now: int) -> bool:
    """A second insert for the same place of the same event does nothing: nobody is answered twice."""
    cursor = tx.execute(
        "INSERT OR IGNORE INTO outbox (id, inbox_seq, part, channel, account, recipient, thread, text, rich, purpose,"
        " audience, state, trace_id, created_at, edits, retry_at, step, source)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?)",
        (
            draft.id,
            inbox_seq,
            draft.number,
            draft.to.channel,
            draft.to.account,
            draft.to.chat,
            draft.to.thread,
            draft.part.text,
            draft.part.rich,
            draft.purpose,
            draft.audience,
            draft.trace_id,
            iso(now),
            draft.edits,
            iso(draft.not_before) if draft.not_before is not None else None,
            draft.block.step if draft.block is not None else None,
            draft.block.source if draft.block is not None else None,
        ),
    )
    return bool(cursor.rowcount)


def claim(tx: Transaction, to: Address, decide: Decide, boot_id: str, now: int) -> Claimed | Later | None:
    """The oldest message for an address, marked as being sent. The gates decide here, inside the transaction."""
    while row := _oldest(tx, to):
        if row["retry_at"] and parse_iso(row["retry_at"]) > now:
            return Later(parse_iso(row["retry_at"]))
        verdict = decide(_intent(row))
        match verdict.outcome:
            case "allow":
                tx.execute(
                    "UPDATE outbox SET state = 'sending', attempts = attempts + 1, boot_id = ?, retry_at = NULL"
                    " WHERE id = ?",
                    (boot_id, row["id"]),
                )
                return Claimed(_outbound(row), row["attempts"] + 1, row["trace_id"], row["audience"])
            case "defer":
                until = verdict.until or now + 60_000
                retry(tx, row["id"], until, f"{verdict.gate}: {verdict.code}")
                return Later(until)
            case "hold" | "block":
                settle(
                    tx,
                    row["id"],
                    "held" if verdict.outcome == "hold" else "blocked",
                    f"{verdict.gate}: {verdict.code}",
                )
    return None


def _oldest(tx: Transaction, to: Address) -> Any:
    return tx.execute(
        "SELECT * FROM outbox WHERE channel = ? AND account = ? AND recipient = ? AND state = 'pending'"
        " ORDER BY seq LIMIT 1",
        (to.channel, to.account, to.chat),
    ).fetchone()


def sent(tx: Transaction, outbox_id: str, provider_id: str, now: int) -> None:
    tx.execute(
        "UPDATE outbox SET state = 'sent', provider_id = ?, sent_at = ?, reason = '' WHERE id = ?",
        (provider_id, iso(now), outbox_id),
    )


def retry(tx: Transaction, outbox_id: str, at: int, reason: str) -> None:
    tx.execute(
        "UPDATE outbox SET state = 'pending', retry_at = ?, reason = ? WHERE id = ?",
        (iso(at), reason, outbox_id),
    )


def settle(
    tx: Transaction,
    outbox_id: str,
    state: Literal["failed", "ambiguous", "held", "blocked", "dropped"],
    reason: str,
) -> None:
    tx.execute("UPDATE outbox SET state = ?, reason = ? WHERE id = ?", (state, reason, outbox_id))


def resend_marked(tx: Transaction, outbox_id: str) -> None:
    """Once, and visibly: the copy begins with the mark."""
    tx.execute(
        "UPDATE outbox SET state = 'pending', marked = 1, retry_at = NULL, text = ? || text,"
        " rich = CASE WHEN rich IS NULL THEN NULL ELSE ? || rich END"
        " WHERE id = ? AND marked = 0 AND state = 'ambiguous'",
        (MARK, MARK, outbox_id),
    )


def resend(tx: Transaction, outbox_id: str) -> None:
    """Only what waits for the owner: asked for twice, it must not go out twice."""
    tx.execute(
        "UPDATE outbox SET state = 'pending', attempts = 0, retry_at = NULL, reason = ''"
        " WHERE id = ? AND state IN ('ambiguous', 'failed', 'held', 'blocked')",
        (outbox_id,),
    )


def send_anew(tx: Transaction, outbox_id: str) -> None:
    """The message that it was to replace is gone: from now on it is one of its own."""
    tx.execute("UPDATE outbox SET edits = NULL WHERE id = ?", (outbox_id,))


def doubt_unanswered(tx: Transaction, boot_id: str) -> None:
    """What an earlier life of the daemon was sending: nobody knows whether it arrived. An edit can be repeated."""
    tx.execute(
        "UPDATE outbox SET state = iif(edits IS NULL, 'ambiguous', 'pending'),"
        " reason = 'the daemon ended while this was being sent'"
        " WHERE state = 'sending' AND boot_id <> ?",
        (boot_id,),
    )


def ambiguous(tx: Transaction) -> list[Ambiguous]:
    """Those not yet decided about: a marked copy is never sent a third time."""
    rows = tx.execute("SELECT id, audience FROM outbox WHERE state = 'ambiguous' AND marked = 0 ORDER BY seq")
    return [Ambiguous(row[0], row[1]) for row in rows]


def addresses_due(tx: Transaction) -> list[Address]:
    rows = tx.execute(
        "SELECT channel, account, recipient FROM outbox WHERE state = 'pending'"
        " GROUP BY channel, account, recipient ORDER BY min(seq)"
    )
    return [Address(row[0], row[2], row[1]) for row in rows]


def address_of(tx: Transaction, outbox_id: str) -> Address | None:
    row = tx.execute("SELECT channel, account, recipient FROM outbox WHERE id = ?", (outbox_id,)).fetchone()
    return Address(row[0], row[2], row[1]) if row else None


def listing(tx: Transaction, state: str | None, limit: int) -> list[dict[str, object]]:
    rows = tx.execute(
        "SELECT id, channel, account, recipient, state, attempts, provider_id AS providerId, trace_id AS traceId,"
        " reason, text, created_at AS createdAt, sent_at AS sentAt FROM outbox"
        " WHERE (? IS NULL AND state NOT IN ('sent', 'dropped')) OR state = ? ORDER BY seq DESC LIMIT ?",
        (state, state, limit),
    )
    return [dict(row) for row in rows]


def state_of(tx: Transaction, outbox_id: str) -> str | None:
    row = tx.execute("SELECT state FROM outbox WHERE id = ?", (outbox_id,)).fetchone()
    return row[0] if row else None


def counts(tx: Transaction) -> dict[str, int]:
    rows = tx.execute(
        "SELECT state, count(*) FROM outbox WHERE state NOT IN ('sent', 'dropped') GROUP BY state"
    )
    return {row[0]: row[1] for row in rows}


def forget(tx: Transaction, before: str) -> None:
    tx.execute("DELETE FROM outbox WHERE state IN ('sent', 'dropped') AND created_at < ?", (before,))


def _intent(row: Any) -> SendIntent:
    return SendIntent(
        row["id"],
        _address(row),
        row["text"],
        row["purpose"],
        row["audience"],
        row["attempts"],
        parse_iso(row["created_at"]),
    )


def _outbound(row: Any) -> Outbound:
    return Outbound(row["id"], _address(row), Part(row["text"], row["rich"]), edits=row["edits"])


def _address(row: Any) -> Address:
    return Address(row["channel"], row["recipient"], row["account"], row["thread"])
