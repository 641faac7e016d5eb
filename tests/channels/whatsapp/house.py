"""What a channel is handed, as fakes that behave."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from openclaw.channels.whatsapp.config import WhatsAppConfig
from openclaw.channels.whatsapp.plugin import plugin
from openclaw.types.channel import (
    Channel,
    ChannelParts,
    ChannelState,
    LastArrival,
    WebhookRequest,
    WebhookRoute,
)
from openclaw.types.errors import SecretError
from openclaw.types.messages import Address, Arrival, Button, Enclosure, Inbound, Outbound, Part
from openclaw.types.receipts import Receipt
from openclaw.types.secrets import Secret, SecretRef
from tests.fakes import FakeWhatsApp

NOW = 1_795_226_400_000
ANA = "+12015550123"


@dataclass
class SetClock:
    now: int = NOW

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000


@dataclass
class Receipts:
    taken: list[Receipt] = field(default_factory=list)

    async def take(self, receipt: Receipt) -> bool:
        self.taken.append(receipt)
        return True


@dataclass
class MemoryLedger:
    """Takes every arrival once, by its key; raises what it is told to first."""

    kept: dict[str, Arrival] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)

    async def deliver(self, arrivals: Sequence[Arrival]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        for arrival in arrivals:
            self.kept.setdefault(arrival.key, arrival)

    async def last_arrival(self, channel: str, account: str) -> LastArrival | None:
        return None

    def inbounds(self) -> list[Inbound]:
        contents = [arrival.content for arrival in self.kept.values()]
        return [content for content in contents if isinstance(content, Inbound)]

    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.inbounds()]


@dataclass
class Secrets:
    """Knows plain values, and references by name; `fresh` reads count."""

    values: dict[str, str] = field(default_factory=dict)
    fresh_reads: int = 0

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        self.fresh_reads += fresh
        if reference.is_plain:
            return Secret(reference.text)
        if reference.text not in self.values:
            raise SecretError(f"{reference.text} is not there")
        return Secret(self.values[reference.text])


class Reports:
    def __init__(self) -> None:
        self.seen: list[ChannelState] = []
        self._changed = anyio.Event()

    def __call__(self, state: ChannelState) -> None:
        self.seen.append(state)
        self._changed.set()
        self._changed = anyio.Event()

    async def connected(self, times: int = 1) -> None:
        while sum(state.condition == "connected" for state in self.seen) < times:
            await self._changed.wait()


class House:
    """Channels as the plugin opens them, with what they are handed."""

    def __init__(self, config: object, *, media: Path | None = None, secrets: Secrets | None = None) -> None:
        self.ledger, self.clock, self.receipts = MemoryLedger(), SetClock(), Receipts()
        self.secrets = secrets or Secrets()
        self.media = media
        self.reports = Reports()
        self.alerts: list[tuple[str, str]] = []
        parts = ChannelParts(
            self.secrets, self.ledger, self.clock, media=media, alert=self._alert, receipts=self.receipts
        )
        self.channels = plugin.open(WhatsAppConfig.model_validate(config), parts)
        self.routes: dict[str, WebhookRoute] = {}
        for channel in self.channels:
            for route in channel.routes(self.ledger.deliver):
                assert route.path not in self.routes, "two channels want the same path"
                self.routes[route.path] = route

    async def _alert(self, kind: str, text: str) -> None:
        self.alerts.append((kind, text))

    @property
    def channel(self) -> Channel:
        (channel,) = self.channels
        return channel

    @asynccontextmanager
    async def running(self) -> AsyncIterator["House"]:
        async with anyio.create_task_group() as tasks:
            for channel in self.channels:
                tasks.start_soon(channel.run, self.ledger.deliver, self.reports)
            await self.reports.connected(len(self.channels))
            yield self
            tasks.cancel_scope.cancel()
        await self.aclose()

    async def aclose(self) -> None:
        for channel in self.channels:
            await channel.aclose()

    async def post(self, whatsapp: FakeWhatsApp, raw: bytes) -> int:
        """A body, signed, to the route. Returns the status; 403 for what is not authentic."""
        headers = {"x-hub-signature-256": whatsapp.sign(raw)}
        request = WebhookRequest("POST", "/webhooks/whatsapp", headers, {}, raw)
        route = self.routes[request.path]
        if route.authentic(request) is not None:
            return 403
        return (await route.handle(request)).status


def outbound(
    text: str, *, to: str = ANA, buttons: tuple[Button, ...] = (), quoted: str | None = None
) -> Outbound:
    return Outbound("o_1", Address("whatsapp", to), Part(text, buttons=buttons), quoted)


PDF = Enclosure("outbound/2026-11-21/quote.pdf", "quote.pdf", "application/pdf", 8)


def kept(media: Path, file: Enclosure = PDF, data: bytes = b"%PDF-1.7") -> Path:
    path = media / file.place
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    return media


def enclosing(text: str, file: Enclosure = PDF) -> Outbound:
    return Outbound("o_1", Address("whatsapp", ANA), Part(text, file=file))
