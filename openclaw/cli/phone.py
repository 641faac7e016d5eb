"""`phone`: whose texts are answered, and texts and calls of one's own."""

from collections.abc import Mapping
from typing import Any

import click

from openclaw.cli.house import call
from openclaw.cli.tables import print_json, print_table, printable

COLUMNS = {"number": "number", "since": "addedAt", "by": "by"}
EMPTY = "No number is authorised: texts are kept and not answered. Add one: openclaw phone numbers add +12015550123"


@click.group()
def phone() -> None:
    """Authorised numbers, texts and calls."""


@phone.group()
def numbers() -> None:
    """Whose texts are answered."""


@numbers.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_numbers(as_json: bool) -> None:
    """The authorised numbers."""
    rows = call("phone.numbers.list", {})["numbers"]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, empty=EMPTY)


@numbers.command()
@click.argument("number")
def add(number: str) -> None:
    """Answer the texts of NUMBER from now on."""
    done = call("phone.numbers.add", {"number": number})
    click.echo(printable(f"{done['number']} is authorised{'' if done['added'] else ' already'}"))


@numbers.command()
@click.argument("number")
def remove(number: str) -> None:
    """Answer the texts of NUMBER no longer."""
    done = call("phone.numbers.remove", {"number": number})
    told = "is no longer authorised" if done["removed"] else "was not authorised"
    click.echo(printable(f"{done['number']} {told}"))


@phone.command()
@click.argument("to")
@click.argument("text")
@click.option("--from", "sender", help="One of our numbers, or its account.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def sms(to: str, text: str, sender: str | None, as_json: bool) -> None:
    """Send TEXT to the number TO."""
    _say(call("phone.sms", {"to": to, "body": text, "from": sender}), as_json)


@phone.command("call")
@click.argument("to")
@click.argument("message", default="")
@click.option("--from", "sender", help="One of our numbers, or its account.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def place_call(to: str, message: str, sender: str | None, as_json: bool) -> None:
    """Call the number TO and begin with MESSAGE."""
    _say(call("phone.call", {"to": to, "message": message, "from": sender}), as_json)


def _say(done: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(done)
        return
    match done["status"]:
        case "deferred":
            click.echo(printable(f"{done['id']} waits until {done['until']} ({done['reason']})"))
        case "held":
            way = f"openclaw approvals approve {done['approvalId']}"
            click.echo(printable(f"{done['id']} waits for your word ({done['reason']}): {way}"))
        case _:
            click.echo(printable(f"{done['id']} is on its way"))
