"""A conversation as a record to read, not to continue: for summaries and for the memory. Pure."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from openclaw.agent.context.tokens import MARKERS, Gauge
from openclaw.agent.renderer import Wrapping, source_line
from openclaw.agent.untrusted import encodable, wrap
from openclaw.types.conversation import (
    AssistantMessage,
    Compaction,
    Entry,
    Note,
    ToolMessage,
    UserMessage,
)

RESULT = 3_000
"""Characters of a tool's result: what matters of it is usually in the answer."""
SOURCE = "Source: the record of a conversation, kept by this system"


def excerpts(entries: Iterable[Entry], wrapping: Wrapping, tokens: int, gauge: Gauge) -> Iterator[str]:
    """The record in parts of so many tokens. What people and pages said is quoted, so that nobody can pass for another.

    Each part stands between markers of its own; words that were untrusted before still are.
    """
    part: list[str] = []
    filled = MARKERS
    for piece in _pieces(entries, wrapping, tokens - 2 * MARKERS, gauge):
        size = gauge.text(piece)
        if part and filled + size > tokens:
            yield _wrapped(part, wrapping)
            part, filled = [], MARKERS
        part.append(piece)
        filled += size
    if part:
        yield _wrapped(part, wrapping)


def shortened(text: str, head: int, tail: int) -> str:
    """The same text again when the two ends are all of it."""
    left = len(text) - head - tail
    if left <= 0:
        return text
    end = text[-tail:] if tail else ""
    return f"{text[:head]}\n[… {left:,} of {len(text):,} characters are left out here …]\n{end}"


def _wrapped(part: Sequence[str], wrapping: Wrapping) -> str:
    text = encodable("\n\n".join(part))
    # The text itself names the markers: the same part has the same ones, and nobody inside can know them.
    return wrap(text, f"excerpt:{text}", SOURCE, wrapping.key)


def _pieces(entries: Iterable[Entry], wrapping: Wrapping, tokens: int, gauge: Gauge) -> Iterator[str]:
    for entry in entries:
        for header, text in _said(entry, wrapping):
            if text.strip():
                yield f"{header}\n{_quoted(_fitting(text, tokens, gauge))}"


def _said(entry: Entry, wrapping: Wrapping) -> Iterator[tuple[str, str]]:
    at = f"{datetime.fromtimestamp(entry.at / 1000, wrapping.zone):%Y-%m-%d %H:%M} {wrapping.zone_name}"
    match entry:
        case UserMessage():
            yield source_line(entry.sender, entry.sender_name, entry.provenance, at), entry.text
        case Note():
            yield f"Source: note on {entry.sender} ({entry.provenance}), {at}", entry.text
        case Compaction():
            yield "Summary of what came before:", entry.summary
        case AssistantMessage():
            yield f"The assistant, {at}:", entry.text
            for call in entry.calls:
                arguments = json.dumps(dict(call.arguments), ensure_ascii=False, default=str)
                yield f"The assistant calls {call.name}:", shortened(arguments, RESULT, RESULT // 2)
        case ToolMessage():
            for result in entry.results:
                outcome = "An error" if result.failed else "A result"
                yield f"{outcome} ({result.provenance}):", shortened(result.content, RESULT, RESULT // 2)


def _fitting(text: str, tokens: int, gauge: Gauge) -> str:
    size = gauge.text(text)
    if size <= tokens:
        return text
    keep = int(len(text) * tokens / size * 0.8)
    return shortened(text, keep * 2 // 3, keep // 3)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())
