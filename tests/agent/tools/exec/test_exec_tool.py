import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from openclaw.agent.tools.base import Act, Kind, Scene, Tool, ToolError, ToolInputError
from openclaw.agent.tools.exec.config import ExecConfig
from openclaw.agent.tools.exec.desk import Hooks
from openclaw.agent.tools.exec.family import ExecFamily, Surroundings
from openclaw.agent.tools.exec.sandbox.base import Sandbox, Unavailable
from openclaw.types.clock import SystemClock
from tests.agent.tools.exec.workshop import open_workshop, running
from tests.agent.tools.scenes import SCENE


def tool(**config: object) -> Tool:
    family = ExecFamily(
        ExecConfig.model_validate(config), lambda: Unavailable("none"), Surroundings(), SystemClock()
    )
    return family.tools(None)[0]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "command is required"),
        ({"command": ""}, "command is required"),
        ({"command": " \n"}, "command is required"),
        ({"command": "a\0b"}, "without NUL"),
        ({"command": "x" * 100_001}, "at most 100,000 bytes"),
        ({"command": "date", "yieldMs": -1}, "yieldMs must be an integer ≥ 0 and ≤ 600000, not -1"),
        ({"command": "date", "timeout": 0}, "timeout must be a number > 0, not 0"),
        ({"command": "date", "cwd": "x"}, "there is no argument cwd; there is command, workdir"),
        ({"command": "date", "host": "mars"}, 'host must be one of "", "sandbox", "gateway", "node"'),
        ({"command": "date", "workdir": "../x"}, "workdir must lie in the workspace, without"),
        ({"command": "date", "workdir": "a/../../x"}, "workdir must lie in the workspace, without"),
        ({"command": "date", "workdir": "/etc"}, "workdir must lie in the workspace (/work)"),
        ({"command": "date", "workdir": "/workx"}, "workdir must lie in the workspace (/work)"),
        ({"command": "date", "workdir": "~/x"}, "workdir must lie in the workspace, without"),
        ({"command": "date", "workdir": "a\0b"}, "workdir holds a NUL"),
        ({"command": "date", "env": {"PATH": "/tmp"}}, "env: PATH may not be set"),
        ({"command": "date", "env": {"LD_PRELOAD": "x"}}, "env: LD_PRELOAD may not be set"),
        ({"command": "date", "env": {"LD_LIBRARY_PATH": "x"}}, "env: LD_LIBRARY_PATH may not be set"),
        (
            {"command": "date", "env": {"DYLD_INSERT_LIBRARIES": "x"}},
            "env: DYLD_INSERT_LIBRARIES may not be set",
        ),
        ({"command": "date", "env": {"BASH_ENV": "x"}}, "env: BASH_ENV may not be set"),
        ({"command": "date", "env": {"BASH_FUNC_ls%%": "x"}}, "is no name of a variable"),
        ({"command": "date", "env": {"A=B": "x"}}, "is no name of a variable"),
        ({"command": "date", "env": {"": "x"}}, "is no name of a variable"),
        ({"command": "date", "env": {"A": "x\0y"}}, "the value of A holds a NUL"),
        ({"command": "date", "env": {"A": 1}}, "env.A"),
    ],
)
def test_arguments_that_make_no_sense_are_told(arguments: Mapping[str, object], complaint: str) -> None:
    with pytest.raises(ToolInputError, match=re.escape(complaint)):
        tool().act(arguments, SCENE)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"host": "gateway"}, "commands run in the sandbox here"),
        ({"host": "node"}, "there are no nodes here"),
        ({"node": "mac"}, "there are no nodes here"),
        ({"elevated": True}, "no way past the sandbox"),
        ({"pty": True}, "no terminal is given"),
        ({"ask": "always"}, "ask: when the owner is asked"),
        ({"security": "deny"}, "security: full is how commands run here"),
    ],
)
def test_what_cannot_be_done_is_refused(arguments: Mapping[str, object], complaint: str) -> None:
    with pytest.raises(ToolError, match=re.escape(complaint)):
        tool().act({"command": "date", **arguments}, SCENE)


def test_a_call_never_widens_what_the_file_says() -> None:
    with pytest.raises(ToolError, match="the owner's file says allowlist, and a call cannot widen that"):
        tool(security="allowlist").act({"command": "date", "security": "full"}, SCENE)


def test_the_act_says_what_would_run_and_where() -> None:
    asked = {
        "command": "make",
        "workdir": "/work/app",
        "env": {"CC": "tcc"},
        "host": "sandbox",
        "security": "full",
    }
    assert tool().act(asked, SCENE) == Act(Kind.EXECUTE, "CC=tcc make\n(in app)")
    assert tool(host="gateway").act({"command": "date"}, SCENE) == Act(Kind.EXECUTE_OUTSIDE, "date")
    assert (
        tool(host="gateway").act({"command": "date", "host": "gateway"}, SCENE).kind is Kind.EXECUTE_OUTSIDE
    )
    assert tool(host="gateway").act({"command": "date", "host": "sandbox"}, SCENE).kind is Kind.EXECUTE


def test_the_schema_shows_the_owners_limits() -> None:
    properties = tool(backgroundMs=5, timeoutSec=60).schema["properties"]
    assert isinstance(properties, dict)
    assert (properties["yieldMs"]["default"], properties["timeout"]["default"]) == (5, 60)


async def test_a_command_answers_with_its_output_and_its_end(sandbox: Sandbox, workspace: Path) -> None:
    (workspace / "sub").mkdir()
    async with open_workshop(lambda: sandbox, workspace) as shop:
        said = await shop.exec("pwd; echo $COLOUR >&2; exit 3", workdir="sub", env={"COLOUR": "red"})
        assert said.startswith("/work/sub\nred\n\n[exit code 3, after 0.")
        assert (await shop.exec("true")).startswith("(no output)\n\n[exit code 0, after 0.")
        assert "SIGSEGV: it crashed" in await shop.exec("kill -SEGV $$")
        with pytest.raises(ToolError, match="missing cannot be entered"):
            await shop.exec("true", workdir="missing")
        assert await shop.process("list") == "No process is running or kept."


async def test_a_command_that_is_too_slow_is_killed(sandbox: Sandbox, workspace: Path) -> None:
    async with open_workshop(lambda: sandbox, workspace) as shop:
        said = await shop.exec("echo before; trap '' TERM; sleep 4712.5", timeout=0.5)
    assert said.startswith("before\n\n[ended after 0.")
    assert said.endswith("it ran longer than its timeout of 0.5 s]")
    assert running("4712.5") == []


async def test_a_flood_is_cut_and_its_ends_are_kept(sandbox: Sandbox, workspace: Path) -> None:
    async with open_workshop(lambda: sandbox, workspace) as shop:
        said = await shop.exec("echo first; yes")
        assert said.startswith("first\ny\n")
        assert said.endswith("it wrote more than 16 MiB]")
        assert "characters were left out here" in said
        assert len(said) < 200_500
        said = await shop.exec("seq 100000; echo last")
        assert said.startswith("1\n2\n")
        assert "\n100000\nlast\n\n[exit code 0" in said


async def test_a_slow_command_goes_on_in_the_background(sandbox: Sandbox, workspace: Path) -> None:
    async with open_workshop(lambda: sandbox, workspace) as shop:
        said = await shop.exec("echo begun; sleep 0.6; echo done", yieldMs=200)
        assert said.startswith("status: running\nsessionId: x")
        assert "\n\nbegun\n\n[it goes on in the background" in said
        session = said.partition("sessionId: ")[2].split()[0]
        said = await shop.process("poll", sessionId=session, timeout=20_000)
        assert said.startswith("done\n\n[")


async def test_a_stopped_turn_kills_its_command_at_once(sandbox: Sandbox, workspace: Path) -> None:
    async with open_workshop(lambda: sandbox, workspace) as shop:
        with anyio.move_on_after(0.5) as scope:
            await shop.exec("(setsid sleep 4713.5 &); sleep 4713.5")
        assert scope.cancelled_caught
        assert running("4713.5") == []
        assert await shop.process("list") == "No process is running or kept."


async def test_an_owners_folders_come_first_and_skills_have_their_variables(
    sandbox: Sandbox, workspace: Path
) -> None:
    async def skill_env(scene: Scene) -> Mapping[str, str]:
        return {"WEATHER_KEY": scene.agent}

    config = ExecConfig(path_prepend=("/work/bin",))
    async with open_workshop(lambda: sandbox, workspace, config, hooks=Hooks(skill_env=skill_env)) as shop:
        said = await shop.exec("echo $PATH $WEATHER_KEY")
    assert said.startswith("/work/bin:/usr/local/bin:/usr/bin:/bin main\n")


async def test_whoever_watches_the_workspace_sees_it_before_and_after(
    sandbox: Sandbox, workspace: Path
) -> None:
    seen: list[set[str]] = []

    async def look() -> None:
        seen.append({path.name async for path in anyio.Path(workspace).iterdir()})

    @asynccontextmanager
    async def watching(scene: Scene) -> AsyncIterator[None]:
        await look()
        yield
        await look()

    async with open_workshop(lambda: sandbox, workspace, hooks=Hooks(watching=watching)) as shop:
        await shop.exec("echo x > made")
        # It has looked before the turn goes on; what stood in for missing instructions is gone by then.
        before, after = seen
        assert after - before == {"made"}


def test_a_conversation_may_narrow_what_the_file_says() -> None:
    within = replace(SCENE, settings={"execHost": "sandbox"})
    assert tool(host="gateway").act({"command": "date"}, within).kind is Kind.EXECUTE
    with pytest.raises(ToolError, match="exec is off in this conversation"):
        tool().act({"command": "date"}, replace(SCENE, settings={"execSecurity": "deny"}))
    wider = replace(SCENE, settings={"execHost": "gateway", "execSecurity": "full", "elevatedLevel": "full"})
    assert tool().act({"command": "date"}, wider).kind is Kind.EXECUTE


def test_the_scene_of_another_workspace_has_its_own_folders() -> None:
    elsewhere = replace(SCENE, workspace=Path("/srv/aurora"))
    assert tool().act({"command": "ls", "workdir": "/srv/aurora/notes"}, elsewhere).target == "ls\n(in notes)"
