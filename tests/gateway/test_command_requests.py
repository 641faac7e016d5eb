from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from openclaw.gateway.approvals import LASTS_MS, UnknownApprovalError
from openclaw.gateway.command_requests import (
    MOST_LISTENING,
    CommandRequests,
    Decided,
    OtherCommandError,
    TooManyCommandsError,
)
from openclaw.gateway.command_text import Asker, Command
from openclaw.store.command_asks import MOST_WAITING, CommandLedger
from openclaw.types.events import ApprovalRequested, ApprovalResolved
from tests.gateway.harness import OWNER, House, open_house, said, to

MAC = Asker("device:3fa9", "Ada's Mac", ", device 3fa9")
PUSH = Command("git push origin main", folder="/home/ada/site", env={"TOKEN": "open sesame"})
TWO_MINUTES = 120_000


def requests_of(house: House) -> CommandRequests:
    return CommandRequests(
        house.approvals, CommandLedger(house.database, house.clock), house.bus, house.clock
    )


async def test_the_owner_is_asked_in_his_chat_and_his_yes_is_told_once(house: House) -> None:
    commands = requests_of(house)
    approval = await commands.ask(PUSH, MAC, "ask-1", TWO_MINUTES)
    await house.changes.until(lambda: len(house.channel.sent) == 1)
    question = house.channel.sent[0]
    assert question.to == to(OWNER)
    assert "> git push origin main" in question.part.text
    assert "/home/ada/site" in question.part.text
    assert "sesame" not in question.part.text + approval.question.arguments
    assert "Without an answer within 2 minutes it is a no." in question.part.text
    assert question.part.buttons[0].words == f"/approve {approval.id} allow"

    async with anyio.create_task_group() as group:
        group.start_soon(house.receive, said(f"/approve {approval.id} allow"))
        decided = await commands.decision("ask-1", MAC, "one")
    assert (decided.allowed, decided.outcome) == (True, "approved")
    assert (await commands.decision(approval.id, MAC, "one")).allowed, "both frames of one connection say it"
    late = await commands.decision("ask-1", MAC, "two")
    assert (late.allowed, late.outcome) == (False, "used")


async def test_the_same_question_waits_on_and_another_under_its_name_is_refused(house: House) -> None:
    commands = requests_of(house)
    first = await commands.ask(PUSH, MAC, "ask-1", TWO_MINUTES)
    assert await commands.ask(PUSH, MAC, "ask-1", TWO_MINUTES) == first
    assert [each.approval_id for each in house.told(ApprovalRequested)] == [first.id]
    for other in (replace(PUSH, folder="/"), replace(PUSH, env={"TOKEN": "other"}), Command("ls")):
        with pytest.raises(OtherCommandError, match="ask-1"):
            await commands.ask(other, MAC, "ask-1", TWO_MINUTES)


async def test_a_no_and_another_device_get_nothing(house: House) -> None:
    commands = requests_of(house)
    approval = await commands.ask(PUSH, MAC, None, TWO_MINUTES)
    await house.approvals.decide(approval.id, allow=False, by="operator:cli")
    decided = await commands.decision(approval.id, MAC, "one")
    assert (decided.allowed, decided.outcome) == (False, "denied")
    with pytest.raises(UnknownApprovalError):
        await commands.decision(approval.id, replace(MAC, id="device:b"), "two")


@pytest.mark.parametrize(("asked_for", "lasts"), [(1_000, 1_000), (86_400_000, LASTS_MS)])
async def test_no_answer_in_time_is_a_no_and_nobody_lasts_longer_than_ten_minutes(
    house: House, asked_for: int, lasts: int
) -> None:
    commands = requests_of(house)
    approval = await commands.ask(PUSH, MAC, "ask-1", asked_for)
    assert approval.expires_at - approval.asked_at == lasts
    house.clock.advance(lasts / 1000)
    decided = await commands.decision("ask-1", MAC, "one")
    assert (decided.allowed, decided.outcome) == (False, "expired")
    assert [each.outcome for each in house.told(ApprovalResolved)] == ["expired"]


async def test_a_question_whose_asker_has_left_ends_by_itself(state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        approval = await requests_of(house).ask(PUSH, MAC, "ask-1", 1_000)
        house.clock.advance(1)
        async with house.working():
            await house.until_rows("SELECT state FROM approvals", ["expired"])
            await house.changes.until(lambda: bool(house.told(ApprovalResolved)))
    assert house.told(ApprovalResolved)[0].approval_id == approval.id


async def test_only_so_many_wait_and_listen(house: House) -> None:
    commands = requests_of(house)
    for number in range(MOST_WAITING):
        await commands.ask(PUSH, MAC, f"ask-{number}", TWO_MINUTES)
    with pytest.raises(TooManyCommandsError, match="ask again later"):
        await commands.ask(PUSH, MAC, "one more", TWO_MINUTES)

    async with anyio.create_task_group() as group:
        for _ in range(MOST_LISTENING):
            group.start_soon(commands.decision, "ask-0", MAC, "one")
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(TooManyCommandsError, match="wait for one of them"):
            await commands.decision("ask-0", MAC, "one")
        group.cancel_scope.cancel()
    await house.approvals.decide((await house.approvals.pending())[0].id, allow=True, by="operator:cli")
    assert (await commands.decision("ask-0", MAC, "one")).allowed, "who has left counts no more"


async def test_a_restart_in_between_loses_neither_the_question_nor_the_answer(state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        approval = await requests_of(house).ask(PUSH, MAC, "ask-1", TWO_MINUTES)
        await house.approvals.decide(approval.id, allow=True, by="operator:cli")
    async with open_house(state_dir) as house:
        decided = await requests_of(house).decision("ask-1", MAC, "one")
    assert isinstance(decided, Decided)
    assert decided.allowed


async def test_a_yes_that_nobody_fetched_in_ten_minutes_is_worth_nothing(house: House) -> None:
    commands = requests_of(house)
    approval = await commands.ask(PUSH, MAC, "ask-1", TWO_MINUTES)
    await house.approvals.decide(approval.id, allow=True, by="operator:cli")
    house.clock.advance(LASTS_MS / 1000)
    assert (await commands.decision("ask-1", MAC, "one")).allowed is False
