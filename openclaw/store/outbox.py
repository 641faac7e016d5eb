"""Messages on their way out: written with the turn's end, claimed before the first byte leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from openclaw.store.database import Transaction
from openclaw.types.clock import iso, parse_iso
from openclaw.types.messages import Address, Button, Enclosure, Outbound, Part, Role
from openclaw.types.sending import GATED, Decide, Purpose, SendIntent, Verdict

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
    campaign: str = ""


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
class Doubtful:
    """Its provider may have taken it, or not."""

    claimed: Claimed
    since: int
    """Before that it cannot have been sent."""


def insert(tx: Transaction, draft: Draft, inbox_seq: int | None, now: int) -> bool:
    """A second insert for the same place of the same event does nothing: nobody is answered twice."""
    cursor = tx.execute(
        "INSERT OR IGNORE INTO outbox (id, inbox_seq, part, channel, account, recipient, thread, text, rich, purpose,"
        " audience, state, trace_id, created_at, edits, retry_at, step, source, buttons, campaign, file)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            orjson.dumps(draft.part.buttons).decode() if draft.part.buttons else None,
            draft.campaign,
            orjson.dumps(draft.part.file).decode() if draft.part.file is not None else None,
        ),
    )
    return bool(cursor.rowcount)


def claim(tx: Transaction, to: Address, decide: Decide, boot_id: str, now: int) -> Claimed | Later | None:
    """The oldest message for an address, marked as being sent. The gates decide here, inside the transaction.

    On a gated channel what was put off lets younger messages pass: one that waits for the morning keeps no answer.
    """
    after, later = 0, None
    while row := _oldest(tx, to, after):
        after = row["seq"]
        due = parse_iso(row["retry_at"]) if row["retry_at"] else None
        if due is None or due <= now:
            verdict = decide(_intent(row))
            if verdict.outcome == "allow":
                tx.execute(
                    "UPDATE outbox SET state = 'sending', attempts = attempts + 1, boot_id = ?, retry_at = NULL,"
                    " put_off = 0 WHERE id = ?",
                    (boot_id, row["id"]),
                )
                return Claimed(_outbound(row), row["attempts"] + 1, row["trace_id"], row["audience"])
            due = apply(tx, row["id"], verdict, now)
        if due is not None:
            later = Later(due if later is None else min(due, later.at))
            if to.channel not in GATED or not _is_put_off(tx, row["id"]):
                return later
    return later


def apply(tx: Transaction, outbox_id: str, verdict: Verdict, now: int) -> int | None:
    """What a verdict makes of a waiting message; returns when it is due again, if it is put off."""
    match verdict.outcome:
        case "allow":
            return None
        case "defer":
            until = verdict.until or now + 60_000
            tx.execute(
                "UPDATE outbox SET retry_at = ?, reason = ?, put_off = 1 WHERE id = ?",
                (iso(until), verdict.reason, outbox_id),
            )
            return until
        case "hold":
            settle(tx, outbox_id, "held", verdict.reason)
        case "block":
            settle(tx, outbox_id, "refused", verdict.reason)
    return None


def reconsider(tx: Transaction) -> None:
    """What the gates hold is put to them again: a rule may have been taken back, a question never been asked."""
    tx.execute("UPDATE outbox SET state = 'pending', retry_at = NULL WHERE state = 'held'")


def release(tx: Transaction, outbox_id: str, by: str) -> Address | None:
    """What was held for the owner may leave; the gates look at it once more, or are about to."""
    cursor = tx.execute(
        "UPDATE outbox SET state = 'pending', retry_at = NULL, released_by = ?"
        " WHERE id = ? AND state IN ('held', 'pending')",
        (by, outbox_id),
    )
    return address_of(tx, outbox_id) if cursor.rowcount else None


def _oldest(tx: Transaction, to: Address, after: int) -> Any:
    return tx.execute(
        "SELECT * FROM outbox WHERE channel = ? AND account = ? AND recipient = ? AND state = 'pending'"
        " AND seq > ? ORDER BY seq LIMIT 1",
        (to.channel, to.account, to.chat, after),
    ).fetchone()


def _is_put_off(tx: Transaction, outbox_id: str) -> bool:
    """By a gate; not by the provider, who asks for patience with the whole address."""
    return bool(tx.execute("SELECT put_off FROM outbox WHERE id = ?", (outbox_id,)).fetchone()[0])


def sent(tx: Transaction, outbox_id: str, provider_id: str, now: int) -> None:
    tx.execute(
        "UPDATE outbox SET state = 'sent', provider_id = ?, sent_at = ?, reason = '' WHERE id = ?",
        (provider_id, iso(now), outbox_id),
    )


def retry(tx: Transaction, outbox_id: str, at: int, reason: str) -> None:
    tx.execute(
        "UPDATE outbox SET state = 'pending', retry_at = ?, reason = ?, put_off = 0 WHERE id = ?",
        (iso(at), reason, outbox_id),
    )


def settle(
    tx: Transaction,
    outbox_id: str,
    state: Literal["failed", "ambiguous", "held", "refused", "dropped"],
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
        " WHERE id = ? AND state IN ('ambiguous', 'failed', 'held', 'refused')",
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


def ambiguous(tx: Transaction) -> list[Doubtful]:
    """Those not yet decided about: a marked copy is never sent a third time."""
    rows = tx.execute("SELECT * FROM outbox WHERE state = 'ambiguous' AND marked = 0 ORDER BY seq").fetchall()
    return [
        Doubtful(
            Claimed(_outbound(row), row["attempts"], row["trace_id"], row["audience"]),
            parse_iso(row["created_at"]),
        )
        for row in rows
    ]


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
        " reason, iif(text = '' AND file IS NOT NULL, '[' || json_extract(file, '$.name') || ']', text) AS text,"
        " created_at AS createdAt, sent_at AS sentAt FROM outbox"
        " WHERE (? IS NULL AND state NOT IN ('sent', 'dropped')) OR state = ? ORDER BY seq DESC LIMIT ?",
        (state, state, limit),
    )
    return [dict(row) for row in rows]


def intent_of(tx: Transaction, outbox_id: str) -> SendIntent | None:
    row = tx.execute("SELECT * FROM outbox WHERE id = ?", (outbox_id,)).fetchone()
    return _intent(row) if row else None


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


@dataclass(frozen=True, slots=True)
class Caps:
    """How many messages the assistant may send of its own accord."""

    per_turn: int
    per_hour: int


def insert_letter(tx: Transaction, drafts: Sequence[Draft], caps: Caps, since: int, now: int) -> str:
    """Returns the cap that keeps it back, empty when it waits to be sent. Repeated, it is the same letter."""
    first = drafts[0]
    if tx.execute("SELECT 1 FROM outbox WHERE id = ?", (first.id,)).fetchone():
        return ""
    sent = "SELECT count(DISTINCT substr(id, 1, 22)) FROM outbox WHERE purpose = 'message' AND "
    if tx.execute(sent + "trace_id = ?", (first.trace_id,)).fetchone()[0] >= caps.per_turn:
        return "maxPerTurn"
    if tx.execute(sent + "created_at > ?", (iso(since),)).fetchone()[0] >= caps.per_hour:
        return "maxPerHour"
    for draft in drafts:
        insert(tx, draft, None, now)
    return ""


def _intent(row: Any) -> SendIntent:
    return SendIntent(
        row["id"],
        _address(row),
        row["text"] or _file_named(row),
        row["purpose"],
        row["audience"],
        row["attempts"],
        parse_iso(row["created_at"]),
        row["campaign"],
        bool(row["released_by"]),
    )


def _outbound(row: Any) -> Outbound:
    buttons = tuple(Button(**button) for button in orjson.loads(row["buttons"] or "[]"))
    file = Enclosure(**orjson.loads(row["file"])) if row["file"] else None
    return Outbound(
        row["id"], _address(row), Part(row["text"], row["rich"], buttons, file), edits=row["edits"]
    )


def _file_named(row: Any) -> str:
    """What stands for a file that goes without a word: the gates let nothing empty pass."""
    return f"[{orjson.loads(row['file'])['name']}]" if row["file"] else ""


def _address(row: Any) -> Address:
    return Address(row["channel"], row["recipient"], row["account"], row["thread"])
