"""`status` and `health`: how the house is."""

import click

from openclaw.cli.house import call_here, line, load_settings
from openclaw.cli.rpc import GatewayDownError
from openclaw.cli.tables import print_facts, print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """Channels, model, sessions and what waits, from the running gateway or from the state directory."""
    loaded = load_settings()
    try:
        with line(loaded) as connected:
            facts = {"gateway": "running", **connected.call("status", {})}
    except GatewayDownError:
        facts = {"gateway": "stopped", **call_here(loaded, "status", {})}
    if as_json:
        print_json(facts)
        return
    print_facts(facts)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def health(as_json: bool) -> int:
    """Whether the running gateway is well; fails when it is not, or when none runs."""
    with line(load_settings()) as connected:
        facts = connected.call("health", {})
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)
    return 0 if facts.get("ok") else 1
