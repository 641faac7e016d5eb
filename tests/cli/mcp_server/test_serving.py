"""The server with the real client, in one process."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from mcp import Client

from openclaw.cli.mcp_server.happenings import Happenings
from openclaw.cli.mcp_server.line import DaemonLine, Gateway
from openclaw.cli.mcp_server.offers import OFFERS, Desk
from openclaw.cli.mcp_server.serving import find_gateway, make_server
from openclaw.types.secrets import Secret
from tests.cli.gateway import point_at
from tests.web.conftest import Plane, plane

__all__ = ["plane"]


@pytest.fixture
async def client(plane: Plane) -> AsyncIterator[Client]:
    happenings = Happenings()
    line = DaemonLine(lambda: Gateway(plane.port, Secret(plane.token[0])), happenings.see)
    async with anyio.create_task_group() as group:
        group.start_soon(line.run)
        async with Client(make_server(Desk(line, happenings))) as client:
            yield client
        group.cancel_scope.cancel()


async def test_the_tools_are_offered_with_what_they_do(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert list(tools) == list(OFFERS)
    assert tools["dispatch_agent"].input_schema["required"] == ["agent", "task"]
    assert tools["messages_read"].annotations is not None
    assert tools["messages_read"].annotations.read_only_hint is True


async def test_an_answer_is_text_and_structure_and_an_error_is_one(client: Client) -> None:
    good = await client.call_tool("conversation_get", {"sessionKey": "main"})
    assert good.structured_content is not None
    assert good.structured_content["sessionKey"] == "agent:main:main"
    bad = await client.call_tool("conversation_get", {})
    assert bad.is_error
    assert bad.content[0].text == "ToolInputError: sessionKey is required"  # type: ignore[union-attr]


def test_the_gateway_is_found_by_the_config(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(state_dir, 4711, monkeypatch, token="secret-token")
    gateway = find_gateway()
    assert (gateway.port, gateway.token.reveal()) == (4711, "secret-token")
