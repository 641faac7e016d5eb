"""A Quo account as a channel: it calls our webhook, and is answered by its API."""

import json
import logging
from collections.abc import Sequence
from http import HTTPStatus

import anyio

from openclaw.channels.quo.config import QuoConfig
from openclaw.channels.quo.parse import ACCOUNT, CHANNEL, Event, listed_text, read_event
from openclaw.channels.quo.signature import key_of, refusal
from openclaw.channels.team_inbox import TeamInbox
from openclaw.net.api_client import ApiClient, UnansweredError, UnsentError
from openclaw.net.messages import decoded, message_id, not_sent, reason, refused
from openclaw.types.channel import (
    ChannelParts,
    ChannelState,
    Deliver,
    Noted,
    Report,
    WebhookRequest,
    WebhookResponse,
    WebhookRoute,
)
from openclaw.types.clock import iso
from openclaw.types.errors import ChannelError, DeliveryError, SecretError
from openclaw.types.messages import Address, Outbound, Part
from openclaw.types.secrets import Secret, SecretRef

logger = logging.getLogger(__name__)

PATH = "/webhooks/quo"
_MEND_WAIT_SECONDS = 300.0
_SECRET_WAIT_SECONDS = 60.0
_CLOCKS_DIFFER_MS = 60_000
_LISTED = 50
LOOK_AGAIN_SECONDS = 60.0
"""Between looks whether the keys were changed."""
_DONE = WebhookResponse(200, json.dumps({"ok": True}).encode(), "application/json")


class QuoChannel:
    def __init__(self, config: QuoConfig, parts: ChannelParts) -> None:
        self._config = config
        self._parts = parts
        self._inbox = TeamInbox(CHANNEL, ACCOUNT, "Quo", parts)
        self._keys: Sequence[Secret] = ()
        """Empty until `run` has read them: until then nobody is believed."""
        self._client = ApiClient(config.api_root, config.timeout_seconds)

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def account(self) -> str:
        return ACCOUNT

    async def run(self, deliver: Deliver, report: Report) -> None:
        await self._read_keys()
        report(ChannelState("connected"))
        while True:
            await anyio.sleep(LOOK_AGAIN_SECONDS)
            await self._read_keys()

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]:
        references = self._config.signing_keys
        if not any(not each.is_plain or key_of(each.text) is not None for each in references):
            if references:
                logger.error("%s", _unusable(1))
            return ()

        async def handle(request: WebhookRequest) -> WebhookResponse:
            event = self._read(request)
            await deliver([event.arrival])
            await self._record(event)
            return _DONE

        def authentic(request: WebhookRequest) -> str | None:
            return refusal(request.headers, request.body, self._keys, self._parts.clock.now_ms())

        return (WebhookRoute(PATH, authentic, handle, noted=self._noted),)

    def compose(self, text: str) -> Sequence[Part]:
        # The markdown parser loads slowly, and only who answers needs it.
        from openclaw.channels.twilio.plain import plain_parts

        return plain_parts(text, self._config.text_chunk_limit)

    async def send(self, message: Outbound) -> str:
        to, line = message.to, message.to.thread or self._config.from_number
        if not line:
            raise DeliveryError(to, "no number to send from: set channels.quo.fromNumber")
        content = {"content": message.part.text, "from": line, "to": [to.chat]}
        headers, offered = await self._headers(to), self._parts.clock.now_ms()
        try:
            answer = await self._client.post("/messages", json=content, headers=headers)
        except UnsentError as error:
            raise not_sent(to, error) from error
        except UnansweredError as error:
            return await self._taken(message, offered, error)
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            await self._api_key(to, fresh=True)
            raise DeliveryError(to, "channels.quo.apiKey was refused", retry_after=_SECRET_WAIT_SECONDS)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise refused(to, answer)
        return message_id(answer) or message.id

    async def sent_before(self, message: Outbound, since_ms: int) -> str | None:
        """See `types.channel.Reconciling`."""
        to = message.to
        if not (to.thread or "").startswith("PN"):
            raise ChannelError(f"Quo lists texts by the id of our number, and {to.chat} was answered by none")
        since = since_ms - _CLOCKS_DIFFER_MS
        asked = {
            "phoneNumberId": to.thread or "", "participants": to.chat,
            "createdAfter": iso(since), "maxResults": str(_LISTED),
        }  # fmt: skip
        try:
            answer = await self._client.get("/messages", params=asked, headers=await self._headers(to))
        except (UnsentError, UnansweredError, DeliveryError) as error:
            raise ChannelError(f"Quo's list of texts: {error}") from error
        if answer.status >= HTTPStatus.BAD_REQUEST or "data" not in (listing := decoded(answer)):
            raise ChannelError(f"Quo's list of texts: {reason(answer)}")
        return listed_text(listing, to.chat, message.part.text, since)

    async def _taken(self, message: Outbound, offered: int, error: UnansweredError) -> str:
        """Quo itself may say that it has the text; that it does not list it yet says nothing."""
        try:
            found = await self.sent_before(message, offered)
        except ChannelError:
            found = None
        if found is None:
            raise not_sent(message.to, error) from error
        return found

    async def _headers(self, to: Address) -> dict[str, str]:
        # Its keys are sent bare, without the word Bearer.
        return {"Authorization": await self._api_key(to), "Accept": "application/json"}

    async def show_working(self, to: Address) -> None:
        """A text message has nothing of the kind."""
        await anyio.sleep_forever()

    async def aclose(self) -> None:
        await self._client.aclose()

    def _read(self, request: WebhookRequest) -> Event:
        return read_event(request.body, self._config.agent_id, self._parts.clock.now_ms())

    def _noted(self, request: WebhookRequest) -> Noted:
        event = self._read(request)
        return Noted(event.arrival.key, event.note)

    async def _record(self, event: Event) -> None:
        """After the event itself: repeated, each of these does nothing."""
        events = self._parts.events
        if event.receipt is not None:
            await self._inbox.pass_on(event.receipt)
        if event.written is not None:
            await self._inbox.note_person(event.written)
        if events is None:
            return
        if (told := event.happening) is not None:
            await events.note(CHANNEL, told.kind, told.ref, told.summary)
        if event.unknown:
            await self._inbox.note_unknown(event.unknown, event.unknown)

    async def _read_keys(self) -> None:
        try:
            self._keys = await self._usable_keys()
        except ChannelError:
            self._keys = ()
            raise

    async def _usable_keys(self) -> Sequence[Secret]:
        secrets = [await self._resolved(each, "signingKeys") for each in self._config.signing_keys]
        usable = [secret for secret in secrets if key_of(secret.reveal()) is not None]
        if not usable:
            raise ChannelError(_unusable(len(secrets)), wait_seconds=_MEND_WAIT_SECONDS)
        if len(usable) < len(secrets):
            logger.error("%s", _unusable(len(secrets) - len(usable)))
        return usable

    async def _api_key(self, to: Address, *, fresh: bool = False) -> str:
        if self._config.api_key is None:
            raise DeliveryError(to, "channels.quo.apiKey is not set")
        try:
            return (await self._resolved(self._config.api_key, "apiKey", fresh=fresh)).reveal().strip()
        except ChannelError as error:
            raise DeliveryError(to, str(error), retry_after=_SECRET_WAIT_SECONDS) from error

    async def _resolved(self, reference: SecretRef, key: str, *, fresh: bool = False) -> Secret:
        try:
            return await self._parts.resolver.resolve(reference, fresh=fresh)
        except SecretError as error:
            raise ChannelError(f"channels.quo.{key}: {error}", wait_seconds=_SECRET_WAIT_SECONDS) from error


def _unusable(count: int) -> str:
    if count == 0:
        return "channels.quo.signingKeys is empty: copy the signing secret of each webhook from Quo"
    return (
        "channels.quo.signingKeys: a key is no base64 of 16 bytes or more and is not used; copy the webhook's signing"
        " secret from Quo once more"
    )
