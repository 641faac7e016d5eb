"""What a channel plugin is, and what it is handed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from openclaw.types.alerts import Alert, unheard
from openclaw.types.clock import Clock
from openclaw.types.event_log import EventLog
from openclaw.types.messages import Address, Arrival, Attachment, Enclosure, Outbound, Part, Parts
from openclaw.types.phone import PhoneLedger, TellRefusal, untold
from openclaw.types.progress import Progress, Unwatched
from openclaw.types.receipts import OwnTexts, Receipts
from openclaw.types.secrets import Resolver
from openclaw.types.sending import Consents


class Deliver(Protocol):
    async def __call__(self, arrivals: Sequence[Arrival]) -> None:
        """Returns once every arrival is in the ledger, in one transaction; only then may it be acknowledged.

        Raises StorageFullError or StorageBusyError when nothing was recorded.
        """


@dataclass(frozen=True, slots=True)
class LastArrival:
    sequence: int
    received_at: int
    key: str = ""
    """Shows whether it came to the same bot or number as now; empty where nobody asks."""


class ChannelLedger(Protocol):
    async def last_arrival(self, channel: str, account: str) -> LastArrival | None:
        """The newest arrival that had a sequence number."""


ChannelCondition = Literal["starting", "connected", "failing", "disabled", "stopped"]


@dataclass(frozen=True, slots=True)
class ChannelState:
    condition: ChannelCondition
    reason: str = ""


Report = Callable[[ChannelState], None]


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    query: Mapping[str, str]
    body: bytes
    query_string: str = ""
    """As it came: a signature covers what is not decoded yet."""


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Noted:
    """What the audit row of an authentic request says besides that it came."""

    event_key: str | None = None
    reason: str = ""
    """Such as `number-unknown`, for a request that is answered and not taken in."""


@dataclass(frozen=True, slots=True)
class WebhookRoute:
    path: str
    authentic: Callable[[WebhookRequest], str | None]
    """The reason class why a request is not from its provider, or None when it is. Pure; must not raise."""
    handle: Callable[[WebhookRequest], Awaitable[WebhookResponse]]
    """Only ever called with an authentic request."""
    methods: tuple[str, ...] = ("POST",)
    noted: Callable[[WebhookRequest], Noted] | None = None
    """Of an authentic request, before it is handled. Pure; must not raise."""
    statuses: Mapping[str, int] = field(default_factory=dict)
    """What is answered for a reason class; 403 for all others."""
    apology: WebhookResponse | None = None
    """What is answered when the house cannot take a request now, where no provider comes again. None: an error."""


class Channel(Protocol):
    """One account of one channel. Lives from `run` until it is cancelled; the runner restarts it."""

    @property
    def name(self) -> str: ...

    @property
    def account(self) -> str: ...

    async def run(self, deliver: Deliver, report: Report) -> None:
        """Receive until cancelled. Contract: nothing is acknowledged before `deliver` returned."""

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]:
        """The public webhook routes; empty for a channel that polls."""

    def compose(self, text: str) -> Parts:
        """Pure: the model's markdown as messages of this channel, each within its limits. [] for empty text."""

    async def send(self, message: Outbound) -> str:
        """Send one message and return the provider's id for it.

        Raises DeliveryError when it was certainly not sent, AmbiguousDeliveryError when nobody knows.
        """

    async def show_working(self, to: Address) -> None:
        """Show that an answer is being written, until cancelled. Contract: its failures hurt nobody."""

    async def aclose(self) -> None: ...


@runtime_checkable
class Editing(Protocol):
    """What a channel can do besides where messages may be changed after they were sent."""

    async def begin_preview(self, to: Address, part: Part) -> str:
        """Send a message that is going to be edited; returns the provider's id. Raises as `send` does."""

    async def edit(self, to: Address, message_id: str, part: Part) -> bool:
        """False when there is no such message any more. Contract: repeating an edit harms nobody.

        Raises as `send` does.
        """

    async def withdraw(self, to: Address, message_id: str) -> None:
        """Take a message away. Contract: its failures hurt nobody."""


@runtime_checkable
class Reconciling(Protocol):
    """A channel whose provider says what it has sent: nothing that was in doubt need be sent twice, or asked about."""

    async def sent_before(self, message: Outbound, since_ms: int) -> str | None:
        """The provider's id of this very message, if it was taken after `since_ms`. Raises ChannelError."""


@runtime_checkable
class Reacting(Protocol):
    """What a channel can do besides where people see a reaction to a message."""

    async def react(self, to: Address, message_id: str, emoji: str) -> None:
        """Contract: its failures hurt nobody."""


@dataclass(frozen=True, slots=True)
class Fetched:
    path: str
    """From the state directory."""
    data: bytes


@runtime_checkable
class Fetching(Protocol):
    """What a channel can do besides where people attach files."""

    async def fetch(self, file: Attachment) -> Fetched:
        """Bring the file to its place. Contract: repeating it harms nobody. Raises FetchError."""


@runtime_checkable
class Enclosing(Protocol):
    """What a channel can do besides where it sends files."""

    def enclose(self, file: Enclosure, text: str) -> Parts:
        """Pure: the file and the words about it as messages, the file's own first.

        Raises EnclosureError for a file that the channel does not take.
        """


@dataclass(frozen=True, slots=True)
class ChannelParts:
    """What the house hands to every channel."""

    resolver: Resolver
    ledger: ChannelLedger
    clock: Clock
    phone: PhoneLedger | None = None
    """For the channels with telephone numbers."""
    menu: Sequence[tuple[str, str]] = ()
    """The commands that there are, by name, with what each does."""
    media: Path | None = None
    """`<state>/media`, where what people attach is put."""
    tell_refusal: TellRefusal = untold
    credentials: Path | None = None
    """`<state>/credentials`, for a token that its provider has us exchange for a new one."""
    events: EventLog | None = None
    alert: Alert = unheard
    receipts: Receipts | None = None
    consents: Consents | None = None
    own_texts: OwnTexts | None = None
    progress: Progress = Unwatched()  # noqa: RUF009 - keeps nothing, so one instance may serve all


class ChannelPlugin(Protocol):
    """What an entry point in `openclaw.channels` names. Importing it loads no SDK."""

    @property
    def name(self) -> str: ...

    @property
    def config(self) -> type[Any]:
        """The pydantic model of `channels.<name>`."""

    def open(self, config: Any, parts: ChannelParts) -> Sequence[Channel]:
        """One channel for each account that is switched on. No I/O."""
