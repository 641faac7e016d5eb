"""`models`: which there are, and how their keys fare."""

from collections.abc import Mapping
from typing import Any

import click

from openclaw.cli.house import call
from openclaw.cli.tables import clock, print_facts, print_json, print_table

MODELS = {
    "model": "ref",
    "alias": "alias",
    "window": "contextWindow",
    "thinks": "thinkingDefault",
    "in $": "input",
    "out $": "output",
    "key": "available",
    "": "tags",
}
KEYS = {"key": "id", "provider": "provider", "state": "state", "until": "until", "why": "why", "used": "used"}


@click.group()
def models() -> None:
    """Which models there are, and how their keys fare."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_models(as_json: bool) -> None:
    """Those that may be chosen with /model; prices in US dollars per million tokens."""
    rows = call("models.list", {})["models"]
    if as_json:
        print_json(rows)
        return
    shown = [{**row, **row.get("cost", {}), "ref": f"{row['provider']}/{row['id']}"} for row in rows]
    print_table(shown, MODELS, empty="No model is known; name some in models.providers.")


@models.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """The default model, what stands in for it, and the state of every key."""
    found = call("models.status", {})
    if as_json:
        print_json(found)
        return
    print_facts({"model": found["model"], "fallbacks": found["fallbacks"]})
    rows = [_shown(profile) for profile in found["profiles"]]
    print_table(rows, KEYS, empty="No key is set, so the built-in offline model answers.")


def _shown(profile: Mapping[str, Any]) -> dict[str, object]:
    troubled = " ".join(each["model"] for each in profile["models"])
    reason = profile["reason"] or ""
    return {
        **profile,
        "until": clock(profile["until"]) if profile["until"] else "",
        "why": f"{reason} ({troubled})" if troubled else reason,
        "used": clock(profile["lastUsed"]) if profile["lastUsed"] else "",
    }
