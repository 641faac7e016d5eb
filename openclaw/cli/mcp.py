"""`mcp`: the servers whose tools the assistant has, and the assistant as a server for others."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from openclaw.cli.house import line, load_settings
from openclaw.cli.rpc import GatewayDownError
from openclaw.cli.tables import print_json, print_table

if TYPE_CHECKING:
    from openclaw.settings.loading import Loaded

COLUMNS = {
    "server": "name",
    "by": "transport",
    "state": "state",
    "tools": "count",
    "since": "at",
    "why": "reason",
}


@click.group()
def mcp() -> None:
    """MCP servers, and this assistant as one."""


@mcp.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_servers(as_json: bool) -> None:
    """The servers of the config, and how their connections fare."""
    rows = _servers(load_settings())
    if as_json:
        print_json(rows)
        return
    shown = [{**row, "count": len(row["tools"]), "at": row.get("since", "")} for row in rows]
    print_table(shown, COLUMNS, empty="There is no MCP server; name some in mcp.servers.")


@mcp.command()
def serve() -> None:
    """Offer the running assistant to an MCP client, over standard input and output.

    The client starts this command itself: its configuration names `openclaw` with the arguments `mcp serve`.
    """
    from openclaw.cli.mcp_server.serving import serve_stdio

    serve_stdio()


def _servers(loaded: "Loaded") -> list[Mapping[str, Any]]:
    try:
        with line(loaded) as connected:
            rows: list[Mapping[str, Any]] = connected.call("mcp.status", {})["servers"]
            return rows
    except GatewayDownError:
        return [
            {
                "name": name,
                "transport": config.way,
                "state": "stopped" if config.enabled else "disabled",
                "tools": [],
            }
            for name, config in sorted(loaded.settings.mcp.servers.items())
        ]
