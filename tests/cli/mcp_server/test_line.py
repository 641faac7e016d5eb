from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.abc
import pytest

from openclaw.cli.mcp_server import line as line_module
from openclaw.cli.mcp_server.line import DaemonLine, Gateway, LineLostError
from openclaw.cli.rpc import GatewayDownError, RefusedError
from openclaw.types.errors import OpenClawError
from openclaw.types.secrets import Secret
from tests.cli.gateway import weather
from tests.web.conftest import Plane, plane

__all__ = ["plane"]
ASKED = {"message": "hello", "idempotencyKey": "r1"}
Seen = list[tuple[str, Mapping[str, Any]]]


@asynccontextmanager
async def dialled(port: int, token: list[str], seen: Seen | None = None) -> AsyncIterator[DaemonLine]:
    """The token is read at every attempt."""
    events: Seen = seen if seen is not None else []
    line = DaemonLine(
        lambda: Gateway(port, Secret(token[0])), lambda name, payload: events.append((name, payload))
    )
    async with anyio.create_task_group() as group:
        group.start_soon(line.run)
        yield line
        group.cancel_scope.cancel()


async def test_many_ask_at_once_and_each_gets_its_own_answer(plane: Plane) -> None:
    found: dict[str, object] = {}
    async with dialled(plane.port, plane.token) as line, anyio.create_task_group() as group:

        async def ask(method: str, key: str) -> None:
            found[method] = (await line.call(method, {}))[key]

        for method, key in (("health", "ok"), ("status", "version"), ("sessions.list", "count")):
            group.start_soon(ask, method, key)
    assert found == {"health": True, "status": "0.1.0", "sessions.list": 2}


async def test_of_two_answers_the_last_counts_unless_the_first_is_wanted(plane: Plane) -> None:
    seen: Seen = []
    async with dialled(plane.port, plane.token, seen) as line:
        first = await line.call("agent", ASKED, first=True)
        assert (first["status"], first["runId"]) == ("accepted", "r1")
        await weather(plane.house.desk, "r1")
        last = await line.call("agent", ASKED)
    assert last["result"]["payloads"][0]["text"] == "It is 22 °C."
    assert "chat" in {name for name, _ in seen}


async def test_a_refusal_is_told_in_the_gateways_words(plane: Plane) -> None:
    async with dialled(plane.port, plane.token) as line:
        with pytest.raises(RefusedError, match="there is no session 'nope'"):
            await line.call("sessions.get", {"key": "nope"})


async def test_a_wrong_token_is_told_and_a_mended_one_counts(
    plane: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(line_module, "MOST_SECONDS", 0.05)
    token = ["wrong"]
    async with dialled(plane.port, token) as line:
        with pytest.raises(RefusedError, match="gateway token mismatch"):
            await line.call("health", {})
        token[0] = plane.token[0]
        with anyio.fail_after(10):
            while True:
                try:
                    assert (await line.call("health", {}))["ok"]
                    break
                except OpenClawError:
                    continue


async def test_without_a_gateway_the_asker_learns_how_to_start_it() -> None:
    async with dialled(1, ["x"]) as line:
        with (
            anyio.fail_after(5),
            pytest.raises(GatewayDownError, match=r"127\.0\.0\.1:1; start it with: openclaw"),
        ):
            await line.call("health", {})


async def test_a_line_that_breaks_tells_who_waits_and_comes_back(plane: Plane) -> None:
    async def cut() -> None:
        await anyio.wait_all_tasks_blocked()
        assert line._socket is not None
        await line._socket.close()

    async with dialled(plane.port, plane.token) as line:
        await line.call("agent", ASKED, first=True)
        async with anyio.create_task_group() as group:
            group.start_soon(cut)
            with pytest.raises(LineLostError, match="before it answered"):
                await line.call("agent", ASKED)
        assert (await line.call("health", {}))["ok"]


async def test_what_is_no_gateway_of_ours_is_said_to_be_that(plane: Plane) -> None:
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with anyio.create_task_group() as group:
            group.start_soon(listener.serve, _http)
            async with dialled(port, ["x"]) as line:
                with pytest.raises(OpenClawError, match="is not our gateway"):
                    await line.call("health", {})
            group.cancel_scope.cancel()


async def _http(stream: anyio.abc.SocketStream) -> None:
    async with stream:
        await stream.receive()
        await stream.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")
