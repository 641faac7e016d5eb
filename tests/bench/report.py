"""A measured figure, and the table that shows it beside what the machine itself allows."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    samples: Sequence[float]
    unit: str
    floor: float | None = None
    """The same on this machine without us."""
    target: float | None = None
    note: str = ""

    @property
    def middle(self) -> float:
        return statistics.median(self.samples)

    @property
    def p95(self) -> float:
        ordered = sorted(self.samples)
        return ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]


def show(title: str, figures: Sequence[Figure]) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("what", no_wrap=True)
    for column in ("p50", "p95", "min", "max", "n", "floor", "× floor", "target"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("note", style="dim")
    for figure in figures:
        table.add_row(*_row(figure))
    # Into a file or a pipe the table is as wide as it needs to be.
    console = Console()
    Console(width=None if console.is_terminal else 200).print(table)


def _row(figure: Figure) -> tuple[str, ...]:
    middle = _number(figure.middle, figure.unit)
    if figure.target is not None:
        colour = "green" if figure.middle <= figure.target else "yellow"
        middle = f"[{colour}]{middle}[/]"
    several = len(figure.samples) > 1
    return (
        figure.name,
        middle,
        _number(figure.p95, figure.unit) if len(figure.samples) >= 20 else "",
        _number(min(figure.samples), figure.unit) if several else "",
        _number(max(figure.samples), figure.unit) if several else "",
        str(len(figure.samples)),
        "" if figure.floor is None else _number(figure.floor, figure.unit),
        "" if not figure.floor else f"{figure.middle / figure.floor:.1f}",
        "" if figure.target is None else f"≤ {_number(figure.target, figure.unit)}",
        figure.note,
    )


def _number(value: float, unit: str) -> str:
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


def keep(path: Path, parts: dict[str, list[Figure]]) -> None:
    """For comparing with another day."""
    path.parent.mkdir(exist_ok=True)
    kept = {
        part: [
            {
                "name": f.name,
                "unit": f.unit,
                "p50": f.middle,
                "p95": f.p95,
                "n": len(f.samples),
                "floor": f.floor,
            }
            for f in figures
        ]
        for part, figures in parts.items()
    }
    path.write_text(json.dumps(kept, indent=2) + "\n")
