"""A SalesMsg account as a channel: it calls our webhook, and is answered by its API."""

import json
import logging
from collections.abc import Sequence

import anyio

from openclaw.channels.salesmsg.api import SalesmsgApi
from openclaw.channels.salesmsg.config import SalesmsgConfig
from openclaw.channels.salesmsg.parse import ACCOUNT, CHANNEL, Call, read_call
from openclaw.channels.salesmsg.token import refusal, weakness
from openclaw.channels.salesmsg.tokens import Tokens
from openclaw.channels.team_inbox import TeamInbox
from openclaw.net.api_client import ApiClient
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
from openclaw.types.errors import ChannelError, DeliveryError, SecretError
from openclaw.types.messages import Address, Inbound, Outbound, Part
from openclaw.types.secrets import Secret

logger = logging.getLogger(__name__)

PATH = "/webhooks/salesmsg"
_KEY = "channels.salesmsg.webhookToken"
_MEND_WAIT_SECONDS = 300.0
_SECRET_WAIT_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 60.0
"""Between looks whether the webhook's token was changed."""
_DONE = WebhookResponse(200, json.dumps({"ok": True}).encode(), "application/json")


class SalesmsgChannel:
    def __init__(self, config: SalesmsgConfig, parts: ChannelParts) -> None:
        self._config = config
        self._parts = parts
        self._inbox = TeamInbox(CHANNEL, ACCOUNT, "SalesMsg", parts)
        self._expected: Secret | None = None
        """None until `run` has read it: until then nobody is believed."""
        self._client = ApiClient(config.api_root, config.timeout_seconds)
        self._tokens: Tokens | None = None
        if config.api_token is not None:
            self._tokens = Tokens(
                config.api_token, parts.resolver, self._client, parts.clock, parts.credentials
            )

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def account(self) -> str:
        return ACCOUNT

    async def run(self, deliver: Deliver, report: Report) -> None:
        await self._read_webhook_token()
        report(ChannelState("connected"))
        while True:
            with anyio.move_on_after(LOOK_AGAIN_SECONDS):
                await (self._tokens.keep_fresh() if self._tokens is not None else anyio.sleep_forever())
            await self._read_webhook_token()

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]:
        reference = self._config.webhook_token
        if reference is None:
            return ()
        if reference.is_plain and (problem := weakness(reference.text.strip(), _KEY)):
            logger.error("%s", problem)
            return ()

        async def handle(request: WebhookRequest) -> WebhookResponse:
            call = self._read(request)
            await deliver([call.arrival])
            await self._record(call)
            return _DONE

        def authentic(request: WebhookRequest) -> str | None:
            return refusal(request.query, self._expected)

        return (WebhookRoute(PATH, authentic, handle, noted=self._noted),)

    def compose(self, text: str) -> Sequence[Part]:
        # The markdown parser loads slowly, and only who answers needs it.
        from openclaw.channels.twilio.plain import plain_parts

        return plain_parts(text, self._config.text_chunk_limit)

    async def send(self, message: Outbound) -> str:
        if self._tokens is None:
            raise DeliveryError(message.to, "channels.salesmsg.apiToken is not set")
        return await SalesmsgApi(self._client, self._tokens, self._config.team_id).send(message)

    async def show_working(self, to: Address) -> None:
        """A text message has nothing of the kind."""
        await anyio.sleep_forever()

    async def aclose(self) -> None:
        await self._client.aclose()

    def _read(self, request: WebhookRequest) -> Call:
        return read_call(request.body, self._config, self._parts.clock.now_ms())

    def _noted(self, request: WebhookRequest) -> Noted:
        call = self._read(request)
        return Noted(call.arrival.key, call.note)

    async def _record(self, call: Call) -> None:
        """After the event itself: repeated, each of these does nothing."""
        events, content = self._parts.events, call.arrival.content
        if call.refused_agent:
            logger.warning(
                "SalesMsg asks for the agent %r, which is neither agentId nor in allowedAgents of"
                " channels.salesmsg; the message goes where all others go",
                call.refused_agent,
            )
        if call.opted_out:
            await self._heed_opt_out(call.opted_out, call.arrival.key)
        if call.receipt is not None:
            await self._inbox.pass_on(call.receipt)
        if call.written is not None:
            await self._inbox.note_person(call.written)
        if events is None:
            return
        if isinstance(content, Inbound):
            summary = f"{content.sender.id}: {content.text}"
            await events.note(CHANNEL, "sms.received", call.arrival.key, summary)
        if call.unknown_shape:
            await self._inbox.note_unknown(call.unknown_shape, call.event or "without a name")

    async def _heed_opt_out(self, number: str, ref: str) -> None:
        consents = self._parts.consents
        if consents is not None and not await consents.is_opted_out(number, CHANNEL):
            logger.info("SalesMsg says that %s wants no texts", number)
            await consents.opted_out(number, CHANNEL, ref)

    async def _read_webhook_token(self) -> None:
        try:
            self._expected = await self._webhook_token()
        except ChannelError:
            self._expected = None
            raise

    async def _webhook_token(self) -> Secret:
        reference = self._config.webhook_token
        if reference is None:
            raise ChannelError(f"{_KEY} is not set", wait_seconds=_MEND_WAIT_SECONDS)
        try:
            token = (await self._parts.resolver.resolve(reference)).reveal().strip()
        except SecretError as error:
            raise ChannelError(f"{_KEY}: {error}", wait_seconds=_SECRET_WAIT_SECONDS) from error
        if problem := weakness(token, _KEY):
            raise ChannelError(problem, wait_seconds=_MEND_WAIT_SECONDS)
        return Secret(token)
