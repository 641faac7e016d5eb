"""`approvals`: what the assistant asks its owner before it does it."""

import click

from openclaw.cli.house import call
from openclaw.cli.tables import print_json, print_table, printable

COLUMNS = {"id": "id", "state": "state", "what": "summary", "why": "why", "until": "expiresAt"}


@click.group()
def approvals() -> None:
    """List and answer the questions of tools."""


@approvals.command("list")
@click.option("--all", "settled", is_flag=True, help="Also those that were answered, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="For programs; with every argument of the call.")
def list_rows(settled: bool, as_json: bool) -> None:
    """What waits for your answer."""
    rows = call("exec.approval.list", {"all": settled})["approvals"]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, empty="Nothing waits for your answer.")


@approvals.command()
@click.argument("approval_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def approve(approval_id: str, as_json: bool) -> None:
    """Allow this one call."""
    _decide(approval_id, "allow-once", as_json=as_json)


@approvals.command()
@click.argument("approval_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def deny(approval_id: str, as_json: bool) -> None:
    """Do not let it happen."""
    _decide(approval_id, "deny", as_json=as_json)


def _decide(approval_id: str, decision: str, *, as_json: bool) -> None:
    done = call("exec.approval.resolve", {"id": approval_id, "decision": decision})
    if as_json:
        print_json(done)
    else:
        click.echo(printable(f"{done['id']}: {done['state']}, {done['summary']}"))
