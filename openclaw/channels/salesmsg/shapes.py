"""The shapes in which SalesMsg and the services between tell of a message: nested, flat, wrapped. Pure.

Its schema is not published, so a fact is looked for under every name that has been seen, the innermost object first.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from openclaw.net.foreign_json import read_json

Json = dict[str, Any]

_WRAPPERS = ("data", "payload", "task", "message", "object", "resource", "body")
_DEEPEST = 4
_PACKED = frozenset({"data", "payload"})
"""They may hold JSON as text. `message` and `body` may not: there it would be what somebody has written."""
_BESIDE = ("task", "metadata", "meta", "custom")
_COUNTERS = frozenset(
    {"attempt", "attempts", "retry", "retries", "retry_count", "delivery_id", "delivery_attempt"}
)
"""They change when the same event is told again."""


class Shape:
    """One event as nested objects, the outermost first."""

    def __init__(self, levels: list[Json], name: str = "") -> None:
        """`name`: that of the innermost."""
        self.levels = levels
        self.name = name

    def text(self, *names: str) -> str:
        """The first text under one of these names, from the inside out."""
        for level in reversed(self.levels):
            for name in names:
                if isinstance(level.get(name), str) and level[name].strip():
                    return str(level[name])
        return ""

    def scalar(self, *names: str) -> str:
        """As `text`, for numbers too."""
        return next((found for level in reversed(self.levels) if (found := scalar(level, *names))), "")

    def outer(self, *names: str) -> str:
        """From the outside in."""
        return next((found for level in self.levels if (found := scalar(level, *names))), "")

    def object(self, name: str) -> Json:
        return next((level[name] for level in reversed(self.levels) if isinstance(level.get(name), dict)), {})

    def beside(self, *names: str) -> str:
        """Also in the objects that hold what a workflow adds."""
        inner = [
            level[name] for level in self.levels for name in _BESIDE if isinstance(level.get(name), dict)
        ]
        return Shape([*inner, *self.levels]).scalar(*names)


def read_shape(raw: bytes) -> Shape | None:
    """None for what holds no object."""
    root = _sole(_decoded(raw))
    if not isinstance(root, dict):
        return None
    levels: list[Json] = [root]
    names = [""]
    while len(levels) <= _DEEPEST:
        inner = ((name, found) for name in _WRAPPERS if (found := _inner(name, levels[-1].get(name))))
        name, found = next(inner, ("", None))
        if found is None:
            break
        levels.append(found)
        names.append(name)
    return Shape(levels, names[-1])


def _inner(name: str, value: object) -> Json | None:
    if name in _PACKED and isinstance(value, str):
        value = _json(value)
    value = _sole(value)
    return value if isinstance(value, dict) else None


def _sole(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _decoded(raw: bytes) -> object:
    text = raw.decode("utf-8-sig", errors="replace")
    value = _json(text)
    if value is None and "=" in text.partition("&")[0]:
        return dict(parse_qsl(text, keep_blank_values=True)) or None
    return value


def _json(text: str) -> object:
    try:
        return read_json(text)
    except ValueError:
        return None


def scalar(level: Mapping[str, Any], *names: str) -> str:
    """Text or a whole number; a truth value is neither."""
    for name in names:
        value = level.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            continue
        if text := str(value).strip():
            return text
    return ""


def digest(value: object) -> str:
    """Of its canonical bytes: blanks, the order of keys and what counts the attempts make no difference."""
    plain = json.dumps(_steady(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def _steady(value: object) -> object:
    if isinstance(value, dict):
        return {name: _steady(item) for name, item in value.items() if name.lower() not in _COUNTERS}
    return [_steady(item) for item in value] if isinstance(value, list) else value


def key_shape(shape: Shape) -> str:
    """The same for events with the same keys, whatever they hold."""
    paths = sorted(set(_paths(shape.levels[0], "")))
    return hashlib.sha256(
        "\n".join([shape.outer("event", "event_type", "type"), *paths]).encode()
    ).hexdigest()[:16]


def _paths(value: object, path: str, depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    items: Iterable[tuple[str, object]] = ()
    if isinstance(value, dict):
        items = ((f"{path}.{name}", item) for name, item in list(value.items())[:100])
    elif isinstance(value, list):
        items = ((f"{path}[]", item) for item in value[:1])
    for place, item in items:
        yield place
        yield from _paths(item, place, depth + 1)
