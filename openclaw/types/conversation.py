"""What a session holds: the entries of a transcript, in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Provenance = Literal["owner", "member", "stranger", "hook", "web", "file", "tool", "memory", "skill"]
"""Where words come from. Authority is never decided by text, but by this."""


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """Replayed byte for byte: the provider checks the signature."""

    thinking: str
    signature: str


@dataclass(frozen=True, slots=True)
class RedactedThinking:
    data: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    name: str
    arguments: Mapping[str, object]
    malformed: str = ""
    """What the model wrote instead of one JSON object; it is not run."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image in a file of the state directory; the transcript holds where it lies, the request its bytes."""

    path: str
    """Relative to the state directory, below `media/`."""
    media_type: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    call_id: str
    content: str
    failed: bool = False
    provenance: Provenance = "tool"
    pictures: tuple[Picture, ...] = ()


Block = Text | Thinking | RedactedThinking | ToolCall


@dataclass(frozen=True, slots=True)
class Usage:
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cost: float = 0.0
    """US dollars."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.cost + other.cost,
        )

    @property
    def prompt(self) -> int:
        """Every token of the prompt, cached or not."""
        return self.input + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class UserMessage:
    id: str
    at: int
    text: str
    sender: str
    """`<channel>:<immutable id>`."""
    provenance: Provenance
    trace: str = ""
    sender_name: str = ""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class AssistantMessage:
    id: str
    at: int
    blocks: tuple[Block, ...]
    model: str
    """`provider/model` that wrote it."""
    usage: Usage = field(default_factory=Usage)

    @property
    def text(self) -> str:
        return "".join(block.text for block in self.blocks if isinstance(block, Text))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(block for block in self.blocks if isinstance(block, ToolCall))


@dataclass(frozen=True, slots=True)
class ToolMessage:
    """The results of every call of the assistant message before it, in the order of the calls."""

    id: str
    at: int
    results: tuple[ToolResult, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened outside this conversation's turns and that it should know."""

    id: str
    at: int
    text: str
    sender: str
    provenance: Provenance = "tool"


@dataclass(frozen=True, slots=True)
class Compaction:
    id: str
    at: int
    summary: str
    first_kept: str
    tokens_before: int
    provenance: Provenance = "stranger"
    """The least trusted of all that it sums up."""


Entry = UserMessage | AssistantMessage | ToolMessage | Note | Compaction
