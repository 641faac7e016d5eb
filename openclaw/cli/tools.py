"""`tools`: which there are, who has them, and which rule says so."""

from collections.abc import Callable
from typing import Any

import click

from openclaw.cli.house import call
from openclaw.cli.tables import cell, print_json, print_table
from openclaw.types.errors import OpenClawError

COLUMNS = {"tool": "name", "from": "from", "effect": "effect", "allowed": "allowed", "rule": "rule"}
_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group()
def tools() -> None:
    """Which tools there are, who has them, and which rule says so."""


def _for_whom(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        [
            click.option("--agent", help="Of this agent; else the default one."),
            click.option("--channel", help="On this channel."),
            click.option("--account", default="default", help="On this account of the channel."),
            click.option("--chat", default="", help="In this group."),
            click.option("--sender", help="For this sender: its id, or channel:id. Else for you."),
            click.option(
                "--role",
                type=click.Choice(["owner", "member", "stranger"]),
                help="As what the sender counts.",
            ),
            click.option("--model", help="While this provider/model answers."),
            click.option(
                "--depth", default=0, type=click.IntRange(0, 10), help="For an agent begun by an agent."
            ),
        ]
    ):
        command = option(command)
    return command


@tools.command("list")
@_for_whom
@_JSON
def list_tools(as_json: bool, **whom: Any) -> None:
    """Every tool of an agent, and whether somebody has it."""
    rows = call("tools.list", _params(whom))["tools"]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, empty="This agent has no tools.")


@tools.command()
@click.argument("name")
@_for_whom
@_JSON
def explain(name: str, as_json: bool, **whom: Any) -> None:
    """Whether somebody has the tool NAME, and the rule that decides."""
    found = call("tools.explain", {"name": name, **_params(whom)})
    if as_json:
        print_json(found)
        return
    if not found["known"] and not found["exists"]:
        raise OpenClawError(f"there is no tool {name!r}; look with: openclaw tools list")
    verdict = "allowed" if found["allowed"] else "denied"
    click.echo(f"{cell(found['name'])}: {verdict} for {cell(_told(found['for']))}")
    click.echo(f"decided by: {cell(found['rule'])}")
    if not found["exists"]:
        click.echo("There is no such tool now; this is what the rules say.")


def _told(who: dict[str, Any]) -> str:
    sender = (
        f"{who['role']} {who['channel']}:{who['sender']}"
        if who["sender"]
        else f"the owner on {who['channel']}"
    )
    return f"{sender}, agent {who['agent']}"


def _params(whom: dict[str, Any]) -> dict[str, object]:
    return {
        "agentId": whom["agent"],
        "channel": whom["channel"],
        "account": whom["account"],
        "chat": whom["chat"],
        "sender": whom["sender"],
        "role": whom["role"],
        "model": whom["model"],
        "depth": whom["depth"],
    }
