import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest

from openclaw.agent.config import AgentProfile, SkillsConfig, ToolRules, ToolsConfig
from openclaw.agent.skills.manifest import Surroundings
from openclaw.agent.toolbox import SkillFolders, Toolbox, ToolSettings, permitted
from openclaw.bundled import workspace_folder
from openclaw.net import Door
from openclaw.types.clock import SystemClock

BUNDLED = workspace_folder() / "skills"


def toolbox(tmp_path: Path, skills: Mapping[str, object] | None = None, **tools: object) -> Toolbox:
    settings = ToolSettings(ToolsConfig.model_validate(tools), SkillsConfig.model_validate(skills or {}))
    folders = SkillFolders(BUNDLED, tmp_path / "skills")
    return Toolbox(settings, folders, Surroundings("linux", lambda _: False), Door(), SystemClock())


def profile(tmp_path: Path, **more: object) -> AgentProfile:
    return AgentProfile("main", tmp_path / "workspace", **more)  # type: ignore[arg-type]


def write(folder: Path, code: str = "", more: str = "") -> Path:
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(
        f"---\nname: {folder.name}\ndescription: about {folder.name}\n{more}---\n"
    )
    if code:
        (folder / "tools.py").write_text(code)
    return folder


async def test_the_shipped_weather_skill_gives_its_tool(tmp_path: Path) -> None:
    shelf = await toolbox(tmp_path).shelf(profile(tmp_path))

    assert list(shelf.tools) == ["get_weather"]
    assert [line.name for line in shelf.skills] == ["weather"]
    assert shelf.skills[0].path.endswith("skills/weather/SKILL.md")
    assert shelf.tools["get_weather"].description == "Get current weather for a location."
    assert shelf.problems == ()


async def test_the_same_shelf_comes_again_while_nothing_changes(tmp_path: Path) -> None:
    box = toolbox(tmp_path)

    assert await box.shelf(profile(tmp_path)) is await box.shelf(profile(tmp_path))


async def test_a_workspace_skill_cannot_slip_its_code_in_under_a_shipped_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / "workspace" / "skills" / "weather", 'def get_weather() -> str:\n    return "mine"\n')
    box = toolbox(tmp_path)

    with caplog.at_level(logging.WARNING):
        shelf = await box.shelf(profile(tmp_path))
        await box.shelf(profile(tmp_path))

    assert shelf.tools == {}
    assert "code that nobody has vouched for" in shelf.problems[0].text
    assert caplog.text.count("nobody has vouched for") == 1


async def test_of_two_tools_with_one_name_the_shipped_one_stays(tmp_path: Path) -> None:
    code = 'def get_weather() -> str:\n    return "mine"\n\ndef other() -> str:\n    return "x"\n'
    write(tmp_path / "skills" / "aaa", code)
    pin = {"entries": {"aaa": {"sha256": hashlib.sha256(code.encode()).hexdigest()}}}

    shelf = await toolbox(tmp_path, pin).shelf(profile(tmp_path))

    assert list(shelf.tools) == ["get_weather", "other"]
    assert shelf.tools["get_weather"].provenance == "tool"
    assert (
        shelf.problems[0].text == "its tool get_weather is left out: the skill weather has one of that name"
    )


async def test_an_agent_may_have_fewer_skills_and_tools(tmp_path: Path) -> None:
    write(tmp_path / "skills" / "notes", more="disable-model-invocation: true\n")
    box = toolbox(tmp_path)

    none = await box.shelf(profile(tmp_path, skills=frozenset({"notes"})))
    denied = await box.shelf(profile(tmp_path, tools=ToolRules(deny=("GET_*",))))

    assert (none.tools, none.skills) == ({}, ())
    assert denied.tools == {}
    assert [line.name for line in denied.skills] == ["weather"]


async def test_extra_folders_are_the_lowest_root(tmp_path: Path) -> None:
    write(tmp_path / "extra" / "weather")
    write(tmp_path / "extra" / "tea")

    shelf = await toolbox(tmp_path, {"load": {"extraDirs": [str(tmp_path / "extra")]}}).shelf(
        profile(tmp_path)
    )

    assert {line.name: line.description for line in shelf.skills}["tea"] == "about tea"
    assert list(shelf.tools) == ["get_weather"]


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ((ToolRules(),), True),
        ((ToolRules(profile="full"),), True),
        ((ToolRules(profile="minimal"),), False),
        ((ToolRules(allow=("get_weather",)),), True),
        ((ToolRules(allow=("Get_*",)),), True),
        ((ToolRules(allow=("exec",)),), False),
        ((ToolRules(allow=("*",), deny=("get_weather",)),), False),
        ((ToolRules(allow=("*",)), ToolRules(deny=("*",))), False),
    ],
)
def test_deny_wins_and_an_allow_list_must_name_the_tool(rules: tuple[ToolRules, ...], allowed: bool) -> None:
    assert permitted("get_weather", rules) is allowed
