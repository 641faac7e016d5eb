from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest

from openclaw.agent.tools.base import Act, Effect, Kind, Scene
from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.approvals import (
    SettledApprovalError,
    UnknownApprovalError,
    owner_addresses,
    somebody_writes,
)
from openclaw.gateway.config import QueueConfig
from openclaw.gateway.gate import REFUSALS
from openclaw.types.conversation import ToolCall, ToolResult
from openclaw.types.events import ApprovalRequested, ApprovalResolved, Stopping, TurnFinished
from openclaw.types.messages import Address, Outbound
from tests.gateway.harness import MAIN, MEMBER, OWNER, STRANGER, House, Plan, open_house, said, to
from tests.gateway.scripted import FakeTool, answering, calls, says

OTHERS = AccessPolicy("open", frozenset({OWNER, MEMBER}), frozenset({OWNER}))
ELSEWHERE = f"telegram:{STRANGER}"


@dataclass
class Letter(FakeTool):
    """Writes to whomever it is told to."""

    name: str = "message"
    effect: Effect = Effect.KEYED
    kind: Kind = Kind.SEND

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        return Act(self.kind, str(arguments["target"]), str(arguments["message"]))


def letter(house: House, *texts: str, target: str = ELSEWHERE) -> Letter:
    """The model writes each text to the target, one after the other, and then says that it is done."""
    tool = Letter(answering("sent"))
    house.briefing.tools = {"message": tool}
    for number, text in enumerate(texts, start=1):
        house.model.will(calls(ToolCall(f"toolu_{number}", "message", {"target": target, "message": text})))
    house.model.will(says("Done."))
    return tool


async def asked(house: House, count: int = 1) -> str:
    """Until the owner was asked so often; the last question's id."""
    await house.changes.until(lambda: len(house.told(ApprovalRequested)) == count)
    return house.told(ApprovalRequested)[-1].approval_id


async def shown(house: House, words: str) -> None:
    """Until the question begins with these words: it says what came of it, once it has been sent."""
    await house.changes.until(lambda: bool(house.channel.sent) and house.channel.texts()[0].startswith(words))


def results(house: House) -> list[str]:
    found = [block for message in house.model.requests[-1].messages for block in message.blocks]
    return [block.content for block in found if isinstance(block, ToolResult)]


@pytest.fixture
def plan() -> Plan:
    return Plan(OTHERS, edits=True, queue=QueueConfig(mode="steer"))


async def test_nothing_happens_until_the_owner_says_yes_and_then_once(house: House) -> None:
    tool = letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    await house.changes.until(lambda: len(house.channel.sent) == 1)
    question = house.channel.sent[0]
    assert tool.runs == 0
    assert question.to == to(OWNER)
    assert question.part.rich is None
    assert "> Hello Ben" in question.part.text
    assert [button.words for button in question.part.buttons] == [
        f"/approve {name} allow",
        f"/approve {name} deny",
    ]

    await house.receive(said(f"/approve {name} allow", number=2))
    await house.settled()

    assert tool.runs == 1
    assert results(house) == ["sent"]
    assert house.channel.texts()[1:] == [f"Allowed once: message (send): {ELSEWHERE}", "Done."]
    # The question says what came of it, and has no buttons any more.
    await shown(house, f"Approval {name}: allowed once by telegram:{OWNER}.")
    assert house.channel.sent[0].part.buttons == ()
    assert [(each.approval_id, each.outcome) for each in house.told(ApprovalResolved)] == [(name, "approved")]


@pytest.mark.parametrize("words", ["deny", "no", "reject"])
async def test_a_no_is_told_to_the_model_and_holds_for_the_turn(house: House, words: str) -> None:
    tool = letter(house, "Hello Ben", "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    await house.receive(said(f"/approve {name} {words}", number=2))
    await house.settled()

    assert tool.runs == 0
    assert results(house) == [REFUSALS["denied"]] * 2
    assert len(house.told(ApprovalRequested)) == 1, "the same deed is not asked about again"


async def test_another_text_is_another_question(house: House) -> None:
    tool = letter(house, "Hello Ben", "Goodbye Ben")
    await house.receive(said("Write to Ben."))
    await house.receive(said(f"/approve {await asked(house)}", number=2))
    await house.receive(said(f"/approve {await asked(house, 2)} deny", number=3))
    await house.settled()

    assert tool.runs == 1
    assert results(house) == ["sent", REFUSALS["denied"]]


async def test_who_answers_twice_is_told_so_and_changes_nothing(house: House) -> None:
    tool = letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    await house.receive(said(f"/approve {name} deny", number=2), said(f"/approve {name} allow", number=3))
    await house.settled()

    assert tool.runs == 0
    assert f"Approval {name} is denied already; nothing was changed." in house.channel.texts()


async def test_only_the_owner_answers(house: House) -> None:
    tool = letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    await house.receive(said(f"/approve {name} allow", MEMBER, number=2))
    await house.receive(said(f"/approve {name} allow", STRANGER, number=3))
    await house.until_rows("SELECT count(*) FROM inbox WHERE reason = 'command_unauthorised'", [2])
    assert tool.runs == 0
    await house.receive(said(f"/approve {name} deny", number=4))
    await house.settled()
    assert tool.runs == 0


async def test_a_member_is_not_asked_the_owner_is(house: House) -> None:
    tool = letter(house, "x")
    tool.kind = Kind.FOREIGN
    await house.receive(said("Run it.", MEMBER))
    name = await asked(house)
    await house.changes.until(lambda: len(house.channel.sent) == 1)
    assert house.channel.sent[0].to == to(OWNER)
    assert f"telegram:{MEMBER}, my member" in house.channel.sent[0].part.text

    # The owner answers in his own chat, where another conversation may run.
    await house.receive(said(f"/approve {name}", number=2))
    await house.settled()
    assert tool.runs == 1


async def test_ten_minutes_without_an_answer_are_a_no(house: House) -> None:
    tool = letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    house.clock.advance(599)
    house.approvals.knock(MAIN, {})
    await house.until_rows("SELECT state FROM approvals", ["pending"])
    house.clock.advance(1)
    house.approvals.knock(MAIN, {})
    await house.settled()

    assert tool.runs == 0
    assert results(house) == [REFUSALS["expired"]]
    await shown(house, f"Approval {name}: not answered in time")
    with pytest.raises(SettledApprovalError, match="expired already"):
        await house.approvals.decide(name, allow=True, by="telegram:1")


async def test_an_answer_after_its_time_is_none_even_where_nobody_waits(house: House) -> None:
    letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    house.clock.advance(600)

    with pytest.raises(SettledApprovalError, match="expired already"):
        await house.approvals.decide(name, allow=True, by="telegram:1")
    assert await house.approvals.pending() == []
    await house.settled()


async def test_who_writes_instead_is_heard_instead(house: House) -> None:
    tool = letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    await house.receive(said("Wait, make it Ana.", number=2))
    await house.settled()

    assert tool.runs == 0
    assert results(house) == [REFUSALS["withdrawn"]]
    assert house.channel.texts()[1:] == ["Done."]
    assert [each.outcome for each in house.told(ApprovalResolved)] == ["withdrawn"]
    with pytest.raises(SettledApprovalError):
        await house.approvals.decide(name, allow=True, by="telegram:1")


async def test_somebody_else_who_writes_ends_no_wait(house: House) -> None:
    tool = letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    await house.receive(said("me too", MEMBER, number=2))
    await house.until_rows("SELECT count(*) FROM inbox WHERE state = 'queued'", [1])
    await house.receive(said("/status", number=3))
    await house.changes.until(lambda: len(house.channel.sent) == 2)
    await house.until_rows("SELECT state FROM approvals", ["pending"])
    await house.receive(said(f"/approve {name}", number=4))
    await house.settled()
    assert tool.runs == 1


async def test_stop_takes_the_question_back(house: House) -> None:
    tool = letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    await house.receive(said("stop", number=2))
    await house.changes.until(lambda: [e.outcome for e in house.told(ApprovalResolved)] == ["withdrawn"])
    await house.settled()

    assert tool.runs == 0
    with pytest.raises(SettledApprovalError):
        await house.approvals.decide(name, allow=True, by="telegram:1")


async def test_a_turn_asks_so_often_and_no_more(house: House) -> None:
    tool = letter(house, *(f"Hello {number}" for number in range(10)))
    await house.receive(said("Write to everybody."))
    for count in range(1, 9):
        await house.receive(said(f"/approve {await asked(house, count)}", number=1 + count))
    await house.settled()

    assert tool.runs == 8
    assert results(house)[8:] == [REFUSALS["too-many"]] * 2


async def test_a_provider_that_repeats_its_ids_gets_no_second_run_for_one_yes(house: House) -> None:
    tool = Letter(answering("sent"))
    house.briefing.tools = {"message": tool}
    same = ToolCall("call_0", "message", {"target": ELSEWHERE, "message": "Hello"})
    house.model.will(calls(same), calls(same), says("Done."))
    await house.receive(said("Write to Ben."))
    await house.receive(said(f"/approve {await asked(house)}", number=2))
    await house.receive(said(f"/approve {await asked(house, 2)} deny", number=3))
    await house.settled()

    assert tool.runs == 1


@pytest.mark.parametrize("answer", ["before", "after"])
async def test_a_power_cut_loses_no_question_and_no_answer(
    state_dir: Path, tmp_path: Path, plan: Plan, answer: str
) -> None:
    async with open_house(state_dir, plan) as house, house.working():
        letter(house, "Hello Ben")
        await house.receive(said("Write to Ben."))
        name = await asked(house)
        await house.changes.until(lambda: len(house.channel.sent) == 1)
        if answer == "before":
            # Decided, and the power goes before the call has run.
            await house.database.write(
                lambda tx: tx.execute("UPDATE approvals SET state = 'approved' WHERE id = ?", (name,))
            )
        left = await house.snapshot(tmp_path / "left")

    plan = replace(plan, boot="boot_2")
    async with open_house(left, plan) as house:
        tool = Letter(answering("sent"))
        house.briefing.tools = {"message": tool}
        house.model.will(says("Done."))
        async with house.working():
            if answer == "after":
                await house.until_rows("SELECT state FROM turns", ["open"])
                await house.receive(said(f"/approve {name}", number=2))
            await house.settled()

        assert tool.runs == 1
        assert results(house) == ["sent"]
        assert await house.column("SELECT count(*) FROM approvals") == [1]
        assert await house.column("SELECT count(*) FROM outbox WHERE text LIKE 'Approval % may I%'") == [1]


async def test_a_daemon_that_stops_keeps_the_question(house: House) -> None:
    letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    await asked(house)
    await house.bus.publish(Stopping("SIGTERM"))
    await house.changes.until(lambda: [e.outcome for e in house.told(TurnFinished)] == ["paused"])

    assert await house.column("SELECT state FROM approvals") == ["pending"]
    assert await house.column("SELECT state FROM turns") == ["paused"]


async def test_a_question_whose_turn_ended_unseen_is_withdrawn_at_the_next_start(
    state_dir: Path, plan: Plan
) -> None:
    async with open_house(state_dir, plan) as house, house.working():
        letter(house, "Hello Ben")
        await house.receive(said("Write to Ben."))
        await asked(house)
    async with open_house(state_dir, plan) as house:
        await house.database.write(lambda tx: tx.execute("UPDATE turns SET state = 'ended'"))
        await house.database.write(
            lambda tx: tx.execute("UPDATE inbox SET finished_at = 'x', state = 'dead'")
        )
        async with house.working():
            await house.until_rows("SELECT state FROM approvals", ["withdrawn"])


async def test_what_was_decided_stands_in_the_trace(house: House) -> None:
    letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    await house.receive(said(f"/approve {name}", number=2))
    await house.settled()

    (spans,) = await house.column("SELECT spans FROM traces WHERE event = 'telegram:default:1'")
    assert '"name":"gate"' in spans
    assert f'"approval":"{name}"' in spans
    assert '"verdict":"approved"' in spans


async def test_an_unknown_question_is_said_to_be_that(house: House) -> None:
    with pytest.raises(UnknownApprovalError, match="no approval 'nonesuch'"):
        await house.approvals.decide("nonesuch", allow=True, by="telegram:1")


async def test_no_secret_stands_in_a_question(state_dir: Path) -> None:
    plan = Plan(OTHERS, secrets=frozenset({"s3cret-K3y-0123456789"}))
    async with open_house(state_dir, plan) as house, house.working():
        tool = letter(house, "x")
        tool.kind = Kind.INSTRUCT
        house.model.script.clear()
        told = {"target": "AGENTS.md", "message": "the key is s3cret-K3y-0123456789"}
        house.model.will(calls(ToolCall("toolu_1", "message", told)))
        await house.receive(said("Note the key."))
        await asked(house)
        await house.changes.until(lambda: len(house.channel.sent) == 1)
        assert "s3cret" not in house.channel.texts()[0]
        assert "[withheld: a secret]" in house.channel.texts()[0]


def test_every_owner_has_an_address_on_every_account() -> None:
    policy = AccessPolicy(owners=frozenset({OWNER}))
    assert owner_addresses({("telegram", "default"): policy, ("telegram", "work"): policy}) == (
        to(OWNER),
        Address("telegram", OWNER, "work"),
    )


async def test_words_that_were_heard_already_end_no_wait(house: House) -> None:
    await house.database.read(lambda tx: None)
    letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    (own,) = await house.ledger.waiting(MAIN)
    heard = replace(own, seq=own.seq + 1, run_id="run_2", state="queued")

    assert somebody_writes([own, heard], own.run_id, set(), lambda row: "steer-backlog")
    assert not somebody_writes([own, heard], own.run_id, {heard.seq}, lambda row: "steer-backlog")
    assert somebody_writes([own, heard], own.run_id, {heard.seq}, lambda row: "steer")
    assert not somebody_writes([own, heard], own.run_id, set(), lambda row: "followup")
    assert not somebody_writes([own, heard], "run_9", set(), lambda row: "steer")
    command = replace(heard, event=replace(heard.event, command="new"))
    assert somebody_writes([own, command], own.run_id, set(), lambda row: "followup")
    await house.receive(said(f"/approve {name} deny", number=2))
    await house.settled()


async def test_a_question_settled_while_it_is_being_sent_says_so_once_it_has_arrived(house: House) -> None:
    arrived, send = anyio.Event(), house.channel.send

    async def slowly(message: Outbound) -> str:
        sent = await send(message)
        await arrived.wait()
        return sent

    house.channel.send = slowly  # type: ignore[method-assign]
    letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    await house.changes.until(lambda: len(house.channel.sent) == 1)
    await house.approvals.decide(name, allow=False, by="operator:cli")
    arrived.set()
    await house.settled()

    await shown(house, f"Approval {name}: denied by operator:cli.")
