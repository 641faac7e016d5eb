"""An answer with its links as they may stand, while it is written: what a later letter could change waits. Pure."""

import re
from collections.abc import Callable

_ENDS_ADDRESS = re.compile(r"[\s<>\"'`\\^{}|\[\]]")
_INLINE = re.compile(r"`[^`\n]+`")
_FENCE = "```"
LONGEST_HELD = 4_096


class LinkStream:
    """Of one reply of the model. What it gives is, put together, what `tamed` makes of the whole."""

    def __init__(self, tamed: Callable[[str], str]) -> None:
        self._tamed = tamed
        self._held = ""
        self._in_code = False

    def feed(self, piece: str) -> str:
        """What may be told now; often a word less than is there."""
        self._held += piece
        end, in_code = settled(self._held, in_code=self._in_code)
        if not end and len(self._held) > LONGEST_HELD:
            end, in_code = len(self._held), self._in_code
        return self._told(end, in_code=in_code)

    def end(self) -> str:
        return self._told(len(self._held), in_code=False)

    def _told(self, end: int, *, in_code: bool) -> str:
        piece, self._held = self._held[:end], self._held[end:]
        opened = _FENCE if self._in_code else ""
        self._in_code = in_code
        return self._tamed(opened + piece).removeprefix(opened) if piece else ""


def settled(text: str, *, in_code: bool) -> tuple[int, bool]:
    """How much of it nothing that follows can change, and whether a block of code is open behind that."""
    place = 0
    while True:
        if in_code:
            close = text.find(_FENCE, place)
            if close < 0:
                # Two marks may become the three that end it.
                return max(place, len(text) - _marks_at_end(text[place:])), True
            place, in_code = close + len(_FENCE), False
        tick = text.find("`", place)
        if tick < 0:
            return place + _before_last_word(text[place:]), False
        if text.startswith(_FENCE, tick):
            place, in_code = tick + len(_FENCE), True
        elif set(text[tick:]) == {"`"}:
            return tick, False
        elif inline := _INLINE.match(text, tick):
            place = inline.end()
        elif text.find("\n", tick) < 0 and text.find("`", tick + 1) < 0:
            return tick, False
        else:
            place = tick + 1


def _marks_at_end(text: str) -> int:
    return min(len(text) - len(text.rstrip("`")), len(_FENCE) - 1)


def _before_last_word(text: str) -> int:
    ends = [found.end() for found in _ENDS_ADDRESS.finditer(text, max(0, len(text) - LONGEST_HELD))]
    return ends[-1] if ends else 0
