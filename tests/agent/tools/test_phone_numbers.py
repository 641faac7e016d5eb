from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Act, Kind, Tool, ToolError, ToolInputError
from openclaw.agent.tools.phone_numbers import PhoneNumbersFamily
from openclaw.gateway.policy_table import Ask, Deny, Rules, judge
from openclaw.types.errors import OpenClawError
from tests.agent.tools.scenes import SCENE

ADA = "+12015550123"


@dataclass
class FakeNumbers:
    listed: dict[str, str] = field(default_factory=dict)
    broken: bool = False

    async def lines(self) -> list[str]:
        return [f"{number} by {by}" for number, by in self.listed.items()]

    async def add(self, number: str, by: str) -> bool:
        if self.broken:
            raise OpenClawError("the list cannot be read: mend it")
        return self.listed.setdefault(number, by) == by and len(self.listed) == 1

    async def remove(self, number: str) -> bool:
        return self.listed.pop(number, None) is not None


@pytest.fixture
def numbers() -> FakeNumbers:
    return FakeNumbers()


@pytest.fixture
def tool(numbers: FakeNumbers) -> Tool:
    (tool,) = PhoneNumbersFamily(numbers).tools(AgentProfile("main", Path("/workspace")))
    return tool


async def test_the_owner_authorises_a_number_and_takes_it_back(tool: Tool, numbers: FakeNumbers) -> None:
    added = await tool.run({"action": "add", "number": "+1 (201) 555-0123"}, SCENE)
    assert added == f"{ADA} is authorised: its texts are answered."
    assert numbers.listed == {ADA: "telegram:821071206"}
    assert await tool.run({"action": "list"}, SCENE) == f"{ADA} by telegram:821071206"
    assert await tool.run({"action": "remove", "number": ADA}, SCENE) == (
        f"{ADA} is no longer authorised: its texts are kept and not answered."
    )
    assert await tool.run({"action": "remove", "number": ADA}, SCENE) == f"{ADA} was not authorised."
    assert await tool.run({"action": "list"}, SCENE) == "No number is authorised."


async def test_a_change_is_asked_about_and_names_the_number(tool: Tool) -> None:
    act = tool.act({"action": "add", "number": "+1 201 555 0123"}, SCENE)
    assert act == Act(Kind.ADMINISTER, ADA, "add an authorised number")
    assert isinstance(judge(act, SCENE, Rules()), Ask)
    assert isinstance(judge(act, replace(SCENE, role="member"), Rules()), Deny)
    assert tool.act({"action": "list"}, SCENE).kind is Kind.READ


@pytest.mark.parametrize("scene", [replace(SCENE, role="member"), replace(SCENE, chat_type="group")])
async def test_nobody_but_the_owner_alone_sees_the_list(tool: Tool, scene: object) -> None:
    with pytest.raises(ToolError, match="only the owner"):
        await tool.run({"action": "list"}, scene)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"action": "add"}, "number is required"),
        ({"action": "add", "number": "2015550123"}, r"\+12015550123"),
        ({"action": "drop"}, "action"),
        ({"action": "list", "owner": True}, "owner"),
        ({}, "action is required"),
    ],
)
def test_wrong_arguments_are_told_so_that_they_can_be_mended(
    tool: Tool, arguments: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ToolInputError, match=complaint):
        tool.act(arguments, SCENE)


async def test_what_the_list_says_no_to_is_told_to_the_model(tool: Tool, numbers: FakeNumbers) -> None:
    numbers.broken = True
    with pytest.raises(ToolError, match="mend it"):
        await tool.run({"action": "add", "number": ADA}, SCENE)


def test_the_tools_stay_the_same(numbers: FakeNumbers) -> None:
    family, profile = PhoneNumbersFamily(numbers), AgentProfile("main", Path("/workspace"))
    assert family.tools(profile) is family.tools(profile)
