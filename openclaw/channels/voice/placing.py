"""Calls of ours: placed, and looked for where nobody knows whether they were."""

import logging

import anyio

from openclaw.channels.twilio.bases import Bases
from openclaw.channels.twilio.login import Login
from openclaw.channels.twilio.problems import RefusalError, UnreachableError, sending
from openclaw.channels.twilio.rest import TwilioRest
from openclaw.channels.voice.config import RECORDED_PATH, STATUS_PATH, TALK_PATHS, VoiceConfig
from openclaw.channels.voice.parse import CHANNEL
from openclaw.channels.voice.speaking.script import Voice, announcement
from openclaw.types import e164
from openclaw.types.channel import ChannelParts
from openclaw.types.errors import AmbiguousDeliveryError, ChannelError, DeliveryError, OpenClawError
from openclaw.types.messages import Address
from openclaw.types.phone import CallRow, PhoneLedger, PhoneRefusal

logger = logging.getLogger(__name__)
LOOKS = (0.5, 2.0)
"""Seconds before each look for a call whose answer did not come."""
_CLOCKS_DIFFER_MS = 60_000
_AGAIN_AFTER = 5.0
_STATUSES = ["initiated", "ringing", "answered", "completed"]


class Placing:
    def __init__(
        self, config: VoiceConfig, bases: Bases, login: Login, phone: PhoneLedger, parts: ChannelParts
    ) -> None:
        self._config = config
        self._bases = bases
        self._login = login
        self._phone = phone
        self._parts = parts
        self._voice = Voice(config.language, config.voice)

    async def place(self, to: str, message: str) -> str:
        """Call somebody and say this first. Returns the CallSid. Raises as `send` does."""
        address = Address(CHANNEL, to)
        number, ours = e164.parse(to), self._config.from_number
        if number is None:
            raise DeliveryError(address, "it is no international number; write it as in +12015550123")
        if ours is None:
            raise DeliveryError(address, "channels.voice.fromNumber is not set; calls are placed from it")
        at = self._parts.clock.now_ms()
        try:
            rest = await self._login.rest()
            sid = await rest.place_call(to=number, from_=ours, **self._first_words(number, message))
        except (RefusalError, UnreachableError) as error:
            if isinstance(error, RefusalError):
                await self._refused(error, ours, number)
            failure = sending(error, address)
            if not isinstance(failure, AmbiguousDeliveryError):
                raise failure from error
            sid = await self._looked_up(rest, address, at, failure)
        except ChannelError as error:
            raise DeliveryError(address, str(error), retry_after=error.wait_seconds or 60.0) from error
        await self._note_placed(sid, number)
        return sid

    async def placed(self, number: str, since_ms: int) -> str | None:
        """The call to this number that no message of ours stands for yet, if there is one. Raises ChannelError."""
        try:
            return await self._placed(await self._login.rest(), number, since_ms)
        except (RefusalError, UnreachableError) as error:
            raise ChannelError(str(error)) from error

    async def _placed(self, rest: TwilioRest, number: str, since_ms: int) -> str | None:
        """The call to this number that no message of ours stands for yet, if Twilio has one."""
        if self._config.from_number is None:
            return None
        for call in await rest.calls(to=number, sender=self._config.from_number):
            ours = call.direction == "outbound-api" and call.at >= since_ms - _CLOCKS_DIFFER_MS
            if ours and not await self._phone.said_in(call.sid):
                await self._note_placed(call.sid, number)
                return call.sid
        return None

    async def _looked_up(self, rest: TwilioRest, to: Address, at: int, doubt: AmbiguousDeliveryError) -> str:
        """Twilio itself says whether it took a call whose answer did not come."""
        for pause in LOOKS:
            await anyio.sleep(pause)
            try:
                if (sid := await self._placed(rest, to.chat, at)) is not None:
                    return sid
            except (RefusalError, UnreachableError):
                raise doubt from None
        raise DeliveryError(to, f"{doubt.reason}; Twilio does not have it", retry_after=_AGAIN_AFTER)

    async def _note_placed(self, sid: str, number: str) -> None:
        try:
            await self._phone.call(CallRow(sid, "outbound", self._config.from_number or "", number, "queued"))
        except OpenClawError as error:
            # It rings already: to say that it failed would have it placed once more.
            logger.error("the call %s is not in the ledger: %s", sid, error)

    async def _refused(self, error: RefusalError, ours: str, number: str) -> None:
        if error.is_credentials:
            await self._login.was_refused()
        elif error.is_certain:
            await self._parts.tell_refusal(PhoneRefusal(CHANNEL, error.code, ours, number, ""))

    def _first_words(self, number: str, message: str) -> dict[str, object]:
        base = self._bases.prefixes[0] if self._bases else None
        recorded = base is not None and self._config.record
        onward = f"{base}{TALK_PATHS[0]}" if base is not None and self._may_answer(number) else None
        fields: dict[str, object] = {
            "twiml": announcement(message, self._voice, onward, recorded=recorded).decode(),
        }
        if self._config.forward_to is None:
            # Else it would also cut off whoever is put through; what is said with us has its own limit.
            fields["time_limit"] = self._config.max_duration_seconds + 60
        if base is not None:
            fields |= {"status_callback": base + STATUS_PATH, "status_callback_event": _STATUSES}
        if base is not None and recorded:
            fields |= {"record": True, "recording_status_callback": base + RECORDED_PATH}
        return fields

    def _may_answer(self, number: str) -> bool:
        """Whoever may not speak with us is told our message, and the call ends with it."""
        if self._config.inbound_policy in {"open", "pairing"}:
            return True
        return number in self._config.allowed or "*" in self._config.allowed
