"""What a text asks of the house and not of the model. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from openclaw.gateway.command_book import Known, find

STOP_WORDS = frozenset(
    [
        "stop",
        "abort",
        "esc",
        "wait",
        "exit",
        "interrupt",
        "halt",
        "please stop",
        "stop please",
        "stop it",
        "stop that",
        "stop now",
        "stop openclaw",
        "cancel that",
        "detente",
        "detén",
        "deten",
        "para ya",
        "basta",
        "arrête",
        "arrete",
        "arrêtez",
        "stopp",
        "anhalten",
        "aufhören",
        "hör auf",
        "halt an",
        "fermati",
        "smettila",
        "pare",
        "parar",
        "para",
        "stoppen",
        "hou op",
        "sluta",
        "stoppa",
        "стоп",
        "остановись",
        "остановить",
        "прекрати",
        "хватит",
        "停止",
        "停下",
        "停一下",
        "暂停",
        "やめて",
        "止めて",
        "ストップ",
        "멈춰",
        "중지",
        "रुको",
        "रुकें",
        "توقف",
        "قف",
        "dur",
        "durdur",
        "przestań",
        "zatrzymaj",
    ]
)

_ALONE = re.compile(r"[/!]([A-Za-z]+)(?:@\w+)?(?:\s*:\s*|\s+|$)(.*)", re.DOTALL)
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`", re.DOTALL)
_START = re.compile(r"(?<!\S)/([A-Za-z]+)(?=[\s:]|$)")
_OPTION = r"(?:debounce|cap|drop):\S+"
_PAIR = r"(?:host|security|ask|node)=\S+"
_MODES = r"(?:steer-backlog|steer\+backlog|steer|followup|queue|collect|interrupt|default|reset)(?!\S)"
_ARGUMENTS = {
    name: re.compile(rf"(?:\s*:\s*|[^\S\n]+)({words})", re.IGNORECASE)
    for name, words in {
        "model": r"\S*[^\s.,;!?]",
        "queue": rf"{_MODES}(?:[^\S\n]+{_OPTION})*",
        "exec": rf"{_PAIR}(?:[^\S\n]+{_PAIR})*",
        "think": r"(?:off|on|minimal|min|low|medium|med|high|xhigh|max|default)(?![\w-])",
        "verbose": r"(?:on|full|off)(?![\w-])",
        "reasoning": r"(?:on|off|stream)(?![\w-])",
        "elevated": r"(?:on|off|ask|full)(?![\w-])",
    }.items()
}
"""Inside a text: what belongs to a directive, and what is left to the model."""


@dataclass(frozen=True, slots=True)
class Order:
    known: Known
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    command: Order | None = None
    """The whole message."""
    directives: tuple[Order, ...] = ()
    shortcuts: tuple[Order, ...] = ()
    rest: str = ""
    """What is left for the model."""

    @property
    def plain(self) -> bool:
        return not (self.command or self.directives or self.shortcuts)


def parse(text: str) -> Parsed:
    words = text.strip()
    if is_stop(words):
        return Parsed(Order(_known("stop")))
    if order := _alone(words):
        if order.known.kind == "directive":
            return _inline(text, alone=order)
        if order.known.kind == "command" or not order.arguments:
            return Parsed(order)
    return _inline(text)


def is_stop(text: str) -> bool:
    """`/stop`, or nothing but a word for it: in any of the languages, however it is punctuated."""
    words = " ".join(text.casefold().split())
    while words and unicodedata.category(words[-1])[0] in "PS":
        words = words[:-1].rstrip()
    return words in STOP_WORDS or re.fullmatch(r"[/!]stop(@\w+)?", words) is not None


def _known(name: str) -> Known:
    known = find(name)
    assert known is not None
    return known


def _alone(words: str) -> Order | None:
    match = _ALONE.fullmatch(words)
    known = find(match[1]) if match else None
    return Order(known, match[2].strip()) if match and known else None


def _inline(text: str, alone: Order | None = None) -> Parsed:
    """`alone`: the text begins with this directive, and its words may all be meant for it."""
    directives: list[Order] = []
    shortcuts: list[Order] = []
    left, place = "", 0
    for start, end, order in _found(text):
        (directives if order.known.kind == "directive" else shortcuts).append(order)
        left += text[place:start].rstrip(" ")
        place = end
    rest = (left + text[place:]).strip()
    if alone is not None and not directives and len(alone.arguments.split()) <= 1:
        # A word that the directive does not know, or none: its sender is told what it takes.
        return Parsed(directives=(alone,))
    if not directives and not shortcuts:
        return Parsed(rest=text)
    return Parsed(None, tuple(directives), tuple(shortcuts), rest)


def _found(text: str) -> Iterator[tuple[int, int, Order]]:
    """Where each stands. What looks like one in code, in a path or in an address is none."""
    code = [match.span() for match in _CODE.finditer(text)]
    for match in _START.finditer(text):
        known = find(match[1])
        if known is None or known.kind == "command" or _within(match.start(), code):
            continue
        if known.kind == "shortcut":
            yield match.start(), match.end(), Order(known)
        elif found := _ARGUMENTS[known.name].match(text, match.end()):
            yield match.start(), found.end(), Order(known, found[1])
        elif known.name == "verbose":
            yield match.start(), match.end(), Order(known)


def _within(place: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)
