"""One Telegram bot as a channel."""

import logging
import mimetypes
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from openclaw.channels.telegram.config import MAX_TEXT, TelegramAccount
from openclaw.channels.telegram.parse import CHANNEL
from openclaw.channels.telegram.presence import Presence
from openclaw.channels.telegram.reading.called import Bot
from openclaw.channels.telegram.updates import (
    ConflictError,
    Hook,
    Polling,
    TokenRefusedError,
    webhook_route,
)
from openclaw.channels.telegram.writing.enclosed import LONGEST_CAPTION, form_of
from openclaw.files import file_away
from openclaw.types.channel import ChannelParts, ChannelState, Deliver, Fetched, Report, WebhookRoute
from openclaw.types.errors import ChannelError, DeliveryError, FetchError, SecretError
from openclaw.types.messages import Address, Arrival, Attachment, Enclosure, Outbound, Part
from openclaw.types.secrets import Secret, SecretRef
from openclaw.without import without

if TYPE_CHECKING:
    from openclaw.channels.telegram.api import TelegramApi

logger = logging.getLogger(__name__)
_ROOM = 2
"""Units that are left for the sign of a message that goes out a second time."""
_TYPING_SECONDS = 4.0
"""Telegram shows it for five."""
_MENU_SECONDS = 3.0
_FETCH_WAITS = (1.0, 3.0)
"""Between tries to get a file."""
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
        self._offered = False
        self._hook: Hook | None = None
        self._presence = Presence()

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def account(self) -> str:
        return self._account

    async def run(self, deliver: Deliver, report: Report) -> None:
        api = await self._connected()
        try:
            bot = await api.itself()
            self._tell_of_privacy(bot)
            await self._offer_menu(api)
            if self._config.webhook_url:
                await self._listen(api, bot, self._config.webhook_url, report)
            else:
                polling = Polling(api, self._parts, self._account, bot)
                contested, self._contested = self._contested, False
                await polling.run(
                    self._heeding(deliver), report, self._config.poll_seconds, contested=contested
                )
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
        heeding = self._heeding(deliver)
        return (webhook_route(config.webhook_path, self._account, heeding, lambda: self._hook),)

    def compose(self, text: str) -> Sequence[Part]:
        # The markdown parser loads slowly; `_connected` has done it by the time the first reply is there.
        from openclaw.channels.telegram.writing.markup import spans
        from openclaw.channels.telegram.writing.split import split

        return split(spans(text), min(self._config.text_chunk_limit, MAX_TEXT - _ROOM))

    def enclose(self, file: Enclosure, text: str) -> Sequence[Part]:
        """See `types.channel.Enclosing`."""
        from openclaw.channels.telegram.writing.markup import spans
        from openclaw.channels.telegram.writing.split import split

        form_of(file)
        captions = split(spans(text), min(self._config.text_chunk_limit, LONGEST_CAPTION - _ROOM))
        if len(captions) > 1:
            return [Part("", file=file), *self.compose(text)]
        return [replace(captions[0] if captions else Part(""), file=file)]

    async def send(self, message: Outbound) -> str:
        if (reason := self._presence.reason_against(message.to.chat)) is not None:
            raise DeliveryError(message.to, reason)
        content = b""
        if (file := message.part.file) is not None:
            content = await self._content(message.to, file)
        return await (await self._ready(message.to)).send(message, content)

    async def _content(self, to: Address, file: Enclosure) -> bytes:
        if (media := self._parts.media) is None:
            raise DeliveryError(to, "files are not sent here")
        try:
            return await anyio.to_thread.run_sync((media / file.place).read_bytes)
        except OSError as error:
            raise DeliveryError(to, f"{file.name} is there no longer: {error.strerror or error}") from error

    async def begin_preview(self, to: Address, part: Part) -> str:
        return await self.send(Outbound("", to, part))

    async def edit(self, to: Address, message_id: str, part: Part) -> bool:
        return await (await self._ready(to)).edit(to, message_id, part)

    async def withdraw(self, to: Address, message_id: str) -> None:
        try:
            await (await self._connected()).delete(to, message_id)
        except ChannelError as error:
            logger.info("a message in %s could not be deleted: %s", to.chat, error)

    async def fetch(self, file: Attachment) -> Fetched:
        media, limit = self._parts.media, int(self._config.media_max_mb * 1_000_000)
        if media is None:
            raise FetchError("files are not fetched here")
        if file.size > limit:
            raise FetchError(f"it is larger than {limit:,} bytes")
        for wait in (*_FETCH_WAITS, None):
            try:
                data = await (await self._connected()).download(file.id, limit)
            except ChannelError as error:
                if wait is None:
                    raise FetchError(str(error)) from error
                await anyio.sleep(wait)
            else:
                break
        try:
            await anyio.to_thread.run_sync(file_away, media / file.place, data)
        except OSError as error:
            raise FetchError(f"it could not be written: {error.strerror}") from error
        return Fetched(f"{media.name}/{file.place}", data)

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

    async def react(self, to: Address, message_id: str, emoji: str) -> None:
        try:
            await (await self._connected()).react(to, message_id, emoji)
        except ChannelError as error:
            logger.info("a message in %s could not be marked: %s", to.chat, error)

    def _heeding(self, deliver: Deliver) -> Deliver:
        async def heeded(arrivals: Sequence[Arrival]) -> None:
            await deliver(arrivals)
            self._presence.note(arrivals)

        return heeded

    def _tell_of_privacy(self, bot: Bot) -> None:
        rules = self._config.group_access.rules
        if not bot.hears_all and any(not rule.require_mention for rule in rules.values()):
            logger.warning(
                "%s.groups answers every message, but Telegram gives this bot only those that name it, unless it is an"
                " admin there: write /setprivacy to @BotFather, choose Disable, and add the bot to the group anew",
                self._place,
            )

    async def _offer_menu(self, api: "TelegramApi") -> None:
        """Once in a life of the daemon; without a word from Telegram messages are more urgent."""
        if self._offered or not self._parts.menu or not self._config.commands.native:
            return
        self._offered = True
        with anyio.move_on_after(_MENU_SECONDS):
            await api.offer(self._parts.menu)

    async def _listen(self, api: "TelegramApi", bot: Bot, url: str, report: Report) -> None:
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
    """In a thread: the SDK, the parser, the TLS certificates and the types of files take a third of a second."""
    # httpx loads its command line with rich, the SDK what decrypts passports: 13 MiB that nobody here uses.
    with without("httpx._main", "cryptography"):
        from openclaw.channels.telegram.api import TelegramApi
    from openclaw.channels.telegram.writing import markup

    markup.spans("")
    mimetypes.init()
    return TelegramApi(token, config, place)
