"""What came while nobody listened, or no webhook told of, from Twilio's own list."""

import logging
from collections.abc import Sequence

from openclaw.channels.sms.parse import CHANNEL, listed_text, raw_of
from openclaw.channels.sms.switchboard import Line, Switchboard
from openclaw.channels.twilio.rest import Text, TwilioRest
from openclaw.types.channel import ChannelParts, Deliver
from openclaw.types.phone import PhoneLedger

logger = logging.getLogger(__name__)
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_OVERLAP_MS = 10 * 60_000
"""Twilio's clock is not ours, and its webhook may have been tried before its list had the text."""
_MOST = 1000


class Backfilling:
    """Of one number. A text that was taken in before changes nothing."""

    def __init__(self, line: Line, switchboard: Switchboard, parts: ChannelParts, phone: PhoneLedger) -> None:
        self._line = line
        self._switchboard = switchboard
        self._parts = parts
        self._phone = phone
        self._looked_at: int | None = None
        """When the last look began that saw everything."""

    async def run(self, rest: TwilioRest, deliver: Deliver, hours: int) -> int:
        """Returns how many were new to the list of texts. Raises as `rest` does."""
        begun = self._parts.clock.now_ms()
        since = await self._since(hours)
        listed = await rest.texts(to=self._line.config.from_number, since_ms=since, limit=_MOST)
        if len(listed) == _MOST:
            logger.warning(
                "only the newest %d texts to %s are looked at", _MOST, self._line.config.from_number
            )
        missed = [text for text in reversed(listed) if text.direction == "inbound" and text.at >= since]
        count = await self._take_all(rest, missed, deliver) if missed else 0
        if count:
            logger.info("%d texts to %s came while nobody listened", count, self._line.config.from_number)
        self._looked_at = begun
        return count

    async def _take_all(self, rest: TwilioRest, missed: Sequence[Text], deliver: Deliver) -> int:
        title = f"Looking for missed texts to {self._line.config.from_number}"
        with self._parts.progress.working("backfill", title) as say:
            count = 0
            for done, text in enumerate(missed):
                say(f"{count} new" if count else "", done=done, total=len(missed))
                count += await self._take(rest, text, deliver)
            return count

    async def _take(self, rest: TwilioRest, text: Text, deliver: Deliver) -> bool:
        """Whether it was new."""
        known = await self._phone.known_sms(text.sid)
        if known and (not text.media or self._looked_at is not None):
            return False
        sms = listed_text(text, await rest.media_of(text.sid) if text.media else ())
        if sms is None:
            return False
        if known:
            await self._switchboard.fetch(sms, self._line)  # in case we ended before its files were there
        else:
            await self._switchboard.take(sms, self._line, raw_of(text), deliver)
        return not known

    async def _since(self, hours: int) -> int:
        """At first a day back at least: a webhook that failed among others that did not is found as well."""
        number, now = self._line.config.from_number or "", self._parts.clock.now_ms()
        # Whoever wrote before the number was ours does not expect an answer from us.
        # Twilio's times are whole seconds.
        ours_since = await self._phone.listening_since(CHANNEL, number) // 1000 * 1000
        if self._looked_at is not None:
            return max(self._looked_at - _HOUR_MS, ours_since)
        last = await self._parts.ledger.last_arrival(CHANNEL, self._line.account)
        since = min(last.received_at if last is not None else ours_since, now - _DAY_MS)
        return max(since - _OVERLAP_MS, ours_since, now - hours * _HOUR_MS)
