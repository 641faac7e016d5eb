from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from openclaw.agent.policy.deciding import Policy, Who, layers, ruling
from openclaw.agent.policy.names import ToolName
from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Act, Kind, Scene, Tool, ToolError, ToolInputError
from openclaw.agent.tools.calls import CallFamily
from openclaw.agent.tools.conversations.port import Letter
from openclaw.gateway.policy_table import Allow, Ask, Deny, Rules, judge
from openclaw.types.messages import Address
from tests.agent.tools.scenes import SCENE

CALL = Address("voice", "+12015550123", "default", "CA1")
IN_CALL = replace(SCENE, channel="voice", role="member", reply_to=CALL)


@dataclass
class House:
    """Both ports of the family."""

    wished: list[tuple[str, Address]] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    refusal: str = ""

    def forward(self, to: Address) -> str:
        self.wished.append(("forward", to))
        return self.refusal

    def hang_up(self, to: Address) -> str:
        self.wished.append(("hang_up", to))
        return self.refusal

    def address(self, channel: str | None, target: str | None, account: str | None, scene: Scene) -> Address:
        return Address(channel or "", target or "")

    async def send(self, letter: Letter, scene: Scene) -> str:
        self.letters.append(letter)
        return "o_1"


@pytest.fixture
def house() -> House:
    return House()


def tool(house: House, name: str) -> Tool:
    family = CallFamily(house, house)
    profile = AgentProfile("main", Path("/workspace"))
    assert family.tools(profile) is family.tools(profile)
    return {tool.name: tool for tool in family.tools(profile)}[name]


@pytest.mark.parametrize(("name", "wish"), [("forward_call", "forward"), ("end_call", "hang_up")])
async def test_a_caller_is_put_through_or_let_go_once_the_answer_is_said(
    house: House, name: str, wish: str
) -> None:
    assert "once your answer has been said" in str(await tool(house, name).run({}, IN_CALL))
    assert house.wished == [(wish, CALL)]


@pytest.mark.parametrize("name", ["forward_call", "end_call"])
@pytest.mark.parametrize(
    "scene",
    [
        SCENE,
        replace(SCENE, reply_to=Address("telegram", "821071206", thread="7")),
        replace(IN_CALL, reply_to=None),
    ],
)
async def test_without_a_call_there_is_nothing_to_do(house: House, name: str, scene: Scene) -> None:
    with pytest.raises(ToolError, match="no telephone call"):
        await tool(house, name).run({}, scene)
    assert house.wished == []


async def test_what_the_telephone_refuses_is_told_to_the_model(house: House) -> None:
    house.refusal = "channels.voice.forwardTo is not set: there is nobody to put callers through to"

    with pytest.raises(ToolError, match="forwardTo is not set"):
        await tool(house, "forward_call").run({}, IN_CALL)


async def test_somebody_is_called_through_the_outbox(house: House) -> None:
    place = tool(house, "place_call")
    arguments = {"to": "+1 (201) 555-0123", "message": "Your taxi is there."}

    assert place.act(arguments, SCENE) == Act(Kind.SEND, "voice:+12015550123", "Your taxi is there.")
    assert "+12015550123 is being called" in str(await place.run(arguments, SCENE))
    assert house.letters == [Letter(Address("voice", "+12015550123"), "Your taxi is there.")]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"to": "Ana", "message": "hi"}, "international number"),
        ({"to": "+12015550123"}, "message is required"),
        ({"message": "hi"}, "to is required"),
        ({"to": "+12015550123", "message": "hi", "from": "+1"}, "no argument from"),
    ],
)
def test_bad_arguments_are_told_so_that_they_can_be_corrected(
    house: House, arguments: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ToolInputError, match=complaint):
        tool(house, "place_call").act(arguments, SCENE)


def test_a_caller_may_be_put_through_but_calls_nobody_else(house: House) -> None:
    stranger = replace(IN_CALL, role="stranger", provenances=frozenset({"stranger"}))
    owner = SCENE

    assert isinstance(judge(tool(house, "forward_call").act({}, stranger), stranger, Rules()), Allow)
    placing = tool(house, "place_call").act({"to": "+12015550199", "message": "hi"}, stranger)
    assert isinstance(judge(placing, stranger, Rules()), Deny)
    assert isinstance(judge(placing, owner, Rules()), Ask)


@pytest.mark.parametrize(
    ("name", "admitted"), [("forward_call", True), ("end_call", True), ("place_call", False)]
)
def test_callers_who_are_not_the_owner_have_the_tools_of_their_own_call(name: str, admitted: bool) -> None:
    who = Who(
        "main", "anthropic/claude-opus-4-6", "voice", "default", CALL.chat, "direct", CALL.chat, "member", 0
    )

    rules = layers(who, Policy(), {"forward_call", "end_call", "place_call"})

    assert ruling(ToolName(name), rules).allowed is admitted
