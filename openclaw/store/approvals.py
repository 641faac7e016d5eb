"""What the owner was asked about a tool call, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from openclaw.store import echoes, outbox
from openclaw.store.database import Database, Transaction
from openclaw.types.clock import Clock, iso, parse_iso
from openclaw.types.events import ApprovalOutcome
from openclaw.types.messages import Address, Part

ApprovalState = Literal["pending", "approved", "denied", "expired", "withdrawn"]

HELD_MESSAGE = "held-message"
"""The kind of questions about what the gates hold. Their `call_id` is the id of the outbox row."""
MOST_ASKED = 8
"""Questions of one turn: who must answer more will soon say yes to everything."""
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Question:
    """A call that needs the owner's word, bound to its exact arguments."""

    run_id: str
    call_id: str
    agent: str
    session_key: str
    tool: str
    kind: str
    why: str
    arguments: str
    """Canonical JSON."""
    sha256: str
    """Of the tool's name and its arguments."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The question as the owner reads it."""

    id: str
    summary: str
    text: str
    expires_at: int
    draft: outbox.Draft | None
    """None: nobody can be written to; it waits for the command line and the control plane."""


@dataclass(frozen=True, slots=True)
class Approval:
    id: str
    question: Question
    state: ApprovalState
    summary: str
    text: str
    asked_at: int
    expires_at: int
    decided_by: str = ""
    decided_at: int | None = None


@dataclass(frozen=True, slots=True)
class TooManyQuestions:
    pass


@dataclass(frozen=True, slots=True)
class Replaced:
    """What became of the message that asked."""

    written_to: Address | None = None
    """Its outbox holds a message that takes the question's place."""
    under_way: str = ""
    """The outbox id of a question that is being sent right now: its place can be taken once it has arrived."""


class ApprovalLedger:
    def __init__(self, database: Database, clock: Clock, boot_id: str) -> None:
        self._database = database
        self._clock = clock
        self._boot_id = boot_id

    async def ask(self, question: Question, asking: Asking) -> tuple[Approval, bool] | TooManyQuestions:
        """The approval of this very call, and whether it was asked for only now; both in one commit."""
        now = self._clock.now_ms()

        def work(tx: Transaction) -> tuple[Approval, bool] | TooManyQuestions:
            if (known := _known(tx, question, self._boot_id)) is not None:
                return known, False
            (asked,) = tx.execute(
                "SELECT count(*) FROM approvals WHERE run_id = ?", (question.run_id,)
            ).fetchone()
            if asked >= MOST_ASKED:
                return TooManyQuestions()
            insert(tx, question, asking, now)
            if asking.draft is not None:
                outbox.insert(tx, asking.draft, None, now)
            found = find(tx, asking.id)
            assert found is not None
            return found, True

        return await self._database.write(work)

    async def use(self, approval_id: str) -> bool:
        """Whether the one call that it was given for may run now: once, or again where a crash cut it off."""

        def work(tx: Transaction) -> bool:
            cursor = tx.execute(
                "UPDATE approvals SET used_by_boot = ? WHERE id = ? AND state = 'approved'"
                " AND (used_by_boot IS NULL OR used_by_boot <> ?)",
                (self._boot_id, approval_id, self._boot_id),
            )
            return bool(cursor.rowcount)

        return await self._database.write(work)

    async def settle(
        self,
        approval_id: str,
        outcome: ApprovalOutcome,
        by: str,
        told: Part,
        edits: Callable[[Address], bool],
    ) -> Replaced | None:
        """None where it is settled already: then nothing changes.

        `told` takes the place of the question where that was sent and `edits` says that it can be changed.
        """
        now = self._clock.now_ms()

        def work(tx: Transaction) -> Replaced | None:
            decided = _decide(tx, approval_id, outcome, by, now)
            if decided:
                _let_go(tx, approval_id, outcome, by)
            return _replace_question(tx, approval_id, told, edits, now) if decided else None

        return await self._database.write(work)

    async def replace_question(
        self, approval_id: str, told: Part, edits: Callable[[Address], bool]
    ) -> Replaced:
        now = self._clock.now_ms()
        return await self._database.write(lambda tx: _replace_question(tx, approval_id, told, edits, now))

    async def find(self, approval_id: str) -> Approval | None:
        return await self._database.read(lambda tx: find(tx, approval_id))

    async def pending(self) -> list[Approval]:
        """The oldest first."""
        return await self._database.read(pending)

    async def recent(self) -> list[Approval]:
        """The newest first, whatever became of them."""
        return await self._database.read(recent)

    async def orphans(self) -> list[Approval]:
        """Those that wait although their turn has ended."""
        return await self._database.read(orphans)


def _decide(tx: Transaction, approval_id: str, outcome: ApprovalOutcome, by: str, now: int) -> bool:
    cursor = tx.execute(
        "UPDATE approvals SET state = ?, decided_by = ?, decided_at = ? WHERE id = ? AND state = 'pending'",
        (outcome, by, iso(now), approval_id),
    )
    return bool(cursor.rowcount)


def _let_go(tx: Transaction, approval_id: str, outcome: ApprovalOutcome, by: str) -> None:
    """A message that was held for this answer leaves, or never will."""
    row = tx.execute(
        "SELECT call_id FROM approvals WHERE id = ? AND kind = ?", (approval_id, HELD_MESSAGE)
    ).fetchone()
    if row is None:
        return
    if outcome == "approved":
        outbox.release(tx, row[0], by)
    elif outbox.state_of(tx, row[0]) in {"held", "pending"}:
        outbox.settle(tx, row[0], "refused", f"{outcome}{' by ' + by if by else ''}")
        echoes.drop(tx, row[0])


def ask_about(tx: Transaction, question: Question, asking: Asking, most: int, now: int) -> str:
    """The id of the question about a held message, asked only once; empty when too many wait already."""
    known = tx.execute(
        "SELECT id FROM approvals WHERE state = 'pending' AND kind = ? AND sha256 = ?",
        (question.kind, question.sha256),
    ).fetchone()
    if known is not None:
        return str(known[0])
    (waiting,) = tx.execute(
        "SELECT count(*) FROM approvals WHERE state = 'pending' AND kind = ?", (question.kind,)
    ).fetchone()
    if waiting >= most:
        return ""
    insert(tx, question, asking, now)
    if asking.draft is not None:
        outbox.insert(tx, asking.draft, None, now)
    return asking.id


def overtake(tx: Transaction, outbox_id: str, now: int) -> None:
    """Nobody needs to answer any more whether this message may leave."""
    tx.execute(
        "UPDATE approvals SET state = 'withdrawn', decided_at = ? WHERE state = 'pending' AND kind = ? AND call_id = ?",
        (iso(now), HELD_MESSAGE, outbox_id),
    )


def lapse(tx: Transaction, now: int) -> None:
    """Held messages that nobody has decided about in time stay where they are, for good."""
    rows = tx.execute(
        "SELECT id FROM approvals WHERE state = 'pending' AND kind = ? AND expires_at <= ?",
        (HELD_MESSAGE, iso(now)),
    )
    for (approval_id,) in rows.fetchall():
        if _decide(tx, approval_id, "expired", "", now):
            _let_go(tx, approval_id, "expired", "")


def find(tx: Transaction, approval_id: str) -> Approval | None:
    row = tx.execute("SELECT * FROM approvals WHERE id = ?", (approval_id,)).fetchone()
    return _approval(row) if row else None


def pending(tx: Transaction) -> list[Approval]:
    return [
        _approval(row) for row in tx.execute("SELECT * FROM approvals WHERE state = 'pending' ORDER BY seq")
    ]


def recent(tx: Transaction) -> list[Approval]:
    return [
        _approval(row) for row in tx.execute("SELECT * FROM approvals ORDER BY seq DESC LIMIT ?", (SHOWN,))
    ]


def orphans(tx: Transaction) -> list[Approval]:
    rows = tx.execute(
        "SELECT approvals.* FROM approvals JOIN turns USING (run_id)"
        " WHERE approvals.state = 'pending' AND turns.state = 'ended' ORDER BY approvals.seq"
    )
    return [_approval(row) for row in rows]


def forget(tx: Transaction, before: str) -> None:
    tx.execute("DELETE FROM approvals WHERE asked_at < ? AND state <> 'pending'", (before,))


def _known(tx: Transaction, question: Question, boot_id: str) -> Approval | None:
    """What was asked about this call before; also about the same deed by another call, where the answer was no."""
    row = tx.execute(
        "SELECT * FROM approvals WHERE run_id = ? AND sha256 = ? AND (call_id = ? OR state IN ('denied', 'expired'))"
        " ORDER BY seq DESC LIMIT 1",
        (question.run_id, question.sha256, question.call_id),
    ).fetchone()
    if row is None or (row["state"] == "approved" and row["used_by_boot"] == boot_id):
        # Some providers give out the same id for every call: one that has run already is another one.
        return None
    return _approval(row)


def insert(tx: Transaction, question: Question, asking: Asking, now: int) -> None:
    tx.execute(
        "INSERT INTO approvals (id, run_id, call_id, agent, session_key, tool, kind, why, arguments, sha256, summary,"
        " text, outbox_id, state, asked_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?)",
        (
            asking.id,
            question.run_id,
            question.call_id,
            question.agent,
            question.session_key,
            question.tool,
            question.kind,
            question.why,
            question.arguments,
            question.sha256,
            asking.summary,
            asking.text,
            asking.draft.id if asking.draft is not None else None,
            iso(now),
            iso(asking.expires_at),
        ),
    )


def _replace_question(
    tx: Transaction, approval_id: str, told: Part, edits: Callable[[Address], bool], now: int
) -> Replaced:
    """The message that asked says what came of it; one that has not left yet need not leave any more."""
    row = tx.execute(
        "SELECT outbox.* FROM outbox JOIN approvals ON approvals.outbox_id = outbox.id WHERE approvals.id = ?",
        (approval_id,),
    ).fetchone()
    if row is None:
        return Replaced()
    if row["state"] == "pending":
        outbox.settle(tx, row["id"], "dropped", "decided before it was sent")
        return Replaced()
    if row["state"] == "sending":
        return Replaced(under_way=row["id"])
    to = Address(row["channel"], row["recipient"], row["account"], row["thread"])
    if not row["provider_id"] or not edits(to):
        return Replaced()
    draft = outbox.Draft(
        f"{row['id']}.told", to, told, 0, "owner", "owner", row["trace_id"], edits=row["provider_id"]
    )
    outbox.insert(tx, draft, None, now)
    return Replaced(to)


def _approval(row: Any) -> Approval:
    names = Question.__dataclass_fields__
    return Approval(
        row["id"],
        Question(**{name: row[name] for name in names}),
        row["state"],
        row["summary"],
        row["text"],
        parse_iso(row["asked_at"]),
        parse_iso(row["expires_at"]),
        row["decided_by"],
        parse_iso(row["decided_at"]) if row["decided_at"] else None,
    )
