from dataclasses import replace

import pytest

from openclaw.store import traces, verdicts
from openclaw.store.approvals import HELD_MESSAGE, Approval, ApprovalLedger, Asking, Question
from openclaw.store.database import Database
from openclaw.store.echoes import Echo
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Claimed, Draft, Later
from openclaw.store.verdicts import VerdictLedger
from openclaw.types.clock import iso
from openclaw.types.dealings import Contact, Dealings
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Part
from openclaw.types.sending import SendIntent, Verdict
from tests.store.made import CHAT, KEY, NOW, SetClock, trace

TO, OWNER = Address("sms", "+12015550123"), CHAT
HOUR = 3_600_000
ALLOW = Verdict("allow", evidence={"aim": "reply"}, gates=(Verdict("allow", "ten-dlc", "owner"),))
HOLD = Verdict("hold", "compliance-gate", "no_consent")
BLOCK = Verdict("block", "ten-dlc", "b14_denied")
DEFER = Verdict("defer", "compliance-gate", "quiet_hours", NOW + HOUR)


class Keeper:
    """Says what a test has it say, and remembers what it was asked about."""

    def __init__(self, *words: Verdict) -> None:
        self.words = list(words)
        self.seen: list[tuple[SendIntent, Dealings | None]] = []

    def own_number(self, to: Address) -> str:
        return "+12125550100"

    def judge(self, intent: SendIntent, dealings: Dealings | None) -> Verdict:
        self.seen.append((intent, dealings))
        if intent.released:
            return ALLOW
        return self.words.pop(0) if len(self.words) > 1 else self.words[0]

    def question(self, intent: SendIntent, verdict: Verdict, now: int) -> tuple[Question, Asking]:
        question = Question(
            f"gate:{intent.id}", intent.id, "", "", "send", HELD_MESSAGE, verdict.code, "{}", intent.id
        )
        draft = Draft(new_id("o"), OWNER, Part("May I?"), 0, "owner", "owner", "")
        return question, Asking(new_id("ap"), "sms", "sms", now + HOUR, draft)


@pytest.fixture
def gates(database: Database, clock: SetClock) -> VerdictLedger:
    return VerdictLedger(database, clock)


@pytest.fixture
def approvals(database: Database, clock: SetClock) -> ApprovalLedger:
    return ApprovalLedger(database, clock, "boot_1")


def draft(name: str = "o_1", text: str = "See you.", trace_id: str = "t_1") -> Draft:
    return Draft(name, TO, Part(text), 0, "reply", "stranger", trace_id)


async def states(database: Database) -> dict[str, str]:
    rows = await database.read(
        lambda tx: tx.execute("SELECT id, state FROM outbox WHERE channel = 'sms'").fetchall()
    )
    return {row[0]: row[1] for row in rows}


async def recorded(gates: VerdictLedger) -> list[tuple[object, ...]]:
    return [(row["id"], row["outcome"], row["code"], row["times"]) for row in await gates.recent(100)]


async def settle(approvals: ApprovalLedger, outcome: str) -> Approval:
    (waiting,) = await approvals.pending()
    await approvals.settle(waiting.id, outcome, "ana", Part("told"), lambda to: False)  # type: ignore[arg-type]
    return waiting


async def test_what_is_let_out_is_claimed_recorded_and_counted(
    ledger: Ledger, gates: VerdictLedger, database: Database
) -> None:
    keeper = Keeper(ALLOW)
    await ledger.post(draft(), None)

    claim = await ledger.claim_gated(TO, keeper)

    assert isinstance(claim.found, Claimed)
    assert [(intent.id, found.verdict) for intent, found in claim.said] == [("o_1", ALLOW)]
    assert keeper.seen[0][1] == Dealings(Contact(number=TO.chat))
    (row,) = await gates.recent(10)
    assert (row["outcome"], row["aim"], row["trace_id"]) == ("allow", "reply", "t_1")
    assert row["gates"] == [
        {"gate": "ten-dlc", "outcome": "allow", "code": "owner", "until": None, "evidence": {}}
    ]
    rows = await database.read(lambda tx: tx.execute("SELECT ref, aim, trace_id FROM dealings").fetchall())
    assert [tuple(each) for each in rows] == [("o_1", "reply", "t_1")]


async def test_what_is_said_in_a_call_is_no_dealing_of_its_own(
    ledger: Ledger, gates: VerdictLedger, database: Database
) -> None:
    keeper, call = Keeper(ALLOW), Address("voice", TO.chat, thread="CA1")
    await ledger.post(replace(draft(), to=call), None)
    claim = await ledger.claim_gated(replace(call, thread=None), keeper)
    assert isinstance(claim.found, Claimed)
    assert [known for _, known in keeper.seen] == [None]
    assert await gates.recent(10) == []
    assert (await database.read(lambda tx: tx.execute("SELECT count(*) FROM dealings").fetchone()))[0] == 0


async def test_what_is_blocked_is_refused_for_good_and_seen_in_its_trace(
    ledger: Ledger, gates: VerdictLedger, database: Database
) -> None:
    await ledger.save_trace(trace("t_1"))
    await ledger.post(draft(), None, Echo("transcript", KEY, "{}\n", "o_1"))

    claim = await ledger.claim_gated(TO, Keeper(BLOCK))

    assert claim.found is None
    assert await states(database) == {"o_1": "refused"}
    assert await recorded(gates) == [("o_1", "block", "b14_denied", 1)]
    found = await database.read(lambda tx: traces.by_id(tx, "t_1"))
    assert found is not None
    assert found["spans"][-1]["code"] == "b14_denied"  # type: ignore[index]
    happened = await database.read(
        lambda tx: tx.execute("SELECT kind, ref, summary FROM omni_events").fetchone()
    )
    assert tuple(happened) == ("sms.refused", "o_1", f"{TO.chat}: ten-dlc: b14_denied")
    left = await database.read(lambda tx: tx.execute("SELECT count(*) FROM echoes").fetchone()[0])
    assert left == 0


async def test_what_is_put_off_lets_an_answer_pass(ledger: Ledger, clock: SetClock) -> None:
    keeper = Keeper(DEFER, ALLOW)
    await ledger.post(draft("o_1"), None)
    await ledger.post(draft("o_2", trace_id="t_2"), None)

    first = await ledger.claim_gated(TO, keeper)
    second = await ledger.claim_gated(TO, keeper)
    clock.ms += HOUR
    third = await ledger.claim_gated(TO, keeper)

    assert isinstance(first.found, Claimed)
    assert first.found.message.id == "o_2"
    assert second.found == Later(NOW + HOUR)
    assert isinstance(third.found, Claimed)
    assert third.found.message.id == "o_1"


async def test_a_provider_that_asks_for_patience_gets_it_from_every_message(ledger: Ledger) -> None:
    await ledger.post(draft("o_1"), None)
    claim = await ledger.claim_gated(TO, Keeper(ALLOW))
    assert isinstance(claim.found, Claimed)
    await ledger.retry_send(claim.found, NOW + HOUR, "429", {"name": "send"})
    await ledger.post(draft("o_2", trace_id="t_2"), None)

    assert (await ledger.claim_gated(TO, Keeper(ALLOW))).found == Later(NOW + HOUR)


async def test_the_same_verdict_again_is_counted_in_one_row(
    ledger: Ledger, gates: VerdictLedger, clock: SetClock
) -> None:
    keeper = Keeper(DEFER, replace(DEFER, until=NOW + 2 * HOUR), ALLOW)
    await ledger.post(draft(), None)
    for _ in range(3):
        await ledger.claim_gated(TO, keeper)
        clock.ms += HOUR
    assert await recorded(gates) == [("o_1", "allow", "", 1), ("o_1", "defer", "quiet_hours", 2)]


async def test_what_is_held_leaves_when_the_owner_says_so(
    ledger: Ledger, approvals: ApprovalLedger, database: Database
) -> None:
    keeper = Keeper(HOLD)
    await ledger.post(draft(), None)

    claim = await ledger.claim_gated(TO, keeper)

    ((_, found),) = claim.said
    assert (claim.found, found.asked, await states(database)) == (None, OWNER, {"o_1": "held"})
    assert await ledger.addresses_due() == [OWNER]
    waiting = await settle(approvals, "approved")
    assert (waiting.id, waiting.question.call_id) == (found.approval_id, "o_1")
    again = await ledger.claim_gated(TO, keeper)
    assert isinstance(again.found, Claimed)
    assert keeper.seen[-1][0].released


@pytest.mark.parametrize("outcome", ["denied", "expired", "withdrawn"])
async def test_what_is_held_never_leaves_without_a_yes(
    ledger: Ledger, approvals: ApprovalLedger, database: Database, outcome: str
) -> None:
    await ledger.post(draft(), None, Echo("transcript", KEY, "{}\n", "o_1"))
    await ledger.claim_gated(TO, Keeper(HOLD))
    await settle(approvals, outcome)
    assert await states(database) == {"o_1": "refused"}
    assert (await database.read(lambda tx: tx.execute("SELECT count(*) FROM echoes").fetchone()))[0] == 0


async def test_a_question_that_nobody_answers_in_time_is_a_no(
    ledger: Ledger, approvals: ApprovalLedger, database: Database, clock: SetClock
) -> None:
    await ledger.post(draft(), None)
    await ledger.claim_gated(TO, Keeper(HOLD))
    await ledger.forget(30)
    assert await states(database) == {"o_1": "held"}
    clock.ms += HOUR
    await ledger.forget(30)
    assert await states(database) == {"o_1": "refused"}
    assert await approvals.pending() == []


async def test_what_is_held_is_looked_at_again_after_a_start_and_asked_about_once(
    ledger: Ledger, gates: VerdictLedger, approvals: ApprovalLedger, database: Database
) -> None:
    keeper = Keeper(HOLD)
    await ledger.post(draft(), None)
    await ledger.claim_gated(TO, keeper)
    (asked,) = await approvals.pending()

    await ledger.doubt_unanswered()
    ((_, found),) = (await ledger.claim_gated(TO, keeper)).said

    assert (found.approval_id, found.asked) == (asked.id, None)
    assert await approvals.pending() == [asked]
    assert await states(database) == {"o_1": "held"}
    assert await recorded(gates) == [("o_1", "hold", "no_consent", 2)]


@pytest.mark.parametrize(("verdict", "state"), [(ALLOW, "sending"), (BLOCK, "refused")])
async def test_a_question_is_withdrawn_when_its_answer_matters_no_more(
    ledger: Ledger, approvals: ApprovalLedger, database: Database, verdict: Verdict, state: str
) -> None:
    await ledger.post(draft(), None)
    await ledger.claim_gated(TO, Keeper(HOLD))
    await ledger.doubt_unanswered()
    await ledger.claim_gated(TO, Keeper(verdict))
    assert await states(database) == {"o_1": state}
    assert [each.state for each in await approvals.recent()] == ["withdrawn"]


@pytest.mark.parametrize(("outcome", "state"), [("approved", "sending"), ("denied", "refused")])
async def test_a_word_counts_that_is_said_before_the_gates_have_looked_again(
    ledger: Ledger, approvals: ApprovalLedger, database: Database, outcome: str, state: str
) -> None:
    await ledger.post(draft(), None)
    await ledger.claim_gated(TO, Keeper(HOLD))
    await ledger.doubt_unanswered()
    await settle(approvals, outcome)
    await ledger.claim_gated(TO, Keeper(HOLD))
    assert await states(database) == {"o_1": state}


async def test_a_question_that_has_lapsed_while_the_daemon_was_off_is_a_no(
    ledger: Ledger, approvals: ApprovalLedger, database: Database, clock: SetClock
) -> None:
    await ledger.post(draft(), None)
    await ledger.claim_gated(TO, Keeper(HOLD))
    clock.ms += HOUR
    await ledger.doubt_unanswered()
    assert await states(database) == {"o_1": "refused"}
    assert await approvals.pending() == []


async def test_the_owner_is_not_flooded_with_questions(
    ledger: Ledger, approvals: ApprovalLedger, database: Database
) -> None:
    for number in range(verdicts.MOST_WAITING + 5):
        await ledger.post(draft(f"o_{number}", trace_id=f"t_{number}"), None)
    claim = await ledger.claim_gated(TO, Keeper(HOLD))
    assert len(await approvals.pending()) == verdicts.MOST_WAITING
    assert [found.approval_id for _, found in claim.said][-5:] == [""] * 5
    assert set((await states(database)).values()) == {"held"}


# -- handed in --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "status", "state"),
    [
        (ALLOW, "queued", "pending"),
        (DEFER, "deferred", "pending"),
        (HOLD, "held", "held"),
        (BLOCK, "refused", "refused"),
    ],
)
async def test_what_is_handed_in_is_judged_at_once(
    gates: VerdictLedger, database: Database, verdict: Verdict, status: str, state: str
) -> None:
    submission, asked = await gates.submit(draft(), Keeper(verdict))

    assert (submission.id, submission.status, submission.verdict) == ("o_1", status, verdict)
    assert (bool(submission.approval_id), asked) == ((True, OWNER) if status == "held" else (False, None))
    assert await states(database) == {"o_1": state}
    rows = await database.read(lambda tx: tx.execute("SELECT count(*) FROM dealings").fetchone())
    assert rows[0] == 0


async def test_what_was_put_off_when_handed_in_is_not_claimed_before(
    gates: VerdictLedger, ledger: Ledger
) -> None:
    await gates.submit(draft(), Keeper(DEFER))
    assert (await ledger.claim_gated(TO, Keeper(ALLOW))).found == Later(NOW + HOUR)


async def test_an_explanation_leaves_nothing_behind(gates: VerdictLedger, database: Database) -> None:
    about = SendIntent("o_1", TO, "hi", "api", "stranger", 0, NOW)
    assert await gates.explain(about, Keeper(HOLD)) == HOLD
    assert await gates.recent(10) == []
    assert await states(database) == {}


async def test_old_verdicts_are_forgotten(gates: VerdictLedger, database: Database) -> None:
    await gates.submit(draft(), Keeper(ALLOW))
    await database.write(lambda tx: verdicts.forget(tx, "2027"))
    assert await gates.recent(10) == []


def test_a_verdict_is_shown_as_programs_read_it() -> None:
    assert verdicts.shown(DEFER) == {
        "gate": "compliance-gate",
        "outcome": "defer",
        "code": "quiet_hours",
        "until": iso(NOW + HOUR),
        "evidence": {},
    }
