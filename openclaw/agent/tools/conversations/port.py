"""What the tools of this package ask of the house."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from openclaw.agent.tools.base import Scene
from openclaw.llm.chat import ThinkingLevel
from openclaw.types.conversation import Provenance
from openclaw.types.messages import Address

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations are to be listed."""

    kinds: frozenset[str] = frozenset()
    """Empty: every kind."""
    limit: int = 50
    active_minutes: int | None = None
    message_limit: int = 0
    """So many of the newest messages with each."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a conversation holds, and the least trusted of whose words these are."""

    body: object
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Errand:
    """Words for another conversation of the assistant."""

    to: str
    """A key, a short form of one, or a label."""
    message: str
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class Answered:
    status: Literal["ok", "accepted", "timeout", "error"]
    run_id: str
    session_key: str
    reply: str = ""
    provenance: Provenance = "tool"


@dataclass(frozen=True, slots=True)
class Task:
    """Work for a conversation of its own, whose result comes back to the one that asked."""

    text: str
    label: str = ""
    agent: str | None = None
    model: str | None = None
    thinking: ThinkingLevel | None = None
    timeout_seconds: float | None = None
    keeps: bool = True
    """Whether its conversation stays where it is afterwards; otherwise it is put aside."""


@dataclass(frozen=True, slots=True)
class Child:
    run_id: str
    session_key: str


class Conversations(Protocol):
    """The assistant's conversations, as far as the scene's one may see them. Raises ToolError."""

    async def listing(self, wanted: Wanted, scene: Scene) -> Told: ...

    async def history(self, key: str, limit: int, scene: Scene, *, with_tools: bool) -> Told: ...

    async def send(self, errand: Errand, scene: Scene) -> Answered: ...

    async def spawn(self, task: Task, scene: Scene) -> Child:
        """A second time with the same call, it is the same child."""

    async def children(self, scene: Scene) -> Sequence[Json]: ...

    async def kill(self, target: str, scene: Scene) -> Sequence[str]:
        """The children's keys that were stopped. `all`, a key or a label."""

    async def status(self, key: str | None, model: str | None, scene: Scene) -> str: ...

    def agents(self, scene: Scene) -> Sequence[Json]:
        """Those to whom a task may be given."""


@dataclass(frozen=True, slots=True)
class Letter:
    to: Address
    text: str
    media: str = ""
    """A file of the workspace that goes along, as the model names it."""


class Messenger(Protocol):
    """Messages besides the answer of a turn. Raises ToolError."""

    def address(self, channel: str | None, target: str | None, account: str | None, scene: Scene) -> Address:
        """Where a message goes; without a target to the conversation of the turn."""

    async def send(self, letter: Letter, scene: Scene) -> str:
        """The id under which it waits in the outbox, and what for if that is known.

        A second time with the same call, it is the same message.
        """
