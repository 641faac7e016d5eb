"""A channel of texts between a fake Twilio and a ledger in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import anyio

from openclaw.channels.sms.channel import SmsChannel
from openclaw.channels.sms.config import SmsConfig
from openclaw.channels.sms.plugin import plugin
from openclaw.types.channel import ChannelParts, ChannelState, LastArrival, WebhookRequest, WebhookResponse
from openclaw.types.messages import Address, Arrival, Inbound, Outbound, Part
from tests.channels.twilio.world import MemoryPhone, Refusals, Secrets, twilio_config
from tests.fakes import FakeTwilio

ANA = "+12015550123"
BASE = "https://texts.example.org"
NOW = 1_770_000_000_000


class SetClock:
    """Wall time is set, intervals are real."""

    def __init__(self) -> None:
        self.now = NOW

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return anyio.current_time()


@dataclass
class Inbox:
    """Takes every arrival once, by its key; raises what it is told to first."""

    kept: dict[str, Arrival] = field(default_factory=dict)
    last: LastArrival | None = None
    failures: list[Exception] = field(default_factory=list)

    async def deliver(self, arrivals: Sequence[Arrival]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        for arrival in arrivals:
            self.kept.setdefault(arrival.key, arrival)

    async def last_arrival(self, channel: str, account: str) -> LastArrival | None:
        return self.last

    def messages(self) -> list[Inbound]:
        contents = [arrival.content for arrival in self.kept.values()]
        return [content for content in contents if isinstance(content, Inbound)]

    def texts(self) -> list[str]:
        return [message.text for message in self.messages()]


class Reports:
    def __init__(self) -> None:
        self.seen: list[ChannelState] = []
        self.connected = anyio.Event()

    def __call__(self, state: ChannelState) -> None:
        self.seen.append(state)
        if state.condition == "connected":
            self.connected.set()


@dataclass
class Texting:
    """The channels of a config, and all that they meet."""

    twilio: FakeTwilio
    channels: dict[str, SmsChannel]
    inbox: Inbox
    phone: MemoryPhone
    refusals: Refusals
    clock: SetClock
    secrets: Secrets
    alerts: list[tuple[str, str]]
    """Kind and words."""

    @property
    def channel(self) -> SmsChannel:
        (channel,) = self.channels.values()
        return channel

    async def post(
        self, form: dict[str, str], path: str = "/sms", *, public: str = "", signature: str | None = None
    ) -> WebhookResponse | str:
        """The answer of the route, or the reason why the request is refused."""
        shown = self.twilio.signature(public or BASE + path, form) if signature is None else signature
        headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": shown}
        request = WebhookRequest("POST", path, headers, {}, urlencode(form).encode())
        routes = [route for channel in self.channels.values() for route in channel.routes(self.inbox.deliver)]
        route = next(route for route in routes if route.path == path)
        if (reason := route.authentic(request)) is not None:
            return reason
        return await route.handle(request)

    def noted(self, form: dict[str, str], path: str = "/sms") -> tuple[str | None, str]:
        """What the audit row says of a request."""
        request = WebhookRequest(
            "POST", path, {"content-type": "application/x-www-form-urlencoded"}, {}, urlencode(form).encode()
        )
        routes = [route for channel in self.channels.values() for route in channel.routes(self.inbox.deliver)]
        route = next(route for route in routes if route.path == path)
        assert route.noted is not None
        noted = route.noted(request)
        return noted.event_key, noted.reason

    async def aclose(self) -> None:
        for channel in self.channels.values():
            await channel.aclose()


def texting(twilio: FakeTwilio, media: Path | None = None, **more: object) -> Texting:
    given = twilio_config(twilio, fromNumber=twilio.number, publicWebhookUrls=[BASE], textsPerSecond=1000)
    config = SmsConfig.model_validate({**given, **more})
    inbox, phone, refusals, clock, secrets = Inbox(), MemoryPhone(now=NOW), Refusals(), SetClock(), Secrets()
    alerts: list[tuple[str, str]] = []

    async def alert(kind: str, text: str) -> None:
        alerts.append((kind, text))

    parts = ChannelParts(secrets, inbox, clock, phone=phone, media=media, tell_refusal=refusals, alert=alert)
    channels = [channel for channel in plugin.open(config, parts) if isinstance(channel, SmsChannel)]
    found = {channel.account: channel for channel in channels}
    return Texting(twilio, found, inbox, phone, refusals, clock, secrets, alerts)


def outbound(text: str, *, to: str = ANA, account: str = "default", id: str = "o_1") -> Outbound:
    return Outbound(id, Address("sms", to, account), Part(text))


def form_of(raw: bytes) -> dict[str, str]:
    return dict(parse_qsl(raw.decode(), keep_blank_values=True))
