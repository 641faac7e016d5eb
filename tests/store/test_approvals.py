from dataclasses import replace

import pytest

from openclaw.store.approvals import (
    MOST_ASKED,
    Approval,
    ApprovalLedger,
    Asking,
    Question,
    Replaced,
    TooManyQuestions,
    forget,
)
from openclaw.store.database import Database
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Claimed, Draft
from openclaw.types.clock import iso
from openclaw.types.events import ApprovalOutcome
from openclaw.types.messages import Button, Part
from tests.store.made import CHAT, NOW, SetClock, allow, queued, session

QUESTION = Question(
    "run_1", "toolu_1", "main", "agent:main:main", "message", "send", "it writes to somebody else",
    '{"message":"Hello"}', "aa",
)  # fmt: skip
TOLD = Part("Approval mitorake: denied.")
BUTTONS = (Button("Allow once", "/approve mitorake allow"),)


@pytest.fixture
def approvals(database: Database, clock: SetClock) -> ApprovalLedger:
    return ApprovalLedger(database, clock, "boot_1")


def asking(name: str = "mitorake", *, told: bool = True) -> Asking:
    draft = (
        Draft(f"o_{name}", CHAT, Part("may I?", buttons=BUTTONS), 0, "owner", "owner", "t_1")
        if told
        else None
    )
    return Asking(name, "message (send)", "Tool: message", NOW + 600_000, draft)


async def ask(
    approvals: ApprovalLedger, question: Question = QUESTION, name: str = "mitorake"
) -> tuple[Approval, bool]:
    asked = await approvals.ask(question, asking(name))
    assert not isinstance(asked, TooManyQuestions)
    return asked


async def settle(
    approvals: ApprovalLedger, outcome: ApprovalOutcome, name: str = "mitorake", *, edits: bool = True
) -> Replaced | None:
    return await approvals.settle(name, outcome, "telegram:1", TOLD, lambda to: edits)


async def test_a_question_and_its_message_are_one_commit(approvals: ApprovalLedger, ledger: Ledger) -> None:
    approval, fresh = await ask(approvals)

    assert fresh
    assert (approval.state, approval.question, approval.asked_at) == ("pending", QUESTION, NOW)
    claimed = await ledger.claim(CHAT, allow)
    assert isinstance(claimed, Claimed)
    assert claimed.message.part == Part("may I?", buttons=BUTTONS)
    assert await approvals.pending() == [approval]


async def test_the_same_call_asked_about_again_is_the_same_question(
    approvals: ApprovalLedger, database: Database
) -> None:
    first, _ = await ask(approvals)

    assert await ask(approvals, name="zobalune") == (first, False)
    assert await database.read(lambda tx: tx.execute("SELECT count(*) FROM outbox").fetchone()[0]) == 1


async def test_another_call_or_another_argument_is_another_question(approvals: ApprovalLedger) -> None:
    await ask(approvals)

    assert (await ask(approvals, replace(QUESTION, call_id="toolu_2"), "zobalune"))[1]
    assert (await ask(approvals, replace(QUESTION, sha256="bb"), "kamirelo"))[1]
    assert (await ask(approvals, replace(QUESTION, run_id="run_2"), "tanobesi"))[1]


@pytest.mark.parametrize(("outcome", "fresh"), [("denied", False), ("expired", False), ("withdrawn", True)])
async def test_a_no_holds_for_the_same_deed_of_the_turn(
    approvals: ApprovalLedger, outcome: ApprovalOutcome, fresh: bool
) -> None:
    await ask(approvals)
    await settle(approvals, outcome)

    asked = await ask(approvals, replace(QUESTION, call_id="toolu_2"), "zobalune")
    assert (asked[0].state, asked[1]) == ("pending" if fresh else outcome, fresh)


async def test_a_yes_is_used_once_in_one_life_of_the_daemon(
    approvals: ApprovalLedger, database: Database, clock: SetClock
) -> None:
    await ask(approvals)
    assert not await approvals.use("mitorake"), "it waits"
    await settle(approvals, "approved")
    assert await approvals.use("mitorake")
    assert not await approvals.use("mitorake")
    assert (await ask(approvals, name="zobalune"))[1], "the same id once more is another call"

    # The call was cut off by a crash, and is made again.
    after = ApprovalLedger(database, clock, "boot_2")
    await settle(after, "withdrawn", "zobalune")
    assert await after.use("mitorake")


async def test_a_settled_question_stays_as_it_is(approvals: ApprovalLedger) -> None:
    await ask(approvals)
    await settle(approvals, "denied")
    assert await settle(approvals, "approved") is None

    found = await approvals.find("mitorake")
    assert found is not None
    assert (found.state, found.decided_by, found.decided_at) == ("denied", "telegram:1", NOW)
    assert await approvals.pending() == []
    assert await approvals.recent() == [found]
    assert await approvals.find("nonesuch") is None


async def test_a_question_that_was_sent_says_what_came_of_it(
    approvals: ApprovalLedger, ledger: Ledger
) -> None:
    await ask(approvals)
    claimed = await ledger.claim(CHAT, allow)
    assert isinstance(claimed, Claimed)
    await ledger.sent(claimed, "77", {"name": "send"})

    assert await settle(approvals, "denied") == Replaced(CHAT)
    edit = await ledger.claim(CHAT, allow)
    assert isinstance(edit, Claimed)
    assert (edit.message.edits, edit.message.part) == ("77", TOLD)


async def test_a_question_decided_before_it_was_sent_is_not_sent(
    approvals: ApprovalLedger, ledger: Ledger
) -> None:
    await ask(approvals)

    assert await settle(approvals, "approved") == Replaced()
    assert await ledger.claim(CHAT, allow) is None


async def test_the_place_of_a_question_that_is_being_sent_is_taken_once_it_has_arrived(
    approvals: ApprovalLedger, ledger: Ledger
) -> None:
    await ask(approvals)
    claimed = await ledger.claim(CHAT, allow)
    assert isinstance(claimed, Claimed)

    assert await settle(approvals, "expired") == Replaced(under_way="o_mitorake")
    await ledger.sent(claimed, "77", {"name": "send"})
    assert await approvals.replace_question("mitorake", TOLD, lambda to: True) == Replaced(CHAT)


async def test_where_nothing_can_be_edited_nothing_is_added(
    approvals: ApprovalLedger, ledger: Ledger
) -> None:
    await ask(approvals)
    claimed = await ledger.claim(CHAT, allow)
    assert isinstance(claimed, Claimed)
    await ledger.sent(claimed, "77", {"name": "send"})

    assert await settle(approvals, "denied", edits=False) == Replaced()
    assert await ledger.claim(CHAT, allow) is None


async def test_a_question_without_an_address_waits_all_the_same(
    approvals: ApprovalLedger, ledger: Ledger
) -> None:
    await approvals.ask(QUESTION, asking(told=False))

    assert [each.id for each in await approvals.pending()] == ["mitorake"]
    assert await settle(approvals, "approved") == Replaced()


async def test_a_turn_that_asks_too_often_is_not_heard_any_more(approvals: ApprovalLedger) -> None:
    for number in range(MOST_ASKED):
        await ask(approvals, replace(QUESTION, sha256=str(number)), f"name{number}")

    assert await approvals.ask(replace(QUESTION, sha256="x"), asking()) == TooManyQuestions()


async def test_questions_of_ended_turns_are_orphans(
    approvals: ApprovalLedger, ledger: Ledger, database: Database
) -> None:
    row = await queued(ledger, 1)
    await ledger.begin_turn(row, session())
    await ask(approvals, replace(QUESTION, run_id=row.run_id))
    assert await approvals.orphans() == []

    await database.write(lambda tx: tx.execute("UPDATE turns SET state = 'ended'"))
    assert [each.id for each in await approvals.orphans()] == ["mitorake"]


async def test_old_answers_are_forgotten_and_nothing_that_waits(
    approvals: ApprovalLedger, database: Database
) -> None:
    await ask(approvals)
    await ask(approvals, replace(QUESTION, sha256="bb"), "zobalune")
    await settle(approvals, "denied")
    await database.write(lambda tx: forget(tx, iso(NOW + 1)))

    assert [each.id for each in await approvals.recent()] == ["zobalune"]
