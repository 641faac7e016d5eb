"""Servers behind an address, on loopback sockets."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.mcp.transports import remote
from tests.agent.tools.mcp.living import BY_SDK, everything, living, server
from tests.fakes import Answer, FakeServer, HttpRequest, free_ports


@asynccontextmanager
async def served(command: list[str], port: int, **env: str) -> AsyncIterator[None]:
    process = await anyio.open_process(
        command, env={"PATH": "/usr/bin:/bin", **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with anyio.fail_after(20):
            while True:
                try:
                    await (await anyio.connect_tcp("127.0.0.1", port)).aclose()
                    break
                except OSError:
                    await anyio.sleep(0.05)
        yield
    finally:
        process.kill()
        await process.wait()
        await process.aclose()


def program(*words: str) -> list[str]:
    return [sys.executable, str(BY_SDK), *words]


class Page(FakeServer):
    """The same answer to everything."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__()
        self.seen: list[HttpRequest] = []
        self._status, self._body = status, body

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.seen.append(request)
        answer.send(self._status, self._body, {"content-type": "application/json"})


@pytest.mark.parametrize(("way", "path"), [("http", "mcp"), ("sse", "sse")])
async def test_a_server_behind_an_address_is_used_like_any_other(way: str, path: str, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    transport = "sse" if way == "sse" else "streamable-http"
    async with served(program(way, str(port)), port):
        config = server(url=f"http://127.0.0.1:{port}/{path}", transport=transport)
        async with living({"t": config}, tmp_path) as lived:
            await lived.connected("t")
            assert (await lived.run("mcp__t__echo", text="hello")).text == "hello"
            with pytest.raises(ToolError, match="the disk is on fire"):
                await lived.run("mcp__t__broken")
            version = lived.clients.version
            await lived.run("mcp__t__learn", name="dance")
            await lived.until(lambda: lived.clients.version > version)


async def test_a_server_that_was_started_anew_is_found_again(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    config = server(url=f"http://127.0.0.1:{port}/mcp", requestTimeoutMs=3_000)
    async with living({"t": config}, tmp_path) as lived:
        async with served(program("http", str(port)), port):
            await lived.connected("t")
            before = (await lived.run("mcp__t__whoami")).text
        with pytest.raises(ToolError):
            await lived.run("mcp__t__echo", text="gone")
        assert await lived.failing("t")
        async with served(program("http", str(port)), port):
            await lived.connected("t")
            assert (await lived.run("mcp__t__whoami")).text != before


async def test_the_reference_server_works_over_http(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    async with served(everything("streamableHttp"), port, PORT=str(port)):
        async with living({"t": server(url=f"http://127.0.0.1:{port}/mcp")}, tmp_path) as lived:
            await lived.connected("t")
            assert (await lived.run("mcp__t__echo", message="hi")).text == "Echo: hi"


async def test_headers_are_sent_and_a_refusal_is_told(tmp_path: Path) -> None:
    async with Page(401, b"who are you?") as page:
        config = server(url=f"{page.url}/mcp", headers={"Authorization": "Bearer correct-horse-battery"})
        async with living({"t": config}, tmp_path) as lived:
            why = await lived.failing("t")
    assert page.seen[0].headers["authorization"] == "Bearer correct-horse-battery"
    assert "401" in why
    assert "correct-horse" not in why


async def test_an_answer_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "BODY_BYTES", 100_000)
    async with (
        Page(200, b" " * 300_000) as page,
        living({"t": server(url=f"{page.url}/mcp")}, tmp_path) as lived,
    ):
        assert "more than" in await lived.failing("t")
