"""`send`: a message by one of the assistant's channels, in your own words."""

import uuid

import click

from openclaw.cli import completing
from openclaw.cli.house import find_house, line
from openclaw.cli.tables import print_json, printable


@click.command()
@click.option(
    "--channel", required=True, help="telegram, whatsapp, sms …", shell_complete=completing.channels
)
@click.option("--to", required=True, help="Whom: a chat's id, or a number.")
@click.option("--account", help="Of several accounts of a channel, this one.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.argument("text")
def send(channel: str, to: str, account: str | None, as_json: bool, text: str) -> None:
    """Send TEXT, through the running gateway."""
    asked = {"channel": channel, "to": to, "message": text, "idempotencyKey": f"cli-{uuid.uuid4()}"}
    with line(find_house()) as connected:
        done = connected.call("send", asked | ({"accountId": account} if account else {}))
    if as_json:
        print_json(done)
        return
    if done["status"] == "sent":
        click.echo(printable(f"sent to {to} by {done['channel']}"))
    else:
        click.echo(printable(f"{done['status']}: it leaves when it can (openclaw outbox list)"))
