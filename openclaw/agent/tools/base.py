"""What a tool is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Protocol

from openclaw.types.conversation import Entry, Picture, Provenance
from openclaw.types.errors import OpenClawError
from openclaw.types.messages import Address, ChatType, Role


class Effect(IntEnum):
    """What a crash in the middle of a run may have left, and so what a restart may do (most do R3)."""

    READ_ONLY = 0
    """Run again."""
    IDEMPOTENT = 1
    """Run again: the same end state."""
    KEYED = 2
    """Run again with the same key."""
    ONCE = 3
    """Never again by itself: the result says that it may have run."""


class Kind(StrEnum):
    """What a call does to the world, as the policy sees it."""

    READ = "read"
    """The workspace, the memory, the assistant's own state."""
    CONSULT = "consult"
    """Asks a service that the owner set up; it learns the words of the call and nobody else does."""
    SEARCH = "search"
    """Sends a query to a search engine."""
    FETCH = "fetch"
    """Asks for an address: whoever serves it learns the address."""
    WRITE = "write"
    """Files of the workspace that instruct nobody."""
    INSTRUCT = "instruct"
    """What the assistant reads as its owner's words: instruction files, memory, skills."""
    EXECUTE = "execute"
    """A program inside the sandbox, without a network."""
    EXECUTE_OUTSIDE = "execute-outside"
    """A program on the machine itself."""
    SEND = "send"
    """Words to somebody besides the answer of this turn."""
    SEND_FILE = "send-file"
    """A file of the workspace to somebody, and words with it."""
    SCHEDULE = "schedule"
    """A later turn of the assistant, a reminder for instance."""
    DELEGATE = "delegate"
    """A turn in another conversation of the assistant."""
    FOREIGN = "foreign"
    """Code of others, which may do anything: a skill's own tools, an MCP server's."""
    ADMINISTER = "administer"
    """The assistant's own configuration, keys and doors."""


@dataclass(frozen=True, slots=True)
class Act:
    """What one call would do: what the policy judges and, when it asks, what the owner reads."""

    kind: Kind
    target: str = ""
    """The path, address, recipient, command: whatever the act is about."""
    payload: str = ""
    """The words that would leave for the target."""


def unheard(words: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Scene:
    """In which turn, where and for whom a call is made."""

    agent: str
    session_key: str
    run_id: str
    workspace: Path
    channel: str = "webchat"
    sender: str = ""
    """`<channel>:<immutable id>`."""
    role: Role = "stranger"
    chat_type: ChatType = "direct"
    reply_to: Address | None = None
    trace_id: str = ""
    depth: int = 0
    """How many sessions_spawn lie between a person and this turn."""
    provenances: frozenset[Provenance] = frozenset()
    """Of all that the model has read so far."""
    call_id: str = ""
    """The same when the call is made again after a crash."""
    history: Sequence[Entry] = ()
    """The conversation, and what was asked."""
    entries: Sequence[Entry] = ()
    """What the turn has brought so far."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Fields of the session's entry, as they hold for this turn."""
    tell: Callable[[str], None] = field(default=unheard, compare=False)
    """What a call that takes long says meanwhile, for those who watch. Never waits; the last words count."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a tool brings, when it is more than words, or words of another origin than the tool's usual ones."""

    text: str
    pictures: tuple[Picture, ...] = ()
    provenance: Provenance | None = None


class Tool(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def schema(self) -> Mapping[str, object]:
        """JSON schema of the arguments, an object."""

    @property
    def effect(self) -> Effect: ...

    @property
    def provenance(self) -> Provenance:
        """Where the words of its results come from."""

    @property
    def timeout_seconds(self) -> float: ...

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        """Pure and quick. Raises ToolInputError for arguments that say nothing."""

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str | Output:
        """Raises ToolError for what the model or the world did wrong; anything else is our own bug."""


class ToolError(OpenClawError):
    """Told to the model, which tries another way."""


class ToolInputError(ToolError):
    """The arguments do not fit; the text is precise enough to correct them."""

    def __str__(self) -> str:
        return f"ToolInputError: {super().__str__()}"
