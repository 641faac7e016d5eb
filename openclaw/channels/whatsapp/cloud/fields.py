"""Reading JSON that may hold anything."""

import re
from typing import Any

Object = dict[str, Any]
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class MalformedError(Exception):
    """A field is not what WhatsApp says it is."""


def clean(text: str) -> str:
    """JSON can write what no encoding can."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def objects(parent: Object, name: str) -> list[Object]:
    """The objects of a list; whatever else is in it is passed over."""
    found = parent.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def optional(parent: Object, name: str) -> str:
    found = parent.get(name)
    return clean(found) if isinstance(found, str) else ""


def text(parent: Object, name: str) -> str:
    """Raises MalformedError."""
    if not (found := optional(parent, name)):
        raise MalformedError(f"{name} is not text")
    return found


def part(parent: Object, name: str) -> Object:
    """Raises MalformedError."""
    found = parent.get(name)
    if not isinstance(found, dict):
        raise MalformedError(f"{name} is not an object")
    return found
