"""One telephone number as a channel."""

import logging
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import anyio
import anyio.to_thread

from openclaw.channels.sms.backfill import Backfilling
from openclaw.channels.sms.config import MAX_TEXT, STATUS_PATH, Backfill
from openclaw.channels.sms.pace import Pace
from openclaw.channels.sms.parse import CHANNEL, Sms
from openclaw.channels.sms.sending import Sending
from openclaw.channels.sms.switchboard import Line, Switchboard
from openclaw.channels.twilio.attachments import Attachment
from openclaw.channels.twilio.media import MediaError, MediaFetcher
from openclaw.channels.twilio.problems import RefusalError, UnreachableError
from openclaw.types.channel import ChannelParts, ChannelState, Deliver, Fetched, Report, WebhookRoute
from openclaw.types.errors import (
    ChannelError,
    DeliveryError,
    FetchError,
    StorageBusyError,
    StorageFullError,
)
from openclaw.types.messages import Address, Outbound, Part
from openclaw.types.messages import Attachment as File
from openclaw.types.phone import PhoneLedger

logger = logging.getLogger(__name__)
_FILES_WAITING = 1000
_SECRET_WAIT_SECONDS = 60.0


class SmsChannel:
    def __init__(
        self,
        line: Line,
        switchboard: Switchboard,
        parts: ChannelParts,
        phone: PhoneLedger,
        backfill: Backfill,
        *,
        answers_webhooks: bool,
    ) -> None:
        """`answers_webhooks`: the routes are those of all numbers, and one channel shows them."""
        self._line = line
        self._switchboard = switchboard
        self._parts = parts
        self._phone = phone
        self._backfill = backfill
        self._answers_webhooks = answers_webhooks
        config = line.config
        callback = config.bases.url(STATUS_PATH) if config.bases else None
        pace = Pace(config.texts_per_second, parts.clock)
        self._sending = Sending(line, phone, pace, parts, callback)
        self._with_files: deque[Sms] = deque(maxlen=_FILES_WAITING)
        self._files_wait = anyio.Event()
        self._media = MediaFetcher(line.login, config.api_root)
        self._missed = Backfilling(line, switchboard, parts, phone)
        switchboard.on_attachments(line.account, self._note_files)

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def account(self) -> str:
        return self._line.account

    async def run(self, deliver: Deliver, report: Report) -> None:
        # First of all: with the credentials webhooks can be told from forgeries.
        await self._line.login.resolved()
        await self._take_missed(deliver)
        report(ChannelState("connected"))
        async with anyio.create_task_group() as group:
            group.start_soon(self._look_again_and_again, deliver, report)
            await self._fetch_files()

    async def _take_missed(self, deliver: Deliver) -> None:
        try:
            rest = await self._line.login.rest()
            if self._backfill.enabled and self._line.config.from_number:
                await self._missed.run(rest, deliver, self._backfill.hours)
        except RefusalError as error:
            if error.is_credentials:
                await self._line.login.was_refused()
            raise ChannelError(str(error), wait_seconds=error.retry_after) from error
        except (UnreachableError, StorageFullError, StorageBusyError) as error:
            raise ChannelError(str(error)) from error

    async def _look_again_and_again(self, deliver: Deliver, report: Report) -> None:
        """Until cancelled. What fails once is asked for by the next look."""
        while True:
            await anyio.sleep(self._backfill.every_minutes * 60)
            try:
                await self._take_missed(deliver)
            except ChannelError as error:
                report(ChannelState("failing", str(error)))
            else:
                report(ChannelState("connected"))

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]:
        return self._switchboard.routes(deliver) if self._answers_webhooks else ()

    def compose(self, text: str) -> Sequence[Part]:
        # The markdown parser loads slowly, and only who answers needs it.
        from openclaw.channels.twilio.plain import plain_parts

        return plain_parts(text, min(self._line.config.text_chunk_limit, MAX_TEXT))

    async def send(self, message: Outbound) -> str:
        try:
            rest = await self._line.login.rest()
        except ChannelError as error:
            raise DeliveryError(message.to, str(error), retry_after=_SECRET_WAIT_SECONDS) from error
        return await self._sending.send(rest, message)

    async def sent_before(self, message: Outbound, since_ms: int) -> str | None:
        """See `types.channel.Reconciling`."""
        try:
            return await self._sending.find(await self._line.login.rest(), message, since_ms)
        except (RefusalError, UnreachableError) as error:
            raise ChannelError(str(error)) from error

    async def fetch(self, file: File) -> Fetched:
        """See `types.channel.Fetching`. It may be there already: files are also fetched as they come."""
        if (folder := self._parts.media) is None:
            raise FetchError("files are not fetched here")
        path = folder / file.place
        try:
            await self._media.save(file.id, path, file.media_type)
            return Fetched(f"{folder.name}/{file.place}", await anyio.to_thread.run_sync(path.read_bytes))
        except (MediaError, ChannelError) as error:
            raise FetchError(str(error)) from error
        except OSError as error:
            raise FetchError(f"it could not be kept: {error.strerror}") from error

    async def show_working(self, to: Address) -> None:
        """A telephone cannot show that."""
        await anyio.sleep_forever()

    async def aclose(self) -> None:
        await self._media.aclose()
        await self._line.login.aclose()

    async def _note_files(self, sms: Sms) -> None:
        self._with_files.append(sms)
        self._files_wait.set()

    async def _fetch_files(self) -> None:
        """Until cancelled. A file that cannot be had is told of in the log; its text was answered all the same."""
        folder = self._parts.media
        while True:
            while self._with_files:
                for each in self._with_files.popleft().attachments:
                    if folder is not None and each.path is not None:
                        await self._fetch(each, folder / each.path)
            self._files_wait = anyio.Event()
            await self._files_wait.wait()

    async def _fetch(self, each: Attachment, path: Path) -> None:
        try:
            await self._media.save(each.url, path, each.content_type)
        except (MediaError, ChannelError, OSError) as error:
            logger.warning("%s is not there: %s", path.name, error)
