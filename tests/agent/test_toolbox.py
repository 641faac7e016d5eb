import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from openclaw.agent.config import SkillsConfig, ToolsConfig
from openclaw.agent.policy.deciding import Account, Who
from openclaw.agent.policy.rules import GroupRules, ToolRules, group_rules
from openclaw.agent.profile import AgentProfile
from openclaw.agent.prompt import SKILL_LIMIT
from openclaw.agent.skills.manifest import Surroundings
from openclaw.agent.toolbox import REMEMBERED, SkillFolders, Toolbox, ToolFamily, ToolSettings
from openclaw.agent.tools.base import Tool
from openclaw.bundled import workspace_folder
from openclaw.net.door import Door
from openclaw.types.clock import SystemClock
from tests.gateway.scripted import FakeTool, answering

BUNDLED = workspace_folder() / "skills"


def toolbox(
    tmp_path: Path,
    skills: Mapping[str, object] | None = None,
    groups: Mapping[Account, Mapping[str, GroupRules]] | None = None,
    families: Sequence[ToolFamily] = (),
    **tools: object,
) -> Toolbox:
    config = ToolsConfig.model_validate(tools)
    settings = ToolSettings(config, SkillsConfig.model_validate(skills or {}), groups or {})
    folders = SkillFolders(BUNDLED, tmp_path / "skills")
    return Toolbox(
        settings, folders, Surroundings("linux", lambda _: False), Door(), SystemClock(), families=families
    )


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


async def test_of_too_many_skills_the_model_is_told_of_some_and_the_owner_of_the_rest(tmp_path: Path) -> None:
    for number in range(SKILL_LIMIT + 1):
        write(tmp_path / "workspace" / "skills" / f"s{number:03d}")

    shelf = await toolbox(tmp_path).shelf(profile(tmp_path))

    assert len(shelf.skills) == SKILL_LIMIT
    assert "weather" not in {line.name for line in shelf.skills}
    assert shelf.problems[-1].text.startswith("2 skills are not told to the model")


async def test_the_text_of_a_skill_can_be_read_by_the_agents_that_have_it(tmp_path: Path) -> None:
    box = toolbox(tmp_path)
    (line,) = (await box.shelf(profile(tmp_path))).skills

    found = await box.texts.find("main", line.path, tmp_path)

    assert found is not None
    assert (found.provenance, found.text.count("# Weather")) == ("file", 1)
    assert await box.texts.find("other", line.path, tmp_path) is None


async def test_extra_folders_are_the_lowest_root(tmp_path: Path) -> None:
    write(tmp_path / "extra" / "weather")
    write(tmp_path / "extra" / "tea")

    shelf = await toolbox(tmp_path, {"load": {"extraDirs": [str(tmp_path / "extra")]}}).shelf(
        profile(tmp_path)
    )

    assert {line.name: line.description for line in shelf.skills}["tea"] == "about tea"
    assert list(shelf.tools) == ["get_weather"]


# -- families, names, and who gets what -------------------------------------------------------------------


@dataclass
class Shop:
    """A family whose tools a test changes."""

    names: tuple[str, ...]
    made: dict[tuple[str, ...], tuple[Tool, ...]] = field(default_factory=dict)

    def tools(self, profile: AgentProfile) -> tuple[Tool, ...]:
        return self.made.setdefault(
            self.names, tuple(FakeTool(answering("done"), name) for name in self.names)
        )


ANA = Who(channel="telegram", sender="821071207", role="member")


async def test_a_familys_tools_stand_beside_the_skills(tmp_path: Path) -> None:
    shop = Shop(("read", "exec", "mcp__home__light"))
    box = toolbox(tmp_path, families=[shop])

    shelf = await box.shelf(profile(tmp_path))

    assert list(shelf.tools) == ["exec", "get_weather", "mcp__home__light", "read"]
    assert await box.shelf(profile(tmp_path)) is shelf
    shop.names = ("read",)
    assert list((await box.shelf(profile(tmp_path))).tools) == ["get_weather", "read"]


async def test_a_name_belongs_to_whoever_comes_first(tmp_path: Path) -> None:
    code = 'def read() -> str:\n    return "mine"\n\ndef mcp__home__light() -> str:\n    return "x"\n'
    write(tmp_path / "skills" / "aaa", code)
    pin = {"entries": {"aaa": {"sha256": hashlib.sha256(code.encode()).hexdigest()}}}
    shop = Shop(("mcp__home__light", "read", "get_weather"))
    box = toolbox(tmp_path, pin, families=[shop])

    shelf = await box.shelf(profile(tmp_path))
    found = {each.name: each.stocked for each in await box.explained(profile(tmp_path), Who())}

    origins = {name: (stocked.origin, stocked.owner) for name, stocked in found.items() if stocked}
    assert origins == {
        "get_weather": ("openclaw", "openclaw"),
        "mcp__home__light": ("skills", "aaa"),
        "read": ("openclaw", "openclaw"),
    }
    assert [(problem.skill, problem.text) for problem in shelf.problems] == [
        ("weather", "its tool get_weather is left out: openclaw has one of that name"),
        ("aaa", "its tool read is left out: openclaw has one of that name"),
        ("home", "its tool mcp__home__light is left out: the skill aaa has one of that name"),
    ]


async def test_others_than_the_owner_get_less_and_the_same_shelf_each_time(tmp_path: Path) -> None:
    box = toolbox(tmp_path, families=[Shop(("read", "exec", "mcp__home__light"))])

    whole, less = await box.shelf(profile(tmp_path)), await box.shelf(profile(tmp_path), ANA)

    assert list(less.tools) == ["get_weather", "read"]
    assert less.skills == whole.skills
    assert await box.shelf(profile(tmp_path), ANA) is less
    assert await box.shelf(profile(tmp_path), Who()) is whole


async def test_who_was_looked_up_long_ago_is_forgotten(tmp_path: Path) -> None:
    box = toolbox(tmp_path)
    for number in range(REMEMBERED + 10):
        await box.shelf(profile(tmp_path), replace(ANA, sender=str(number)))

    assert len(box._shelves) == REMEMBERED


async def test_the_rules_of_groups_and_channels_reach_the_shelf(tmp_path: Path) -> None:
    groups = {("telegram", "default"): group_rules({"-100": {"tools": {"deny": ["read"]}}})}
    box = toolbox(
        tmp_path,
        groups=groups,
        families=[Shop(("read", "exec"))],
        byChannel={"sms": {"deny": ["group:skills"]}},
    )
    group = Who(channel="telegram", chat="-100", chat_type="group")

    assert list((await box.shelf(profile(tmp_path), group)).tools) == ["exec", "get_weather"]
    assert list((await box.shelf(profile(tmp_path), Who(channel="sms"))).tools) == ["exec", "read"]


async def test_a_list_that_names_nothing_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    box = toolbox(tmp_path, allow=["get_wether"])

    with caplog.at_level(logging.WARNING):
        assert list((await box.shelf(profile(tmp_path))).tools) == ["get_weather"]
        assert (await box.shelf(profile(tmp_path), ANA)).tools == {}

    assert caplog.text.count("tools.allow names no tool that there is (get_wether)") == 1


@pytest.mark.parametrize(
    ("name", "exists", "allowed"),
    [("bash", True, False), ("Get_Weather", True, True), ("browser", False, False), ("xyzzy", False, False)],
)
async def test_a_tool_is_explained_by_any_of_its_names_also_when_it_is_not_there(
    tmp_path: Path, name: str, exists: bool, allowed: bool
) -> None:
    box = toolbox(tmp_path, families=[Shop(("exec",))])

    found = await box.explain(name, profile(tmp_path), ANA)

    assert (found.stocked is not None, found.ruling.allowed) == (exists, allowed)
    assert found.ruling.rule.startswith("profile messaging of members")
