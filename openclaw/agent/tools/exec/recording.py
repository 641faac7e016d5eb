"""What a process has written: its beginning and its end, and what nobody has read yet."""

import codecs
from dataclasses import dataclass

KEPT_CHARACTERS = 200_000
NEWS_CHARACTERS = 30_000
LEFT_OUT = "\n[{count:,} of {total:,} characters were left out here]\n"
NEWS_LEFT_OUT = "[{count:,} characters before this were left out; the action log has more]\n"


@dataclass(frozen=True, slots=True)
class Page:
    text: str
    lines: int
    """In all that is kept."""


class Recording:
    def __init__(self, kept: int = KEPT_CHARACTERS) -> None:
        self._half = kept // 2
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._head = ""
        self._tail = ""
        self._total = 0
        self._read = 0
        self.bytes = 0

    @property
    def total(self) -> int:
        """Characters that came, kept or not."""
        return self._total

    def write(self, data: bytes, *, final: bool = False) -> None:
        self.bytes += len(data)
        text = self._decoder.decode(data, final).replace("\0", "\N{SYMBOL FOR NULL}")
        self._total += len(text)
        room = self._half - len(self._head)
        if room > 0:
            self._head += text[:room]
            text = text[room:]
        self._tail += text
        # Cut seldom: each cut copies the whole tail.
        if len(self._tail) > 2 * self._half:
            self._tail = self._tail[-self._half :]

    def text(self) -> str:
        tail = self._tail[-self._half :]
        left_out = self._total - len(self._head) - len(tail)
        note = LEFT_OUT.format(count=left_out, total=self._total) if left_out else ""
        return f"{self._head}{note}{tail}"

    def news(self) -> str:
        """What came since this was asked last; of much, the end."""
        unread = self._total - self._read
        self._read = self._total
        if not unread:
            return ""
        shown = min(unread, NEWS_CHARACTERS)
        text = (self._head + self._tail)[-shown:]
        skipped = unread - len(text)
        return (NEWS_LEFT_OUT.format(count=skipped) if skipped else "") + text

    @property
    def unread(self) -> bool:
        return self._total > self._read

    def page(self, offset: int | None, limit: int) -> Page:
        """Lines from the 1-based `offset` on; without one, the last."""
        lines = self.text().splitlines()
        first = max(len(lines) - limit, 0) if offset is None else offset - 1
        return Page("\n".join(lines[first : first + limit]), len(lines))
