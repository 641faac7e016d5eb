"""How a config file is written, and values written the same way. Pure."""

import json
import math
import re
from collections import Counter
from dataclasses import dataclass

from openclaw.settings.editing.spans import LINE_ENDS, Node, each_node

WIDTH = 72
"""Characters of an object or list that stands on one line."""

_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Style:
    step: str = "  "
    """One level of indentation."""
    newline: str = "\n"
    quotes: str = '"'
    quoted_keys: bool = False
    commas: bool = True
    """Behind the last entry too, where each has a line of its own."""


def style_of(text: str, root: Node) -> Style:
    """What most of the text does; for what it does not show, as JSON5 is mostly written."""
    members = [member for node in each_node(root) if node.kind == "object" for member in node.members]
    quotes = Counter(
        text[place]
        for place in (
            *(member.start for member in members if member.key[:1] in "'\"" and member.key),
            *(node.start for node in each_node(root) if node.kind == "text"),
        )
    )
    on_lines = [node for node in each_node(root) if node.members and is_spread(text, node)]
    quoted = sum(member.key[:1] in ("'", '"') for member in members)
    trailing = sum(node.members[-1].comma is not None for node in on_lines)
    return Style(
        next((step for node in on_lines if (step := _step(text, node))), "  "),
        "\r\n" if "\r\n" in text else "\n",
        quotes.most_common(1)[0][0] if quotes else '"',
        bool(members) and quoted * 2 > len(members),
        trailing * 2 >= len(on_lines) if on_lines else quoted * 2 <= len(members),
    )


def is_spread(text: str, node: Node) -> bool:
    """Whether its entries stand on lines of their own."""
    within = text[node.start : node.members[0].start if node.members else node.end]
    return any(end in within for end in LINE_ENDS)


def indent_at(text: str, place: int) -> str:
    """The blanks at the beginning of the line that this place is in."""
    start = text.rfind("\n", 0, place) + 1
    return text[start : start + len(text[start:]) - len(text[start:].lstrip(" \t"))]


def _step(text: str, node: Node) -> str:
    outer, inner = indent_at(text, node.start), indent_at(text, node.members[0].start)
    return inner.removeprefix(outer) if inner != outer and inner.startswith(outer) else ""


def written(value: object, style: Style, indent: str = "") -> str:
    """`indent`: of the line that the value begins in. Raises ValueError for what JSON5 cannot hold."""
    if not isinstance(value, dict | list | tuple) or not value:
        return _scalar(value, style)
    short = _on_one_line(value, style)
    if len(short) <= WIDTH and "\n" not in short and not _is_deep(value):
        return short
    inner = indent + style.step
    entries = [f"{inner}{head}{written(item, style, inner)}" for head, item in _entries(value, style)]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    last = "," if style.commas else ""
    body = f",{style.newline}".join(entries)
    return f"{opening}{style.newline}{body}{last}{style.newline}{indent}{closing}"


def written_key(name: str, style: Style) -> str:
    if style.quoted_keys or not _IDENTIFIER.fullmatch(name):
        return _text(name, style.quotes)
    return name


def _entries(value: object, style: Style) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [(f"{written_key(str(name), style)}: ", item) for name, item in value.items()]
    assert isinstance(value, list | tuple)
    return [("", item) for item in value]


def _on_one_line(value: object, style: Style) -> str:
    if not isinstance(value, dict | list | tuple) or not value:
        return _scalar(value, style)
    inside = ", ".join(f"{head}{_on_one_line(item, style)}" for head, item in _entries(value, style))
    return f"{{ {inside} }}" if isinstance(value, dict) else f"[{inside}]"


def _is_deep(value: object) -> bool:
    """An object with more than one branch of objects reads better on several lines."""
    if not isinstance(value, dict):
        return isinstance(value, list | tuple) and any(isinstance(item, dict) and item for item in value)
    inner = [item for item in value.values() if isinstance(item, dict | list | tuple) and item]
    return (len(inner) > 0 and len(value) > 1) or any(map(_is_deep, inner))


def _scalar(value: object, style: Style) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _number(value)
        case str():
            return _text(value, style.quotes)
        case dict() if not value:
            return "{}"
        case list() | tuple() if not value:
            return "[]"
        case _:
            raise ValueError(f"{type(value).__name__} is nothing that JSON5 can hold")


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return repr(value) if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def _text(value: str, quotes: str) -> str:
    double = json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    if quotes == '"':
        return double
    inner = double[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{inner}'"
