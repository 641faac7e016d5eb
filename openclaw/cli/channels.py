"""`channels`: how the ways to the assistant are."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from openclaw.cli import completing
from openclaw.cli.house import find_house, line, load_settings
from openclaw.cli.rpc import GatewayDownError
from openclaw.cli.tables import print_json, print_table, printable

if TYPE_CHECKING:
    from openclaw.settings.model import Settings

COLUMNS = {
    "channel": "channel",
    "account": "accountId",
    "state": "condition",
    "last message": "lastInboundAt",
    "last error": "lastError",
}


@click.group()
def channels() -> None:
    """Telegram, WhatsApp, text messages, the telephone: how they are."""


@channels.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """Each channel's accounts, as the running assistant knows them."""
    try:
        with line(find_house()) as connected:
            rows = list(account_rows(connected.call("channels.status", {})))
    except GatewayDownError:
        rows = list(configured(load_settings().settings))
        click.echo("The assistant is not running; these are configured.", err=True)
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, empty="No channel is configured. Set one up with: openclaw onboard")


@channels.command()
@click.argument("channel", shell_complete=completing.channels)
@click.option("--account", default="default", show_default=True, help="Which of its accounts.")
def restart(channel: str, account: str) -> None:
    """Begin CHANNEL anew at once, instead of waiting for its next try."""
    with line(find_house()) as connected:
        done = connected.call("channels.restart", {"channel": channel, "accountId": account})
    click.echo(
        printable(f"{done['channel']} ({done['accountId']}) begins anew; see: openclaw channels status")
    )


def account_rows(told: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Pure. One row for each account, under its channel's name."""
    for channel in told["channelOrder"]:
        for account in told["channelAccounts"][channel]:
            yield {"channel": channel, **account}


def configured(settings: "Settings") -> Iterator[dict[str, object]]:
    """Pure. What a house at work would have."""
    for name in type(settings.channels).model_fields:
        block = getattr(settings.channels, name)
        if block is None or not hasattr(block, "enabled"):
            continue
        for account in getattr(block, "accounts", None) or ("default",):
            condition = "stopped" if block.enabled else "disabled"
            yield {"channel": name, "accountId": account, "condition": condition, "enabled": block.enabled}
