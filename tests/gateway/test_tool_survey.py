from dataclasses import replace
from pathlib import Path

import pytest

from openclaw.agent.config import SkillsConfig, ToolsConfig
from openclaw.agent.policy.rules import ToolRules
from openclaw.agent.profile import AgentProfile
from openclaw.agent.skills.manifest import Surroundings
from openclaw.agent.toolbox import SkillFolders, Toolbox, ToolSettings
from openclaw.agent.tools.base import Tool
from openclaw.bundled import workspace_folder
from openclaw.gateway.tool_survey import Asked, ToolSurvey, UnknownAgentError
from openclaw.net.door import Door
from openclaw.types.clock import SystemClock
from openclaw.types.errors import OpenClawError
from openclaw.web.front_desk import FrontDesk
from tests.gateway.harness import open_house
from tests.gateway.scripted import FakeTool, answering
from tests.web.desks import desk_of

EXEC = (FakeTool(answering("done"), "exec"),)


class Shop:
    def tools(self, profile: AgentProfile) -> tuple[Tool, ...]:
        return EXEC


@pytest.fixture
def survey(tmp_path: Path) -> ToolSurvey:
    settings = ToolSettings(ToolsConfig(), SkillsConfig())
    box = Toolbox(
        settings, SkillFolders(workspace_folder() / "skills", tmp_path), Surroundings("linux", lambda _: False),
        Door(), SystemClock(), families=[Shop()],
    )  # fmt: skip
    openai = (("openai", ToolRules(deny=("get_weather",))),)
    agents = {
        "main": AgentProfile("main", tmp_path / "main", default=True),
        "aurora": AgentProfile("aurora", tmp_path / "aurora", tools=ToolRules(by_provider=openai)),
    }
    models = {"main": "anthropic/claude-opus-4-6", "aurora": "openai/gpt-5"}
    return ToolSurvey(box, agents, ("telegram:821071206",), lambda profile: models[profile.id])


async def test_every_tool_is_listed_with_its_rule(survey: ToolSurvey) -> None:
    assert await survey.listing(Asked(sender="telegram:821071207")) == [
        {
            "name": "exec",
            "origin": "openclaw",
            "from": "openclaw",
            "effect": "R0",
            "allowed": False,
            "rule": "profile messaging of members does not name exec",
        },
        {
            "name": "get_weather",
            "origin": "skills",
            "from": "weather",
            "effect": "R0",
            "allowed": True,
            "rule": "profile messaging of members",
        },
    ]


@pytest.mark.parametrize(
    ("asked", "channel", "sender", "role"),
    [
        (Asked(), "webchat", "", "owner"),
        (Asked(sender="telegram:821071206"), "telegram", "821071206", "owner"),
        (Asked(sender="821071206", channel="telegram"), "telegram", "821071206", "owner"),
        (Asked(sender="telegram:821071206", channel="telegram"), "telegram", "821071206", "owner"),
        (Asked(sender="821071206", channel="sms"), "sms", "821071206", "member"),
        (Asked(sender="telegram:821071207"), "telegram", "821071207", "member"),
        (Asked(sender="telegram:821071207", role="stranger"), "telegram", "821071207", "stranger"),
    ],
)
async def test_who_is_meant(survey: ToolSurvey, asked: Asked, channel: str, sender: str, role: str) -> None:
    found = await survey.explain("exec", asked)

    assert found["for"] == {
        "agent": "main",
        "model": "anthropic/claude-opus-4-6",
        "channel": channel,
        "chat": sender,
        "chatType": "direct",
        "sender": sender,
        "role": role,
        "depth": 0,
    }
    assert found["allowed"] is (role == "owner")


async def test_an_agent_is_asked_about_with_the_model_that_answers_for_it(survey: ToolSurvey) -> None:
    found = await survey.explain("get_weather", Asked("aurora"))

    assert found["rule"] == 'agents.list[aurora].tools.byProvider["openai"].deny: "get_weather"'
    assert (await survey.explain("get_weather", Asked("aurora", model="x/y")))["allowed"] is True


async def test_a_tool_that_is_not_there_is_told_from_one_that_nobody_knows(survey: ToolSurvey) -> None:
    canvas, nonsense = await survey.explain("canvas", Asked()), await survey.explain("nonsense", Asked())

    assert (canvas["exists"], canvas["known"]) == (False, True)
    assert (await survey.explain("apply-patch", Asked()))["known"] is True
    assert (nonsense["exists"], nonsense["known"]) == (False, False)


async def test_an_agent_that_is_not_there_is_named(survey: ToolSurvey) -> None:
    with pytest.raises(UnknownAgentError, match="these are configured: main, aurora"):
        await survey.listing(Asked("nobody"))


async def test_the_desk_passes_it_on_and_tells_what_runs(survey: ToolSurvey, state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        bare = desk_of(house)
        desk = FrontDesk(replace(bare._parts, tools=survey, config=lambda: {"hash": "abc"}))

        assert await desk.tools(Asked()) == await survey.listing(Asked())
        assert (await desk.explain_tool("bash", Asked()))["rule"] == "profile full of the owner"
        assert desk.config() == {"hash": "abc"}
        with pytest.raises(OpenClawError, match="no tools to tell of"):
            await bare.tools(Asked())
