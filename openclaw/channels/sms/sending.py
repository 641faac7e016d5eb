"""One text to one person, and certainty about it."""

import logging

import anyio

from openclaw.channels.sms.config import MAX_TEXT
from openclaw.channels.sms.pace import Pace
from openclaw.channels.sms.parse import CHANNEL
from openclaw.channels.sms.switchboard import Line
from openclaw.channels.twilio.plain import utf16_units
from openclaw.channels.twilio.problems import RefusalError, UnreachableError, sending
from openclaw.channels.twilio.rest import Text, TwilioRest
from openclaw.channels.twilio.segments import segments
from openclaw.types.channel import ChannelParts
from openclaw.types.errors import (
    AmbiguousDeliveryError,
    DeliveryError,
    StorageBusyError,
    StorageFullError,
)
from openclaw.types.messages import Outbound
from openclaw.types.phone import PhoneLedger, PhoneRefusal, SmsRow

logger = logging.getLogger(__name__)
_CLOCKS_DIFFER_MS = 60_000
_LOOKS = (0.5, 2.0)
"""Seconds before each look for a text whose answer did not come."""
_AGAIN_AFTER = 5.0
_MOST_REMEMBERED = 1_000
_TRIES = 3
_LIMITED_SECONDS = 5.0


class Sending:
    def __init__(
        self, line: Line, phone: PhoneLedger, pace: Pace, parts: ChannelParts, callback: str | None
    ) -> None:
        self._line = line
        self._phone = phone
        self._pace = pace
        self._parts = parts
        self._callback = callback
        self._doubted: dict[str, int] = {}
        """When messages were first offered whose fate nobody knew."""
        self._limited: dict[str, int] = {}
        """How often messages were refused because there were too many."""

    async def send(self, rest: TwilioRest, message: Outbound) -> str:
        """Raises DeliveryError, AmbiguousDeliveryError."""
        body = message.part.text
        if utf16_units(body) > MAX_TEXT:
            raise DeliveryError(message.to, f"the text is longer than {MAX_TEXT} characters")
        # It may have appeared since the last look.
        first = self._doubted.get(message.id)
        if first is not None and (sid := await self._looked_up(rest, message, first)) is not None:
            return sid
        await self._pace.wait()
        offered = self._parts.clock.now_ms()
        try:
            text = await rest.send_text(
                to=message.to.chat, body=body, sender=self._line.config.sender, callback=self._callback
            )
        except (RefusalError, UnreachableError) as error:
            failure = sending(error, message.to)
            if isinstance(failure, AmbiguousDeliveryError):
                return await self._reconciled(rest, message, offered, failure)
            if isinstance(error, RefusalError):
                await self._note_refusal(error, message)
                if error.is_rate_limit:
                    raise self._slowed(error, message) from error
            raise failure from error
        await self._record(text, message)
        return text.sid

    async def find(self, rest: TwilioRest, message: Outbound, since_ms: int) -> str | None:
        """The sid of this very text, if Twilio has it and nobody else has sent it. Raises as `rest` does."""
        if (sid := await self._phone.sms_of(message.id)) is not None:
            return sid  # we ended between its row and the outbox's
        service = self._line.config.messaging_service_sid
        found = await rest.texts(
            to=message.to.chat, sender=service or self._line.config.from_number, since_ms=since_ms
        )
        for text in found:
            same = text.body == message.part.text and text.direction.startswith("outbound")
            if same and text.at >= since_ms - _CLOCKS_DIFFER_MS and not await self._phone.known_sms(text.sid):
                await self._record(text, message)
                return text.sid
        return None

    async def _reconciled(
        self, rest: TwilioRest, message: Outbound, offered: int, failure: AmbiguousDeliveryError
    ) -> str:
        """Twilio itself says whether it took the text."""
        first = self._doubted.setdefault(message.id, offered)
        _forget_oldest(self._doubted)
        for pause in _LOOKS:
            await anyio.sleep(pause)
            try:
                sid = await self._looked_up(rest, message, first)
            except DeliveryError:
                raise failure from None
            if sid is not None:
                logger.info("the text %s arrived at Twilio although no answer came: %s", message.id, sid)
                return sid
        raise DeliveryError(
            message.to, f"{failure.reason}; Twilio does not have it", retry_after=_AGAIN_AFTER
        )

    def _slowed(self, error: RefusalError, message: Outbound) -> DeliveryError:
        """Twice as long each time, where Twilio names no time; then it is given up, and somebody has to look."""
        times = self._limited.pop(message.id, 0) + 1
        if times >= _TRIES:
            reason = (
                f"too many requests {times} times in a row (Twilio error {error.code}); send it again later"
            )
            return DeliveryError(message.to, reason)
        self._limited[message.id] = times
        _forget_oldest(self._limited)
        wait = error.retry_after or _LIMITED_SECONDS * 2.0 ** (times - 1)
        return DeliveryError(message.to, f"too many requests (Twilio error {error.code})", retry_after=wait)

    async def _looked_up(self, rest: TwilioRest, message: Outbound, since_ms: int) -> str | None:
        """Raises DeliveryError when Twilio does not say."""
        try:
            sid = await self.find(rest, message, since_ms)
        except (RefusalError, UnreachableError) as error:
            raise DeliveryError(
                message.to, f"not sent again unseen: {error}", retry_after=_AGAIN_AFTER
            ) from error
        if sid is not None:
            self._doubted.pop(message.id, None)
        return sid

    async def _record(self, text: Text, message: Outbound) -> None:
        """The text has left: whatever fails here must not send it again."""
        count = segments(message.part.text).count
        row = SmsRow(
            text.sid, "outbound", text.from_number or self._line.config.sender, message.to.chat,
            message.part.text, text.status, text.error_code, count, count * self._line.config.segment_price,
            message.id,
        )  # fmt: skip
        try:
            await self._phone.sms(row)
        except (StorageFullError, StorageBusyError) as error:
            logger.error("the text %s was sent and is not in the list of texts: %s", text.sid, error)

    async def _note_refusal(self, error: RefusalError, message: Outbound) -> None:
        if error.is_credentials:
            await self._line.login.was_refused()
        elif error.is_certain and not error.is_rate_limit:
            sender = self._line.config.sender
            await self._parts.tell_refusal(
                PhoneRefusal(CHANNEL, error.code, sender, message.to.chat, message.id)
            )


def _forget_oldest(remembered: dict[str, int]) -> None:
    while len(remembered) > _MOST_REMEMBERED:
        del remembered[next(iter(remembered))]
