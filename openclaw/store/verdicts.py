"""The gates in the transaction of what they decide about: facts are read, the verdict is recorded, together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from openclaw.compliance.gates import is_gated
from openclaw.store import approvals, dealings, echoes, outbox, phone, traces
from openclaw.store.approvals import Asking, Question
from openclaw.store.database import Database, Transaction
from openclaw.types.clock import Clock, iso
from openclaw.types.dealings import Dealings
from openclaw.types.messages import Address
from openclaw.types.sending import STATUSES, SendIntent, Submission, Verdict

MOST_WAITING = 20
"""Held messages that the owner is asked about at a time; the others wait in the outbox."""


class Gatekeeper(Protocol):
    """Contract: pure and quick, for it is asked inside a transaction; nothing it raises lets a message out."""

    def own_number(self, to: Address) -> str: ...

    def judge(self, intent: SendIntent, dealings: Dealings | None) -> Verdict: ...

    def question(self, intent: SendIntent, verdict: Verdict, now: int) -> tuple[Question, Asking]:
        """How the owner is asked about what is held for him."""


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    approval_id: str = ""
    asked: Address | None = None
    """Where the owner is going to read the question."""


@dataclass(frozen=True, slots=True)
class Claim:
    found: outbox.Claimed | outbox.Later | None
    said: Sequence[tuple[SendIntent, Judged]]
    """What was decided on the way, the message that was found last."""


class VerdictLedger:
    """What is handed in by others than a turn. Raises StorageFullError and StorageBusyError."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def submit(self, draft: outbox.Draft, keeper: Gatekeeper) -> tuple[Submission, Address | None]:
        """Into the outbox with its first verdict, in one commit; it is judged again when it leaves.

        Also returns where the owner is asked, if he is.
        """
        now = self._clock.now_ms()

        def work(tx: Transaction) -> tuple[Submission, Address | None]:
            outbox.insert(tx, draft, None, now)
            intent = outbox.intent_of(tx, draft.id)
            assert intent is not None
            found = judge(tx, intent, keeper, now)
            outbox.apply(tx, draft.id, found.verdict, now)
            verdict = found.verdict
            return Submission(draft.id, STATUSES[verdict.outcome], verdict, found.approval_id), found.asked

        return await self._database.write(work)

    async def explain(self, intent: SendIntent, keeper: Gatekeeper) -> Verdict:
        """What the gates would say now; nothing is recorded."""
        now = self._clock.now_ms()
        return await self._database.read(
            lambda tx: keeper.judge(intent, dealings.read(tx, intent, keeper.own_number(intent.to), now))
        )

    async def recent(self, limit: int) -> list[dict[str, object]]:
        return await self._database.read(lambda tx: listing(tx, limit))


def claim(tx: Transaction, to: Address, keeper: Gatekeeper, boot_id: str, now: int) -> Claim:
    said: list[tuple[SendIntent, Judged]] = []

    def decide(intent: SendIntent) -> Verdict:
        found = judge(tx, intent, keeper, now)
        if found.verdict.outcome == "allow" and is_gated(intent):
            let_out(tx, intent, found.verdict, _trace_of(tx, intent.id), now)
        said.append((intent, found))
        return found.verdict

    return Claim(outbox.claim(tx, to, decide, boot_id, now), said)


def judge(tx: Transaction, intent: SendIntent, keeper: Gatekeeper, now: int) -> Judged:
    if not is_gated(intent) and (verdict := keeper.judge(intent, None)).outcome == "allow":
        return Judged(verdict)  # the words of a call that is going on: nobody waits for facts about them
    verdict = keeper.judge(intent, dealings.read(tx, intent, keeper.own_number(intent.to), now))
    trace_id = _trace_of(tx, intent.id)
    fresh = record(tx, intent, verdict, trace_id, now)
    if fresh and verdict.outcome != "allow" and trace_id:
        facts = {"gate": verdict.gate, "code": verdict.code, "outcome": verdict.outcome}
        traces.extend(tx, trace_id, [{"name": "send", "at": iso(now), "ms": 0.0, **facts}])
    if fresh and verdict.outcome in {"hold", "block"}:
        what = (intent.id, f"{intent.to.chat}: {verdict.reason}")
        phone.happened(tx, intent.to.channel, f"{intent.to.channel}.{STATUSES[verdict.outcome]}", what, now)
    if verdict.outcome == "block":
        echoes.drop(tx, intent.id)
    if verdict.outcome != "hold":
        approvals.overtake(tx, intent.id, now)
        return Judged(verdict)
    question, asking = keeper.question(intent, verdict, now)
    approval_id = approvals.ask_about(tx, question, asking, MOST_WAITING, now)
    asked = asking.draft.to if asking.draft is not None and approval_id == asking.id else None
    return Judged(verdict, approval_id, asked)


def let_out(tx: Transaction, intent: SendIntent, verdict: Verdict, trace_id: str, now: int) -> None:
    dealings.sends(tx, intent, str(verdict.evidence.get("aim", "")), trace_id or intent.id, now)


def record(tx: Transaction, intent: SendIntent, verdict: Verdict, trace_id: str, now: int) -> bool:
    """False where it says what the last one about this message said: that one counts it."""
    last = tx.execute(
        "SELECT seq, outcome, gate, code FROM gate_verdicts WHERE id = ? ORDER BY seq DESC LIMIT 1",
        (intent.id,),
    ).fetchone()
    until = iso(verdict.until) if verdict.until is not None else None
    if last is not None and tuple(last)[1:] == (verdict.outcome, verdict.gate, verdict.code):
        tx.execute(
            "UPDATE gate_verdicts SET times = times + 1, last_at = ?, until = ? WHERE seq = ?",
            (iso(now), until, last["seq"]),
        )
        return False
    tx.execute(
        "INSERT INTO gate_verdicts (id, at, last_at, channel, account, recipient, purpose, aim, outcome, gate, code,"
        " until, gates, trace_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            intent.id, iso(now), iso(now), intent.to.channel, intent.to.account, intent.to.chat, intent.purpose,
            str(verdict.evidence.get("aim", "")), verdict.outcome, verdict.gate, verdict.code, until,
            orjson.dumps([shown(each) for each in verdict.gates]).decode(), trace_id,
        ),
    )  # fmt: skip
    return True


def shown(verdict: Verdict) -> dict[str, object]:
    """As programs read it."""
    return {
        "gate": verdict.gate,
        "outcome": verdict.outcome,
        "code": verdict.code,
        "until": iso(verdict.until) if verdict.until is not None else None,
        "evidence": dict(verdict.evidence),
    }


def listing(tx: Transaction, limit: int) -> list[dict[str, object]]:
    rows = tx.execute("SELECT * FROM gate_verdicts ORDER BY seq DESC LIMIT ?", (limit,))
    return [_row(row) for row in rows]


def _row(row: Any) -> dict[str, object]:
    return {**{key: row[key] for key in row.keys() if key != "seq"}, "gates": orjson.loads(row["gates"])}  # noqa: SIM118 - a Row


def forget(tx: Transaction, before: str) -> None:
    tx.execute("DELETE FROM gate_verdicts WHERE at < ?", (before,))


def _trace_of(tx: Transaction, outbox_id: str) -> str:
    row = tx.execute("SELECT trace_id FROM outbox WHERE id = ?", (outbox_id,)).fetchone()
    return row[0] if row else ""
