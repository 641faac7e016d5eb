"""How updates come to us: by long polling, or by Telegram's calls of our webhook."""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, Protocol

import anyio

from openclaw.channels.telegram.parse import CHANNEL, pressed, read_update
from openclaw.channels.telegram.reading.called import Bot
from openclaw.types.channel import (
    ChannelParts,
    ChannelState,
    Deliver,
    LastArrival,
    Report,
    WebhookRequest,
    WebhookResponse,
    WebhookRoute,
)
from openclaw.types.errors import ChannelError, StorageBusyError, StorageFullError
from openclaw.types.messages import Arrival
from openclaw.types.secrets import Secret

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
STORAGE_WAIT_SECONDS = 5.0
REPEAT_WAIT_SECONDS = 1.0
ACKNOWLEDGE_SECONDS = 3.0
"""A button that goes on blinking is no reason to hear nobody else."""
ALONE_SECONDS = 5
"""A poll left alone for so long shows that the other program is gone."""
_RESEEDED_AFTER_MS = 6 * 24 * 3600 * 1000
"""After a week without updates Telegram counts on from a random number, perhaps a lower one."""
_TRY_AGAIN = WebhookResponse(503, b"try again", headers={"Retry-After": "30"})


class TokenRefusedError(ChannelError):
    """The next start reads the token anew, in case the owner has mended it."""


class ConflictError(ChannelError):
    """Another program polls too. It ends our poll as we end its: one that is answered at once shows nothing."""


class Source(Protocol):
    async def updates(self, offset: int | None, wait_seconds: int) -> list[object]:
        """The updates as Telegram wrote them. Telegram forgets every one below the offset."""

    async def acknowledge(self, press: str) -> None:
        """Contract: its failures hurt nobody."""


def poll_offset(last: LastArrival | None, bot: int, now_ms: int) -> int | None:
    """None asks for all that waits: what we have already is a repeat by its key, and harmless."""
    if last is None or now_ms - last.received_at > _RESEEDED_AFTER_MS:
        return None
    # Another bot's number, as an offset, would throw this one's messages away.
    if last.key and not last.key.startswith(f"{CHANNEL}:{bot}:"):
        return None
    return last.sequence + 1


class Polling:
    def __init__(self, source: Source, parts: ChannelParts, account: str, bot: Bot) -> None:
        self._source = source
        self._parts = parts
        self._account = account
        self._bot = bot

    async def run(
        self, deliver: Deliver, report: Report, wait_seconds: int, *, contested: bool = False
    ) -> NoReturn:
        last = await self._parts.ledger.last_arrival(CHANNEL, self._account)
        # The first poll answers at once, and shows whether we are connected.
        wait = min(ALONE_SECONDS, wait_seconds) if contested else 0
        while True:
            offset = poll_offset(last, self._bot.id, self._parts.clock.now_ms())
            updates = await self._source.updates(offset, wait)
            report(ChannelState("connected"))
            wait = wait_seconds
            if not updates:
                continue
            arrivals = [read_update(_raw(update), bot=self._bot, account=self._account) for update in updates]
            await self._hand_over(arrivals, deliver, report)
            await self._acknowledge(arrivals)
            newest = self._newest(arrivals)
            if newest is None or newest.sequence + 1 == offset:
                # A server that repeats itself, whatever we confirm, is not asked as fast as it answers.
                await anyio.sleep(REPEAT_WAIT_SECONDS)
            last = newest or last

    async def _hand_over(self, arrivals: list[Arrival], deliver: Deliver, report: Report) -> None:
        """Returns once the whole batch is in the ledger; until then the offset stands still."""
        while True:
            try:
                await deliver(arrivals)
            except (StorageFullError, StorageBusyError) as error:
                report(ChannelState("failing", f"{len(arrivals)} updates wait: {error}"))
                await anyio.sleep(STORAGE_WAIT_SECONDS)
            else:
                return

    async def _acknowledge(self, arrivals: list[Arrival]) -> None:
        with anyio.move_on_after(ACKNOWLEDGE_SECONDS):
            for press in filter(None, (pressed(arrival.raw) for arrival in arrivals)):
                await self._source.acknowledge(press)

    def _newest(self, arrivals: list[Arrival]) -> LastArrival | None:
        numbered = [(arrival.sequence, arrival.key) for arrival in arrivals if arrival.sequence is not None]
        if not numbered:
            return None
        sequence, key = max(numbered)
        return LastArrival(sequence, self._parts.clock.now_ms(), key)


def _raw(update: object) -> bytes:
    """Everything beyond ASCII is escaped, so that text which is not valid Unicode survives too."""
    return json.dumps(update, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Hook:
    """Known once the bot has said who it is."""

    secret: Secret
    bot: Bot


def webhook_route(path: str, account: str, deliver: Deliver, hook: Callable[[], Hook | None]) -> WebhookRoute:
    def authentic(request: WebhookRequest) -> str | None:
        return refusal(request, hook())

    async def handle(request: WebhookRequest) -> WebhookResponse:
        if (known := hook()) is None:
            return _TRY_AGAIN
        arrival = read_update(request.body, bot=known.bot, account=account)
        try:
            await deliver([arrival])
        except (StorageFullError, StorageBusyError):
            return _TRY_AGAIN
        if (press := pressed(request.body)) is not None:
            # Telegram carries out a call that stands in the answer: no request of our own is needed.
            call = {"method": "answerCallbackQuery", "callback_query_id": press}
            return WebhookResponse(200, json.dumps(call).encode(), "application/json")
        return WebhookResponse(200)

    return WebhookRoute(path, authentic, handle)


def refusal(request: WebhookRequest, hook: Hook | None) -> str | None:
    """The reason class, or None for a request that shows the secret."""
    if hook is None or not hook.secret:
        return "not-ready"
    if not (shown := request.headers.get(SECRET_HEADER, "")):
        return "secret-missing"
    if not hmac.compare_digest(shown.encode(errors="replace"), hook.secret.reveal().encode()):
        return "secret-wrong"
    return None
