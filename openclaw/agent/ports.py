"""What a turn may ask of the house. Implemented in the gateway, handed in by `app`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from openclaw.agent.tools.base import Act, Scene
from openclaw.llm.chat import OnDelta, Reply, Request
from openclaw.types.conversation import AssistantMessage, ToolCall, ToolResult, UserMessage
from openclaw.types.events import TurnEvent

Emit = Callable[[TurnEvent], Awaitable[None]]
"""Progress for those who watch. Contract: must not raise."""


class Model(Protocol):
    """The model of this turn, with its retries behind it."""

    @property
    def name(self) -> str:
        """`provider/model`."""

    async def ask(
        self, request: Request, on_delta: OnDelta, on_withdraw: Callable[[], Awaitable[None]]
    ) -> Reply:
        """Raises ModelError when every retry was used.

        `on_withdraw`: what was streamed so far does not count.
        """


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """A model's message that is in the ledger, and what is known of its tools."""

    message: AssistantMessage
    results: Mapping[str, ToolResult]
    started: Set[str]
    """Calls whose effect must not be repeated and that were begun."""
    heard: tuple[UserMessage, ...] = ()
    """What people said while the turn ran, before this message."""


class Journal(Protocol):
    """The turn's steps in the ledger. Each call returns when its step is committed."""

    async def replied(self, message: AssistantMessage) -> None:
        """Before any tool of the message runs."""

    async def starting(self, call: ToolCall) -> None:
        """Before an effect that must never be repeated."""

    async def finished(self, call: ToolCall, result: ToolResult) -> None: ...


class Ears(Protocol):
    """What people say while the turn runs."""

    async def waiting(self) -> bool:
        """Whether somebody wants to be heard before more tools are begun."""

    async def listen(self) -> Sequence[UserMessage]:
        """What has come since; in the ledger as part of this turn when it returns."""


class Gate(Protocol):
    """What stands between a call and its effect."""

    async def admit(self, call: ToolCall, act: Act, scene: Scene) -> str:
        """Empty when the call may run, else the refusal as the model reads it.

        May wait for the owner's word, for minutes. The same call asked about again, after a crash, waits on.
        Raises agent.loop.TurnPausedError when the daemon stops meanwhile.
        """


class Spans(Protocol):
    """The turn's trace."""

    def timed(self, name: str, **facts: object) -> AbstractContextManager[dict[str, object]]:
        """A span around the block; more facts may be put into what it yields."""

    def add(self, name: str, ms: float = 0.0, *, at: int | None = None, **facts: object) -> None:
        """A span of what is over already."""
