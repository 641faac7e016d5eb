"""`ports`: what listens where, and what it serves."""

import socket
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from openclaw.cli.house import load_settings
from openclaw.cli.tables import print_json, print_table

if TYPE_CHECKING:
    from openclaw.settings.model import Settings

COLUMNS = {"port": "port", "address": "address", "state": "state", "held by": "holder", "serves": "serves"}
CONTROL = "the control plane: web UI, WebSocket, HTTP API; never to be reached from outside"
PUBLIC = "the public webhooks: this is where a tunnel may point"
_SECONDS = 0.5

Row = Mapping[str, object]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def ports(as_json: bool) -> None:
    """Every listener with its address and what it serves."""
    rows = [
        {**row, **state(str(row["address"]), int(str(row["port"])))}
        for row in listeners(load_settings().settings)
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, empty="Nothing listens.")


def listeners(settings: "Settings") -> Iterator[Row]:
    """As the config has them. Pure."""
    from openclaw.web.ports import bind_hosts

    for host in bind_hosts(settings.gateway, "gateway"):
        yield {"name": "gateway", "address": host, "port": settings.gateway.port, "serves": CONTROL}
    hosts = bind_hosts(settings.webhooks, "webhooks")
    for host in hosts:
        yield {"name": "webhooks", "address": host, "port": settings.webhooks.port, "serves": PUBLIC}
    for name in type(settings.channels).model_fields:
        port = getattr(getattr(settings.channels, name), "webhook_port", None)
        for host in hosts if port else ():
            serves = f"the public webhooks of {name} alone"
            yield {"name": f"webhooks:{name}", "address": host, "port": port, "serves": serves}


def state(address: str, port: int) -> Row:
    """Whether somebody listens there now. The public one does so only where a channel has a webhook."""
    from openclaw.web.ports import holder_of

    host = "127.0.0.1" if address == "0.0.0.0" else address  # noqa: S104 - it listens there too
    try:
        socket.create_connection((host, port), _SECONDS).close()
    except OSError:
        return {"state": "closed", "holder": ""}
    return {"state": "listening", "holder": holder_of(port)}
