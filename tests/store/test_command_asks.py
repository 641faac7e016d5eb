from dataclasses import replace

import pytest

from openclaw.store.approvals import Approval, ApprovalLedger, Asking, Question, TooManyQuestions
from openclaw.store.command_asks import (
    COMMAND,
    LATELY_MS,
    MOST_LATELY,
    MOST_WAITING,
    MOST_WAITING_IN_ALL,
    CommandLedger,
    OtherContent,
)
from openclaw.store.database import Database
from openclaw.types.events import ApprovalOutcome
from openclaw.types.messages import Part
from tests.store.made import NOW, SetClock

QUESTION = Question("device:a", "ask-1", "", "", "exec", COMMAND, "a program asks", '{"command":"ls"}', "aa")
ASKING = Asking("mitorake", "a Mac runs: ls", "Command:\n> ls", NOW + 120_000, None)


@pytest.fixture
def commands(database: Database, clock: SetClock) -> CommandLedger:
    return CommandLedger(database, clock)


@pytest.fixture
def approvals(database: Database, clock: SetClock) -> ApprovalLedger:
    return ApprovalLedger(database, clock, "boot_1")


async def ask(commands: CommandLedger, number: int = 1, asker: str = "device:a") -> object:
    question = replace(QUESTION, run_id=asker, call_id=f"ask-{number}")
    return await commands.ask(question, replace(ASKING, id=f"{asker[-1]}-{number}"))


async def settle(approvals: ApprovalLedger, name: str, outcome: ApprovalOutcome) -> None:
    assert await approvals.settle(name, outcome, "telegram:1", Part("told"), lambda to: True) is not None


async def test_the_same_question_is_the_same_approval_and_another_one_is_refused(
    commands: CommandLedger,
) -> None:
    first = await commands.ask(QUESTION, ASKING)
    assert isinstance(first, tuple)
    assert first[1] is True
    again = await commands.ask(QUESTION, replace(ASKING, id="zobalune"))
    assert again == (first[0], False)
    assert await commands.ask(replace(QUESTION, sha256="bb"), ASKING) == OtherContent()


async def test_nobody_finds_what_another_one_has_asked(commands: CommandLedger) -> None:
    await commands.ask(QUESTION, ASKING)
    found = [await commands.find("device:a", name) for name in ("ask-1", "mitorake", "nonesuch")]
    assert [isinstance(each, Approval) for each in found] == [True, True, False]
    assert await commands.find("device:b", "mitorake") is None


async def test_only_a_few_wait_for_one_asker_and_for_all(commands: CommandLedger) -> None:
    for number in range(MOST_WAITING):
        assert isinstance(await ask(commands, number), tuple)
    assert await ask(commands, 99) == TooManyQuestions()
    assert isinstance(await ask(commands, 0), tuple), "what waits already may be asked for again"
    for place in range(MOST_WAITING, MOST_WAITING_IN_ALL):
        assert isinstance(await ask(commands, place, f"device:{chr(98 + place // MOST_WAITING)}"), tuple)
    assert await ask(commands, 1, "device:z") == TooManyQuestions()


async def test_what_is_over_time_does_not_count_as_waiting(commands: CommandLedger, clock: SetClock) -> None:
    for number in range(MOST_WAITING):
        await ask(commands, number)
    clock.ms = NOW + 120_000
    assert isinstance(await ask(commands, 99), tuple)


async def test_who_is_told_no_again_and_again_has_to_stop_asking(
    commands: CommandLedger, approvals: ApprovalLedger, clock: SetClock
) -> None:
    for number in range(MOST_LATELY):
        assert isinstance(await ask(commands, number), tuple)
        await settle(approvals, f"a-{number}", "denied")
    assert await ask(commands, 99) == TooManyQuestions()
    clock.ms = NOW + LATELY_MS
    assert isinstance(await ask(commands, 99), tuple)


async def test_a_yes_is_told_to_one_connection(commands: CommandLedger, approvals: ApprovalLedger) -> None:
    await ask(commands)
    assert not await commands.hand_out("a-1", "one", 0), "nobody has said yes"
    await settle(approvals, "a-1", "approved")
    assert not await commands.hand_out("a-1", "one", NOW), "it was given too long ago"
    told = [await commands.hand_out("a-1", connection, 0) for connection in ("one", "one", "two")]
    assert told == [True, True, False]
