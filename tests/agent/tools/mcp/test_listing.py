from typing import Any

import pytest
from mcp_types import Tool

from openclaw.agent.tools.mcp.listing import MOST_TOOLS, ToolFilter, listing


def tool(name: str, **schema: Any) -> Tool:
    return Tool(name=name, description=f"What {name} does.", input_schema=schema or {"type": "object"})


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (ToolFilter(), ["delete", "get_a", "get_b"]),
        (ToolFilter(include=("get_*",)), ["get_a", "get_b"]),
        (ToolFilter(exclude=("delete",)), ["get_a", "get_b"]),
        (ToolFilter(include=("get_*",), exclude=("*_b",)), ["get_a"]),
    ],
)
def test_the_owner_chooses_among_the_tools(wanted: ToolFilter, names: list[str]) -> None:
    found = listing([tool("get_b"), tool("get_a"), tool("delete")], "files", wanted)
    assert [each.name for each in found.offered] == names
    assert found.left_out == ()


def test_a_tool_that_cannot_be_used_is_left_out_alone() -> None:
    found = listing([tool("good"), tool("bad", type="string")], "files", ToolFilter())
    assert [each.name for each in found.offered] == ["good"]
    assert [(each.tool, "not an object" in each.why) for each in found.left_out] == [("bad", True)]


def test_a_second_tool_of_the_same_name_does_not_count() -> None:
    first, second = tool("a"), tool("a")
    second.description = "Another."
    (offered,) = listing([first, second], "files", ToolFilter()).offered
    assert offered.description == "[files, an MCP server] What a does."


def test_a_flood_of_tools_is_bounded_and_told() -> None:
    found = listing([tool(f"t{n:03}") for n in range(MOST_TOOLS + 3)], "files", ToolFilter())
    assert len(found.offered) == MOST_TOOLS
    assert len(found.left_out) == 3
