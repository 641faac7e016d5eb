"""`costs`: what the models cost, and how much of the budgets is left."""

from collections.abc import Mapping
from typing import Any

import click

from openclaw.cli.house import call
from openclaw.cli.tables import clock, print_json, print_table
from openclaw.types.money import usd

GROUPS = ("agent", "model", "channel", "session", "day")


@click.command()
@click.option("--by", type=click.Choice(GROUPS), default="agent", show_default=True, help="One row for each.")
@click.option(
    "--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="Today is the last of them."
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def costs(by: str, days: int, as_json: bool) -> None:
    """What was spent, in US dollars, from the providers' own counts and the price list."""
    found = call("usage.cost", {"by": by, "days": days})
    if as_json:
        print_json(found)
        return
    span = "today" if days == 1 else f"in the last {days} days"
    rows = [*found["rows"], found["total"]] if found["rows"] else []
    columns = {by: "key", "turns": "turns", "input": "input", "output": "output", "cached": "cacheRead"}
    print_table(
        [{**row, "cost": usd(row["cost"])} for row in rows],
        {**columns, "cost": "cost"},
        empty=f"Nothing was spent {span}.",
    )
    for budget in found["budgets"]:
        click.echo(budget_line(budget))


def budget_line(budget: Mapping[str, Any]) -> str:
    """`budgets.perDay: $1.20 of $5.00, free again 2026-11-22 00:00:00`."""
    limit = usd(budget["limit"])
    if "spent" not in budget:
        return f"budgets.{budget['cap']}: {limit}"
    return (
        f"budgets.{budget['cap']}: {usd(budget['spent'])} of {limit}, free again {clock(budget['freesAt'])}"
    )
