"""`pairing`: who asked to speak with the assistant."""

import click

from openclaw.cli import completing
from openclaw.cli.house import call
from openclaw.cli.tables import print_json, print_table, printable

COLUMNS = {"channel": "channel", "sender": "id", "code": "code", "asked": "createdAt", "who": "meta"}


@click.group()
def pairing() -> None:
    """List, approve and reject requests to speak with the assistant."""


@pairing.command("list")
@click.argument("channel", required=False, shell_complete=completing.channels)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_requests(channel: str | None, as_json: bool) -> None:
    """The requests that wait."""
    rows = call("pairing.list", {"channel": channel})["requests"]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, empty="Nobody waits.")


@pairing.command()
@click.argument("channel", shell_complete=completing.channels)
@click.argument("code")
def approve(channel: str, code: str) -> None:
    """Let the sender in who was shown CODE."""
    done = call("pairing.approve", {"channel": channel, "code": code})
    click.echo(printable(f"{done['channel']} {done['id']} may speak now"))


@pairing.command()
@click.argument("channel", shell_complete=completing.channels)
@click.argument("code")
def reject(channel: str, code: str) -> None:
    """Turn the request down."""
    done = call("pairing.reject", {"channel": channel, "code": code})
    click.echo(printable(f"the request of {done['channel']} {done['id']} is turned down"))
