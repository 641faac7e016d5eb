"""`dashboard`: the web page, and the browsers that are signed in to it."""

import click

from openclaw.cli.house import call, find_house, line
from openclaw.cli.tables import print_json, print_table, printable

COLUMNS = {"id": "id", "browser": "name", "signed in": "signedInAt", "last here": "seenAt"}


@click.command()
@click.option("--list", "listing", is_flag=True, help="The browsers that are signed in.")
@click.option("--revoke", is_flag=True, help="Sign out every browser, or the one of --browser.")
@click.option("--browser", help="With --revoke: the id of one, as --list shows it.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def dashboard(listing: bool, revoke: bool, browser: str | None, as_json: bool) -> None:
    """Print a link that signs one browser in. It works once, for ten minutes."""
    if browser is not None and not revoke:
        raise click.UsageError("--browser names whom --revoke is about.")
    if listing and revoke:
        raise click.UsageError("Choose one of --list and --revoke.")
    if listing:
        _list(as_json)
    elif revoke:
        _revoke(browser, as_json)
    else:
        _link(as_json)


def _list(as_json: bool) -> None:
    rows = call("dashboard.browsers", {})["browsers"]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, empty="No browser is signed in.")


def _revoke(browser: str | None, as_json: bool) -> None:
    done = call("dashboard.revoke", {} if browser is None else {"id": browser})
    if as_json:
        print_json(done)
    else:
        click.echo(f"{done['revoked']} signed out")


def _link(as_json: bool) -> None:
    house = find_house()
    # Codes live in the gateway that takes them: without one there is nothing to open.
    with line(house) as connected:
        offered = connected.call("dashboard.link", {})
    # Not opened from here: a program's arguments can be read by everybody on this machine.
    url = f"http://127.0.0.1:{house.port}{offered['path']}"
    if as_json:
        print_json({"url": url, "expiresAt": offered["expiresAt"]})
        return
    click.echo(printable(url))
    click.echo(
        "It signs one browser in, once, within ten minutes. In a container, use the port it is published on.",
        err=True,
    )
