"""Fields of an update, as the Bot API says they are."""

import re
from typing import Any

LARGEST = 2**63 - 1
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_NAME = 100


class MalformedError(Exception):
    """A field is not what the Bot API says it is."""


def object_of(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise MalformedError(f"{name} is not an object")
    return value


def whole(parent: dict[str, Any], name: str, *, most: int = LARGEST) -> int:
    value = parent.get(name)
    if not isinstance(value, int) or not in_range(value, most):
        raise MalformedError(f"{name} is not a whole number of a likely size")
    return value


def in_range(value: int, most: int) -> bool:
    """`True` is an int in Python, and not an id."""
    return not isinstance(value, bool) and -most <= value <= most


def string(parent: dict[str, Any], name: str) -> str:
    value = parent.get(name)
    if not isinstance(value, str):
        raise MalformedError(f"{name} is not text")
    return encodable(value)


def encodable(text: str) -> str:
    return _LONE_SURROGATE.sub("\ufffd", text)


def one_line(text: str, most: int = _LONGEST_NAME) -> str:
    """A name cannot bring lines of its own."""
    return encodable(" ".join(text.split()))[:most]


def display_name(person: dict[str, Any]) -> str:
    """Of a user, or of a chat that speaks for itself."""
    parts = (person.get("first_name"), person.get("last_name"), person.get("title"))
    return one_line(" ".join(part for part in parts if isinstance(part, str)))
