"""The model's markdown → spans of plain text with Telegram's tags around them. Pure; never raises.

Working on spans instead of HTML text is what makes splitting safe: a cut never meets a tag or an entity.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from openclaw.channels.telegram.writing.table import draw_table


@dataclass(frozen=True, slots=True)
class Tag:
    rank: int
    """Outer tags come first, so that any two spans nest in the same order."""
    open: str
    close: str
    echo: str = ""
    """What plain text says where the tag ends, instead of what the tag did."""


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    tags: tuple[Tag, ...] = ()

    @property
    def is_code_block(self) -> bool:
        return any(tag.rank == _PRE for tag in self.tags)


_QUOTE, _LINK, _BOLD, _ITALIC, _STRIKE, _CODE, _PRE = range(7)
QUOTE = Tag(_QUOTE, "<blockquote>", "</blockquote>")
BOLD = Tag(_BOLD, "<b>", "</b>")
ITALIC = Tag(_ITALIC, "<i>", "</i>")
STRIKE = Tag(_STRIKE, "<s>", "</s>")
CODE = Tag(_CODE, "<code>", "</code>")
_STYLES = {"strong": BOLD, "em": ITALIC, "s": STRIKE, "heading": BOLD, "blockquote": QUOTE}
_RULE = "———"
_LANGUAGE = re.compile(r"[\w+#.-]{1,40}", re.ASCII)
_LINK_SCHEME = re.compile(r"(?:https?|tg)://|mailto:", re.IGNORECASE)
_LONGEST_LINK = 1024
_DEEPEST = 60
_MOST_BRACKETS = 400
"""The parser needs quadratic time for brackets that never become links."""


def pre(language: str = "") -> Tag:
    known = _LANGUAGE.fullmatch(language)
    if known is None:
        return Tag(_PRE, "<pre>", "</pre>")
    return Tag(_PRE, f'<pre><code class="language-{known[0]}">', "</code></pre>")


def link(href: str, label: str) -> Tag | None:
    """None when Telegram would not make it a link; the address is then written out."""
    target = escape(href)
    if not _LINK_SCHEME.match(href) or len(target.encode("utf-16-le")) // 2 > _LONGEST_LINK:
        return None
    return Tag(_LINK, f'<a href="{target}">', "</a>", _echo(href, label))


def _echo(href: str, label: str) -> str:
    return "" if href.removeprefix("mailto:") == label else f" ({href})"


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


@cache
def _parser(*, links: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable(
        ["table", "strikethrough"]
    )
    # A reference definition would vanish from the text; nobody writes one in a chat.
    parser.disable("reference")
    return parser if links else parser.disable(["link", "image"])


@dataclass(slots=True)
class _List:
    number: int | None

    def marker(self) -> str:
        if self.number is None:
            return "• "
        self.number += 1
        return f"{self.number - 1}. "


class _Writer:
    """Takes the parser's tokens in order."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._tags: list[Tag] = []
        self._lists: list[_List] = []
        self._links: list[str] = []
        """What is still to be written where an unlinkable link ends."""
        self._gap = ""
        """Between what is written and what comes next."""
        self._marker = ""
        self._table: list[list[str]] | None = None

    def take(self, token: Token) -> None:
        match token.type:
            case "inline":
                self._inline(token)
            case "fence" | "code_block":
                self._block(token.content.removesuffix("\n"), [pre(token.info.strip().split(" ")[0])])
            case "hr":
                self._block(_RULE, self._tags)
            case "bullet_list_open" | "ordered_list_open":
                self._mark()
                numbered = token.type.startswith("ordered")
                self._lists.append(_List(int(token.attrGet("start") or 1) if numbered else None))
                self._end_block()
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                self._end_block()
            case "list_item_open":
                self._end_block()
                self._marker = self._lists[-1].marker()
            case "list_item_close":
                self._mark()
                self._end_block()
            case "table_open" | "table_close" | "tr_open":
                self._frame(token)
            case _:
                self._style(token)

    def _style(self, token: Token) -> None:
        style = _STYLES.get(token.type.rpartition("_")[0])
        if token.nesting == 1 and style is not None and self._table is None:
            self._tags.append(style)
        elif token.nesting == -1 and style is not None and self._table is None:
            self._tags.pop()
        if token.block and token.nesting == -1 and self._table is None:
            self._end_block()

    def _frame(self, token: Token) -> None:
        if token.type == "table_open":
            self._table = []
        elif self._table is not None and token.type == "tr_open":
            self._table.append([])
        elif self._table is not None:
            rows, self._table = self._table, None
            self._block(draw_table(rows), [pre()])

    def _inline(self, token: Token) -> None:
        children = token.children or []
        if self._table is not None:
            self._table[-1].append(_words(children, addresses=True))
            return
        for index, child in enumerate(children):
            self._piece(child, children[index + 1 :] if child.type == "link_open" else ())

    def _piece(self, token: Token, rest: Sequence[Token]) -> None:
        match token.type:
            case "text" | "text_special":
                self._write(token.content, self._tags)
            case "code_inline":
                self._write(token.content, [*self._tags, CODE])
            case "softbreak" | "hardbreak":
                self._write("\n" + self._indent(), self._tags)
            case "image":
                self._image(token)
            case "link_open":
                self._open_link(str(token.attrGet("href") or ""), _words(_until_close(rest)))
            case "link_close":
                self._write(self._links.pop(), self._tags)
                self._tags = [tag for tag in self._tags if tag.rank != _LINK]
            case _:
                self._style(token)

    def _open_link(self, href: str, label: str) -> None:
        tag = link(href, label or href)
        self._links.append("" if tag else _echo(href, label))
        if tag is not None:
            self._tags.append(tag)
            if not label:
                self._write(href, self._tags)

    def _image(self, token: Token) -> None:
        source, label = str(token.attrGet("src") or ""), _words([token])
        tag = link(source, label)
        self._write(label or source, [*self._tags, tag] if tag else self._tags)
        if tag is None and label and source:
            self._write(_echo(source, label), self._tags)

    def _block(self, text: str, tags: Sequence[Tag]) -> None:
        self._write(text, tags)
        self._end_block()

    def _end_block(self) -> None:
        self._gap = "\n" if self._lists else "\n\n"

    def _mark(self) -> None:
        """An item without words is still an item."""
        if self._marker:
            self._write("", self._tags)

    def _write(self, text: str, tags: Sequence[Tag]) -> None:
        if not text and not self._marker:
            return
        if self._gap and self.spans:
            # Paragraphs of one quotation stay in one quotation.
            quoted = [tag for tag in self._tags if tag is QUOTE and QUOTE in self.spans[-1].tags]
            self._put(self._gap, quoted)
        quote = [tag for tag in self._tags if tag is QUOTE]
        if self._marker:
            self._put("  " * (len(self._lists) - 1) + self._marker, quote)
        elif self._gap and not any(tag.rank == _PRE for tag in tags):
            self._put(self._indent(), quote)
        self._gap = self._marker = ""
        self._put(text, tags)

    def _indent(self) -> str:
        return "  " * len(self._lists)

    def _put(self, text: str, tags: Sequence[Tag]) -> None:
        if text:
            self.spans.append(Span(text, _nested(tags)))


def _nested(tags: Sequence[Tag]) -> tuple[Tag, ...]:
    """The tags in one order, each once, without those that Telegram does not allow together."""
    by_rank = {tag.rank: tag for tag in tags}
    if _PRE in by_rank:
        return (by_rank[_PRE],)
    if _CODE in by_rank:
        by_rank = {rank: tag for rank, tag in by_rank.items() if rank in {_QUOTE, _LINK, _CODE}}
        by_rank.pop(_CODE if _LINK in by_rank else _LINK, None)
    return tuple(by_rank[rank] for rank in sorted(by_rank))


def _until_close(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type == "link_close":
            return
        yield token


def _words(tokens: Iterable[Token], *, addresses: bool = False) -> str:
    """The bare text of inline tokens, on request with the addresses of links written out."""
    words, href, label_at = "", "", 0
    for token in tokens:
        match token.type:
            case "image":
                words += _words(token.children or [])
            case "softbreak" | "hardbreak":
                words += " "
            case "text" | "text_special" | "code_inline":
                words += token.content
            case "link_open" if addresses:
                href, label_at = str(token.attrGet("href") or ""), len(words)
            case "link_close" if addresses:
                words += _echo(href, words[label_at:])
    return words
