"""The closed union that the bus carries: facts, never requests. The store remembers; an event only wakes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from openclaw.types.channel import ChannelState
from openclaw.types.conversation import Usage
from openclaw.types.messages import Address


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """The inbox holds new rows."""


@dataclass(frozen=True, slots=True)
class ReplyReady:
    """The outbox holds rows for this address."""

    to: Address


@dataclass(frozen=True, slots=True)
class ReplySent:
    outbox_id: str
    to: Address
    trace_id: str


@dataclass(frozen=True, slots=True)
class TurnStarted:
    run_id: str
    session_key: str
    agent: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    run_id: str
    session_key: str
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    run_id: str
    session_key: str
    text: str


@dataclass(frozen=True, slots=True)
class ReplyWithdrawn:
    """What was streamed of the present reply does not count: the request is made again."""

    run_id: str
    session_key: str


@dataclass(frozen=True, slots=True)
class ModelReplied:
    run_id: str
    session_key: str
    model: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class ToolStarted:
    run_id: str
    session_key: str
    call_id: str
    name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ToolFinished:
    run_id: str
    session_key: str
    call_id: str
    name: str
    content: str
    failed: bool


TurnOutcome = Literal["answered", "silent", "refused", "dead", "paused", "aborted"]


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The turn's end is committed; `text` is the one final text."""

    run_id: str
    session_key: str
    outcome: TurnOutcome
    text: str
    reason: str = ""
    usage: Usage = Usage()  # noqa: RUF009 - Usage is frozen, so one instance may serve all


@dataclass(frozen=True, slots=True)
class SessionChanged:
    session_key: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    channel: str
    account: str
    state: ChannelState


@dataclass(frozen=True, slots=True)
class TraceRecorded:
    trace_id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Stopping:
    """The daemon was asked to stop."""

    reason: str


TurnEvent = (
    TurnStarted
    | TextDelta
    | ReasoningDelta
    | ReplyWithdrawn
    | ModelReplied
    | ToolStarted
    | ToolFinished
    | TurnFinished
)
Event = (
    MessageReceived
    | ReplyReady
    | ReplySent
    | TurnEvent
    | SessionChanged
    | ChannelChanged
    | TraceRecorded
    | Stopping
)
