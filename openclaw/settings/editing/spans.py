"""Where in a JSON5 text each value stands. Pure; for texts that the parser has found sound."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pyjson5

from openclaw.settings.file import parse

Kind = Literal["object", "list", "text", "plain"]

_OPENS: dict[str, Kind] = {"{": "object", "[": "list"}
LINE_ENDS = "\n\r\u2028\u2029"
_AFTER_PLAIN = frozenset(",]}/:'\"")


@dataclass(frozen=True, slots=True)
class Node:
    """A value: `text[start:end]`."""

    kind: Kind
    start: int
    end: int
    members: tuple["Member", ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an object, or one item of a list."""

    start: int
    """Of the key, or of the item."""
    name: str | None
    key: str
    """As it is written, quotes included; empty in a list."""
    value: Node
    comma: int | None
    """Where the comma behind it stands."""

    @property
    def end(self) -> int:
        return self.value.end if self.comma is None else self.comma + 1


def spans(text: str) -> Node:
    """Raises UnreadableError where the parser would."""
    parse(text.encode())
    return _Scanner(text).value(_skip(text, 0))


def found(node: Node, step: str | int) -> Member | None:
    """Of several with one name the last: it is the one that counts."""
    if isinstance(step, int):
        return node.members[step] if node.kind == "list" and step < len(node.members) else None
    return next((member for member in reversed(node.members) if member.name == step), None)


def each_node(node: Node) -> Iterator[Node]:
    yield node
    for member in node.members:
        yield from each_node(member.value)


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, start: int) -> Node:
        first = self._text[start]
        if first in _OPENS:
            return self._container(start, _OPENS[first])
        if first in "'\"":
            return Node("text", start, self._after_text(start))
        return Node("plain", start, self._after_plain(start))

    def _container(self, start: int, kind: Kind) -> Node:
        text, members = self._text, []
        place = _skip(text, start + 1)
        while text[place] not in "}]":
            member = self._member(place, kind)
            members.append(member)
            place = _skip(text, member.end)
        return Node(kind, start, place + 1, tuple(members))

    def _member(self, start: int, kind: Kind) -> Member:
        text, name, key, place = self._text, None, "", start
        if kind == "object":
            end = self._after_text(start) if text[start] in "'\"" else self._after_plain(start)
            key = text[start:end]
            name = _name(key)
            place = _skip(text, _skip(text, end) + 1)
        value = self.value(place)
        behind = _skip(text, value.end)
        return Member(start, name, key, value, behind if text[behind] == "," else None)

    def _after_text(self, start: int) -> int:
        place = start + 1
        while self._text[place] != self._text[start]:
            place += 2 if self._text[place] == "\\" else 1
        return place + 1

    def _after_plain(self, start: int) -> int:
        place = start
        while place < len(self._text) and not _is_end(self._text[place]):
            place += 1
        return place


def _is_end(char: str) -> bool:
    return char in _AFTER_PLAIN or _is_space(char)


def _is_space(char: str) -> bool:
    return char.isspace() or char == "\ufeff"


def _skip(text: str, place: int) -> int:
    """Over blanks and comments."""
    while place < len(text):
        if text.startswith("//", place):
            place = line_end(text, place)
        elif text.startswith("/*", place):
            place = text.index("*/", place + 2) + 2
        elif _is_space(text[place]):
            place += 1
        else:
            break
    return place


def line_end(text: str, place: int) -> int:
    """Where the line ends that this place is in."""
    while place < len(text) and text[place] not in LINE_ENDS:
        place += 1
    return place


def _name(key: str) -> str:
    if key.isidentifier() and key.isascii():
        return key
    decoded: dict[str, object] = pyjson5.decode(f"{{{key}:0}}")
    return next(iter(decoded))
