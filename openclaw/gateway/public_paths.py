"""Every path that the outside may call: whose it is, whether it is served here, and when it was called last."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from openclaw.store.ledger import Ledger
from openclaw.store.webhooks import Seen
from openclaw.types.channel import Deliver, WebhookRoute
from openclaw.types.messages import Arrival

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PublicPath:
    path: str
    channel: str
    checked_by: str
    mend: str
    """What to do where it is to be served and is not."""
    methods: tuple[str, ...] = ("POST",)


_TWILIO = "X-Twilio-Signature"
_SMS = "set channels.sms.authToken and channels.sms.publicWebhookUrls"
_VOICE = "set channels.voice, or channels.sms with publicWebhookUrls for both"
_HOOKS = "set hooks.token"

KNOWN: tuple[PublicPath, ...] = (
    PublicPath(
        "/webhooks/telegram", "telegram", "X-Telegram-Bot-Api-Secret-Token",
        "set channels.telegram.webhookUrl and webhookSecret; without them the bot polls",
    ),
    PublicPath(
        "/webhooks/whatsapp", "whatsapp", "verify token, X-Hub-Signature-256",
        "set channels.whatsapp.appSecret and verifyToken", ("GET", "POST"),
    ),
    *(
        PublicPath(path, "sms", _TWILIO, _SMS)
        for path in ("/sms", "/sms/webhook", "/webhooks/sms", "/webhooks/twilio/sms", "/sms/status")
    ),
    *(
        PublicPath(path, "voice", _TWILIO, _VOICE)
        for path in ("/voice", "/voice/webhook", "/voice/status", "/voice/recording-complete", "/voice/transcription")
    ),
    PublicPath("/webhooks/whatsapp/twilio", "whatsapp", _TWILIO, "set channels.whatsapp.provider to twilio"),
    PublicPath("/webhooks/salesmsg", "salesmsg", "query token", "set channels.salesmsg.webhookToken"),
    PublicPath("/webhooks/quo", "quo", "signature headers", "set channels.quo.signingKeys"),
    PublicPath("/hooks/wake", "hooks", "hooks.token", _HOOKS),
    PublicPath("/hooks/agent", "hooks", "hooks.token", _HOOKS),
)  # fmt: skip


class Served(Protocol):
    """A channel, or whatever else has paths."""

    @property
    def name(self) -> str: ...

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]: ...


class PublicPaths:
    def __init__(self, ledger: Ledger, channels: Callable[[], Iterable[Served]]) -> None:
        """`channels`: those that are switched on, whether they run or not."""
        self._ledger = ledger
        self._channels = channels

    async def rows(self) -> list[Row]:
        return rows(served_by(self._channels()), await self._ledger.webhooks_seen())


def served_by(channels: Iterable[Served]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Path → channel and methods."""
    return {
        route.path: (channel.name, route.methods)
        for channel in channels
        for route in channel.routes(_nowhere)
    }


async def _nowhere(arrivals: Iterable[Arrival]) -> None:
    """For routes that are only looked at."""


def rows(served: Mapping[str, tuple[str, tuple[str, ...]]], seen: Mapping[str, Seen]) -> list[Row]:
    """Pure. The contract's paths first, then what the config names itself."""
    known = {each.path for each in KNOWN}
    return [
        *(_row(each, each.path in served, seen.get(each.path)) for each in KNOWN),
        *(_row(each, True, seen.get(each.path)) for each in _others(served, known)),
    ]


def _others(served: Mapping[str, tuple[str, tuple[str, ...]]], known: set[str]) -> Iterator[PublicPath]:
    checks = {each.channel: each.checked_by for each in KNOWN}
    for path, (channel, methods) in sorted(served.items()):
        if path not in known:
            yield PublicPath(path, channel, checks.get(channel, "its plugin"), "", methods)


def _row(each: PublicPath, served: bool, seen: Seen | None) -> Row:
    found = seen or Seen()
    return {
        "path": each.path,
        "methods": list(each.methods),
        "channel": each.channel,
        "served": served,
        "checkedBy": each.checked_by,
        "lastAcceptedAt": found.accepted_at,
        "lastRefusedAt": found.refused_at,
        "lastRefusal": found.refusal,
        "mend": "" if served else each.mend,
    }
