"""A server of the config: kept connected, and honest while it is not."""

import sys
from pathlib import Path

import anyio
import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.mcp.server import LATE_SECONDS, Tempo
from tests.agent.tools.mcp.living import FAST, TOKEN, TROUBLED, living, server, troubled

SLOW = Tempo(first_seconds=600, most_seconds=600, nudged_seconds=600)


@pytest.mark.parametrize(("failures", "least", "most"), [(1, 1, 1.25), (2, 2, 2.5), (4, 8, 10), (40, 60, 75)])
def test_the_waits_grow_to_a_limit(failures: int, least: float, most: float) -> None:
    assert least <= Tempo().wait(failures) <= most


async def test_a_server_that_dies_comes_back_and_its_tools_stay(tmp_path: Path) -> None:
    async with living({"t": troubled()}, tmp_path) as lived:
        await lived.connected("t")
        tool, before = lived.tool("mcp__t__echo"), (await lived.run("mcp__t__whoami")).text
        with pytest.raises(ToolError, match=r"failed: it ended with exit code 7.*may have happened"):
            await lived.run("mcp__t__die")
        await lived.failing("t")
        await lived.connected("t")
        assert (await lived.run("mcp__t__whoami")).text.split()[0] != before.split()[0]
        assert lived.tool("mcp__t__echo") is tool


async def test_a_dead_server_answers_at_once_with_the_reason(tmp_path: Path) -> None:
    script = tmp_path / "once.py"
    script.write_text(TROUBLED.read_text())
    async with living(
        {"t": server(command=sys.executable, args=[str(script)])}, tmp_path, tempo=SLOW
    ) as lived:
        await lived.connected("t")
        with pytest.raises(ToolError):
            await lived.run("mcp__t__die")
        assert await lived.failing("t") == "it ended with exit code 7: I cannot go on"
        with (
            anyio.fail_after(2),
            pytest.raises(ToolError, match="cannot be reached now: it ended with exit code 7"),
        ):
            await lived.run("mcp__t__echo", text="anybody?")


async def test_who_calls_a_dead_server_makes_it_come_back_sooner(tmp_path: Path) -> None:
    tempo = Tempo(first_seconds=600, most_seconds=600, nudged_seconds=0.05)
    async with living({"t": troubled()}, tmp_path, tempo=tempo) as lived:
        await lived.connected("t")
        with pytest.raises(ToolError):
            await lived.run("mcp__t__die")
        await lived.failing("t")
        with pytest.raises(ToolError, match="tried again by itself"):
            await lived.run("mcp__t__echo", text="hello?")
        await lived.connected("t")


async def test_a_call_ends_with_its_time_and_the_server_goes_on(tmp_path: Path) -> None:
    async with living({"t": troubled(requestTimeoutMs=1_000)}, tmp_path) as lived:
        await lived.connected("t")
        mark = tmp_path / "mark"
        with pytest.raises(ToolError, match=r"did not answer within 1 s; what was asked may have happened"):
            await lived.run("mcp__t__hang", mark=str(mark))
        await lived.until(mark.exists)
        assert (await lived.run("mcp__t__echo", text="still here")).text == "still here"


async def test_a_cancelled_turn_cancels_its_call(tmp_path: Path) -> None:
    async with living({"t": troubled()}, tmp_path) as lived:
        await lived.connected("t")
        mark = tmp_path / "mark"
        with anyio.move_on_after(0.3):
            await lived.run("mcp__t__hang", mark=str(mark))
        await lived.until(mark.exists)
        assert lived.state("t").condition == "connected"


async def test_calls_run_side_by_side_unless_the_owner_says_no(tmp_path: Path) -> None:
    async def hang() -> None:
        await lived.run(f"mcp__{name}__hang")

    configs = {"many": troubled(), "one": troubled(supportsParallelToolCalls=False, requestTimeoutMs=20_000)}
    async with living(configs, tmp_path) as lived:
        await lived.connected("many", "one")
        for name, passes in (("many", True), ("one", False)):
            async with anyio.create_task_group() as group:
                group.start_soon(hang)
                await anyio.wait_all_tasks_blocked()
                with anyio.move_on_after(1.5) as waited:
                    await lived.run(f"mcp__{name}__echo", text="beside it")
                assert waited.cancelled_caught is not passes
                group.cancel_scope.cancel()


async def test_a_server_that_is_busy_beyond_measure_refuses(tmp_path: Path) -> None:
    async def hang() -> None:
        await lived.run("mcp__t__hang")

    async with living({"t": troubled(requestTimeoutMs=3_000)}, tmp_path) as lived:
        await lived.connected("t")
        async with anyio.create_task_group() as group:
            for wave in (8, 32):
                for _ in range(wave):
                    group.start_soon(hang)
                await anyio.wait_all_tasks_blocked()
            with pytest.raises(ToolError, match="has 32 calls waiting; try again later"):
                await lived.run("mcp__t__echo", text="me too")
            group.cancel_scope.cancel()


async def test_the_tool_waits_longer_than_the_server_may_take(tmp_path: Path) -> None:
    async with living({"t": troubled(requestTimeoutMs=3_000)}, tmp_path) as lived:
        await lived.connected("t")
        assert lived.tool("mcp__t__echo").timeout_seconds > 3 + LATE_SECONDS


async def test_a_secret_in_a_last_word_is_told_to_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = server(command="sh", args=["-c", f"echo the key {TOKEN} is bad >&2; exit 1"])
    async with living({"t": config}, tmp_path, tempo=FAST) as lived:
        assert await lived.failing("t") == "it ended with exit code 1: the key *** is bad"
    assert TOKEN not in caplog.text
