"""Which tools a server offers, as far as they can be used here."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from openclaw.agent.tools.mcp.schemas import UnfitSchemaError, description, input_schema, short

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import Tool

PAGES = 50
MOST_TOOLS = 256
METHOD_NOT_FOUND = -32601


@dataclass(frozen=True, slots=True)
class Offered:
    """One tool, in words that are fit to be shown to a model."""

    name: str
    """As the server calls it."""
    description: str
    schema: dict[str, object]


@dataclass(frozen=True, slots=True)
class LeftOut:
    tool: str
    why: str


@dataclass(frozen=True, slots=True)
class Listing:
    offered: tuple[Offered, ...] = ()
    """Sorted by name."""
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolFilter:
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def admits(self, name: str) -> bool:
        return (not self.include or matches(name, self.include)) and not matches(name, self.exclude)


def matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


async def tools_of(client: "Client") -> list["Tool"]:
    """All pages of them. Raises MCPError."""
    from mcp import MCPError

    tools: list[Tool] = []
    cursor: str | None = None
    for _ in range(PAGES):
        try:
            page = await client.list_tools(cursor=cursor)
        except MCPError as error:
            if error.code == METHOD_NOT_FOUND and not tools:
                return []  # a server of resources or prompts alone
            raise
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None or len(tools) > MOST_TOOLS:
            break
    return tools


def listing(tools: Iterable["Tool"], server: str, wanted: ToolFilter) -> Listing:
    """Pure. Of two tools with one name the first counts."""
    offered: dict[str, Offered] = {}
    left_out: list[LeftOut] = []
    for tool in tools:
        name = tool.name
        if not name or name in offered or not wanted.admits(name):
            continue
        if len(offered) == MOST_TOOLS:
            left_out.append(
                LeftOut(short(name, 80), f"only the first {MOST_TOOLS} tools of a server are used")
            )
            continue
        try:
            schema = input_schema(tool.input_schema)
        except UnfitSchemaError as error:
            left_out.append(LeftOut(short(name, 80), str(error)))
            continue
        offered[name] = Offered(name, description(tool.description or tool.title, server), schema)
    return Listing(tuple(offered[name] for name in sorted(offered)), tuple(left_out))
