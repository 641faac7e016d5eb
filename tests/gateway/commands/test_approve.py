import pytest

from openclaw.gateway.commands.approve import NOTHING, USAGE, answers_approval
from openclaw.gateway.config import CommandsConfig
from openclaw.types.events import ApprovalResolved
from tests.gateway.harness import House, Plan, said
from tests.gateway.test_approvals import asked, letter


@pytest.fixture
def plan() -> Plan:
    return Plan(commands=CommandsConfig(text=False))


async def test_alone_it_lists_what_waits_even_where_commands_are_switched_off(house: House) -> None:
    await house.receive(said("/approve"))
    await house.settled()
    assert house.channel.texts() == [NOTHING]

    tool = letter(house, "Hello Ben")
    await house.receive(said("Write to Ben.", number=2))
    name = await asked(house)
    await house.receive(said("/approve", number=3))
    await house.changes.until(lambda: len(house.channel.sent) == 3)
    assert house.channel.texts()[-1].startswith(f"{name}: message (send)")
    await house.receive(said(f"/approve {name.upper()} allow-once", number=4))
    await house.settled()
    assert tool.runs == 1


@pytest.mark.parametrize(
    "words", ["{name} allow-always", "{name} perhaps", "{name} allow and everything else"]
)
async def test_what_is_neither_yes_nor_no_decides_nothing(house: House, words: str) -> None:
    tool = letter(house, "Hello Ben")
    await house.receive(said("Write to Ben."))
    name = await asked(house)
    await house.receive(said(f"/approve {words.format(name=name)}", number=2))
    await house.changes.until(lambda: len(house.channel.sent) == 2)
    assert house.channel.texts()[-1] == USAGE
    assert house.told(ApprovalResolved) == []
    await house.receive(said(f"/approve {name} deny", number=3))
    await house.settled()
    assert tool.runs == 0


async def test_an_unknown_name_is_told(house: House) -> None:
    await house.receive(said("/approve nonesuch"))
    await house.settled()
    assert house.channel.texts()[0].startswith("There is no approval 'nonesuch'")


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("/approve x", True),
        ("/approve@claw_bot x deny", True),
        ("please /approve x", False),
        ("/status", False),
    ],
)
def test_only_the_command_itself_answers(text: str, answers: bool) -> None:
    assert answers_approval(text) is answers
