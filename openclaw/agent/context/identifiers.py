"""What a summary must not lose: ids, names, addresses, amounts, dates, all found by their form. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, partial

from openclaw.types.conversation import (
    AssistantMessage,
    Compaction,
    Entry,
    Note,
    ToolMessage,
    UserMessage,
)

HEADING = "Kept word for word from what was summarised:"
LIMIT = 300
LONGEST = 200
"""Longer ones are data, not names."""
SCANNED = 40_000
"""Characters of one tool result."""
PIECE = 4_000
"""Characters at once: while it searches, a regular expression lets no other thread run."""

_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTH = rf"(?:{_MONTHS})(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\.?"
_WORD = r"[^\W\d_]"
_NAME = r"[A-ZÀ-ÖØ-ÞĀ-ŽА-ЯΑ-Ω](?:[^\W\d_]|['’-](?=[^\W\d_])){1,30}"
_EXACT = {
    "links": r"\b(?:https?|ftp|ssh|file|tel|mailto|obsidian)://?[^\s<>\"'`\]})|]{1,1000}",
    "e-mail addresses": r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}",
    "paths": (
        r"(?<![\w/.~])(?:~|\.{1,2})?(?:/[\w.@+=-]{1,100}){1,20}/?"
        r"|(?<![\w/.-])[\w.-]{1,60}(?:/[\w.-]{1,60}){2,12}/?(?![\w/])"
        r"|(?<![\w/.-])[\w.-]{1,60}/[\w-]{1,60}\.[a-z]\w{0,7}(?![\w/])"
        r"|\b[A-Za-z]:\\[^\s\"'<>|]{1,200}"
        r"|(?<![\w.-])[\w-]{1,80}(?:\.[\w-]{1,40}){0,3}\.[a-z][a-z0-9]{1,7}(?![\w.]\w)"
    ),
    "dates and times": (
        r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
        r"|(?<![\w./])\d{1,4}[./]\d{1,2}[./]\d{2,4}\.?(?![\w./])"
        rf"|\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s(?:of\s)?{_MONTH}(?:,?\s\d{{4}})?(?!\w)"
        rf"|\b{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?(?!\w)"
        r"|(?<![\w:.])\d{1,2}[:.h]\d{2}(?::\d{2})?\s?(?:[ap]\.?m\b\.?|Uhr\b)"
        r"|(?<![\w:.])\d{1,2}:\d{2}(?::\d{2})?(?![\w:])|(?<![\w:.])\d{1,2}\s?[ap]m\b"
    ),
    "amounts": (
        r"(?:US|A|AU|C|CA|NZ|HK|S)?[$€£¥₹₽]\s?\d[\d.,' ]{0,20}(?<=\d)(?:\s?(?:k|m|bn|million|billion)\b)?"
        r"|(?<![\w.,])\d[\d.,']{0,20}(?<=\d)\s?(?:[$€£¥₹₽%‰]|°[CF]?|(?:USD|EUR|GBP|AUD|CAD|NZD|CHF|JPY|INR|SGD|HKD|CNY|BTC"
        r"|dollars?|euros?|pounds?|cents?|kg|km|GB|MB|TB|kWh|percent)\b)"
        r"|(?<![\w.,])\d\s?(?:[$€£%]|(?:USD|EUR|GBP|AUD|dollars?|euros?|pounds?)\b)"
        r"|\b(?:USD|EUR|GBP|AUD|CAD|NZD|CHF|JPY|INR|SGD)\s?\d[\d.,']{0,20}(?<=\d)"
    ),
    "phone numbers": (
        r"(?<![\w+])\+\d[\d ().\-/]{5,22}\d(?!\w)"
        r"|(?<![\w.+-])\(\d{2,5}\)\s?\d{2,5}(?:[ .-]?\d{2,5}){1,3}(?!\w)"
        r"|(?<![\w.+-])\d{2,4}[ .-]\d{3,4}[ .-]\d{3,5}(?![\w.-]\d)"
        r"|(?<![\w.+-])0\d{2,4}[ /-]\d{4,9}(?!\w)|(?<![\w.+-])\d{3}-\d{4}(?![\w-])"
    ),
    "ids": (
        r"(?<![\w@#])[@#][\w-]{2,60}"
        r"|(?<![\w.:-])(?=[\w.:-]{0,60}\d)(?=[\d.:_-]{0,60}[^\W\d_])\w(?:[\w.:-]{0,62}\w)?(?![\w-])"
        r"|(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w.])"
        r"|\b[A-Za-z]\w{0,40}_\w{1,40}\b|\b[A-Z]{2,10}-[A-Z]{2,20}\b"
    ),
}
_HONORIFIC = r"(?:(?:Dr|Mrs?|Ms|Prof|Sir|Rev|St)\.?[ \t])"
_PARTICLES = r"(?:(?:van|von|de|da|del|der|den|bin|al|la|of)[ \t]){0,2}"
_NAMES = (
    rf"\b{_HONORIFIC}?{_NAME}(?:[ \t]{_PARTICLES}(?:{_NAME}|[A-Z]\.)){{1,4}}(?!\w)"
    rf"|\b{_HONORIFIC}{_NAME}(?!\w)|(?<=[^\W\d_A-Z,;][ \t]){_NAME}(?!\w)"
)
_NUMBERS = rf"(?:{_WORD}{{2,20}} )?(?<![\w.,])\d(?:[\d.,']{{0,20}}\d)(?!\w)(?: {_WORD}{{2,20}})?"
_FORMS = {**_EXACT, "names": _NAMES, "numbers": _NUMBERS}
_KINDS = tuple(_FORMS)
_ORDINAL = re.compile(r"\d{1,2}(?:st|nd|rd|th|s|x)")
_LINE = re.compile(rf"^- ({'|'.join(_KINDS)}): (.+)$", re.MULTILINE)
_BETWEEN = " · "


class Weight(IntEnum):
    """What gives way first when there is too much."""

    SAID = 0
    CALLED = 1
    FOUND = 2
    GUESSED = 3


@dataclass(frozen=True, slots=True)
class Identifier:
    kind: str
    text: str

    @property
    def key(self) -> str:
        """Numbers are known by themselves, without the words beside them."""
        text = re.sub(r"[^\W\d_]|\s", "", self.text) if self.kind == "numbers" else self.text
        return text.casefold()


_Lost = tuple[Weight, int, Identifier]
"""With its place in the conversation."""


def identifiers(text: str) -> Iterator[Identifier]:
    """In the order of the text."""
    for piece in _pieces(text):
        found: list[tuple[int, Identifier]] = []
        for finder in _passes():
            piece = finder.sub(partial(_take, found), piece)
        yield from (one for _, one in sorted(found, key=lambda item: item[0]))


@cache
def _passes() -> tuple[re.Pattern[str], ...]:
    """Compiled when first needed: the start can do without those milliseconds.

    Names and numbers are looked for in what the exact forms have left: `Flight QF12` is an id, not a name.
    """
    passes = (tuple(_EXACT), ("names",), ("numbers",))
    forms = ("|".join(f"(?P<k{_KINDS.index(kind)}>{_FORMS[kind]})" for kind in kinds) for kinds in passes)
    # Nothing begins inside a word: saying so before all else spares most of the work.
    return tuple(re.compile(rf"(?<!\w)(?:{form})") for form in forms)


def _take(found: list[tuple[int, Identifier]], match: re.Match[str]) -> str:
    """What one form has taken is blank for the next."""
    text = match[0].rstrip(".,;:!?…'- ").lstrip()
    if 1 < len(text) <= LONGEST and not _ORDINAL.fullmatch(text):
        kind = _KINDS[int((match.lastgroup or "k0")[1:])]
        found.append((match.start(), Identifier(kind, text)))
    return "\0" * len(match[0])


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > PIECE:
        gap = max(text.rfind("\n", start, start + PIECE), text.rfind(" ", start + PIECE // 2, start + PIECE))
        end = gap + 1 if gap > start else start + PIECE
        yield text[start:end]
        start = end
    yield text[start:]


def appendix(entries: Sequence[Entry], summary: str, room: int) -> str:
    """A section with everything of these entries that the summary does not hold, `room` characters at most."""
    present = {found.key for found in identifiers(summary)}
    folded = summary.casefold()
    lost: dict[str, _Lost] = {}
    for place, (weight, found) in enumerate(_of(entries)):
        if found.key in present or (len(found.key) > 5 and found.key in folded):
            continue
        known = lost.get(found.key)
        # The newest mention says how it is to be remembered, the weightiest whether it is.
        lost[found.key] = (min(weight, known[0]) if known else weight, place, found)
    return _section(_fitting(_best_first(lost.values())[:LIMIT], room - len(HEADING) - 30 * len(_KINDS)))


def _best_first(lost: Iterable[_Lost]) -> list[_Lost]:
    """Each kind in turn, its newest first: a listing full of paths does not crowd out the phone numbers."""
    seen: Counter[tuple[Weight, str]] = Counter()
    ranked: list[tuple[Weight, int, int, _Lost]] = []
    for one in sorted(lost, key=lambda one: -one[1]):
        weight, place, found = one
        seen[weight, found.kind] += 1
        ranked.append((weight, seen[weight, found.kind], -place, one))
    return [one for *_, one in sorted(ranked, key=lambda item: item[:3])]


def _fitting(best: Iterable[_Lost], room: int) -> list[Identifier]:
    chosen: list[tuple[int, Identifier]] = []
    for _, place, found in best:
        room -= len(found.text) + len(_BETWEEN)
        if room < 0:
            break
        chosen.append((place, found))
    return [found for _, found in sorted(chosen, key=lambda item: item[0])]


def _section(chosen: Sequence[Identifier]) -> str:
    lines = [
        f"- {kind}: {_BETWEEN.join(found.text for found in chosen if found.kind == kind)}"
        for kind in _KINDS
        if any(found.kind == kind for found in chosen)
    ]
    return "\n".join([HEADING, *lines]) if lines else ""


def _of(entries: Iterable[Entry]) -> Iterator[tuple[Weight, Identifier]]:
    for entry in entries:
        match entry:
            case UserMessage():
                yield Weight.SAID, Identifier("ids", entry.sender)
                if entry.sender_name:
                    yield Weight.SAID, Identifier("names", " ".join(entry.sender_name.split())[:64])
                yield from _weighed(entry.text, Weight.SAID)
            case Note():
                yield from _weighed(entry.text, Weight.SAID)
            case Compaction():
                yield from _earlier(entry.summary)
            case AssistantMessage():
                yield from _weighed(entry.text, Weight.SAID)
                for call in entry.calls:
                    yield from _weighed(_words(call.arguments), Weight.CALLED)
            case ToolMessage():
                for result in entry.results:
                    yield from _weighed(result.content[:SCANNED], Weight.FOUND)


def _weighed(text: str, weight: Weight) -> Iterator[tuple[Weight, Identifier]]:
    for found in identifiers(text):
        loose = found.kind == "numbers" or (found.kind == "names" and " " not in found.text)
        if not loose:
            yield weight, found
        elif weight is not Weight.FOUND:
            yield Weight.GUESSED, found


def _earlier(summary: str) -> Iterator[tuple[Weight, Identifier]]:
    """What an earlier compaction had kept comes back as it was; its words are read like any."""
    words, _, kept = summary.partition(HEADING)
    yield from _weighed(words, Weight.SAID)
    for line in _LINE.finditer(kept):
        for text in line[2].split(_BETWEEN):
            yield Weight.SAID, Identifier(line[1], text)


def _words(value: object) -> str:
    match value:
        case str():
            return value[:SCANNED]
        case dict():
            return "\n".join(map(_words, value.values()))
        case list() | tuple():
            return "\n".join(map(_words, value))
        case _:
            return str(value)
