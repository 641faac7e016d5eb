"""An MCP server of the SDK's making: `by_sdk.py stdio|http PORT|sse PORT`. For what can go wrong see `troubled.py`."""

import os
import sys

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("troubled", version="1.2.3", log_level="ERROR")


@server.tool()
def echo(text: str) -> str:
    """Say it again."""
    return text


@server.tool()
def whoami() -> str:
    """The process, its group and its environment's names."""
    return f"{os.getpid()} {os.getpgid(0)} {' '.join(sorted(os.environ))}"


@server.tool()
async def plod(context: Context) -> str:
    """Two steps, told one by one."""
    await context.report_progress(1, 2, "digging")
    await context.report_progress(2, 2)
    return "done"


@server.tool()
def broken() -> str:
    raise ToolError("the disk is on fire")


@server.tool()
async def learn(name: str, ctx: Context) -> str:
    """Have one more tool."""

    def learnt() -> str:
        return f"I am {name}"

    server.add_tool(learnt, name=name, description=f"Learnt as {name}.")
    await ctx.notify_tools_changed()
    await ctx.session.send_tool_list_changed()
    return "learnt"


def main(way: str, *port: str) -> None:
    if way == "stdio":
        server.run("stdio")
    elif way == "http":
        server.run("streamable-http", port=int(port[0]))
    else:
        server.run("sse", port=int(port[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
