"""What is put on record of calls: that they began, how they went on and ended, what was recorded of them."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from openclaw.channels.twilio.signature import form
from openclaw.channels.voice import parse
from openclaw.channels.voice.config import VoiceConfig
from openclaw.channels.voice.parse import (
    Recorded,
    Report,
    happening,
    read_recorded,
    read_report,
    read_transcribed,
)
from openclaw.channels.voice.recordings import RecordingShelf
from openclaw.channels.voice.speaking import twiml
from openclaw.channels.voice.speaking.script import response
from openclaw.channels.voice.switchboard import Switchboard
from openclaw.types.alerts import Alert
from openclaw.types.channel import Deliver, Noted, WebhookRequest, WebhookResponse
from openclaw.types.errors import OpenClawError
from openclaw.types.phone import CallRow, Direction, PhoneLedger

logger = logging.getLogger(__name__)


class Logbook:
    def __init__(
        self,
        config: VoiceConfig,
        board: Switchboard,
        shelf: RecordingShelf,
        phone: PhoneLedger,
        fetch: Callable[[Recorded], Awaitable[None]],
        alert: Alert,
    ) -> None:
        """`fetch`: begins to bring a recording that was announced."""
        self._config = config
        self._board = board
        self._shelf = shelf
        self._phone = phone
        self._fetch = fetch
        self._alert = alert

    # -- what Twilio posts ----------------------------------------------------------------------------

    async def status(self, request: WebhookRequest, deliver: Deliver) -> WebhookResponse:
        report = read_report(dict(form(request)))
        if report is None or report.status not in parse.STATUSES:
            return response(twiml.NOTHING)
        over = report.status in parse.ENDED
        if over:
            self._board.end(report.sid)
        cost = self._price(report.duration) if over else 0.0
        # The row is made with the first of all states, so that this one is news for it.
        await self._phone.call(replace(_row(report), status="queued"))
        is_news = await self._phone.call_status(
            report.sid, report.status, sequence=report.sequence, duration=report.duration, cost=cost
        )
        if is_news and report.outbound and report.status in parse.UNHEARD:
            said = f"{report.to_number or 'Somebody'} was called in vain: {report.status} ({report.sid})"
            await self._alert("call-unanswered", said)
        number = report.status if report.sequence is None else f"{report.sequence}:{report.status}"
        await deliver([happening(f"{report.sid}:status:{number}", "how a call goes on", request.body)])
        return response(twiml.NOTHING)

    async def recorded(self, request: WebhookRequest, deliver: Deliver) -> WebhookResponse:
        found = read_recorded(dict(form(request)))
        if found is not None and found.complete:
            # On disk before it is acknowledged: Twilio tells of it once.
            if await self._shelf.note(found):
                await self._fetch(found)
            await deliver([happening(f"{found.call}:recording:{found.sid}", "a recording", request.body)])
        return response(twiml.NOTHING)

    async def transcribed(self, request: WebhookRequest, deliver: Deliver) -> WebhookResponse:
        found = read_transcribed(dict(form(request)))
        if found is not None:
            if found.text.strip() and not found.failed:
                fresh = await self._shelf.keep_transcript(found)
                said = f"{len(found.text)} characters of the recording {found.recording or 'of the call'}"
                if fresh:
                    await self._phone.happened(parse.CHANNEL, "call.transcription", found.call, said)
            ref = f"{found.call}:transcription:{found.sid}"
            await deliver([happening(ref, "a transcription", request.body)])
        return response(twiml.NOTHING)

    # -- what happens in them -------------------------------------------------------------------------

    async def begun(self, report: Report, raw: bytes, deliver: Deliver) -> None:
        try:
            await self._phone.call(_row(report))
            await deliver([happening(f"{report.sid}:begin", "a call began", raw)])
        except OpenClawError as error:
            logger.error("the call %s is not in the ledger: %s", report.sid, error)

    async def refused(self, report: Report, raw: bytes, deliver: Deliver) -> None:
        logger.info("a call from %s was not taken", report.peer or "a withheld number")
        try:
            await self._phone.call(replace(_row(report), status="canceled"))
            said = f"not taken: a call {_between(report)}"
            await self._phone.happened(parse.CHANNEL, "call.refused", report.sid, said)
            await deliver([happening(f"{report.sid}:begin", "a call that was not taken", raw)])
        except OpenClawError as error:
            logger.error("the call %s is not in the ledger: %s", report.sid, error)

    async def forwarded(self, report: Report) -> None:
        """The second call, to whom the first was put through. Repeated, it is counted once."""
        to, status = self._config.forward_to or "", report.dial_status
        try:
            await self._phone.call(CallRow(report.dial_sid, "outbound", report.ours, to, "queued"))
            await self._phone.call_status(
                report.dial_sid,
                "completed" if status == "answered" else status,
                duration=report.dial_duration,
                cost=self._price(report.dial_duration),
            )
        except OpenClawError as error:
            logger.error("the call %s is not in the ledger: %s", report.dial_sid, error)

    def _price(self, seconds: int | None) -> float:
        """Of each begun minute."""
        return -(-(seconds or 0) // 60) * self._config.price_per_minute


def noted_news(request: WebhookRequest) -> Noted:
    """Which call a request tells of."""
    report = read_report(dict(form(request)))
    if report is None:
        return Noted(reason="no-call")
    return Noted(f"{parse.CHANNEL}:{parse.ACCOUNT}:{report.sid}")


def _row(report: Report) -> CallRow:
    direction: Direction = "outbound" if report.outbound else "inbound"
    return CallRow(
        report.sid, direction, report.from_number, report.to_number, report.status or "in-progress"
    )


def _between(report: Report) -> str:
    return f"from {report.from_number or 'a withheld number'} to {report.to_number or 'an unknown number'}"
