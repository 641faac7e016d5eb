import pytest

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Act, Kind, Scene, Tool, ToolInputError
from openclaw.agent.tools.conversations.message import MessageFamily
from openclaw.agent.tools.conversations.port import Letter
from openclaw.types.messages import Address
from tests.agent.tools.scenes import SCENE


class Messenger:
    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def address(self, channel: str | None, target: str | None, account: str | None, scene: Scene) -> Address:
        return Address(channel or "telegram", target or "821071206", account or "default")

    async def send(self, letter: Letter, scene: Scene) -> str:
        self.letters.append(letter)
        return "o_1"


@pytest.fixture
def messenger() -> Messenger:
    return Messenger()


@pytest.fixture
def tool(messenger: Messenger, tmp_path: object) -> Tool:
    (tool,) = MessageFamily(messenger).tools(AgentProfile("main", tmp_path))  # type: ignore[arg-type]
    return tool


async def test_it_says_to_whom_before_it_sends(tool: Tool, messenger: Messenger) -> None:
    arguments = {"to": "5000001", "message": "Hello.", "threadId": "7"}

    assert tool.act(arguments, SCENE) == Act(Kind.SEND, "telegram:5000001", "Hello.")
    assert await tool.run(arguments, SCENE) == "On its way to telegram:5000001 (o_1)."
    assert messenger.letters == [Letter(Address("telegram", "5000001", thread="7"), "Hello.")]


async def test_a_dry_run_sends_nothing(tool: Tool, messenger: Messenger) -> None:
    arguments = {"to": "5000001", "message": "Hello.", "dryRun": True}

    assert tool.act(arguments, SCENE).kind is Kind.READ
    assert await tool.run(arguments, SCENE) == "It would go to telegram:5000001."
    assert messenger.letters == []


@pytest.mark.parametrize("action", ["poll", "delete", "broadcast"])
def test_what_it_cannot_do_is_refused(tool: Tool, action: str) -> None:
    with pytest.raises(ToolInputError, match="action"):
        tool.act({"action": action, "message": "Hello."}, SCENE)


async def test_a_file_goes_along_or_alone(tool: Tool, messenger: Messenger) -> None:
    alone = {"media": "out/a.pdf"}

    assert tool.act(alone, SCENE) == Act(Kind.SEND_FILE, "telegram:821071206", "[file: out/a.pdf]")
    assert tool.act({"path": "a.pdf", "message": "Here."}, SCENE).payload == "[file: a.pdf]\nHere."
    await tool.run(alone, SCENE)
    assert messenger.letters == [Letter(Address("telegram", "821071206"), "", "out/a.pdf")]


@pytest.mark.parametrize("arguments", [{}, {"message": " "}, {"dryRun": True}])
def test_nothing_is_no_message(tool: Tool, arguments: dict[str, object]) -> None:
    with pytest.raises(ToolInputError, match="message is required; only a file may go without words"):
        tool.act(arguments, SCENE)
