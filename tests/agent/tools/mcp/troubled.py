"""An MCP server that can go wrong in every way: `troubled.py [stdio|http PORT|sse PORT] [stubborn]`."""

import base64
import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, ImageContent, TextContent

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
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
def secret() -> str:
    return f"the key is {os.environ.get('API_TOKEN', 'unset')}"


@server.tool()
def die(code: int = 7) -> str:
    """End without an answer."""
    print("I cannot go on", file=sys.stderr, flush=True)
    os._exit(code)


@server.tool()
async def hang(mark: str = "") -> str:
    """Never answer; the file named by `mark` tells that the call was cancelled."""
    try:
        await anyio.sleep_forever()
    finally:
        if mark:
            Path(mark).write_text("cancelled")  # noqa: ASYNC240 - a program of its own
    return "never"


@server.tool()
def block() -> str:
    """Stand still: nothing is answered any more, no ping either."""
    # Its own loop stands still with it, whatever thread it is in.
    os.kill(os.getpid(), signal.SIGSTOP)
    return "went on"


@server.tool()
def huge(characters: int) -> str:
    return "x" * characters


@server.tool()
def broken() -> str:
    raise ToolError("the disk is on fire")


@server.tool()
def picture() -> CallToolResult:
    image = ImageContent(type="image", data=base64.b64encode(PNG).decode(), mime_type="image/png")
    return CallToolResult(content=[TextContent(type="text", text="a dot"), image])


@server.tool()
def child() -> str:
    """A grandchild that goes on by itself, in the server's group."""
    process = subprocess.Popen(["sleep", "600"])
    return str(process.pid)


@server.tool()
def chatter(lines: int) -> str:
    for number in range(lines):
        print(f"line {number}", file=sys.stderr, flush=True)
    return "said"


@server.tool()
async def learn(name: str, ctx: Context) -> str:
    """Have one more tool."""

    def learnt() -> str:
        return f"I am {name}"

    server.add_tool(learnt, name=name, description=f"Learnt as {name}.")
    await ctx.notify_tools_changed()
    await ctx.session.send_tool_list_changed()
    return "learnt"


def main(way: str = "stdio", *more: str) -> None:
    if "stubborn" in more:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if way == "stdio":
        server.run("stdio")
        if "stubborn" in more:
            while True:
                signal.pause()
    elif way == "http":
        server.run("streamable-http", port=int(more[0]))
    else:
        server.run("sse", port=int(more[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
