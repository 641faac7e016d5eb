"""One number of the WhatsApp Business Cloud API as a channel."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from openclaw.channels.whatsapp.cloud.desk import Desk, Line
from openclaw.channels.whatsapp.cloud.faults import (
    TOKEN_WAIT_SECONDS,
    WINDOW_ADVICE,
    WINDOW_CLOSED,
    RefusalError,
    UnreachableError,
    receiving,
    sending,
)
from openclaw.channels.whatsapp.cloud.forms import LONGEST_CAPTION, form_of
from openclaw.channels.whatsapp.cloud.messages import by_template, message, reaction, with_file
from openclaw.channels.whatsapp.cloud.uploads import uploaded
from openclaw.channels.whatsapp.config import CHANNEL, WhatsAppAccount
from openclaw.channels.whatsapp.files import keep
from openclaw.channels.whatsapp.recollection import Recollection
from openclaw.types.channel import ChannelParts, ChannelState, Deliver, Fetched, Report, WebhookRoute
from openclaw.types.errors import (
    AmbiguousDeliveryError,
    ChannelError,
    DeliveryError,
    FetchError,
    SecretError,
)
from openclaw.types.messages import Address, Attachment, Enclosure, Outbound, Part, Sender
from openclaw.types.secrets import Secret, SecretRef

if TYPE_CHECKING:
    from openclaw.channels.whatsapp.cloud.graph import Graph

logger = logging.getLogger(__name__)
_TYPING_SECONDS = 20.0
"""WhatsApp shows it for twenty-five."""
_FETCH_WAITS = (1.0, 3.0)
"""Between tries to get a file."""
_MEND_WAIT_SECONDS = 300.0
"""Between looks whether the owner has mended the config."""


class CloudChannel:
    def __init__(self, account: str, config: WhatsAppAccount, parts: ChannelParts, desk: Desk) -> None:
        self._account = account
        self._config = config
        self._parts = parts
        self._desk = desk
        self._place = f"channels.{CHANNEL}" + ("" if account == "default" else f".accounts.{account}")
        self._memory = Recollection()
        self._graph: Graph | None = None
        self._opening = anyio.Lock()
        self._token_refused = False

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def account(self) -> str:
        return self._account

    @property
    def _takes_webhooks(self) -> bool:
        """A route whose secret is not set does not exist."""
        return self._config.app_secret is not None

    async def run(self, deliver: Deliver, report: Report) -> None:
        await self._listen()
        await self._introduce()
        report(ChannelState("connected"))
        await anyio.sleep_forever()

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]:
        return self._desk.routes(self._account, deliver) if self._takes_webhooks else ()

    def compose(self, text: str) -> Sequence[Part]:
        # The markdown parser loads slowly; `_connected` has done it by the time the first reply is there.
        from openclaw.channels.whatsapp.markup import messages

        return [Part(said) for said in messages(text, self._config.chunk_limit)]

    def enclose(self, file: Enclosure, text: str) -> Sequence[Part]:
        """See `types.channel.Enclosing`."""
        from openclaw.channels.whatsapp.markup import messages

        captions = messages(text, LONGEST_CAPTION)
        if form_of(file).captioned and len(captions) <= 1:
            return [Part("".join(captions), file=file)]
        return [Part("", file=file), *self.compose(text)]

    async def send(self, message: Outbound) -> str:
        to = message.to
        graph = await self._ready(to)
        if self._memory.is_shut(to.chat, self._parts.clock.now_ms()):
            return await self._send_by_template(graph, message)
        try:
            return await self._send(graph, message)
        except RefusalError as error:
            if error.code == WINDOW_CLOSED:
                self._memory.note_shut(to.chat)
                return await self._send_by_template(graph, message)
            raise await self._failed(error, to) from error
        except UnreachableError as error:
            raise sending(error, to) from error

    async def fetch(self, file: Attachment) -> Fetched:
        """See `types.channel.Fetching`."""
        if (media := self._parts.media) is None:
            raise FetchError("files are not fetched here")
        return await keep(media, file, await self._fetched(file.id))

    async def react(self, to: Address, message_id: str, emoji: str) -> None:
        try:
            await (await self._connected()).send(reaction(to, message_id, emoji))
        except (ChannelError, RefusalError, UnreachableError) as error:
            logger.info("a message of %s could not be marked: %s", to.chat, error)

    async def show_working(self, to: Address) -> None:
        if not self._config.send_read_receipts:
            return
        while True:
            heard = self._memory.last_heard(to.chat)
            if heard is not None:
                await self._mark(heard)
            await anyio.sleep(_TYPING_SECONDS)

    async def aclose(self) -> None:
        async with self._opening:
            graph, self._graph = self._graph, None
        if graph is not None:
            await graph.aclose()

    # -- receiving ------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """From now on Meta's calls are taken, whether or not its API can be reached."""
        config = self._config
        if not config.phone_number_id:
            raise ChannelError(
                f"{self._place}.phoneNumberId is not set; it is in Meta's app dashboard, WhatsApp, API Setup"
                " (a linked phone, as WhatsApp Web has it, is of no use here)",
                wait_seconds=_MEND_WAIT_SECONDS,
            )
        app_secret = await self._resolved(config.app_secret)
        if config.app_secret is not None and not app_secret:
            raise ChannelError(f"{self._place}.appSecret is empty", wait_seconds=_MEND_WAIT_SECONDS)
        verify_token = await self._resolved(config.verify_token)
        self._desk.open(Line(self._account, config.phone_number_id, app_secret, verify_token, self._memory))

    async def _introduce(self) -> None:
        graph = await self._connected()
        try:
            number = await graph.own_number()
        except RefusalError as error:
            if error.is_token:
                await self._token_was_refused()
                raise receiving(error, self._place) from error
            if error.wait_seconds is not None:
                raise receiving(error, self._place) from error
            # It may be allowed to send and not to look.
            logger.warning("%s: %s", self._place, error)
        except UnreachableError as error:
            raise receiving(error, self._place) from error
        else:
            logger.info("WhatsApp is received at %s", number or "our number")

    async def _fetched(self, media_id: str) -> bytes:
        for wait in (*_FETCH_WAITS, None):
            try:
                return await (await self._connected()).fetch(media_id, self._config.media_bytes)
            except (ChannelError, RefusalError, UnreachableError) as error:
                passing = not isinstance(error, RefusalError) or error.wait_seconds is not None
                if wait is None or not passing:
                    raise FetchError(str(error)) from error
                await anyio.sleep(wait)
        raise AssertionError("the last wait is None")

    # -- sending --------------------------------------------------------------------------------------

    async def _send(self, graph: "Graph", outbound: Outbound) -> str:
        file = outbound.part.file
        if file is None:
            return self._accepted(await graph.send(message(outbound)), outbound)
        if (media := self._parts.media) is None:
            raise DeliveryError(outbound.to, "there is no media folder to send files from")
        form, media_id = await uploaded(graph, media, file, outbound.to)
        return self._accepted(await graph.send(with_file(outbound, form, media_id, file.name)), outbound)

    async def _send_by_template(self, graph: "Graph", outbound: Outbound) -> str:
        """The one way to somebody who has not written for a day."""
        to, template = outbound.to, self._config.template
        if template.name is None:
            raise DeliveryError(to, f"{WINDOW_ADVICE} (WhatsApp error {WINDOW_CLOSED})")
        if (file := outbound.part.file) is not None:
            raise DeliveryError(to, f"{file.name} waits until they write: a template carries words alone")
        try:
            return self._accepted(await graph.send(by_template(outbound, template)), outbound)
        except RefusalError as error:
            raise await self._failed(error, to) from error
        except UnreachableError as error:
            raise sending(error, to) from error

    def _accepted(self, message_id: str, outbound: Outbound) -> str:
        if not message_id:
            raise AmbiguousDeliveryError(outbound.to, "an answer that does not tell the message's id")
        self._memory.note_said(message_id, Sender(self._config.identity), outbound.part.text, own=True)
        return message_id

    async def _failed(self, error: RefusalError, to: Address) -> DeliveryError | AmbiguousDeliveryError:
        if error.is_token:
            await self._token_was_refused()
        return sending(error, to)

    async def _mark(self, message_id: str) -> None:
        try:
            await (await self._connected()).mark_read(message_id, typing=True)
        except (ChannelError, RefusalError, UnreachableError) as error:
            logger.debug("%s was not marked as read: %s", message_id, error)

    # -- the API --------------------------------------------------------------------------------------

    async def _connected(self) -> "Graph":
        """The API with the present token; raises ChannelError when there is none."""
        async with self._opening:
            if self._graph is None:
                token = await self._resolved(self._config.access_token, fresh=self._token_refused)
                if not token:
                    raise ChannelError(
                        f"{self._place}.accessToken is not set; make one for a system user in Meta's Business settings",
                        wait_seconds=_MEND_WAIT_SECONDS,
                    )
                app_secret = await self._resolved(self._config.app_secret)
                self._graph = await anyio.to_thread.run_sync(_open, token, app_secret, self._config)
                self._token_refused = False
            return self._graph

    async def _ready(self, to: Address) -> "Graph":
        try:
            return await self._connected()
        except ChannelError as error:
            raise DeliveryError(to, str(error), retry_after=TOKEN_WAIT_SECONDS) from error

    async def _token_was_refused(self) -> None:
        self._token_refused = True
        await self.aclose()

    async def _resolved(self, reference: SecretRef | None, *, fresh: bool = False) -> Secret:
        if reference is None:
            return Secret("")
        try:
            secret = await self._parts.resolver.resolve(reference, fresh=fresh)
        except SecretError as error:
            raise ChannelError(f"{self._place}: {error}", wait_seconds=TOKEN_WAIT_SECONDS) from error
        return Secret(secret.reveal().strip())


def _open(token: Secret, app_secret: Secret, config: WhatsAppAccount) -> "Graph":
    """In a thread: loading the client, the markdown parser and the TLS certificates takes a third of a second."""
    from openclaw.channels.whatsapp import markup
    from openclaw.channels.whatsapp.cloud.graph import Access, Graph

    markup.spans("")
    return Graph(Access(token, app_secret), config)
