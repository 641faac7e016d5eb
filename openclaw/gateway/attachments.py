"""What people attach: fetched before their message has its turn, and told in a line each."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Protocol

import anyio
import anyio.to_thread

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files.pictures import MOST_BYTES, inspect
from openclaw.gateway.tracing import TraceBook
from openclaw.llm.transcription import TranscriptionError
from openclaw.store.inbox import InboxRow
from openclaw.store.ledger import Ledger
from openclaw.types.channel import Channel, Fetched, Fetching
from openclaw.types.conversation import Picture
from openclaw.types.errors import FetchError
from openclaw.types.messages import Attachment, Inbound

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 90.0
"""For all that one message brings: a conversation does not wait for ever for a file."""
SPOKEN = frozenset({"voice", "audio"})
LATE = "it did not come in time"


def waits(message: Inbound) -> bool:
    """Whether something of it is still to be fetched."""
    return any(not file.settled for file in message.files)


def line(file: Attachment) -> str:
    """What the model reads of it."""
    about = ", ".join(part for part in (file.name, file.media_type, f"{file.size:,} bytes") if part)
    if file.missing:
        return f"[{file.kind} ({about}) is not here: {file.missing}]"
    if file.words:
        return f"[{file.kind}, transcribed: {file.words}]"
    if file.kind in SPOKEN and file.path:
        return f"[{file.kind}: {file.path} ({about}); nobody has written down what is said in it]"
    return f"[{file.kind}: {file.path} ({about})]" if file.path else f"[{file.kind} ({about})]"


def text_of(message: Inbound) -> str:
    return "\n".join([message.text, *(line(file) for file in message.files)])


def pictures_of(message: Inbound) -> tuple[Picture, ...]:
    return tuple(Picture(file.path, file.media_type) for file in message.files if file.shown)


class Hearing(Protocol):
    @property
    def able(self) -> bool: ...

    async def words(self, data: bytes, name: str, media_type: str) -> str:
        """Raises TranscriptionError."""


class Attachments:
    def __init__(
        self,
        ledger: Ledger,
        channels: Mapping[tuple[str, str], Channel],
        traces: TraceBook,
        hearing: Hearing | None = None,
    ) -> None:
        self._hearing = hearing
        self._ledger = ledger
        self._channels = channels
        self._traces = traces

    async def make_ready(self, row: InboxRow) -> None:
        """Afterwards nothing of the message is still to be fetched; after a crash it is simply done again."""
        found = {file: file if file.settled else replace(file, missing=LATE) for file in row.event.files}
        trace = self._traces.find(row)
        with trace.timed("fetched") as facts, anyio.move_on_after(PATIENCE_SECONDS):
            for file in (each for each in row.event.files if not each.settled):
                found[file] = await self._fetched(row, file)
            facts.update(files=len(found), missing=sum(bool(file.missing) for file in found.values()))
        event = replace(row.event, files=tuple(found[file] for file in row.event.files))
        await self._ledger.heard.reword(row.seq, event)

    async def _fetched(self, row: InboxRow, file: Attachment) -> Attachment:
        channel = self._channels.get((row.channel, row.account))
        if not isinstance(channel, Fetching):
            return replace(file, missing="this channel fetches no files")
        try:
            fetched = await channel.fetch(file)
        except FetchError as error:
            logger.warning("%s of %s: %s; trace %s", file.kind, row.key, error, row.trace_id)
            return replace(file, missing=str(error))
        except Exception:
            logger.exception("%s of %s could not be fetched; trace %s", file.kind, row.key, row.trace_id)
            return replace(file, missing="it could not be fetched")
        here = replace(file, path=fetched.path, size=len(fetched.data))
        if file.kind in SPOKEN:
            return replace(here, words=await self._heard(row, file, fetched))
        kind = await anyio.to_thread.run_sync(_picture_type, fetched.data)
        return replace(here, media_type=kind, shown=True) if kind else here

    async def _heard(self, row: InboxRow, file: Attachment, fetched: Fetched) -> str:
        if self._hearing is None or not self._hearing.able:
            return ""
        try:
            name = PurePosixPath(fetched.path).name
            return await self._hearing.words(fetched.data, name, file.media_type)
        except TranscriptionError as error:
            logger.warning(
                "%s of %s is not understood: %s; trace %s", file.kind, row.key, error, row.trace_id
            )
            return ""


def _picture_type(data: bytes) -> str:
    """Empty for what no model can be shown: one bad picture makes every later request fail."""
    if len(data) > MOST_BYTES:
        return ""
    try:
        return inspect(data).media_type
    except ToolError:
        return ""
