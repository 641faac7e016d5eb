"""`outbox`: messages on their way out, and those of which nobody knows whether they arrived."""

import click

from openclaw.cli import completing
from openclaw.cli.house import call
from openclaw.cli.tables import print_json, print_table, printable

COLUMNS = {
    "id": "id",
    "channel": "channel",
    "to": "recipient",
    "state": "state",
    "attempts": "attempts",
    "trace": "trace_id",
}


@click.group()
def outbox() -> None:
    """List, send again or drop outgoing messages."""


@outbox.command("list")
@click.option("--state", help="Only these: ambiguous, failed, queued, done, for instance.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_rows(state: str | None, limit: int, as_json: bool) -> None:
    """Newest first."""
    rows = call("outbox.list", {"state": state, "limit": limit})["rows"]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, empty="Nothing is in the outbox.")


@outbox.command()
@click.argument("message_id", metavar="ID", shell_complete=completing.outgoing)
def resend(message_id: str) -> None:
    """Send a message again that may or may not have arrived."""
    _say(call("outbox.resend", {"id": message_id}), message_id)


@outbox.command()
@click.argument("message_id", metavar="ID", shell_complete=completing.outgoing)
def drop(message_id: str) -> None:
    """Give a message up."""
    _say(call("outbox.drop", {"id": message_id}), message_id)


def _say(done: object, message_id: str) -> None:
    state = done.get("state", "settled") if isinstance(done, dict) else "settled"
    click.echo(printable(f"{message_id}: {state}"))
