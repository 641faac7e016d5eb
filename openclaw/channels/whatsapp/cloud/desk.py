"""The one address that Meta posts to, whatever number of ours a message is for."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from openclaw.channels.whatsapp.cloud.faults import WINDOW_CLOSED, explained
from openclaw.channels.whatsapp.cloud.parse import Body, Status, read_body, read_message, unreadable
from openclaw.channels.whatsapp.cloud.signature import refusal, set_up_refusal, signed_by
from openclaw.channels.whatsapp.config import CHANNEL, CLOUD_PATH
from openclaw.channels.whatsapp.recollection import AD_WINDOW_MS, WINDOW_MS, Recollection
from openclaw.types.alerts import ALERT_ID, Alert
from openclaw.types.channel import Deliver, Noted, WebhookRequest, WebhookResponse, WebhookRoute
from openclaw.types.messages import Arrival, Inbound
from openclaw.types.receipts import Receipt, Receipts
from openclaw.types.secrets import Secret

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One number, once its secrets are known."""

    account: str
    phone_number_id: str
    app_secret: Secret
    verify_token: Secret
    memory: Recollection


class Desk:
    def __init__(self, receipts: Receipts | None, alert: Alert) -> None:
        self._receipts = receipts
        self._alert = alert
        self._lines: dict[str, Line] = {}
        """By account."""
        self._shown_by = ""

    def open(self, line: Line) -> None:
        self._lines[line.account] = line

    def routes(self, account: str, deliver: Deliver) -> Sequence[WebhookRoute]:
        """The address is the same for all numbers, and the first that asks for it shows it."""
        self._shown_by = self._shown_by or account
        if account != self._shown_by:
            return ()
        handle = partial(self._handle, deliver=deliver)
        return (WebhookRoute(CLOUD_PATH, self.refusal, handle, ("GET", "POST"), self._noted),)

    def refusal(self, request: WebhookRequest) -> str | None:
        lines = list(self._lines.values())
        if request.method == "GET":
            return set_up_refusal(request, [line.verify_token for line in lines])
        return refusal(request, [line.app_secret for line in lines])

    async def _handle(self, request: WebhookRequest, *, deliver: Deliver) -> WebhookResponse:
        if request.method == "GET":
            return WebhookResponse(200, request.query["hub.challenge"].encode())
        signers = self._signers(request)
        body = read_body(request.body)
        if body is None:
            await deliver([unreadable(request.body, next(iter(signers.values())).account)])
            return WebhookResponse(200)
        await self._take(body, signers, deliver)
        for status in body.statuses:
            if status.phone_number_id in signers:
                await self._take_status(status, signers[status.phone_number_id])
        for problem in body.problems:
            logger.warning("WhatsApp tells of a problem: %s", problem)
        return WebhookResponse(200)

    async def _take(self, body: Body, signers: dict[str, Line], deliver: Deliver) -> None:
        arrivals = list(_arrivals(body, signers))
        if arrivals:
            await deliver([arrival for _, arrival, _ in arrivals])
        for line, arrival, window_ms in arrivals:
            _remember(line.memory, arrival, window_ms)

    async def _take_status(self, status: Status, line: Line) -> None:
        if status.code == WINDOW_CLOSED and status.recipient:
            line.memory.note_shut(status.recipient)
        reason = explained(status.code, status.said) if status.status == "failed" else ""
        receipt = Receipt(status.message_id, status.status, status.outbox_id, status.code, reason)
        known = self._receipts is not None and await self._receipts.take(receipt)
        if known and status.status == "failed":
            logger.error("%s did not deliver a message to %s: %s", CHANNEL, status.recipient, reason)
            if not status.outbox_id.startswith(f"{ALERT_ID}_"):
                words = f"A message on WhatsApp to {status.recipient or 'somebody'} did not arrive: {reason}"
                await self._alert(f"send:{CHANNEL}:{status.code}", words)

    def _noted(self, request: WebhookRequest) -> Noted:
        if request.method == "GET":
            return Noted(reason="set-up")
        signers = self._signers(request)
        body = read_body(request.body)
        if body is None:
            return Noted(reason="malformed")
        numbers = [message.phone_number_id for message in body.messages]
        numbers += [status.phone_number_id for status in body.statuses]
        ours = [number for number in numbers if number in signers]
        reason = "number-unknown" if len(ours) < len(numbers) else "" if numbers else "not-a-message"
        keys = [arrival.key for _, arrival, _ in _arrivals(body, signers)]
        keys += [f"{CHANNEL}:{each.message_id}:{each.status}" for each in body.statuses]
        return Noted(keys[0] if keys else None, reason)

    def _signers(self, request: WebhookRequest) -> dict[str, Line]:
        """The numbers of whoever has signed it, by their ids: an app speaks for no other app's number."""
        return {
            line.phone_number_id: line for line in self._lines.values() if signed_by(line.app_secret, request)
        }


def _arrivals(body: Body, signers: dict[str, Line]) -> Iterator[tuple[Line, Arrival, int]]:
    """With each for how long its sender may be answered."""
    for message in body.messages:
        if (line := signers.get(message.phone_number_id)) is not None:
            window_ms = AD_WINDOW_MS if message.is_from_ad else WINDOW_MS
            yield line, read_message(message, line.account, line.memory.recall), window_ms


def _remember(memory: Recollection, arrival: Arrival, window_ms: int) -> None:
    match arrival.content:
        case Inbound(reply_to=to) as inbound if to is not None:
            memory.note_heard(to.chat, inbound.message_id, inbound.sent_at, window_ms=window_ms)
            memory.note_said(inbound.message_id, inbound.sender, inbound.text)
        case _:
            pass
