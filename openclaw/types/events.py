"""The closed union that the bus carries: facts, never requests. The store remembers; an event only wakes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from openclaw.types.channel import ChannelState
from openclaw.types.conversation import ToolCall, Usage
from openclaw.types.messages import Address
from openclaw.types.progress import WorkKind, WorkPhase


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
    """As the model has written it."""
    shown: str | None = None
    """What whoever watches is told, where that is not the same: a link waits until it is whole and judged."""

    @property
    def seen(self) -> str:
        return self.text if self.shown is None else self.shown


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
class ToolProgressed:
    """A call that runs for long goes on."""

    run_id: str
    session_key: str
    call_id: str
    name: str
    words: str
    """What it last said; empty for a tool that says nothing."""
    ms: int
    """Since it began."""


@dataclass(frozen=True, slots=True)
class ToolFinished:
    run_id: str
    session_key: str
    call_id: str
    name: str
    content: str
    failed: bool


@dataclass(frozen=True, slots=True)
class SendFailed:
    """A message is given up: its channel refused it for good, or once too often."""

    outbox_id: str
    to: Address
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class SendInDoubt:
    """A message may have arrived or not, and waits for the owner's word."""

    outbox_id: str
    to: Address


@dataclass(frozen=True, slots=True)
class Alerted:
    """What the owner has to know although nobody asked."""

    kind: str
    text: str
    at: int


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
    calls: tuple[ToolCall, ...] = ()
    """For the program that asked, which runs them itself."""


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
class ApprovalRequested:
    """A tool call waits for the owner's word."""

    approval_id: str
    agent: str
    session_key: str
    summary: str
    """What would be done, in one line."""
    asked_at: int
    expires_at: int


ApprovalOutcome = Literal["approved", "denied", "expired", "withdrawn"]


@dataclass(frozen=True, slots=True)
class ApprovalResolved:
    approval_id: str
    outcome: ApprovalOutcome
    by: str
    """`<channel>:<id>` of who decided; empty when nobody did."""
    at: int


@dataclass(frozen=True, slots=True)
class DeviceAsked:
    """A device waits for a person's word."""

    request_id: str
    device_id: str
    told: Mapping[str, object]
    """The request, as clients are told of it."""


@dataclass(frozen=True, slots=True)
class DeviceSettled:
    request_id: str
    device_id: str
    decision: Literal["approved", "rejected", "removed"]
    at: int


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A reminder or recurring task was made, changed, taken away, begun or ended."""

    job_id: str
    action: Literal["added", "updated", "removed", "started", "finished"]
    at: int
    status: str = ""
    """Of a run that has ended: ok, error or skipped."""
    summary: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class WorkTold:
    """Work that takes long has begun, goes on or is over. Told a few times a second at most."""

    work_id: str
    kind: WorkKind
    phase: WorkPhase
    title: str
    begun_at: int
    at: int
    session_key: str = ""
    words: str = ""
    """What it last said."""
    done: int = 0
    total: int = 0
    """0: nobody knows how much there is."""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class ConfigChanged:
    """The config file was changed. Names of keys, never what stands there."""

    changed: tuple[str, ...] = ()
    """What holds from now on."""
    waiting: tuple[str, ...] = ()
    """What needs a restart."""
    fault: str = ""
    """Why nothing of it was taken over."""


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
    | ToolProgressed
    | ToolFinished
    | TurnFinished
)
Event = (
    MessageReceived
    | ReplyReady
    | ReplySent
    | SendFailed
    | SendInDoubt
    | Alerted
    | TurnEvent
    | SessionChanged
    | ChannelChanged
    | TraceRecorded
    | ApprovalRequested
    | ApprovalResolved
    | DeviceAsked
    | DeviceSettled
    | JobChanged
    | WorkTold
    | ConfigChanged
    | Stopping
)
