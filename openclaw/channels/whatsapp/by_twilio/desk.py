"""The one address that Twilio posts WhatsApp messages and their statuses to."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from openclaw.channels.twilio.login import Login
from openclaw.channels.twilio.problems import explained
from openclaw.channels.twilio.signature import MalformedError, form, refusal
from openclaw.channels.whatsapp.by_twilio.parse import Note, Status, arrival, read, unreadable
from openclaw.channels.whatsapp.config import CHANNEL, TWILIO_PATH, WhatsAppAccount
from openclaw.channels.whatsapp.recollection import Recollection
from openclaw.types.channel import ChannelParts, Deliver, Noted, WebhookRequest, WebhookResponse, WebhookRoute
from openclaw.types.messages import Sender
from openclaw.types.phone import SmsRow

logger = logging.getLogger(__name__)
WINDOW_CLOSED = 63016
_LOST = frozenset({"failed", "undelivered"})
# Anything but TwiML would be sent to the person as a message.
_TWIML = WebhookResponse(200, b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml")


@dataclass(frozen=True, slots=True)
class Line:
    """One of our numbers."""

    account: str
    config: WhatsAppAccount
    login: Login
    memory: Recollection


class TwilioDesk:
    def __init__(self, parts: ChannelParts) -> None:
        self._parts = parts
        self._lines: list[Line] = []
        self._shown_by = ""

    def open(self, line: Line) -> None:
        self._lines.append(line)

    def routes(self, account: str, deliver: Deliver) -> Sequence[WebhookRoute]:
        """The address is the same for all numbers, and the first that asks for it shows it."""
        self._shown_by = self._shown_by or account
        if account != self._shown_by:
            return ()
        return (
            WebhookRoute(
                TWILIO_PATH, self.refusal, partial(self._handle, deliver=deliver), noted=self._noted
            ),
        )

    def refusal(self, request: WebhookRequest) -> str | None:
        reason = "not-ready"
        for line in self._lines:
            if (found := refusal(request, line.login.known, line.config.bases)) is None:
                return None
            reason = found if found != "not-ready" else reason
        return reason

    async def _handle(self, request: WebhookRequest, *, deliver: Deliver) -> WebhookResponse:
        match _read(request):
            case None:
                await deliver([unreadable(request.body, self._signers(request)[0].account)])
            case Note() as note:
                line = self._line_of(note.to, request)
                if line is not None:
                    await self._take(note, line, request.body, deliver)
            case Status() as status:
                await self._take_status(status)
        return _TWIML

    async def _take(self, note: Note, line: Line, raw: bytes, deliver: Deliver) -> None:
        now = self._parts.clock.now_ms()
        quoted = line.memory.recall(note.quotes) if note.quotes else None
        await deliver([arrival(note, line.account, raw, now, quoted)])
        line.memory.note_heard(note.sender, note.sid, now)
        line.memory.note_said(note.sid, Sender(note.sender, note.name), note.said)
        if (phone := self._parts.phone) is not None:
            row = SmsRow(note.sid, "inbound", note.sender, note.to, note.said, "received", channel=CHANNEL)
            await phone.sms(row)

    async def _take_status(self, status: Status) -> None:
        if status.code == WINDOW_CLOSED:
            for line in self._lines:
                line.memory.note_shut(status.to)
        phone = self._parts.phone
        news = phone is not None and await phone.sms_status(status.sid, status.status, status.code)
        if news and status.status in _LOST:
            logger.error(
                "the message %s to %s was %s: %s",
                status.sid,
                status.to,
                status.status,
                explained(status.code or 0),
            )

    def _noted(self, request: WebhookRequest) -> Noted:
        match _read(request):
            case None:
                return Noted(reason="malformed")
            case Note() as note:
                return Noted(
                    note.key, "" if self._line_of(note.to, request) is not None else "number-unknown"
                )
            case Status() as status:
                return Noted(f"{CHANNEL}:{status.sid}:{status.status}")

    def _line_of(self, number: str, request: WebhookRequest) -> Line | None:
        """An account at Twilio speaks for no other account's number."""
        return next((line for line in self._signers(request) if line.config.from_number == number), None)

    def _signers(self, request: WebhookRequest) -> list[Line]:
        return [line for line in self._lines if refusal(request, line.login.known, line.config.bases) is None]


def _read(request: WebhookRequest) -> Note | Status | None:
    try:
        return read(form(request))
    except MalformedError:
        return None
