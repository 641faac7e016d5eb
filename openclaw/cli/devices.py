"""`devices`: which programs and machines may connect besides those that hold the gateway's token."""

import click

from openclaw.cli.house import call
from openclaw.cli.tables import print_json, print_table, printable
from openclaw.types.errors import OpenClawError

PENDING = {
    "request": "requestId",
    "device": "deviceId",
    "what": "clientId",
    "on": "platform",
    "from": "remoteIp",
    "wants": "scopes",
}
PAIRED = {
    "device": "deviceId",
    "what": "clientId",
    "on": "platform",
    "may": "scopes",
    "approved": "approvedVia",
    "here": "connected",
}


@click.group()
def devices() -> None:
    """List, approve and revoke devices."""


@devices.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_devices(as_json: bool) -> None:
    """Those that ask, and those that are paired."""
    told = call("device.pair.list", {})
    if as_json:
        print_json(told)
        return
    print_table(_short(told["pending"]), PENDING, empty="No device asks.")
    click.echo()
    print_table(_short(told["paired"]), PAIRED, empty="No device is paired.")


@devices.command()
@click.argument("request", required=False)
@click.option("--latest", is_flag=True, help="The one that has asked last.")
def approve(request: str | None, latest: bool) -> None:
    """Let the device in that asks under REQUEST."""
    pending = call("device.pair.list", {})["pending"]
    if latest and request is None:
        if not pending:
            raise OpenClawError("no device asks; it has to connect first")
        request = str(pending[0]["requestId"])
    if request is None:
        raise click.UsageError("Name the REQUEST, or say --latest.")
    done = call("device.pair.approve", {"requestId": request})["device"]
    click.echo(
        printable(f"{done['deviceId']} may connect now ({', '.join(done['scopes']) or 'nothing more'})")
    )


@devices.command()
@click.argument("request")
def reject(request: str) -> None:
    """Turn the device down that asks under REQUEST."""
    done = call("device.pair.reject", {"requestId": request})
    click.echo(printable(f"{done['deviceId']} is turned down"))


@devices.command()
@click.argument("device")
@click.option("--forget", is_flag=True, help="Also that it was ever paired.")
def revoke(device: str, forget: bool) -> None:
    """Shut DEVICE out at once; the beginning of its id is enough."""
    known = [str(each["deviceId"]) for each in call("device.pair.list", {})["paired"]]
    found = [each for each in known if each.startswith(device)]
    if len(found) != 1:
        what = f"{len(found)} devices begin" if found else "no device begins"
        raise OpenClawError(f"{what} with {device!r}; see: openclaw devices list")
    call("device.pair.remove" if forget else "device.token.revoke", {"deviceId": found[0]})
    click.echo(printable(f"{found[0]} is shut out"))


def _short(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """For people; `--json` has it all."""
    return [
        {**row, "deviceId": str(row["deviceId"])[:16], "scopes": ", ".join(_names(row.get("scopes")))}
        for row in rows
    ]


def _names(scopes: object) -> list[str]:
    return [str(scope).removeprefix("operator.") for scope in scopes] if isinstance(scopes, list) else []
