"""Every event that came in: durable before it is acknowledged, and one end state for each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import orjson

from openclaw.store import echoes, outbox, sessions
from openclaw.store.database import Transaction
from openclaw.types.channel import LastArrival
from openclaw.types.clock import iso, parse_iso
from openclaw.types.ids import new_id
from openclaw.types.messages import (
    Address,
    Arrival,
    Attachment,
    Brought,
    ClientTool,
    Inbound,
    Mailbox,
    Quoted,
    Role,
    Sender,
    Unusable,
)

EndState = Literal["answered", "merged", "ignored", "refused", "dead"]


OVERHEARD = "not_addressed"
"""Said in a group to somebody else."""


class EventEndedError(Exception):
    """Somebody stopped it before its turn began."""


@dataclass(frozen=True, slots=True)
class InboxRow:
    seq: int
    key: str
    channel: str
    account: str
    received_at: int
    event: Inbound
    state: str
    role: Role
    agent: str
    session_key: str
    run_id: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class Admission:
    """Where an accepted message goes."""

    seq: int
    session_key: str
    agent: str
    role: Role
    event: Inbound | None = None
    """As the house has read it, where that is not as it came."""
    drafts: Sequence[outbox.Draft] = ()
    session: sessions.SessionRow | None = None
    note: echoes.Echo | None = None
    """What was said in its group before, in the conversation from now on."""


def insert(tx: Transaction, arrivals: Sequence[Arrival], now: int) -> list[tuple[Arrival, str]]:
    """Record what is new, in order; returns the new arrivals with their trace ids. A repeat is passed over."""
    return [fresh for arrival in arrivals if (fresh := _insert_one(tx, arrival, now))]


def _insert_one(tx: Transaction, arrival: Arrival, now: int) -> tuple[Arrival, str] | None:
    content, event = _written(arrival.content)
    trace_id = new_id("t")
    cursor = tx.execute(
        "INSERT OR IGNORE INTO inbox"
        " (key, channel, account, received_at, sequence, raw, event, state, reason, run_id, trace_id, finished_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            arrival.key,
            arrival.channel,
            arrival.account,
            iso(now),
            arrival.sequence,
            arrival.raw,
            event,
            _first_state(content),
            content.reason if isinstance(content, Unusable) else "",
            (content.run_id if isinstance(content, Inbound) else "") or new_id("run"),
            trace_id,
            iso(now) if isinstance(content, Unusable) else None,
        ),
    )
    return (replace(arrival, content=content), trace_id) if cursor.rowcount else None


def _written(content: Inbound | Unusable) -> tuple[Inbound | Unusable, str | None]:
    """The content with its JSON. What JSON cannot hold must not keep the rest of its batch out: it is dead."""
    if isinstance(content, Unusable):
        return content, None
    try:
        return content, orjson.dumps(content).decode()
    except TypeError as error:
        return Unusable(f"it cannot be recorded: {error}", dead=True), None


def _first_state(content: Inbound | Unusable) -> str:
    if isinstance(content, Inbound):
        return "accepted"
    return "dead" if content.dead else "ignored"


def accepted(tx: Transaction, limit: int, channel: str | None = None) -> list[InboxRow]:
    """The oldest messages that nobody has looked at."""
    rows = tx.execute(
        "SELECT * FROM inbox WHERE state = 'accepted' AND (? IS NULL OR channel = ?) ORDER BY seq LIMIT ?",
        (channel, channel, limit),
    )
    return [read_row(row) for row in rows]


def queue_again(tx: Transaction, seq: int) -> None:
    """In its old place: first of its session, for only a turn under way stood before it."""
    tx.execute("UPDATE inbox SET state = 'queued' WHERE seq = ? AND finished_at IS NULL", (seq,))


def admit(tx: Transaction, admission: Admission, now: int) -> None:
    tx.execute(
        "UPDATE inbox SET state = 'queued', session_key = ?, agent = ?, role = ? WHERE seq = ?",
        (admission.session_key, admission.agent, admission.role, admission.seq),
    )
    if admission.event is not None:
        # What came stays as it is in `raw`.
        event = orjson.dumps(admission.event).decode()
        tx.execute("UPDATE inbox SET event = ? WHERE seq = ?", (event, admission.seq))
    for draft in admission.drafts:
        outbox.insert(tx, draft, admission.seq, now)
    if admission.session is not None:
        sessions.save(tx, admission.session)
    if admission.note is not None:
        echoes.insert(tx, admission.note)
        tx.execute(
            "UPDATE inbox SET reason = 'told' WHERE session_key = ? AND reason = ? AND seq < ?",
            (admission.session_key, OVERHEARD, admission.seq),
        )


def overhear(tx: Transaction, seq: int, session_key: str, role: Role) -> None:
    """It is kept for whoever calls the assistant in this conversation next."""
    tx.execute("UPDATE inbox SET session_key = ?, role = ? WHERE seq = ?", (session_key, role, seq))


def waiting(tx: Transaction, session_key: str, limit: int, channel: str | None = None) -> list[InboxRow]:
    """The session's unfinished messages, the oldest first."""
    rows = tx.execute(
        "SELECT * FROM inbox WHERE session_key = ? AND state IN ('queued', 'running')"
        " AND (? IS NULL OR channel = ?) ORDER BY seq LIMIT ?",
        (session_key, channel, channel, limit),
    )
    return [read_row(row) for row in rows]


def sessions_waiting(tx: Transaction, channel: str | None = None) -> list[str]:
    """Sessions with unfinished messages, the one that has waited longest first."""
    rows = tx.execute(
        "SELECT session_key FROM inbox WHERE state IN ('queued', 'running') AND (? IS NULL OR channel = ?)"
        " GROUP BY session_key ORDER BY min(seq)",
        (channel, channel),
    )
    return [row[0] for row in rows]


def mark_running(tx: Transaction, seq: int) -> None:
    """Raises EventEndedError."""
    cursor = tx.execute("UPDATE inbox SET state = 'running' WHERE seq = ? AND finished_at IS NULL", (seq,))
    if not cursor.rowcount:
        raise EventEndedError(seq)


def finish(tx: Transaction, seq: int, state: EndState, reason: str, now: int) -> bool:
    """False for an event that has its end already: it gets no second one."""
    cursor = tx.execute(
        "UPDATE inbox SET state = ?, reason = ?, finished_at = ? WHERE seq = ? AND finished_at IS NULL",
        (state, reason, iso(now), seq),
    )
    return bool(cursor.rowcount)


def last_arrival(tx: Transaction, channel: str, account: str) -> LastArrival | None:
    row = tx.execute(
        "SELECT sequence, received_at, key FROM inbox WHERE channel = ? AND account = ? AND sequence IS NOT NULL"
        " ORDER BY seq DESC LIMIT 1",
        (channel, account),
    ).fetchone()
    return LastArrival(row[0], parse_iso(row[1]), row[2]) if row else None


def end_of_run(tx: Transaction, run_id: str) -> tuple[str, str, str] | None:
    """State, reason and session of the event behind a run."""
    row = tx.execute("SELECT state, reason, session_key FROM inbox WHERE run_id = ?", (run_id,)).fetchone()
    return (row[0], row[1], row[2] or "") if row else None


def counts(tx: Transaction) -> dict[str, int]:
    rows = tx.execute("SELECT state, count(*) FROM inbox WHERE finished_at IS NULL GROUP BY state")
    return {row[0]: row[1] for row in rows}


def forget(tx: Transaction, *, raw_before: str, rows_before: str) -> None:
    """Drop what was said from old events, later their rows: keys outlive every provider's redelivery."""
    tx.execute(
        "UPDATE inbox SET raw = x'', event = NULL"
        " WHERE finished_at < ? AND (length(raw) > 0 OR event IS NOT NULL) AND state <> 'dead'",
        (raw_before,),
    )
    tx.execute("DELETE FROM inbox WHERE finished_at < ?", (rows_before,))


def read_row(row: Any) -> InboxRow:
    return InboxRow(
        seq=row["seq"],
        key=row["key"],
        channel=row["channel"],
        account=row["account"],
        received_at=parse_iso(row["received_at"]),
        event=inbound_of(orjson.loads(row["event"])),
        state=row["state"],
        role=row["role"],
        agent=row["agent"],
        session_key=row["session_key"] or "",
        run_id=row["run_id"],
        trace_id=row["trace_id"],
    )


def inbound_of(data: dict[str, Any]) -> Inbound:
    # A row that another version wrote may have fields that this one does not know.
    data = {name: value for name, value in data.items() if name in Inbound.__dataclass_fields__}
    sender = data["sender"]
    data["sender"] = Sender(**{**sender, "aliases": tuple(sender.get("aliases", ()))})
    if (quoted := data.get("quoted")) is not None:
        data["quoted"] = Quoted(**{**quoted, "sender": Sender(**{**quoted["sender"], "aliases": ()})})
    data["files"] = tuple(Attachment(**file) for file in data.get("files", ()))
    if data["reply_to"] is not None:
        data["reply_to"] = Address(**data["reply_to"])
    if (mailbox := data.get("mail_to")) is not None:
        to = mailbox["reply_to"]
        data["mail_to"] = Mailbox(**{**mailbox, "reply_to": Address(**to) if to is not None else None})
    if (brought := data.get("brought")) is not None:
        tools = tuple(ClientTool(**tool) for tool in brought["tools"])
        data["brought"] = Brought(**{**brought, "tools": tools})
    return Inbound(**data)
