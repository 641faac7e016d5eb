"""`webhooks`: what the outside may call, and whether it does."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from openclaw.cli.house import call, load_settings
from openclaw.cli.tables import print_json, print_table
from openclaw.types.clock import SystemClock

if TYPE_CHECKING:
    from openclaw.settings.loading import Loaded

COLUMNS = {
    "path": "path",
    "channel": "channel",
    "served": "served",
    "checked by": "checkedBy",
    "last accepted": "lastAcceptedAt",
    "last refused": "lastRefusedAt",
    "why": "lastRefusal",
    "to serve it": "mend",
}
FINDINGS = {"where": "where", "problem": "problem", "what to do": "mend"}

Row = Mapping[str, object]


@click.group()
def webhooks() -> None:
    """The public paths: which are served, and who calls them."""


@webhooks.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_paths(as_json: bool) -> None:
    """Every public path, with its last calls from the audit log."""
    rows = call("webhooks.list", {})["webhooks"]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, empty="There is no public path.")


@webhooks.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def check(as_json: bool) -> int:
    """Compare with what the providers have; fails when something must be mended."""
    found = [*refused(call("webhooks.list", {})["webhooks"]), *_drift(load_settings())]
    if as_json:
        print_json(found)
    else:
        print_table(found, FINDINGS, empty="All is well.")
    return 1 if found else 0


def refused(rows: Sequence[Row]) -> Iterator[Row]:
    """Pure. Served paths at which the last call was turned away."""
    from openclaw.doctor.checks.webhooks import turned_away

    for each in turned_away(rows):
        problem = f"the last call was refused ({each.reason})"
        yield {"where": each.path, "problem": problem, "mend": each.mend}


def _drift(loaded: "Loaded") -> Sequence[Row]:
    import anyio

    from openclaw.logs import Redactor
    from openclaw.ops import drift
    from openclaw.ops.secrets import SecretResolver

    if not drift.expectations(loaded.settings):
        return ()
    resolver = SecretResolver(loaded.environ, SystemClock(), Redactor())
    found = anyio.run(drift.look, loaded.settings, resolver)
    return [
        {
            "where": f"{each.channel} {each.number}",
            "problem": f"Twilio has {each.found or 'nothing'}",
            "mend": f"set it to {each.wanted} (POST) in Twilio's console",
        }
        for each in found
    ]
