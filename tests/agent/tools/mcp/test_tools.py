"""The family as the toolbox sees it, and a tool as the loop does."""

from pathlib import Path

import pytest

from openclaw.agent.tools.base import Act, Effect, Kind, ToolError, ToolInputError
from tests.agent.tools.mcp.living import agent, living, troubled
from tests.agent.tools.mcp.troubled import PNG
from tests.agent.tools.scenes import SCENE


async def test_the_family_is_the_same_until_something_changes(tmp_path: Path) -> None:
    async with living({"t": troubled()}, tmp_path) as lived:
        assert lived.family.tools(agent()) == ()
        await lived.connected("t")
        tools = lived.family.tools(agent())
        assert [tool.name for tool in tools] == sorted(tool.name for tool in tools)
        assert lived.family.tools(agent()) is tools

        await lived.run("mcp__t__learn", name="dance")
        await lived.until(lambda: lived.family.tools(agent()) is not tools)
        assert {tool.name for tool in lived.family.tools(agent())} - {tool.name for tool in tools} == {
            "mcp__t__dance"
        }


async def test_a_server_may_be_for_some_agents_only(tmp_path: Path) -> None:
    configs = {"all": troubled(), "some": troubled(agents=["Aurora"]), "none": troubled(agents=[])}
    async with living(configs, tmp_path) as lived:
        await lived.connected(*configs)
        servers = {
            name: {tool.name.split("__")[1] for tool in lived.family.tools(agent(name))}
            for name in ("main", "aurora")
        }
    assert servers == {"main": {"all"}, "aurora": {"all", "some"}}


async def test_a_server_cannot_vouch_for_itself_but_the_owner_can(tmp_path: Path) -> None:
    configs = {"t": troubled(), "safe": troubled(readOnly=True), "partly": troubled(readOnly=["e*"])}
    async with living(configs, tmp_path) as lived:
        await lived.connected(*configs)
        tools = {tool.name: tool for tool in lived.family.tools(agent())}
    assert tools["mcp__t__echo"].effect is Effect.ONCE
    assert tools["mcp__safe__die"].effect is Effect.READ_ONLY
    assert tools["mcp__partly__echo"].effect is Effect.READ_ONLY
    assert tools["mcp__partly__die"].effect is Effect.ONCE
    assert {tool.provenance for tool in tools.values()} == {"web"}
    assert tools["mcp__safe__echo"].act({"text": "hi"}, SCENE) == Act(
        Kind.CONSULT, "mcp__safe__echo", '{"text":"hi"}'
    )
    assert tools["mcp__t__echo"].act({"text": "hi"}, SCENE).kind is Kind.FOREIGN


async def test_a_missing_argument_is_named_before_anybody_is_asked(tmp_path: Path) -> None:
    async with living({"t": troubled()}, tmp_path) as lived:
        await lived.connected("t")
        with pytest.raises(ToolInputError, match="text is required"):
            lived.tool("mcp__t__echo").act({}, SCENE)


async def test_what_a_server_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    async with living({"t": troubled()}, tmp_path) as lived:
        await lived.connected("t")
        with pytest.raises(ToolError, match="the disk is on fire"):
            await lived.run("mcp__t__broken")
        with pytest.raises(ToolError, match="characters"):
            await lived.run("mcp__t__huge", characters="many")


async def test_long_and_pictured_answers_arrive_whole_or_say_what_is_missing(tmp_path: Path) -> None:
    async with living({"t": troubled()}, tmp_path) as lived:
        await lived.connected("t")
        huge = await lived.run("mcp__t__huge", characters=3_000_000)
        assert "[2,900,000 of 3,000,000 characters were left out here]" in huge.text
        dot = await lived.run("mcp__t__picture")
        assert (dot.text, dot.provenance) == ("a dot", "web")
        assert (tmp_path / dot.pictures[0].path).read_bytes() == PNG


async def test_a_picture_that_cannot_be_kept_is_an_error_of_the_tool(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("in the way")
    async with living({"t": troubled()}, tmp_path) as lived:
        await lived.connected("t")
        with pytest.raises(ToolError, match="cannot be kept"):
            await lived.run("mcp__t__picture")
