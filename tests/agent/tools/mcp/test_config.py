from typing import Any

import pytest
from pydantic import ValidationError

from openclaw.agent.tools.mcp.config import McpServerConfig


@pytest.mark.parametrize(
    ("block", "way"),
    [
        ({"command": "npx"}, "stdio"),
        ({"url": "https://mcp.example.org/mcp"}, "streamable-http"),
        ({"url": "https://mcp.example.org/sse", "transport": "sse"}, "sse"),
    ],
)
def test_the_way_follows_from_what_is_given(block: dict[str, Any], way: str) -> None:
    assert McpServerConfig.model_validate(block).way == way


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ({}, "either a command or a url"),
        ({"command": "npx", "url": "https://mcp.example.org"}, "either a command or a url"),
        ({"command": "npx", "transport": "sse"}, "transport sse does not go with command"),
        ({"url": "https://mcp.example.org", "transport": "stdio"}, "transport stdio does not go with url"),
        ({"url": "file:///etc/passwd"}, "must begin with http"),
        ({"command": "npx", "requestTimeoutMs": 0}, "greater than 0"),
    ],
)
def test_a_server_that_cannot_be_reached_is_refused(block: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        McpServerConfig.model_validate(block)


def test_the_owner_vouches_for_all_tools_or_for_some() -> None:
    assert McpServerConfig.model_validate({"command": "x", "readOnly": True}).read_only is True
    assert McpServerConfig.model_validate({"command": "x", "readOnly": ["read_*"]}).read_only == ("read_*",)
