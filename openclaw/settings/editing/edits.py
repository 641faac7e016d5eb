"""One value of a JSON5 text is changed; every comment and all the rest stay as they were. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from openclaw.settings.editing.spans import Member, Node, found, line_end, spans
from openclaw.settings.editing.style import Style, indent_at, is_spread, style_of, written, written_key
from openclaw.settings.problems import dotted
from openclaw.types.errors import OpenClawError

Path = Sequence[str | int]


class EditError(OpenClawError):
    """The text has no place for this; the words say why."""


@dataclass(frozen=True, slots=True)
class Put:
    path: tuple[str | int, ...]
    value: object


@dataclass(frozen=True, slots=True)
class Take:
    path: tuple[str | int, ...]


Edit = Put | Take


def applied(text: str, edits: Sequence[Edit]) -> str:
    """Raises EditError or UnreadableError."""
    for edit in edits:
        text = edited(text, edit.path, edit.value) if isinstance(edit, Put) else removed(text, edit.path)
    return text


def edited(text: str, path: Path, value: object) -> str:
    """The text with `value` at `path`; what is missing on the way there is made."""
    root = spans(text)
    style = style_of(text, root)
    here = root
    for place, step in enumerate(path):
        before, rest = path[:place], path[place:]
        if _is_nothing(text, here):
            return _replaced(text, here, _nested(rest, value, path), style)
        _refuse_wrong_kind(here, step, before)
        member = found(here, step)
        if member is None:
            return _with_member(text, here, step, _nested(rest[1:], value, path), style)
        here = member.value
    return _replaced(text, here, value, style)


def removed(text: str, path: Path) -> str:
    """The text without what stands at `path`. A comment beside it stays."""
    if not path:
        raise EditError("the whole config cannot be taken out; name a key")
    above = _reached(text, path[:-1])
    member = found(above, path[-1]) if above is not None else None
    if above is None or member is None:
        raise EditError(f"{dotted(path)} is not set in the file, so there is nothing to take out")
    text = _without(text, above, member)
    again = _reached(text, path[:-1])
    # Of several with one name the one before would count now.
    if isinstance(path[-1], str) and again is not None and found(again, path[-1]) is not None:
        return removed(text, path)
    return text


def _reached(text: str, path: Path) -> Node | None:
    here = spans(text)
    for step in path:
        member = found(here, step)
        if member is None:
            return None
        here = member.value
    return here


def _is_nothing(text: str, node: Node) -> bool:
    """`null` means absent."""
    return node.kind == "plain" and text[node.start : node.end] == "null"


def _refuse_wrong_kind(node: Node, step: str | int, before: Path) -> None:
    wanted = "list" if isinstance(step, int) else "object"
    if node.kind != wanted:
        kind = {"list": "a list", "object": "an object", "text": "a text", "plain": "a plain value"}[
            node.kind
        ]
        raise EditError(f"{dotted(before) or 'the file'} is {kind} and has no {dotted([step])!r}")
    if isinstance(step, int) and step > len(node.members):
        raise EditError(
            f"{dotted(before)} has {len(node.members)} items; the next one is [{len(node.members)}]"
        )


def _nested(steps: Path, value: object, path: Path) -> object:
    """The value inside the objects and lists that are still missing."""
    for step in reversed(steps):
        if step == 0 and isinstance(step, int):
            value = [value]
        elif isinstance(step, int):
            raise EditError(f"{dotted(path)}: there is no list yet, so it begins with [0]")
        else:
            value = {step: value}
    return value


def _replaced(text: str, node: Node, value: object, style: Style) -> str:
    try:
        new = written(value, _like(text, node, style), indent_at(text, node.start))
    except ValueError as error:
        raise EditError(str(error)) from None
    return text[: node.start] + new + text[node.end :]


def _like(text: str, node: Node, style: Style) -> Style:
    """A text keeps the quotes that it has."""
    if node.kind != "text":
        return style
    return Style(style.step, style.newline, text[node.start], style.quoted_keys, style.commas)


# -- adding -----------------------------------------------------------------------------------------------


def _with_member(text: str, node: Node, step: str | int, value: object, style: Style) -> str:
    lines = is_spread(text, node) or (not node.members and node.start == _first_place(text))
    indent = _indent_within(text, node, style) if lines else indent_at(text, node.start)
    head = f"{written_key(step, style)}: " if isinstance(step, str) else ""
    try:
        entry = head + written(value, style, indent)
    except ValueError as error:
        raise EditError(str(error)) from None
    if node.members:
        return _behind_last(text, node.members[-1], entry, style.newline + indent if lines else " ")
    return _as_first(text, node, entry, indent if lines else None, style)


def _first_place(text: str) -> int:
    return spans(text).start


def _indent_within(text: str, node: Node, style: Style) -> str:
    if node.members and is_spread(text, node):
        return indent_at(text, node.members[-1].start)
    return indent_at(text, node.start) + style.step


def _behind_last(text: str, last: Member, entry: str, gap: str) -> str:
    """A comment in the last entry's line is about that entry: the new one comes behind it."""
    trailing = last.comma is not None
    place = last.end if trailing else last.value.end
    behind = _after_remark(text, place) if gap != " " else place
    comma = "" if trailing else ","
    return (
        text[: last.value.end]
        + comma
        + text[last.value.end : behind]
        + gap
        + entry
        + ("," if trailing else "")
        + text[behind:]
    )


def _after_remark(text: str, place: int) -> int:
    """Behind the comments that follow in the same line."""
    end = line_end(text, place)
    here = place
    while True:
        start = here + len(text[here:end]) - len(text[here:end].lstrip(" \t"))
        if text.startswith("//", start):
            return end
        if not text.startswith("/*", start):
            return here
        close = text.index("*/", start + 2) + 2
        if close > end:
            return here
        here = close


def _as_first(text: str, node: Node, entry: str, indent: str | None, style: Style) -> str:
    """Into a container that holds nothing, or nothing but comments."""
    close = node.end - 1
    inside = text[node.start + 1 : close]
    kept = inside.rstrip()
    if indent is None:
        pad = " " if node.kind == "object" or kept else ""
        after = " " if node.kind == "object" else ""
        return f"{text[: node.start + 1]}{kept}{pad}{entry}{after}{text[close:]}"
    comma = "," if style.commas else ""
    end = style.newline + indent_at(text, node.start)
    return f"{text[: node.start + 1]}{kept}{style.newline}{indent}{entry}{comma}{end}{text[close:]}"


# -- taking out -------------------------------------------------------------------------------------------


def _without(text: str, node: Node, member: Member) -> str:
    place = node.members.index(member)
    before = node.members[place - 1] if place else None
    cuts = [(member.start, member.value.end)]
    if member.comma is not None:
        cuts.append((member.comma, member.comma + 1))
    elif before is not None and before.comma is not None:
        # JSON has no comma behind the last entry.
        cuts.insert(0, (before.comma, before.comma + 1))
    start, end = member.start, member.end
    line = text.rfind("\n", 0, start) + 1
    after = end + len(text[end:]) - len(text[end:].lstrip(" \t"))
    together = member.comma is None or not text[member.value.end : member.comma].strip()
    if together and not text[line:start].strip() and text[after : after + 1] in ("\n", "\r"):
        # It had its lines for itself.
        after += 2 if text.startswith("\r\n", after) else 1
        cuts = [cut for cut in cuts if cut[1] <= line] + [(line, after)]
    elif together:
        cuts = [cut for cut in cuts if cut[1] <= start] + [
            _with_blanks(text, start, end, last=member.comma is None)
        ]
    for first, behind in reversed(cuts):
        text = text[:first] + text[behind:]
    return text


def _with_blanks(text: str, start: int, end: int, *, last: bool) -> tuple[int, int]:
    """With the blanks on one side, so that none are doubled."""
    if last:
        blank = text[:start]
        return len(blank.rstrip(" \t")) if blank.rstrip(" \t")[-1:] in (",", "{", "[") else start, end
    return start, end + len(text[end:]) - len(text[end:].lstrip(" \t"))
