"""A connection as its server sees it: greeting, lists, calls, and its end."""

import sys
from pathlib import Path

import anyio
import pytest

from openclaw.agent.tools.mcp.connection import Call, Connection, Greeting, Limits
from openclaw.agent.tools.mcp.listing import Listing, ToolFilter
from openclaw.agent.tools.mcp.reasons import reason
from openclaw.agent.tools.mcp.transports.stdio import Launch, StandardError, environment, stdio_transport
from tests.agent.tools.mcp.living import BY_SDK, TROUBLED, everything, until

BRIEF = Limits(connection_seconds=0.5, request_seconds=10, side_by_side=4, ping_seconds=60)
LIMITS = Limits(connection_seconds=10, request_seconds=10, side_by_side=4, ping_seconds=60)


class Bench:
    """One connection to a server, run in the task group of the test."""

    def __init__(self, command: list[str], limits: Limits = LIMITS) -> None:
        program, *args = command
        launch = Launch(program, tuple(args), environment({"PATH": "/usr/bin:/bin"}, {}), "/")
        self.listings: list[tuple[Listing, Greeting]] = []
        self.listed = anyio.Event()
        self.ended = anyio.Event()
        self.why = ""
        self.posting, self._calls = anyio.create_memory_object_stream[Call](8)
        self.heard: list[str] = []
        self._connection = Connection(
            "troubled",
            lambda lost: stdio_transport(launch, StandardError("troubled", str), lost),
            ToolFilter(),
            limits,
            self._see,
        )

    def _see(self, found: Listing, greeting: Greeting) -> None:
        self.listings.append((found, greeting))
        self.listed.set()
        self.listed = anyio.Event()

    async def run(self, legacy: bool = False) -> None:
        try:
            await self._connection.run(self._calls, legacy=legacy)
        except Exception as error:  # noqa: BLE001 - told as a server of the config tells it
            self.why = reason(error)
        finally:
            self.posting.close()
            self._calls.close()
            self.ended.set()

    async def call(self, tool: str, **arguments: object) -> Call:
        call = Call(tool, arguments, anyio.CancelScope(deadline=anyio.current_time() + 10), self.heard.append)
        await self.posting.send(call)
        with anyio.fail_after(15):
            await call.ended.wait()
        return call


def program() -> list[str]:
    return [sys.executable, str(TROUBLED)]


@pytest.mark.parametrize("made", [BY_SDK, TROUBLED], ids=["by the SDK", "by hand"])
@pytest.mark.parametrize(("legacy", "protocol"), [(False, "2026-07-28"), (True, "2025-11-25")])
async def test_a_server_is_greeted_listed_called_and_its_new_tools_are_heard_of(
    legacy: bool, protocol: str, made: Path
) -> None:
    bench = Bench([sys.executable, str(made), "stdio"])
    async with anyio.create_task_group() as group:
        listed = bench.listed
        group.start_soon(bench.run, legacy)
        await listed.wait()
        (first, greeting) = bench.listings[0]
        assert greeting == Greeting("troubled 1.2.3", protocol)
        assert "echo" in [tool.name for tool in first.offered]

        said = await bench.call("echo", text="hello")
        assert said.result is not None
        assert said.result.content[0].text == "hello"  # type: ignore[union-attr]

        await bench.call("plod")
        assert bench.heard == ["digging (1 of 2)", "2 of 2"]

        listed = bench.listed
        await bench.call("learn", name="dance")
        with anyio.fail_after(10):
            await listed.wait()
        assert "dance" in [tool.name for tool in bench.listings[-1][0].offered]
        group.cancel_scope.cancel()


async def test_a_cancelled_call_is_cancelled_in_the_server_and_the_next_one_runs(tmp_path: Path) -> None:
    bench, mark = Bench(program()), tmp_path / "mark"
    async with anyio.create_task_group() as group:
        listed = bench.listed
        group.start_soon(bench.run)
        await listed.wait()
        call = Call("hang", {"mark": str(mark)}, anyio.CancelScope())
        await bench.posting.send(call)
        await bench.call("echo", text="it has been asked")
        call.scope.cancel()
        await call.ended.wait()
        assert (call.result, call.failure) == (None, "")
        await until(mark.exists)
        assert (await bench.call("echo", text="still here")).result is not None
        group.cancel_scope.cancel()


async def test_a_death_ends_the_calls_under_way_and_says_how_it_died() -> None:
    bench = Bench(program())
    async with anyio.create_task_group() as group:
        listed = bench.listed
        group.start_soon(bench.run)
        await listed.wait()
        waiting = Call("hang", {}, anyio.CancelScope())
        await bench.posting.send(waiting)
        died = await bench.call("die", code=9)
        await waiting.ended.wait()
        await bench.ended.wait()
    assert bench.why == "it ended with exit code 9: I cannot go on"
    for call in (died, waiting):
        assert call.result is None
        assert call.failure.endswith("; what was asked may have happened")


async def test_a_server_that_stands_still_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openclaw.agent.tools.mcp.connection.PONG_SECONDS", 0.3)
    bench = Bench(program())
    async with anyio.create_task_group() as group:
        listed = bench.listed
        group.start_soon(bench.run)
        await listed.wait()
        blocked = Call("block", {}, anyio.CancelScope(deadline=anyio.current_time() + 1))
        await bench.posting.send(blocked)
        await blocked.ended.wait()
        assert blocked.failure == ""
        with anyio.fail_after(20):
            await bench.ended.wait()
    assert bench.why == "it does not answer any more"


async def test_a_server_that_never_greets_is_given_up() -> None:
    bench = Bench(["/bin/sh", "-c", "sleep 600"], BRIEF)
    with anyio.fail_after(15):
        await bench.run()
    assert bench.why == "it did not answer within 0.5 s"


async def test_a_server_that_answers_garbage_is_given_up() -> None:
    bench = Bench(
        ["/bin/sh", "-c", 'while read line; do echo \'{"jsonrpc":"2.0","id":1,"result":{}}\'; done'], BRIEF
    )
    with anyio.fail_after(15):
        await bench.run()
    assert bench.why
    assert bench.listings == []


async def test_the_reference_server_is_understood() -> None:
    bench = Bench(everything())
    async with anyio.create_task_group() as group:
        listed = bench.listed
        group.start_soon(bench.run)
        await listed.wait()
        found, greeting = bench.listings[0]
        assert greeting.identity.startswith("mcp-servers/everything")
        assert {"echo", "get-sum", "get-tiny-image"} <= {tool.name for tool in found.offered}
        assert found.left_out == ()
        assert (await bench.call("get-sum", a=2, b=3)).result is not None
        group.cancel_scope.cancel()
