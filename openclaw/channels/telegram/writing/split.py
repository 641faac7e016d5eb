"""Spans → messages, each within Telegram's limits. Pure."""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from html import escape
from itertools import accumulate

from openclaw.channels.telegram.config import MAX_TEXT
from openclaw.channels.telegram.writing.markup import Span, Tag
from openclaw.types.messages import Part

_SENTENCE_ENDS = (". ", "! ", "? ", "… ", "。", "！", "？")
_JOINER = "\u200d"


def split(spans: Sequence[Span], limit: int = MAX_TEXT) -> list[Part]:
    """`limit` counts UTF-16 units of the visible text; the markup with its tags stays within MAX_TEXT as well."""
    letter = _Letters(spans)
    parts: list[Part] = []
    at = letter.after_blank(0)
    while at < len(letter.text):
        end = letter.reach(at, limit)
        if end < len(letter.text):
            end = letter.best_cut(at, end)
        piece = letter.piece(at, end)
        if piece:
            parts.append(Part(plain_text(piece), html_text(piece)))
        at = letter.after_blank(end)
    return parts


def html_text(spans: Sequence[Span]) -> str:
    html: list[str] = []
    for text, closed, opened in _transitions(spans):
        html += [tag.close for tag in closed]
        html += [tag.open for tag in opened]
        html.append(escape(text, quote=False))
    return "".join(html)


def plain_text(spans: Sequence[Span]) -> str:
    return "".join("".join(tag.echo for tag in closed) + text for text, closed, _ in _transitions(spans))


def _transitions(spans: Sequence[Span]) -> Iterator[tuple[str, Sequence[Tag], Sequence[Tag]]]:
    """Each text with the tags that end and begin before it; at last an empty one that ends all."""
    open_tags: tuple[Tag, ...] = ()
    for span in (*spans, Span("")):
        same = 0
        while same < min(len(open_tags), len(span.tags)) and open_tags[same] == span.tags[same]:
            same += 1
        yield span.text, open_tags[same:][::-1], span.tags[same:]
        open_tags = span.tags


_ESCAPED_UNITS = {"&": 5, "<": 4, ">": 4}


def _escaped_units(letter: str) -> int:
    return _ESCAPED_UNITS.get(letter) or 1 + (letter > "\uffff")


def units(text: str) -> int:
    """UTF-16 units, Telegram's measure."""
    return len(text) + sum(letter > "\uffff" for letter in text)


class _Letters:
    """The whole text with what stands around each place of it. Places are code points: no pair is ever cut."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self.text = "".join(span.text for span in spans)
        self._ends = list(accumulate(len(span.text) for span in spans))
        self._units = list(accumulate((1 + (letter > "\uffff") for letter in self.text), initial=0))
        self._escaped = list(accumulate((_escaped_units(letter) for letter in self.text), initial=0))
        self._opening = [sum(units(tag.open) for tag in span.tags) for span in spans]
        self._closing = [sum(units(tag.close) for tag in span.tags) for span in spans]
        self._between = list(
            accumulate(
                sum(units(tag.close) for tag in closed) + sum(units(tag.open) for tag in opened)
                for _, closed, opened in _transitions(spans)
            )
        )

    def in_code_block(self, place: int) -> bool:
        return self._spans[bisect_right(self._ends, place)].is_code_block

    def after_blank(self, place: int) -> int:
        """Where the next message begins: blank lines are passed over, the indentation of code is not."""
        begin = place
        while place < len(self.text) and self.text[place].isspace():
            place += 1
        if place < len(self.text) and self.in_code_block(place):
            line = self.text.rfind("\n", begin, place) + 1
            return max(begin, line)
        return place

    def reach(self, at: int, limit: int) -> int:
        """The furthest place up to which one message can hold the text."""
        most = bisect_right(self._units, self._units[at] + limit) - 1
        places = range(at + 1, most + 1)
        return at + max(1, bisect_right(places, MAX_TEXT, key=lambda end: self._html_units(at, end)))

    def _html_units(self, at: int, end: int) -> int:
        first, last = bisect_right(self._ends, at), bisect_left(self._ends, end)
        outer = self._opening[first] + self._closing[last]
        return outer + self._between[last] - self._between[first] + self._escaped[end] - self._escaped[at]

    def piece(self, at: int, end: int) -> list[Span]:
        """The spans between two places, without blanks at the end."""
        end = at + len(self.text[at:end].rstrip())
        piece: list[Span] = []
        index = bisect_right(self._ends, at)
        while at < end:
            begin = self._ends[index] - len(self._spans[index].text)
            stop = min(end, self._ends[index])
            piece.append(Span(self._spans[index].text[at - begin : stop - begin], self._spans[index].tags))
            at, index = stop, index + 1
        return piece

    def best_cut(self, at: int, end: int) -> int:
        """After a paragraph, else a line, a sentence, a word; each only where the message does not get too short."""
        half, third = at + (end - at) // 2, at + (end - at) // 3
        for cut in (
            self._paragraph(half, end),
            self.text.rfind("\n", third, end + 1),
            max(self._sentence(mark, third, end) for mark in _SENTENCE_ENDS),
            self.text.rfind(" ", third, end + 1),
        ):
            if cut > at:
                return cut
        return self._between_letters(at, end)

    def _paragraph(self, least: int, most: int) -> int:
        cut = self.text.rfind("\n\n", least, most + 2)
        while cut >= 0 and self.in_code_block(cut):
            cut = self.text.rfind("\n\n", least, cut + 1)
        return cut

    def _sentence(self, mark: str, least: int, most: int) -> int:
        found = self.text.rfind(mark, least, most + len(mark) - 1)
        return found + 1 if found >= 0 else -1

    def _between_letters(self, at: int, end: int) -> int:
        """A family of emoji or a letter with its accents stays together, if it is not endless."""
        cut = end
        while end - cut < 16 and cut - 1 > at and self._joined(cut):
            cut -= 1
        return end if self._joined(cut) else cut

    def _joined(self, place: int) -> bool:
        before, after = self.text[place - 1], self.text[place]
        return (
            before == _JOINER or after == _JOINER or unicodedata.category(after) in {"Mn", "Me", "Sk", "Cf"}
        )
