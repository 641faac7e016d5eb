"""A text that is still being written → blocks that can be sent. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

Preference = Literal["paragraph", "newline", "sentence"]

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)
_BOUNDARIES: Sequence[tuple[str, re.Pattern[str]]] = (
    ("paragraph", re.compile(r"\n[ \t]*\n+")),
    ("newline", re.compile(r"\n")),
    ("sentence", re.compile(r"[.!?…][\"')\]»”’]*\s|[。！？]")),
    ("space", re.compile(r"\s")),
)
"""The best first; a block ends behind one of them."""


@dataclass(frozen=True, slots=True)
class BlockRules:
    """Sizes in characters."""

    min_chars: int = 800
    max_chars: int = 1200
    prefer: Preference = "paragraph"
    """Nothing weaker ends a block that could still grow."""
    whole_messages: bool = False
    """Nothing is sent before the model has finished its message."""
    join_min: int = 800
    join_max: int = 1200
    idle_seconds: float = 1.0
    """A finished block waits so long for another one that fits into the same message."""

    def within(self, limit: int) -> Self:
        most = min(self.max_chars, limit)
        return replace(
            self,
            min_chars=min(self.min_chars, most),
            max_chars=most,
            join_min=min(self.join_min, most),
            join_max=min(self.join_max, limit),
        )


@dataclass(frozen=True, slots=True)
class Fence:
    """A code block that is open."""

    opener: str
    """Its first line, with the language."""
    marker: str

    def is_closed_by(self, marker: str, behind: str) -> bool:
        return marker[0] == self.marker[0] and len(marker) >= len(self.marker) and not behind.strip()


@dataclass(frozen=True, slots=True)
class Chunk:
    source: str
    """The model's own words: all sources in a row are the text."""
    text: str
    """The same as a message that stands alone."""


def open_fence(text: str, before: Fence | None = None) -> Fence | None:
    """The code block that is open at the end of the text."""
    fence = before
    for line in _FENCE.finditer(text):
        fence = _after(fence, line)
    return fence


def next_cut(text: str, rules: BlockRules, before: Fence | None = None) -> int:
    """Where the first block of `text` ends; 0 while it may still grow. `before`: what is open where it begins."""
    limit = max(1, rules.max_chars - (len(before.opener) + 1 if before else 0))
    least = min(rules.min_chars, limit)
    full = len(text) > limit
    if len(text) < least:
        return 0
    code = _code_regions(text[: limit + 200], before)
    for kind, boundary in _BOUNDARIES:
        cuts = [match.end() for match in boundary.finditer(text, 0, limit) if match.end() >= least]
        outside = [cut for cut in cuts if not any(start < cut < end for start, end in code)]
        if outside:
            return outside[-1]
        if not full and kind == rules.prefer:
            return 0
    return _forced_cut(text, limit, least, code, before) if full else 0


def chunks(text: str, rules: BlockRules, before: str = "") -> list[Chunk]:
    """All of a finished text. `before` is what has been sent of it already."""
    fence, found = open_fence(before), []
    while text:
        cut = next_cut(text, rules, fence) if len(text) > rules.max_chars else len(text)
        source, text = text[: cut or len(text)], text[cut or len(text) :]
        found.append(Chunk(source, standing_alone(source, fence)))
        fence = open_fence(source, fence)
    return found


def standing_alone(source: str, before: Fence | None) -> str:
    """A piece of a text as a message: code that is open at either end is opened and closed there."""
    text = _behind_closing(source, before) if before else source
    if before and text is source:
        text = f"{before.opener}\n{source}"
    after = open_fence(source, before)
    return text.rstrip("\n") + f"\n{after.marker}" if after else text


class Coalescer:
    """Joins blocks that are finished shortly after one another."""

    def __init__(self, rules: BlockRules) -> None:
        self._rules = rules
        self._since = 0.0
        self.held = ""

    def add(self, block: str, now: float) -> Iterator[str]:
        """What is to be sent now that there is one block more."""
        if self.held.strip() and len(self.held) + len(block) > self._rules.join_max:
            yield self._taken()
        self.held += block
        self._since = now
        if self.held.strip() and len(self.held) >= self._rules.join_max:
            yield self._taken()

    def due(self) -> float | None:
        """When it has waited long enough; None when it is not enough for a message."""
        enough = self.held.strip() and len(self.held) >= self._rules.join_min
        return self._since + self._rules.idle_seconds if enough else None

    def idle(self, now: float) -> Iterator[str]:
        due = self.due()
        if due is not None and now >= due:
            yield self._taken()

    def clear(self) -> None:
        self.held = ""

    def _taken(self) -> str:
        taken, self.held = self.held, ""
        return taken


def _after(fence: Fence | None, line: re.Match[str]) -> Fence | None:
    marker, behind = line[1], line[2]
    if fence is not None:
        return None if fence.is_closed_by(marker, behind) else fence
    return None if marker[0] == "`" and "`" in behind else Fence(line[0].strip(), marker)


def _code_regions(text: str, before: Fence | None) -> list[tuple[int, int]]:
    """From the begin of each code block's first line to the end of its last."""
    regions: list[tuple[int, int]] = []
    fence, start = before, -1
    for line in _FENCE.finditer(text):
        following = _after(fence, line)
        if fence is None and following is not None:
            start = line.start()
        elif fence is not None and following is None:
            regions.append((start, line.end() + 1))
        fence = following
    return [*regions, (start, len(text) + 1)] if fence is not None else regions


def _forced_cut(
    text: str, limit: int, least: int, code: Sequence[tuple[int, int]], before: Fence | None
) -> int:
    """No good place in reach: before a code block that need not be torn, inside one at a line, else anywhere."""
    region = next(((start, end) for start, end in code if start < limit < end), None)
    if region is None:
        return limit
    if region[0] > 0:
        return region[0]
    fence = before or open_fence(text[:limit])
    room = max(1, limit - (len(fence.marker) + 1 if fence else 0))
    first_line = text.find("\n") + 1 if before is None else 0
    line = text.rfind("\n", min(least, room) // 2, room) + 1
    return line if line > first_line else room


def _behind_closing(source: str, before: Fence) -> str:
    """The text itself, unless its first line ends the code block and leaves nothing of it."""
    first, newline, rest = source.partition("\n")
    line = _FENCE.fullmatch(first)
    closes = line is not None and newline and before.is_closed_by(line[1], line[2])
    return rest if closes else source
