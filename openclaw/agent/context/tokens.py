"""How much of a window a conversation fills, without asking anybody. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from openclaw.types.conversation import (
    AssistantMessage,
    Block,
    Compaction,
    Entry,
    Note,
    RedactedThinking,
    Text,
    Thinking,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)

MARKERS = 90
"""The lines that wrap a message from outside; their ids are hexadecimal, which costs a token for two digits."""
FRAME = 10
"""What the provider's format adds to a message or a block."""
PICTURE = 1_500
"""Providers count the pixels, and shrink what has more than about a million."""
LEAST_FACTOR, MOST_FACTOR = 0.5, 2.0


def tokens_of(text: str) -> int:
    """A quarter for an ASCII character, 3/4 for a Cyrillic one, 5/4 for a Chinese one, 7/4 for an emoji."""
    if text.isascii():
        return (len(text) + 3) // 4
    return (2 * len(text.encode("utf-8", "surrogatepass")) - len(text) + 3) // 4


def entry_tokens(entry: Entry) -> int:
    match entry:
        case UserMessage():
            return MARKERS + tokens_of(entry.text) + PICTURE * len(entry.pictures)
        case Note():
            return MARKERS + tokens_of(entry.text)
        case Compaction():
            return MARKERS + tokens_of(entry.summary)
        case AssistantMessage():
            return FRAME + sum(map(_block_tokens, entry.blocks))
        case ToolMessage():
            return sum(map(_result_tokens, entry.results))


def _result_tokens(result: ToolResult) -> int:
    return FRAME + tokens_of(result.content) + PICTURE * len(result.pictures)


def _block_tokens(block: Block) -> int:
    match block:
        case Text():
            return tokens_of(block.text)
        case Thinking():
            return tokens_of(block.thinking)
        case RedactedThinking():
            return tokens_of(block.data)
        case ToolCall():
            return FRAME + tokens_of(block.name) + tokens_of(str(block.arguments))


@dataclass(frozen=True, slots=True)
class Gauge:
    """Estimates, corrected by what the provider counted."""

    factor: float = 1.0

    def tokens(self, entries: Iterable[Entry]) -> int:
        return round(self.factor * sum(map(entry_tokens, entries)))

    def text(self, text: str) -> int:
        return round(self.factor * tokens_of(text))


def gauge(entries: Iterable[Entry], counted: int) -> Gauge:
    """`counted` is the session's `totalTokens`, taken when it held these entries; 0 when nothing was counted yet.

    It includes the system prompt and the tools: for a short conversation the factor is too high, and so it is bounded.
    """
    estimate = sum(map(entry_tokens, entries))
    if counted <= 0 or estimate == 0:
        return Gauge()
    return Gauge(min(max(counted / estimate, LEAST_FACTOR), MOST_FACTOR))
