"""The model's markdown as a telephone shows it: plain text, in messages of a limited length. Pure; never raises."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from openclaw.channels.twilio.segments import with_plain_characters
from openclaw.types.messages import Part

_DEEPEST = 60
_MOST_BRACKETS = 400
"""The parser needs quadratic time for brackets that never become links."""
_BLANK_LINES = re.compile(r"\n{3,}")
# Where a long text is cut, the best place first: after a paragraph, a line, a sentence, a word.
_ENDS = tuple(re.compile(pattern) for pattern in (r"\n{2,}", r"\n", r"(?<=[.!?…])\s+", r"\s+"))


def plain_text(markdown: str) -> str:
    text = markdown.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
    tokens = _parser(links=text.count("[") <= _MOST_BRACKETS).parse(text)
    # The parser leaves out what is nested too deep; such a text is sent as it was written.
    if any(token.level >= _DEEPEST - 2 for token in tokens):
        return text.strip()
    writer = _Writer()
    for token in tokens:
        writer.take(token)
    return _BLANK_LINES.sub("\n\n", "".join(writer.out)).strip() or text.strip()


@cache
def _parser(*, links: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable(
        ["table", "strikethrough"]
    )
    parser.disable("reference")  # a definition would vanish from the text
    return parser if links else parser.disable(["link", "image"])


@dataclass(slots=True)
class _Writer:
    out: list[str] = field(default_factory=list)
    _lists: list[int | None] = field(default_factory=list)
    """The next number of each open list, None for one without numbers."""
    _cells: int = 0
    _marked: bool = False
    """An item's marker stands, and waits for its words."""
    _closed: bool = False
    """A list has just ended."""

    def take(self, token: Token) -> None:
        match token.type:
            case "inline":
                self.out += _inline(token.children or [])
            case "fence" | "code_block":
                self._begin()
                self.out.append(token.content.rstrip("\n"))
            case "paragraph_open" | "heading_open" | "table_open":
                self._begin()
            case "th_open" | "td_open":
                self.out.append(" | " if self._cells else "")
                self._cells += 1
            case "tr_close":
                self._cells = 0
                self.out.append("\n")
            case _:
                self._take_list(token)

    def _take_list(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                self._closed = not self._lists
            case "list_item_open":
                self._item()
            case _:
                pass

    def _begin(self) -> None:
        """A block of its own, with a blank line before it outside of lists."""
        if self.out and not self._marked:
            self.out.append("\n" if self._lists else "\n\n")
        self._marked = self._closed = False

    def _item(self) -> None:
        number = self._lists[-1]
        self.out.append("\n\n" if self._closed else "\n" if self.out else "")
        self.out.append("  " * (len(self._lists) - 1) + ("- " if number is None else f"{number}. "))
        if number is not None:
            self._lists[-1] = number + 1
        self._marked, self._closed = True, False


def _inline(tokens: Sequence[Token]) -> Iterator[str]:
    links: list[tuple[str, list[str]]] = []
    for token in tokens:
        said = ""
        match token.type:
            case "text" | "code_inline":
                said = token.content
            case "softbreak" | "hardbreak":
                said = "\n"
            case "image":
                said = _with_address(token.content, str(token.attrs.get("src", "")))
            case "link_open":
                links.append((str(token.attrs.get("href", "")), []))
            case "link_close":
                href, label = links.pop()
                said = _with_address("".join(label), href)
            case _:
                pass
        if links:
            links[-1][1].append(said)
        elif said:
            yield said


def _with_address(label: str, href: str) -> str:
    bare = href.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in {href, bare}:
        return bare
    return f"{label} ({bare})" if bare else label


def split(text: str, limit: int, units: Callable[[str], int] = len) -> Sequence[str]:
    """Pieces of at most `limit` units, cut where a reader would pause."""
    pieces = []
    rest = text.strip()
    while rest and units(rest) > limit:
        head = _head(rest, limit, units)
        at = _cut(head, rest)
        pieces.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*pieces, rest] if rest else pieces


def plain_parts(markdown: str, limit: int) -> Sequence[Part]:
    """As texts go out: in letters that cost least."""
    return [Part(piece) for piece in split(with_plain_characters(plain_text(markdown)), limit, utf16_units)]


def utf16_units(text: str) -> int:
    """As the telephone network counts what is not in its old alphabet."""
    return len(text) + sum(character > "\uffff" for character in text)


def _head(text: str, limit: int, units: Callable[[str], int]) -> str:
    """As much of a text as fits."""
    size = min(len(text), limit)
    while units(text[:size]) > limit:
        size -= max(1, (units(text[:size]) - limit) // 2)
    return text[: max(1, size)]


def _cut(head: str, rest: str) -> int:
    """Not before half of what fits: many short messages are worse than a cut sentence."""
    for end in _ENDS:
        places = [found.start() for found in end.finditer(rest[: len(head) + 1]) if found.start() > 0]
        if places and places[-1] >= len(head) // 2:
            return min(places[-1], len(head))
    return len(head)
