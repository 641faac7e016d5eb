"""MCP clients at work, for these tests: real servers, real pipes and sockets."""

import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Output, Tool
from openclaw.agent.tools.mcp.clients import McpClients, McpParts
from openclaw.agent.tools.mcp.config import McpServerConfig
from openclaw.agent.tools.mcp.pictures import PictureFolder
from openclaw.agent.tools.mcp.server import ServerState, Tempo
from openclaw.agent.tools.mcp.tools import Finish, McpFamily
from openclaw.types.clock import SystemClock
from openclaw.types.secrets import Secret, SecretRef
from tests.agent.tools.scenes import SCENE

TROUBLED = Path(__file__).with_name("troubled.py")
BY_SDK = Path(__file__).with_name("by_sdk.py")
TOKEN = "correct-horse-battery"
FAST = Tempo(first_seconds=0.05, most_seconds=0.2, nudged_seconds=0.05)


def agent(name: str = "main") -> AgentProfile:
    return AgentProfile(name, Path("/workspace"))


class Resolver:
    """Knows `env:API_TOKEN`; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        self.asked.append((reference.text, fresh))
        return Secret(TOKEN if reference.text == "env:API_TOKEN" else reference.text)


def clean(text: str) -> str:
    return text.replace(TOKEN, "***")


def server(**more: Any) -> McpServerConfig:
    """A config as it stands in the file."""
    return McpServerConfig.model_validate(more)


def troubled(*words: str, **more: Any) -> McpServerConfig:
    return server(command=sys.executable, args=[str(TROUBLED), *words], **more)


def parts(resolver: Resolver | None = None) -> McpParts:
    return McpParts(resolver or Resolver(), SystemClock(), {**os.environ, "ANTHROPIC_API_KEY": "ours"}, clean)


async def until(condition: Callable[[], object]) -> None:
    """For what happens in another process, which tells nobody."""
    with anyio.fail_after(15):
        while not condition():  # noqa: ASYNC110
            await anyio.sleep(0.01)


@dataclass
class Lived:
    clients: McpClients
    family: McpFamily

    def tool(self, name: str, of: str = "main") -> Tool:
        return {tool.name: tool for tool in self.family.tools(agent(of))}[name]

    async def run(self, name: str, /, **arguments: object) -> Output:
        output = await self.tool(name).run(arguments, SCENE)
        assert isinstance(output, Output)
        return output

    def state(self, name: str) -> ServerState:
        return next(each.server.state for each in self.clients.served if each.server.name == name)

    async def until(self, condition: Callable[[], object]) -> None:
        await until(condition)

    async def connected(self, *names: str) -> None:
        await self.until(lambda: all(self.state(name).condition == "connected" for name in names))

    async def failing(self, name: str) -> str:
        await self.until(lambda: self.state(name).condition == "failing")
        return self.state(name).reason


@asynccontextmanager
async def living(
    configs: Mapping[str, McpServerConfig], state: Path, made: McpParts | None = None, tempo: Tempo = FAST
) -> AsyncIterator[Lived]:
    """Afterwards none of our children is left, not even as a zombie."""
    others = {child.pid for child in psutil.Process().children(recursive=True)}
    clients = McpClients(configs, made or parts(), tempo)
    async with anyio.create_task_group() as group:
        group.start_soon(clients.run)
        yield Lived(clients, McpFamily(clients, Finish(PictureFolder(state), clean)))
        group.cancel_scope.cancel()
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= others


def everything(way: str = "stdio") -> list[str]:
    """The command of the reference server; the test is skipped where it is not installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "openclaw-tests"
    package = "@modelcontextprotocol/server-everything"
    script = cache / "everything" / "node_modules" / package / "dist" / "index.js"
    node = shutil.which("node")
    if node is not None and script.exists():
        return [node, str(script), way]
    missing = f"the reference server is missing: npm install --prefix {cache / 'everything'} {package}"
    if os.environ.get("OPENCLAW_REQUIRE_MCP"):
        pytest.fail(missing)
    pytest.skip(missing)
