"""A table as text in columns, for channels whose people see fixed-width letters and no tables."""

import unicodedata
from collections.abc import Sequence


def draw_table(rows: Sequence[Sequence[str]]) -> str:
    """The first row is the heading."""
    columns = max((len(row) for row in rows), default=0)
    widths = [max((width(row[at]) for row in rows if at < len(row)), default=0) for at in range(columns)]
    lines = [
        " | ".join(cell + " " * (widths[at] - width(cell)) for at, cell in enumerate(row)).rstrip()
        for row in rows
    ]
    lines.insert(1, "-+-".join("-" * size for size in widths))
    return "\n".join(lines)


def width(text: str) -> int:
    """Columns on the screen: wide letters and emoji take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_columns(letter) for letter in text)


def _columns(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in {"Cf", "Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
