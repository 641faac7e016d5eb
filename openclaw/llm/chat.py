"""One request to one model: what is asked, what comes back, and how it can fail."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from openclaw.types.conversation import Block, Picture, Text, ToolResult, Usage
from openclaw.types.errors import OpenClawError
from openclaw.types.secrets import Secret


@dataclass(frozen=True, slots=True)
class ToolSpec:
    name: str
    description: str
    schema: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the request. Tool results come first in the user message that answers their calls."""

    role: Literal["user", "assistant"]
    blocks: tuple[Block | ToolResult | Picture, ...]
    cache: bool = False
    """A cache breakpoint stands at the end of this message."""


class Album(Protocol):
    """The pictures that messages only name."""

    async def load(self, pictures: Sequence[Picture]) -> Mapping[Picture, bytes]:
        """In base64; without those that are gone."""


ThinkingLevel = Literal["off", "minimal", "low", "medium", "high", "xhigh"]


@dataclass(frozen=True, slots=True)
class Request:
    model: str
    """Without the provider."""
    system: str
    """Stable over the session: it ends with a cache breakpoint."""
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    """Sorted by name, so that the cached prefix stays the same."""
    max_tokens: int = 8096
    context: str = ""
    """What changes by the turn; sent after the cache breakpoint of `system`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    thinking: ThinkingLevel | None = None
    """None: whatever the model does by itself."""
    begin_within: float | None = None
    """Seconds in which the provider must begin to answer; None: as long as it takes."""
    album: Album | None = field(default=None, compare=False)
    """None: what there is of pictures is told in words."""


StopReason = Literal["end", "tool_use", "max_tokens", "refusal"]


Fault = Literal[
    "rate_limited",  # 429: wait, or take another key
    "overloaded",  # 529, 5xx
    "unreachable",  # no connection, or none in time
    "cut_off",  # the stream ended without a stop reason, or inside a tool call
    "auth",  # 401, 403: the key is refused
    "billing",  # 402, spend limits
    "overflow",  # the prompt is longer than the window
    "invalid",  # any other 4xx: asking again the same way cannot help
]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that was made, or that could not be made, on the way to a reply."""

    model: str
    """`provider/model`."""
    profile: str
    """The key's name, `anthropic:work` for instance; empty without a key."""
    fault: Fault | None
    """None: it answered."""
    thinking: ThinkingLevel | None
    ms: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Substitution:
    """Another model answered than the one that was asked for."""

    model: str
    """The one that was asked for, `provider/model`."""
    fault: Fault


@dataclass(frozen=True, slots=True)
class Reply:
    blocks: tuple[Block, ...]
    stop: StopReason
    usage: Usage
    model: str
    """`provider/model`."""
    request_id: str = ""
    attempts: tuple[Attempt, ...] = ()
    """All that was tried, in order; the last one answered."""
    instead_of: Substitution | None = None

    @property
    def text(self) -> str:
        return "".join(block.text for block in self.blocks if isinstance(block, Text))


@dataclass(frozen=True, slots=True)
class Delta:
    kind: Literal["text", "thinking"]
    text: str


OnDelta = Callable[[Delta], Awaitable[None]]

PASSING: frozenset[Fault] = frozenset({"rate_limited", "overloaded", "unreachable", "cut_off"})


class ModelError(OpenClawError):
    """A request that brought no reply. `fault` decides what is done about it."""

    def __init__(self, model: str, fault: Fault, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{model}: {fault.replace('_', ' ')}: {detail}")
        self.model = model
        self.fault = fault
        self.detail = detail
        self.retry_after = retry_after
        self.attempts: tuple[Attempt, ...] = ()
        """All that was tried, where it was a turn's model that failed and not one request."""

    @property
    def passing(self) -> bool:
        """Whether the same request may well succeed a little later."""
        return self.fault in PASSING


class ChatModel(Protocol):
    """One provider with one key."""

    async def ask(self, request: Request, on_delta: OnDelta) -> Reply:
        """One attempt, streamed. Raises ModelError; a reply that is returned is whole."""

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider is and who we are there."""

    provider: str
    """The id in `models.providers`, `anthropic` for instance."""
    base_url: str
    key: Secret
    headers: Mapping[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """One wire format, found by its entry point in `openclaw.providers`."""

    @property
    def api(self) -> str:
        """As in `models.providers.<id>.api`: `anthropic-messages`, for instance."""

    async def warm(self) -> None:
        """Load what is slow to load, off the loop. Returns at once when it is loaded."""

    async def open(self, endpoint: Endpoint) -> ChatModel:
        """A client for one key; the caller keeps it and closes it."""
