"""What a channel plugin is, and what it is handed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from openclaw.types.clock import Clock
from openclaw.types.messages import Address, Arrival, Outbound, Part, Parts
from openclaw.types.secrets import Resolver


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


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WebhookRoute:
    path: str
    authentic: Callable[[WebhookRequest], str | None]
    """The reason class why a request is not from its provider, or None when it is. Pure; must not raise."""
    handle: Callable[[WebhookRequest], Awaitable[WebhookResponse]]
    """Only ever called with an authentic request."""
    methods: tuple[str, ...] = ("POST",)


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


@dataclass(frozen=True, slots=True)
class ChannelParts:
    """What the house hands to every channel."""

    resolver: Resolver
    ledger: ChannelLedger
    clock: Clock


class ChannelPlugin(Protocol):
    """What an entry point in `openclaw.channels` names. Importing it loads no SDK."""

    @property
    def name(self) -> str: ...

    @property
    def config(self) -> type[Any]:
        """The pydantic model of `channels.<name>`."""

    def open(self, config: Any, parts: ChannelParts) -> Sequence[Channel]:
        """One channel for each account that is switched on. No I/O."""
