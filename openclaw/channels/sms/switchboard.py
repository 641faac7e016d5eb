"""All our numbers behind the same routes: whose a text is, and what is recorded of it."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from openclaw.channels.sms.config import MESSAGE_PATHS, STATUS_PATH, SmsAccount
from openclaw.channels.sms.parse import CHANNEL, Sms, Status, arrival, read_status, read_text
from openclaw.channels.twilio.bases import Bases
from openclaw.channels.twilio.login import Login
from openclaw.channels.twilio.problems import explained
from openclaw.channels.twilio.signature import MalformedError, form, refusal
from openclaw.types.channel import ChannelParts, Deliver, Noted, WebhookRequest, WebhookResponse, WebhookRoute
from openclaw.types.phone import PhoneLedger, PhoneRefusal, SmsRow

logger = logging.getLogger(__name__)

# Anything but TwiML would be sent to the person as a text.
_TWIML = WebhookResponse(200, b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml")
_LOST = frozenset({"failed", "undelivered"})


@dataclass(frozen=True, slots=True)
class Line:
    """One of our numbers."""

    account: str
    config: SmsAccount
    login: Login

    def takes(self, sms: Sms) -> bool:
        return sms.to == self.config.from_number or (
            bool(sms.service) and sms.service == self.config.messaging_service_sid
        )


class Switchboard:
    def __init__(self, lines: Sequence[Line], parts: ChannelParts, phone: PhoneLedger) -> None:
        self._lines = lines
        self._parts = parts
        self._phone = phone
        self.numbers = frozenset(line.config.from_number for line in lines if line.config.from_number)
        self._fetch: dict[str, Callable[[Sms], Awaitable[None]]] = {}

    def on_attachments(self, account: str, fetch: Callable[[Sms], Awaitable[None]]) -> None:
        """Called with each text that brings files, once it is recorded."""
        self._fetch[account] = fetch

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]:
        # No base, no route: what no signature can be checked for must not be there.
        if not any(line.config.bases for line in self._lines):
            return ()

        async def message(request: WebhookRequest) -> WebhookResponse:
            sms = self._text(request)
            if sms is not None and (line := self._line_of(sms)) is not None:
                await self.take(sms, line, request.body, deliver)
            return _TWIML

        async def status(request: WebhookRequest) -> WebhookResponse:
            if (news := read_status(form(request))) is not None:
                await self._take_status(news)
            return _TWIML

        return (
            *(WebhookRoute(path, self._refusal, message, noted=self._noted_text) for path in MESSAGE_PATHS),
            WebhookRoute(STATUS_PATH, self._refusal, status, noted=_noted_status),
        )

    async def take(self, sms: Sms, line: Line, raw: bytes, deliver: Deliver) -> None:
        """In the ledger when it returns, however often it comes."""
        await deliver([arrival(sms, line.account, raw, self.numbers)])
        fresh = await self._phone.sms(SmsRow(sms.sid, "inbound", sms.sender, sms.to, sms.body, "received"))
        if fresh:
            await self.fetch(sms, line)

    async def fetch(self, sms: Sms, line: Line) -> None:
        """The files of a text, some time later."""
        if sms.attachments and (fetch := self._fetch.get(line.account)) is not None:
            await fetch(sms)

    def _refusal(self, request: WebhookRequest) -> str | None:
        """A request is ours when one account's credentials and bases fit together."""
        reason = "not-ready"
        for login, bases in self._signers():
            if (found := refusal(request, login.known, bases)) is None:
                return None
            reason = found if found != "not-ready" else reason
        return reason

    def _signers(self) -> Sequence[tuple[Login, Bases]]:
        """Each login once, with all bases of its numbers."""
        found: list[tuple[Login, Bases]] = []
        for line in self._lines:
            if (signer := (line.login, line.config.bases)) not in found:
                found.append(signer)
        return found

    def _noted_text(self, request: WebhookRequest) -> Noted:
        sms = self._text(request)
        if sms is None:
            return Noted(reason="malformed")
        return Noted(sms.key, "" if self._line_of(sms) is not None else "number-unknown")

    def _text(self, request: WebhookRequest) -> Sms | None:
        try:
            return read_text(form(request), self._parts.clock.now_ms())
        except MalformedError:
            return None

    def _line_of(self, sms: Sms) -> Line | None:
        return next((line for line in self._lines if line.takes(sms)), None)

    async def _take_status(self, news: Status) -> None:
        if not await self._phone.sms_status(news.sid, news.status, news.error_code):
            return
        if news.status not in _LOST:
            return
        code = news.error_code or 0
        advice = explained(code) if code else "the carrier gave no reason"
        logger.warning("the text %s to %s was %s: %s", news.sid, news.to, news.status, advice)
        if code:
            words = f"A text to {news.to} did not arrive: {advice} (Twilio error {code})"
            await self._parts.alert(f"text:{code}", words)
            await self._parts.tell_refusal(PhoneRefusal(CHANNEL, code, news.sender, news.to, news.sid))


def _noted_status(request: WebhookRequest) -> Noted:
    news = read_status(form(request))
    return (
        Noted(f"{CHANNEL}:status:{news.sid}:{news.status}") if news is not None else Noted(reason="malformed")
    )
