"""`status` and `health`: how the house is."""

import time
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import click

from openclaw import __version__
from openclaw.cli.house import find_house, line
from openclaw.cli.rpc import GatewayDownError
from openclaw.cli.tables import print_json
from openclaw.types.errors import OpenClawError

if TYPE_CHECKING:
    from openclaw.cli.glance import Line
    from openclaw.settings.whereabouts import Whereabouts

_MARKS = {
    "well": ("●", "green"),
    "odd": ("●", "yellow"),
    "bad": ("●", "red"),
    "still": ("○", None),
    "": (" ", None),
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """Channels, model, what waits and what it costs: from the running assistant, else what it has left."""
    place = find_house()
    try:
        with line(place) as connected:
            facts = {"gateway": "running", **connected.call("status", {})}
    except GatewayDownError:
        facts = left_behind(place)
    if as_json:
        print_json(facts)
        return
    from openclaw.cli.glance import heading, lines

    now = time.time_ns() // 1_000_000
    _draw(heading(facts, now), lines(facts, now))


def left_behind(place: "Whereabouts") -> dict[str, Any]:
    """What the ledger knows while nobody is at work."""
    from openclaw.ops.state_lock import holder
    from openclaw.store.glance import look
    from openclaw.types.calendar import day_of

    today, _ = day_of(time.time_ns() // 1_000_000, day_zone(place.timezone))
    found = look(place.paths.ledger, today) or {}
    return {
        "gateway": "stopped",
        "version": __version__,
        "holder": holder(place.paths.state),
        **found,
        "stateDir": str(place.paths.state),
    }


def day_zone(name: str | None) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        zone = ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        zone = None
    here = datetime.now().astimezone().tzinfo
    assert here is not None
    return zone or here


def _draw(head: "Line", rows: "list[Line]") -> None:
    click.echo(f"{_mark(head.mood)} {click.style(head.title, bold=True)} {head.text}{_hint(head.mend)}")
    click.echo()
    width = max((len(row.title) for row in rows), default=0)
    for row in rows:
        title = click.style(row.title.ljust(width), dim=True)
        click.echo(f"{_mark(row.mood)} {title}  {row.text}{_hint(row.mend)}")


def _mark(mood: str) -> str:
    mark, colour = _MARKS[mood]
    return click.style(mark, fg=colour)


def _hint(mend: str) -> str:
    return click.style(f"  → {mend}", dim=True) if mend else ""


def _tell_who_is_silent(place: "Whereabouts") -> None:
    """Raises OpenClawError where somebody should answer: starting another one would not help."""
    from openclaw.ops.state_lock import holder

    if (pid := holder(place.paths.state)) is not None:
        raise OpenClawError(
            f"process {pid} holds {place.paths.state} and does not answer on port {place.port}; see: openclaw doctor"
        )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def health(as_json: bool) -> int:
    """Whether the running gateway is well; fails when it is not, or when none runs."""
    place = find_house()
    try:
        with line(place) as connected:
            facts: Mapping[str, Any] = connected.call("health", {})
    except GatewayDownError:
        _tell_who_is_silent(place)
        raise
    if as_json:
        print_json(facts)
    else:
        from openclaw.cli.glance import health_lines

        head, *rows = health_lines(facts, time.time_ns() // 1_000_000)
        _draw(head, rows)
    return 0 if facts.get("ok") else 1
