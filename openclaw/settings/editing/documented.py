"""What the documented config says of each key, for forms and people who ask. Pure."""

import re
from collections.abc import Iterator, Mapping

from openclaw.settings.editing.spans import Node, spans
from openclaw.settings.shape import Shape

_SWITCHED_OFF = re.compile(r"(?m)^(\s*)//(?=\S|  )")
"""Blocks that are not there by default: `//` right before them, or before their indented lines."""
_CHAPTER = re.compile(r"──+ ?(.*?) ?──+")


def remarks(document: str, root: Shape) -> Mapping[str, str]:
    """Dotted key → the comment above it; entries whose names the owner chooses are `*`."""
    text = _SWITCHED_OFF.sub(r"\1", document)
    return dict(_within(text, spans(text), root, ()))


def _within(text: str, node: Node, shape: Shape | None, key: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for member in node.members:
        chosen = member.name is None or (shape is not None and shape.values is not None)
        step = "*" if chosen else str(member.name)
        below = shape.child(member.name if member.name is not None else 0) if shape is not None else None
        words = _above(text, member.start)
        if words and not chosen:
            yield ".".join((*key, step)), words
        if below is not None:
            yield from _within(text, member.value, below, (*key, step))


def _above(text: str, start: int) -> str:
    """The lines of comment right above a key that begins its line."""
    lines = text[:start].split("\n")
    if lines.pop().strip():
        return ""
    said: list[str] = []
    while lines and (line := lines[-1].strip()).startswith("//"):
        said.insert(0, line.removeprefix("//").strip())
        lines.pop()
    said = [line for line in said if not _CHAPTER.search(line)]
    # An example of several lines is for those who read the file itself.
    example = next((place for place, line in enumerate(said) if line.lstrip("/ ").startswith("{")), len(said))
    return " ".join(said[:example]).replace("`", "")
