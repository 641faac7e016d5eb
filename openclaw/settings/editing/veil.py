"""A config's text without its secrets, and the secrets put back into a text that was edited. Pure."""

import re
from collections.abc import Iterator, Set

import pyjson5

from openclaw.settings.editing.edits import EditError
from openclaw.settings.editing.showing import HIDDEN, hidden
from openclaw.settings.editing.spans import Node, spans
from openclaw.settings.model import ROOT
from openclaw.settings.problems import Key, dotted
from openclaw.settings.shape import Shape

_REMARK = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|//[^\n\r\u2028\u2029]*|/\*.*?\*/""", re.DOTALL
)
"""Or a text, for there is no comment in a text: most addresses hold two strokes."""
_SAID = re.compile(
    r"(?i)((?:token|secret|password|api_?key|sid)\w*[\"']?\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|[^\s,}]+)"
)
"""A secret that somebody has put out of use by a comment."""


def veiled(text: str, secrets: Set[str]) -> str:
    """Raises UnreadableError."""
    cuts = [
        (node.start, node.end, shown)
        for key, node, shape in _texts(spans(text), ROOT)
        if (shown := _veil(text, node, key, shape, secrets)) is not None
    ]
    pieces, place = [], 0
    for start, end, shown in [*cuts, (len(text), len(text), "")]:
        pieces += [_REMARK.sub(lambda found: _quiet(found, secrets), text[place:start]), shown]
        place = end
    return "".join(pieces)


def unveiled(edited: str, old: str, secrets: Set[str]) -> str:
    """Where the edited text shows a secret as it was shown, the old text's own words. Raises EditError."""
    before = {key: (node, shape) for key, node, shape in _texts(spans(old), ROOT)}
    pieces, place = [], 0
    for key, node, _ in _texts(spans(edited), ROOT):
        words = edited[node.start : node.end]
        known = before.get(key)
        shown = _veil(old, known[0], key, known[1], secrets) if known is not None else None
        if known is not None and shown is not None and _read(words) == _read(shown):
            pieces += [edited[place : node.start], old[known[0].start : known[0].end]]
            place = node.end
        elif HIDDEN in _read(words):
            raise EditError(f"{dotted(key)}: {HIDDEN} stands for a secret, and there was none before")
    return _with_remarks("".join([*pieces, edited[place:]]), old, secrets)


def _with_remarks(text: str, old: str, secrets: Set[str]) -> str:
    """A comment that hides something comes back as it was."""
    for found in _REMARK.finditer(old):
        shown = _quiet(found, secrets)
        if shown != found[0]:
            text = text.replace(shown, found[0])
    return text


def _texts(node: Node, shape: Shape | None, key: Key = ()) -> Iterator[tuple[Key, Node, Shape | None]]:
    if node.kind == "text":
        yield key, node, shape
    for place, member in enumerate(node.members):
        step = member.name if member.name is not None else place
        yield from _texts(member.value, shape.child(step) if shape is not None else None, (*key, step))


def _veil(text: str, node: Node, key: Key, shape: Shape | None, secrets: Set[str]) -> str | None:
    """How a text is shown that must not be shown as it is."""
    value = _read(text[node.start : node.end])
    shown = hidden(value, shape, _name(key))
    if any(secret in value for secret in secrets if secret):
        shown = HIDDEN
    if shown == value:
        return None
    quote = text[node.start]
    return f"{quote}{shown}{quote}"


def _name(key: Key) -> str:
    """Of a list's items, the list's."""
    return next((step for step in reversed(key) if isinstance(step, str)), "")


def _quiet(found: re.Match[str], secrets: Set[str]) -> str:
    return found[0] if found["text"] is not None else _hush(found[0], secrets)


def _hush(remark: str, secrets: Set[str]) -> str:
    for secret in secrets:
        remark = remark.replace(secret, HIDDEN) if secret else remark
    return _SAID.sub(rf"\1{HIDDEN}", remark)


def _read(words: str) -> str:
    value = pyjson5.decode(words)
    return value if isinstance(value, str) else ""
