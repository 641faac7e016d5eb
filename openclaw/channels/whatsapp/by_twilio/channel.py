"""One WhatsApp number at Twilio as a channel."""

import json
import logging
from collections.abc import Sequence

import anyio

from openclaw.channels.twilio.login import Login
from openclaw.channels.twilio.media import MediaError, MediaFetcher
from openclaw.channels.twilio.problems import (
    CREDENTIALS_WAIT_SECONDS,
    RefusalError,
    UnreachableError,
    sending,
)
from openclaw.channels.twilio.rest import Text, TwilioRest
from openclaw.channels.whatsapp.by_twilio.desk import WINDOW_CLOSED, Line, TwilioDesk
from openclaw.channels.whatsapp.by_twilio.parse import PREFIX
from openclaw.channels.whatsapp.cloud.faults import WINDOW_ADVICE
from openclaw.channels.whatsapp.cloud.messages import parameter
from openclaw.channels.whatsapp.config import CHANNEL, TWILIO_PATH, WhatsAppAccount
from openclaw.channels.whatsapp.files import keep
from openclaw.channels.whatsapp.recollection import Recollection
from openclaw.types.channel import ChannelParts, ChannelState, Deliver, Fetched, Report, WebhookRoute
from openclaw.types.errors import ChannelError, DeliveryError, FetchError, StorageBusyError, StorageFullError
from openclaw.types.messages import Address, Attachment, Outbound, Part, Sender
from openclaw.types.phone import SmsRow

logger = logging.getLogger(__name__)


class TwilioWhatsAppChannel:
    def __init__(self, account: str, config: WhatsAppAccount, parts: ChannelParts, desk: TwilioDesk) -> None:
        self._account = account
        self._config = config
        self._parts = parts
        self._desk = desk
        place = f"channels.{CHANNEL}" + ("" if account == "default" else f".accounts.{account}")
        self._login = Login(config.twilio, parts.resolver, place)
        self._memory = Recollection()
        self._media = MediaFetcher(self._login, config.twilio.api_root)
        desk.open(Line(account, config, self._login, self._memory))

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def account(self) -> str:
        return self._account

    @property
    def _takes_webhooks(self) -> bool:
        """No base, no route: what no signature can be checked for must not be there."""
        return bool(self._config.bases)

    async def run(self, deliver: Deliver, report: Report) -> None:
        # With the credentials webhooks can be told from forgeries.
        await self._login.resolved()
        report(ChannelState("connected"))
        await anyio.sleep_forever()

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]:
        return self._desk.routes(self._account, deliver) if self._takes_webhooks else ()

    def compose(self, text: str) -> Sequence[Part]:
        # The markdown parser loads slowly, and only who answers needs it.
        from openclaw.channels.whatsapp.markup import messages

        return [Part(said) for said in messages(text, self._config.chunk_limit)]

    async def send(self, message: Outbound) -> str:
        try:
            rest = await self._login.rest()
        except ChannelError as error:
            raise DeliveryError(message.to, str(error), retry_after=CREDENTIALS_WAIT_SECONDS) from error
        shut = self._memory.is_shut(message.to.chat, self._parts.clock.now_ms())
        try:
            text = await self._offer(rest, message, by_template=shut)
        except RefusalError as error:
            if error.is_credentials:
                await self._login.was_refused()
            raise sending(error, message.to) from error
        except UnreachableError as error:
            raise sending(error, message.to) from error
        await self._record(text, message)
        return text.sid

    async def fetch(self, file: Attachment) -> Fetched:
        """See `types.channel.Fetching`."""
        if (media := self._parts.media) is None:
            raise FetchError("files are not fetched here")
        try:
            data, _ = await self._media.fetch(file.id, limit=self._config.media_bytes)
        except (MediaError, ChannelError) as error:
            raise FetchError(str(error)) from error
        return await keep(media, file, data)

    async def show_working(self, to: Address) -> None:
        """Twilio's way to show it is a beta of another API."""
        await anyio.sleep_forever()

    async def aclose(self) -> None:
        await self._media.aclose()
        await self._login.aclose()

    async def _offer(self, rest: TwilioRest, message: Outbound, *, by_template: bool) -> Text:
        template = self._config.template.content_sid
        more: dict[str, str] = {}
        if by_template:
            if template is None:
                raise DeliveryError(message.to, f"{WINDOW_ADVICE} (Twilio error {WINDOW_CLOSED})")
            more = {
                "content_sid": template,
                "content_variables": json.dumps({"1": parameter(message.part.text)}),
            }
        try:
            return await rest.send_text(
                to=PREFIX + message.to.chat,
                body="" if by_template else message.part.text,
                sender=PREFIX + (self._config.from_number or ""),
                callback=self._config.bases.url(TWILIO_PATH) if self._config.bases else None,
                **more,
            )
        except RefusalError as error:
            if error.code != WINDOW_CLOSED or by_template:
                raise
            self._memory.note_shut(message.to.chat)
            return await self._offer(rest, message, by_template=True)

    async def _record(self, text: Text, message: Outbound) -> None:
        """The message has left: whatever fails here must not send it again."""
        self._memory.note_said(text.sid, Sender(self._config.identity), message.part.text, own=True)
        if (phone := self._parts.phone) is None:
            return
        row = SmsRow(
            text.sid, "outbound", self._config.from_number or "", message.to.chat, message.part.text,
            text.status, text.error_code, outbox_id=message.id, channel=CHANNEL,
        )  # fmt: skip
        try:
            await phone.sms(row)
        except (StorageFullError, StorageBusyError) as error:
            logger.error("the message %s was sent and is not in the list of messages: %s", text.sid, error)
