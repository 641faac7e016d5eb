"""Calls by Twilio as a channel: what is sent is said in the call, or places one."""

import logging
from collections.abc import Sequence
from functools import partial

import anyio
from anyio.abc import TaskGroup

from openclaw.channels.twilio.bases import bases_of
from openclaw.channels.twilio.login import Login
from openclaw.channels.twilio.problems import RefusalError, UnreachableError
from openclaw.channels.twilio.signature import refusal
from openclaw.channels.voice.config import (
    PATHS,
    RECORDED_PATH,
    STATUS_PATH,
    TALK_PATHS,
    TRANSCRIBED_PATH,
    VoiceConfig,
)
from openclaw.channels.voice.logbook import Logbook, noted_news
from openclaw.channels.voice.parse import ACCOUNT, CHANNEL, Recorded
from openclaw.channels.voice.placing import Placing
from openclaw.channels.voice.reception import APOLOGY, Errand, Reception, ReceptionParts, noted_talk
from openclaw.channels.voice.recordings import SUFFIX, RecordingShelf
from openclaw.channels.voice.speaking.speech import spoken
from openclaw.channels.voice.switchboard import Line, Switchboard
from openclaw.channels.voice.talk import Wish
from openclaw.types.channel import ChannelParts, ChannelState, Deliver, Report, WebhookRequest, WebhookRoute
from openclaw.types.errors import (
    ChannelError,
    ConfigError,
    DeliveryError,
    OpenClawError,
)
from openclaw.types.messages import Address, Outbound, Part

logger = logging.getLogger(__name__)
_SMS_PATHS = ("/sms", "/sms/webhook", "/webhooks/sms", "/webhooks/twilio/sms")
"""A full URL that was taken over from `channels.sms` ends in one of these."""
HEARD_SECONDS = 150.0
"""How long words wait for their caller to pause."""
RESTART_SECONDS = 60.0
"""So long after the start a call that we do not know may be one of an earlier life, whose next request is to come."""
RECORD_WAITS = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries: a call can be recorded once it is answered, a moment after Twilio has asked us about it."""
_NOT_YET = frozenset({20404, 21220})
"""Twilio's words for a call that it does not know yet, or that has no sound yet."""
_DAY_SECONDS = 86_400.0


class VoiceChannel:
    """Satisfies `types.channel.Channel` and, for the call of a turn, `agent.tools.calls.Calls`."""

    def __init__(self, config: VoiceConfig, parts: ChannelParts) -> None:
        if parts.phone is None or parts.media is None:
            raise ConfigError("channels.voice", "there is no ledger for calls", "Start it in the daemon")
        self._config = config
        self._parts = parts
        self._phone = parts.phone
        self._login = Login(config, parts.resolver, "channels.voice")
        self._bases = bases_of(config.public_webhook_urls, config.public_webhook_url, (*PATHS, *_SMS_PATHS))
        self._board = Switchboard(parts.clock)
        self._shelf = RecordingShelf(parts.media, config.api_root)
        self._placing = Placing(config, self._bases, self._login, parts.phone, parts)
        self._group: TaskGroup | None = None
        self._since = parts.clock.monotonic()

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def account(self) -> str:
        return ACCOUNT

    async def run(self, deliver: Deliver, report: Report) -> None:
        await self._login.resolved()
        if not self._bases:
            logger.warning(
                "channels.voice has no public address, so no calls come in: set channels.voice.publicWebhookUrls"
            )
        async with anyio.create_task_group() as group:
            self._group = group
            try:
                report(ChannelState("connected"))
                for recorded in await self._shelf.pending():
                    await self.fetch(recorded)
                await self._keep_tidy()
            finally:
                self._group = None

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]:
        if not self._bases:
            return ()
        logbook = Logbook(self._config, self._board, self._shelf, self._phone, self.fetch, self._parts.alert)
        reception = Reception(
            ReceptionParts(
                self._config, self._bases, self._board, logbook, self._phone, self._parts.clock, self,
                lambda: self._login.known[0],
            )
        )  # fmt: skip
        by_path = {
            **dict.fromkeys(TALK_PATHS, reception.talk),
            STATUS_PATH: logbook.status,
            RECORDED_PATH: logbook.recorded,
            TRANSCRIBED_PATH: logbook.transcribed,
        }
        return [
            WebhookRoute(
                path,
                self._refusal,
                partial(handle, deliver=deliver),
                noted=noted_talk if path in TALK_PATHS else noted_news,
                apology=APOLOGY if path in TALK_PATHS else None,
            )
            for path, handle in by_path.items()
        ]

    def compose(self, text: str) -> Sequence[Part]:
        words = spoken(text)
        return [Part(words)] if words else []

    async def send(self, message: Outbound) -> str:
        to, words = message.to, spoken(message.part.text)
        if not words:
            raise DeliveryError(to, "there is nothing in it that could be said")
        if to.thread is None:
            live = self._board.with_peer(to.chat)
            if live is not None and await self._told(live, words):
                return live.call.sid
            return await self._placing.place(to.chat, words)
        if (line := self._board.live(to.thread)) is not None:
            if await self._told(line, words):
                return line.call.sid
            raise DeliveryError(to, "the call ended before it could be said")
        unknown = self._board.find(to.thread) is None
        raise DeliveryError(
            to, "the call is over", retry_after=1.0 if self._youth() > 0 and unknown else None
        )

    async def sent_before(self, message: Outbound, since_ms: int) -> str | None:
        """See `types.channel.Reconciling`. In a call, its next request shows whether an answer had been given."""
        to = message.to
        if to.thread is None:
            return await self._placing.placed(to.chat, since_ms)
        line: Line | None = None
        with anyio.move_on_after(max(self._youth(), 0.0)):
            line = await self._board.until_live(to.thread)
        return None if line is None or line.owed else to.thread

    async def show_working(self, to: Address) -> None:
        with (await self._board.until_live(to.thread or "")).working():
            await anyio.sleep_forever()

    async def aclose(self) -> None:
        await self._login.aclose()

    # -- what the assistant does with calls -----------------------------------------------------------

    def forward(self, to: Address) -> str:
        """Put the caller through once the answer is said. Why not, else empty."""
        if self._config.forward_to is None:
            return "channels.voice.forwardTo is not set: there is nobody to put callers through to"
        return self._wish(to, "forward")

    def hang_up(self, to: Address) -> str:
        """End the call once the answer is said. Why not, else empty."""
        return self._wish(to, "hang_up")

    # -- errands of the reception ---------------------------------------------------------------------

    async def begin(self, errand: Errand) -> None:
        if self._group is None:
            await _done(errand)
        else:
            self._group.start_soon(_done, errand)

    async def record(self, sid: str, base: str) -> None:
        for wait in (*RECORD_WAITS, None):
            try:
                await (await self._login.rest()).record_call(sid, base + RECORDED_PATH)
                return
            except (RefusalError, UnreachableError, ChannelError) as error:
                not_yet = isinstance(error, RefusalError) and error.code in _NOT_YET
                if wait is None or not not_yet or self._board.live(sid) is None:
                    logger.warning("the call %s is not recorded: %s", sid, error)
                    return
                await anyio.sleep(wait)

    async def fetch(self, recorded: Recorded) -> None:
        # Stopping meanwhile, it is fetched after the next start.
        if self._group is not None:
            self._group.start_soon(_done, partial(self._fetch, recorded))

    async def _fetch(self, recorded: Recorded) -> None:
        try:
            path = await self._shelf.fetch(recorded, await self._login.resolved())
            if path is not None:
                await self._phone.recording(recorded.call, path)
                await self._phone.happened(CHANNEL, "call.recording", recorded.call, path)
                logger.info("a recording is kept: %s", path)
        except (OpenClawError, OSError) as error:
            logger.warning("the recording %s of %s is not kept: %s", recorded.sid, recorded.call, error)

    async def _keep_tidy(self) -> None:
        while True:
            try:
                if deleted := await self._shelf.forget(self._config.recording_retention_days):
                    logger.info(
                        "%d recordings and transcripts of calls were deleted as too old", len(deleted)
                    )
                for call in {path.parent.name for path in deleted if path.suffix == SUFFIX}:
                    await self._phone.recording(call, "")
            except (OpenClawError, OSError) as error:
                logger.warning("old recordings could not be deleted: %s", error)
            await anyio.sleep(_DAY_SECONDS)

    # -------------------------------------------------------------------------------------------------

    def _refusal(self, request: WebhookRequest) -> str | None:
        return refusal(request, self._login.known, self._bases)

    async def _told(self, line: Line, words: str) -> bool:
        """Whether Twilio has taken the words: until then the caller may hang up, and they were never said."""
        letter = line.post(words)
        with anyio.move_on_after(HEARD_SECONDS):
            await letter.settled.wait()
        if not letter.told:
            line.withdraw(letter)
        return letter.told

    def _youth(self) -> float:
        """For how many seconds more a call that we do not know may be one of an earlier life."""
        return RESTART_SECONDS - (self._parts.clock.monotonic() - self._since)

    def _wish(self, to: Address, wish: Wish) -> str:
        if to.channel != CHANNEL or (line := self._board.live(to.thread or "")) is None:
            return "there is no call under way in this conversation"
        line.wish(wish)
        return ""


async def _done(errand: Errand) -> None:
    """One errand that fails takes neither the channel nor another call with it."""
    try:
        await errand()
    except Exception:
        logger.exception("something that a call needed was not done")
