"""Lists and facts on the terminal: a table for people, plain columns for a pipe, JSON for programs."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click
import orjson

from openclaw.types.clock import parse_iso

if TYPE_CHECKING:
    from rich.console import Console

Row = Mapping[str, object]


def print_json(value: object) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def print_table(rows: Sequence[Row], columns: Mapping[str, str], *, empty: str) -> None:
    """`columns`: title → key of the row."""
    if not rows:
        click.echo(empty)
        return
    cells = [[cell(row.get(key), key) for key in columns.values()] for row in rows]
    if not sys.stdout.isatty():
        for line in cells:
            click.echo("\t".join(line))
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in columns:
        table.add_column(title)
    for line in cells:
        table.add_row(*(Text(text) for text in line))
    terminal().print(table)


def terminal() -> "Console":
    from rich.console import Console

    from openclaw.settings import colours

    # Rich's own NO_COLOR leaves bold and dim, which are escape codes as well.
    return Console(color_system=None if colours.are_unwanted() else "auto", highlight=False)


def print_facts(facts: Mapping[str, object], indent: str = "") -> None:
    """Nested facts, one a line."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            click.echo(f"{indent}{name}:")
            print_facts(value, indent + "  ")
        elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            click.echo(f"{indent}{name}:")
            _print_items(value, indent + "  ")
        else:
            click.echo(f"{indent}{name}: {cell(value, name)}")


def _print_items(items: Iterable[Mapping[str, object]], indent: str) -> None:
    for item in items:
        click.echo(indent + ", ".join(f"{name} {cell(value, name)}" for name, value in item.items()))


def cell(value: object, key: str = "") -> str:
    """What stands in a row. Control characters of strangers' names never reach the terminal."""
    match value:
        case None | "" | [] | {}:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int() | str() if key.endswith(("At", "_at")) or key == "at":
            return clock(value)
        case float():
            return f"{value:,.4g}"
        case list():
            return " ".join(cell(item) for item in value)
        case _:
            return printable(str(value))


def printable(text: str) -> str:
    return "".join(char if char.isprintable() else "�" for char in text)


def printable_text(text: str) -> str:
    """As `printable`, over several lines."""
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in text)


def clock(at: int | str) -> str:
    """Local time of milliseconds or of an ISO text; what is neither stays as it is."""
    try:
        ms = milliseconds(at)
    except ValueError:
        return printable(str(at))
    moment = datetime.fromtimestamp(ms / 1000).astimezone()
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def milliseconds(at: int | str) -> int:
    """Raises ValueError."""
    return at if isinstance(at, int) else parse_iso(at)
