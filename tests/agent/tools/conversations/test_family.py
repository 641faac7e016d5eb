import json
from collections.abc import Sequence
from typing import Any

import pytest

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Act, Kind, Output, Scene, Tool, ToolInputError
from openclaw.agent.tools.conversations.family import CAP, ConversationFamily
from openclaw.agent.tools.conversations.port import Answered, Child, Errand, Json, Task, Told, Wanted
from tests.agent.tools.scenes import SCENE


class Conversations:
    """Remembers what it was asked, and answers as told."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.told: object = []

    async def listing(self, wanted: Wanted, scene: Scene) -> Told:
        self.asked.append(wanted)
        return Told(self.told, "member")

    async def history(self, key: str, limit: int, scene: Scene, *, with_tools: bool) -> Told:
        self.asked.append((key, limit, with_tools))
        return Told(self.told, "web")

    async def send(self, errand: Errand, scene: Scene) -> Answered:
        self.asked.append(errand)
        return Answered("ok", "run_2", "agent:main:direct:5", "It is.", "stranger")

    async def spawn(self, task: Task, scene: Scene) -> Child:
        self.asked.append(task)
        return Child("run_3", "agent:main:subagent:a")

    async def children(self, scene: Scene) -> Sequence[Json]:
        return [{"key": "agent:main:subagent:a", "underWay": True}]

    async def kill(self, target: str, scene: Scene) -> Sequence[str]:
        return ["agent:main:subagent:a"] if target == "all" else []

    async def status(self, key: str | None, model: str | None, scene: Scene) -> str:
        return f"{key} {model}"

    def agents(self, scene: Scene) -> Sequence[Json]:
        return [{"id": "main"}]


@pytest.fixture
def house() -> Conversations:
    return Conversations()


@pytest.fixture
def tools(house: Conversations, tmp_path: Any) -> dict[str, Tool]:
    family, profile = ConversationFamily(house), AgentProfile("main", tmp_path)
    assert family.tools(profile) is family.tools(profile)
    return {tool.name: tool for tool in family.tools(profile)}


def test_every_tool_of_the_original_is_there(tools: dict[str, Tool]) -> None:
    assert sorted(tools) == [
        "agents_list", "session_status", "sessions_history", "sessions_list", "sessions_send", "sessions_spawn",
        "subagents",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "arguments", "act"),
    [
        ("sessions_list", {}, Act(Kind.READ)),
        ("sessions_send", {"sessionKey": "main", "message": "Hi."}, Act(Kind.DELEGATE, "main", "Hi.")),
        ("sessions_spawn", {"task": "Dig."}, Act(Kind.DELEGATE, "main", "Dig.")),
        ("subagents", {"action": "list"}, Act(Kind.READ)),
        ("subagents", {"action": "steer", "target": "a", "message": "b"}, Act(Kind.DELEGATE, "a", "b")),
        ("session_status", {}, Act(Kind.READ)),
        ("session_status", {"model": "opus"}, Act(Kind.ADMINISTER, "model", "opus")),
    ],
)
def test_each_call_says_what_it_would_do(
    tools: dict[str, Tool], name: str, arguments: dict[str, object], act: Act
) -> None:
    assert tools[name].act(arguments, SCENE) == act


async def test_words_of_other_conversations_keep_their_provenance(tools: dict[str, Tool]) -> None:
    history = await tools["sessions_history"].run({"sessionKey": "direct:5"}, SCENE)
    answer = await tools["sessions_send"].run({"sessionKey": "direct:5", "message": "Locked?"}, SCENE)

    assert isinstance(history, Output)
    assert isinstance(answer, Output)
    assert (history.provenance, answer.provenance) == ("web", "stranger")
    assert json.loads(answer.text)["reply"] == "It is."


async def test_a_long_history_is_cut_and_says_so(house: Conversations, tools: dict[str, Tool]) -> None:
    house.told = ["x" * CAP]
    history = await tools["sessions_history"].run({"sessionKey": "direct:5"}, SCENE)

    assert isinstance(history, Output)
    assert history.text.endswith("characters were left out; ask for fewer]")


async def test_a_task_is_handed_on_as_it_was_given(house: Conversations, tools: dict[str, Tool]) -> None:
    given = {"task": "Dig.", "label": "hole", "runTimeoutSeconds": 60, "cleanup": "delete", "thinking": "low"}
    said = await tools["sessions_spawn"].run(given, SCENE)

    assert house.asked == [Task("Dig.", "hole", None, None, "low", 60, keeps=False)]
    assert isinstance(said, str)
    assert json.loads(said)["childSessionKey"] == "agent:main:subagent:a"


async def test_children_are_killed_by_name_and_nothing_else_is_claimed(tools: dict[str, Tool]) -> None:
    every = await tools["subagents"].run({"action": "kill", "target": "all"}, SCENE)
    none = await tools["subagents"].run({"action": "kill", "target": "x"}, SCENE)

    assert every == "Stopped: agent:main:subagent:a."
    assert none == "Nothing of that kind was under way."
    with pytest.raises(ToolInputError, match="target is required"):
        await tools["subagents"].run({"action": "kill"}, SCENE)
