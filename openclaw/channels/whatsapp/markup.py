"""The model's markdown → messages with WhatsApp's marks, each within a limit. Pure; never raises.

The marks only work around words: `*bold *` is shown as it stands. And none reaches over the end of a line, but
three backticks.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from openclaw.channels.twilio.plain import utf16_units

BOLD, ITALIC, STRIKE, CODE, FENCE = "*", "_", "~", "`", "```"
_ORDER = (BOLD, ITALIC, STRIKE, CODE)
_STYLES = {"strong": BOLD, "em": ITALIC, "s": STRIKE, "heading": BOLD}
_NEWLINE = "\n"
_RULE = "———"
_DEEPEST = 60
_MOST_BRACKETS = 400
"""The parser needs quadratic time for brackets that never become links."""
_PIECES = re.compile(r"\s+|\S+")
# Where a long text is cut, the best place first: after a paragraph, a line, a sentence, a word.
_ENDS = tuple(re.compile(pattern) for pattern in (r"\n{2,}", r"\n", r"(?<=[.!?…])\s+", r"\s+"))


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    marks: tuple[str, ...] = ()
    """The outer first."""
    quoted: bool = False


def messages(markdown: str, limit: int) -> list[str]:
    return split(spans(markdown), limit)


def spans(markdown: str) -> Sequence[Span]:
    text = markdown.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
    tokens = _parser(links=text.count("[") <= _MOST_BRACKETS).parse(text)
    writer = _Writer()
    # The parser leaves out what is nested too deep; such a text is sent as it was written.
    if all(token.level < _DEEPEST - 2 for token in tokens):
        for token in tokens:
            writer.take(token)
    if any(span.text.strip() for span in writer.spans):
        return writer.spans
    return [Span(text)] if text.strip() else []


def split(whole: Sequence[Span], limit: int) -> list[str]:
    """`limit` counts UTF-16 units, marks included."""
    text = "".join(span.text for span in whole)
    pieces, at = [], 0
    while at < len(text):
        at += _blank(text, at)
        size = limit
        while at < len(text):
            end = _end(text, at, size)
            piece = render(_between(whole, at, end))
            excess = utf16_units(piece) - limit
            if excess <= 0 or size == 1:
                pieces.append(piece)
                at = end
                break
            size = max(1, min(size, end - at) - excess)
    return [piece for piece in pieces if piece]


def render(piece: Iterable[Span]) -> str:
    return "\n".join(_lines(piece)).strip("\n")


def _lines(piece: Iterable[Span]) -> Iterator[str]:
    line: list[Span] = []
    for span in piece:
        if FENCE in span.marks:
            # A fence is one piece, whatever lines it has.
            line.append(Span(f"{FENCE}\n{span.text.strip(_NEWLINE)}\n{FENCE}", (FENCE,)))
            continue
        first, *others = span.text.split("\n")
        line.append(Span(first, span.marks, span.quoted))
        for other in others:
            yield _line(line)
            line = [Span(other, span.marks, span.quoted)]
    yield _line(line)


def _line(line: Sequence[Span]) -> str:
    words = list(_words(line))
    out: list[str] = []
    opened: tuple[str, ...] = ()
    for number, word in enumerate(words):
        marks = word.marks
        if not word.text.strip():
            before = words[number - 1].marks if number else ()
            after = words[number + 1].marks if number + 1 < len(words) else ()
            marks = _shared(before, after)
        same = _shared(opened, marks)
        out += [*reversed(opened[len(same) :]), *marks[len(same) :], word.text]
        opened = marks
    out += reversed(opened)
    said = "".join(out).rstrip()
    return f"> {said}" if line and any(span.quoted for span in line) and said else said


def _words(line: Sequence[Span]) -> Iterator[Span]:
    for span in line:
        if FENCE in span.marks:
            yield Span(span.text)
        else:
            yield from (Span(found[0], span.marks) for found in _PIECES.finditer(span.text))


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return one[:same]


def _blank(text: str, at: int) -> int:
    return len(text[at:]) - len(text[at:].lstrip("\n ")) if text[at : at + 1] in {"\n", " "} else 0


def _end(text: str, at: int, size: int) -> int:
    """Not before half of what fits: many short messages are worse than a cut sentence."""
    if at + size >= len(text):
        return len(text)
    for end in _ENDS:
        places = [found.end() for found in end.finditer(text, at + size // 2, at + size)]
        if places:
            return places[-1]
    return at + size


def _between(whole: Sequence[Span], at: int, end: int) -> Iterator[Span]:
    begin = 0
    for span in whole:
        stop = begin + len(span.text)
        if begin < end and stop > at:
            yield Span(span.text[max(at - begin, 0) : end - begin], span.marks, span.quoted)
        begin = stop


@cache
def _parser(*, links: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable(
        ["table", "strikethrough"]
    )
    parser.disable("reference")  # a definition would vanish from the text
    return parser if links else parser.disable(["link", "image"])


@dataclass(slots=True)
class _Writer:
    """Takes the parser's tokens in order."""

    spans: list[Span] = field(default_factory=list)
    _marks: list[str] = field(default_factory=list)
    _lists: list[int | None] = field(default_factory=list)
    """The next number of each open list, None for one without numbers."""
    _quotes: int = 0
    _gap: str = ""
    """Between what is written and what comes next."""
    _marker: str = ""
    _rows: list[list[str]] | None = None

    def take(self, token: Token) -> None:
        match token.type:
            case "inline" if self._rows is not None:
                self._rows[-1].append("".join(span.text for span in self._inline(token)))
            case "inline":
                self._write(self._inline(token))
                self._end_block()
            case "fence" | "code_block":
                self._write([Span(token.content.rstrip("\n"), (FENCE,), bool(self._quotes))])
                self._end_block()
            case "hr":
                self._write([Span(_RULE)])
                self._end_block()
            case "heading_open":
                self._marks.append(BOLD)
            case "heading_close":
                self._marks.pop()
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case _:
                self._take_list(token)

    def _take_list(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                numbered = token.type.startswith("ordered")
                self._lists.append(int(token.attrGet("start") or 1) if numbered else None)
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                self._end_block()
            case "list_item_open":
                self._marker = self._item()
            case "table_open":
                self._rows = []
            case "tr_open" if self._rows is not None:
                self._rows.append([])
            case "table_close" if self._rows is not None:
                rows, self._rows = self._rows, None
                self._write([Span(_table(rows), (FENCE,), bool(self._quotes))])
                self._end_block()
            case _:
                pass

    def _item(self) -> str:
        number = self._lists[-1]
        if number is not None:
            self._lists[-1] = number + 1
        return "  " * (len(self._lists) - 1) + ("- " if number is None else f"{number}. ")

    def _end_block(self) -> None:
        self._gap = "\n" if self._lists else "\n\n"

    def _write(self, said: Iterable[Span]) -> None:
        quoted = bool(self._quotes)
        lead = self._gap if self.spans else ""
        if lead and quoted and self.spans[-1].quoted:
            lead = "\n"  # an empty line would end the quotation
        indent = self._marker or ("  " * len(self._lists))
        if lead:
            self.spans.append(Span(lead))
        if indent:
            self.spans.append(Span(indent, (), quoted))
        self.spans += said
        self._gap = self._marker = ""

    def _inline(self, token: Token) -> list[Span]:
        marks, out = list(self._marks), _Line(bool(self._quotes))
        for child in token.children or []:
            match child.type:
                case "text" | "text_special":
                    out.put(child.content, marks)
                case "code_inline":
                    out.put(child.content, [CODE])
                case "softbreak" | "hardbreak":
                    out.put("\n" + "  " * len(self._lists), [])
                case "image":
                    out.put(_with_address(child.content, str(child.attrGet("src") or "")), marks)
                case "link_open":
                    out.begin_link(str(child.attrGet("href") or ""))
                case "link_close":
                    out.end_link(marks)
                case _:
                    _style(child, marks)
        return out.spans


@dataclass(slots=True)
class _Line:
    quoted: bool
    spans: list[Span] = field(default_factory=list)
    _links: list[tuple[str, int]] = field(default_factory=list)
    """Address, and the number of spans before its label."""

    def put(self, text: str, marks: Iterable[str]) -> None:
        if text:
            held = set(marks)
            self.spans.append(Span(text, tuple(mark for mark in _ORDER if mark in held), self.quoted))

    def begin_link(self, href: str) -> None:
        self._links.append((href, len(self.spans)))

    def end_link(self, marks: Iterable[str]) -> None:
        href, before = self._links.pop()
        label = "".join(span.text for span in self.spans[before:])
        self.put(_with_address(label, href)[len(label) :], marks if not label else ())


def _style(token: Token, marks: list[str]) -> None:
    mark = _STYLES.get(token.type.rpartition("_")[0])
    if mark is None:
        return
    if token.nesting == 1:
        marks.append(mark)
    elif mark in marks:
        marks.reverse()
        marks.remove(mark)
        marks.reverse()


def _with_address(label: str, href: str) -> str:
    bare = href.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in {href, bare}:
        return label or bare
    return f"{label} ({bare})" if bare else label


def _table(rows: Sequence[Sequence[str]]) -> str:
    """In columns: between three backticks every character is as wide as any other."""
    columns = max((len(row) for row in rows), default=0)
    widths = [max((len(row[at]) for row in rows if at < len(row)), default=0) for at in range(columns)]
    lines = [
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
    lines.insert(1, "-+-".join("-" * width for width in widths))
    return "\n".join(lines)
