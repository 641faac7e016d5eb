"""One Telegram bot as a channel."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from openclaw.channels.telegram.config import TelegramAccount
from openclaw.channels.telegram.parse import CHANNEL
from openclaw.channels.telegram.updates import (
    ConflictError,
    Hook,
    Polling,
    TokenRefusedError,
    webhook_route,
)
from openclaw.types.channel import ChannelParts, ChannelState, Deliver, Report, WebhookRoute
from openclaw.types.errors import ChannelError, DeliveryError, SecretError
from openclaw.types.messages import Address, Outbound, Part
from openclaw.types.secrets import Secret, SecretRef

if TYPE_CHECKING:
    from openclaw.channels.telegram.api import TelegramApi

logger = logging.getLogger(__name__)
_TYPING_SECONDS = 4.0
"""Telegram shows it for five."""
_MEND_WAIT_SECONDS = 300.0
"""Between looks whether the owner has mended the config."""
_SECRET_WAIT_SECONDS = 60.0


class TelegramChannel:
    def __init__(self, account: str, config: TelegramAccount, parts: ChannelParts) -> None:
        self._account = account
        self._config = config
        self._parts = parts
        self._place = "channels.telegram" if account == "default" else f"channels.telegram.accounts.{account}"
        self._api: TelegramApi | None = None
        self._opening = anyio.Lock()
        self._token_refused = False
        self._contested = False
        self._hook: Hook | None = None

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def account(self) -> str:
        return self._account

    async def run(self, deliver: Deliver, report: Report) -> None:
        api = await self._connected()
        try:
            bot = await api.own_id()
            if self._config.webhook_url:
                await self._listen(api, bot, self._config.webhook_url, report)
            else:
                polling = Polling(api, self._parts, self._account, bot)
                contested, self._contested = self._contested, False
                await polling.run(deliver, report, self._config.poll_seconds, contested=contested)
        except ConflictError:
            self._contested = True
            raise
        except TokenRefusedError:
            self._token_refused = True
            await self.aclose()
            raise

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]:
        config = self._config
        # A route whose secret is not set does not exist.
        if not config.webhook_url or config.webhook_secret is None:
            return ()
        return (webhook_route(config.webhook_path, self._account, deliver, lambda: self._hook),)

    def compose(self, text: str) -> Sequence[Part]:
        # The markdown parser loads slowly; `_connected` has done it by the time the first reply is there.
        from openclaw.channels.telegram.markup import spans
        from openclaw.channels.telegram.split import split

        return split(spans(text), self._config.text_chunk_limit)

    async def send(self, message: Outbound) -> str:
        return await (await self._ready(message.to)).send(message)

    async def begin_preview(self, to: Address, part: Part) -> str:
        return await self.send(Outbound("", to, part))

    async def edit(self, to: Address, message_id: str, part: Part) -> bool:
        return await (await self._ready(to)).edit(to, message_id, part)

    async def withdraw(self, to: Address, message_id: str) -> None:
        try:
            await (await self._connected()).delete(to, message_id)
        except ChannelError as error:
            logger.info("a message in %s could not be deleted: %s", to.chat, error)

    async def show_working(self, to: Address) -> None:
        while True:
            try:
                await (await self._connected()).show_typing(to)
            except ChannelError as error:
                logger.debug("typing was not shown in %s: %s", to.chat, error)
            await anyio.sleep(_TYPING_SECONDS)

    async def aclose(self) -> None:
        async with self._opening:
            api, self._api = self._api, None
        if api is not None:
            await api.aclose()

    async def _listen(self, api: "TelegramApi", bot: int, url: str, report: Report) -> None:
        """Telegram comes to us, by `routes`."""
        secret = Secret("")
        if (reference := self._config.webhook_secret) is not None:
            secret = await self._resolved(reference)
        if not secret:
            raise ChannelError(
                f"{self._place}.webhookUrl needs {self._place}.webhookSecret: without it anybody could post"
                " messages; set it to 32 random letters and digits",
                wait_seconds=_MEND_WAIT_SECONDS,
            )
        self._hook = Hook(secret, bot)
        await api.set_webhook(url, secret)
        report(ChannelState("connected"))
        await anyio.sleep_forever()

    async def _connected(self) -> "TelegramApi":
        """The API with the present token; raises ChannelError when there is none."""
        async with self._opening:
            if self._api is None:
                token = await self._token()
                self._api = await anyio.to_thread.run_sync(_open_api, token, self._config, self._place)
                self._token_refused = False
            return self._api

    async def _ready(self, to: Address) -> "TelegramApi":
        try:
            return await self._connected()
        except ChannelError as error:
            raise DeliveryError(to, str(error), retry_after=_SECRET_WAIT_SECONDS) from error

    async def _token(self) -> Secret:
        token = Secret("")
        if (reference := self._config.token) is not None:
            token = await self._resolved(reference, fresh=self._token_refused)
        if not token:
            raise ChannelError(
                f"{self._place}.botToken is not set; get a token from @BotFather",
                wait_seconds=_MEND_WAIT_SECONDS,
            )
        return token

    async def _resolved(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        try:
            secret = await self._parts.resolver.resolve(reference, fresh=fresh)
        except SecretError as error:
            raise ChannelError(f"{self._place}: {error}", wait_seconds=_SECRET_WAIT_SECONDS) from error
        return Secret(secret.reveal().strip())


def _open_api(token: Secret, config: TelegramAccount, place: str) -> "TelegramApi":
    """In a thread: loading the SDK, the markdown parser and the TLS certificates takes a third of a second."""
    from openclaw.channels.telegram import markup
    from openclaw.channels.telegram.api import TelegramApi

    markup.spans("")
    return TelegramApi(token, config, place)
