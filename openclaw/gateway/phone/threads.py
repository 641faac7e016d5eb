"""One file for each number that is answered: what was texted to and fro, kept in step with its conversation."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import anyio

from openclaw.bus import Bus, Gap
from openclaw.gateway.phone import overlay
from openclaw.gateway.phone.streams import THREAD, StreamFiles
from openclaw.sessions.keys import agent_of
from openclaw.sessions.sessions import Sessions
from openclaw.sessions.transcript import TranscriptError
from openclaw.store.inbox import InboxRow
from openclaw.store.sent_texts import SentTexts
from openclaw.types.clock import iso, parse_iso
from openclaw.types.conversation import AssistantMessage, Compaction, Entry, Text, UserMessage
from openclaw.types.events import Event, ReplySent, TurnFinished

logger = logging.getLogger(__name__)

TURNS = 20
LINES_READ = 200
OUTBOUND = "sms-outbound"
SENT_LOOKED_AT = 500
"""At the start: texts that may have left without a line in their stream."""

_OWN_ID = re.compile(r"ses_([0-9a-f]{11})[0-9a-f]{10}")
_KEY = re.compile(r"agent:[a-z0-9][a-z0-9_-]*:sms:direct:(\+\d{8,15})")


def number_of(session_key: str) -> str | None:
    """Whose texts a session holds."""
    match = _KEY.fullmatch(session_key)
    return match[1] if match else None


def thread_name(number: str) -> str:
    return THREAD + number.removeprefix("+")


class Threads:
    """`richer`: the channel that cut answers point to, None where nothing is cut."""

    def __init__(self, files: StreamFiles, sessions: Sessions, richer: str | None) -> None:
        self._files = files
        self._sessions = sessions
        self._richer = richer

    def adopt(self, richer: str | None) -> None:
        self._richer = richer

    async def recent(self, row: InboxRow, history: Sequence[Entry], began: int) -> list[Entry]:
        """The last turns, and the message itself. `began`: when this conversation did.

        Lines of the file that the conversation does not hold come from before it: from another system, or from a
        transcript that is gone. What was said before a new conversation was asked for is left out.
        """
        if any(isinstance(entry, Compaction) for entry in history):
            return last_turns(history)
        lines = await self._files.newest(thread_name(row.event.sender.id), LINES_READ)
        return last_turns([*earlier(lines, history, began, row), *history])

    async def keep_in_step(self, session_key: str) -> None:
        """Raises OSError and TranscriptError."""
        number, agent = number_of(session_key), agent_of(session_key)
        if number is None or agent is None:
            return
        async with self._sessions.use(session_key, agent) as session:
            said = thread_lines(session.entries, self._richer)
        name = thread_name(number)
        known = await self._files.newest(name, LINES_READ)
        await self._files.append(name, missing(said, known))


class ThreadKeeper:
    """Follows what happens; what it missed it finds again at the next start."""

    def __init__(
        self, threads: Threads, files: StreamFiles, sessions: Sessions, bus: Bus, sent: SentTexts
    ) -> None:
        self._threads = threads
        self._files = files
        self._sessions = sessions
        self._bus = bus
        self._sent = sent

    async def run(self) -> None:
        """Until cancelled."""
        async with anyio.create_task_group() as group:
            # It listens before we read: what happens meanwhile is found by one or by the other.
            group.start_soon(self._bus.watch, "phone threads", self._see, TurnFinished, ReplySent)
            await self._catch_up()

    async def _see(self, event: Event | Gap) -> None:
        match event:
            case TurnFinished(session_key=key) if number_of(key) is not None:
                await self._threads.keep_in_step(key)
            case ReplySent(outbox_id=outbox_id, to=to) if to.channel == "sms":
                await self._log_sent(await self._sent.one(outbox_id))
            case Gap():
                await self._catch_up()
            case _:
                pass

    async def _catch_up(self) -> None:
        for key, entry in self._sessions.listing():
            number = number_of(key)
            # A file that is newer than its conversation lacks nothing: transcripts are not read for that.
            if number is None or await self._files.changed_at(thread_name(number)) > entry.get(
                "updatedAt", 0
            ):
                continue
            try:
                await self._threads.keep_in_step(key)
            except (OSError, TranscriptError) as error:
                logger.warning("the thread file of %s is behind: %s", key, error)
        try:
            await self._log_sent(await self._sent.newest(SENT_LOOKED_AT))
        except OSError as error:
            logger.warning("the stream %s is behind: %s", OUTBOUND, error)

    async def _log_sent(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await self._files.append(OUTBOUND, [outbound_line(row) for row in rows])


def outbound_line(row: Mapping[str, Any]) -> dict[str, object]:
    return {
        "id": row["id"],
        "ts": row["sent_at"],
        "type": OUTBOUND,
        "from": row["from"],
        "to": row["recipient"],
        "content": row["text"],
        "meta": {"messageSid": row["provider_id"], "purpose": row["purpose"], "trace": row["trace_id"]},
    }


# -- pure -----------------------------------------------------------------------------------------------------


def thread_lines(entries: Iterable[Entry], richer: str | None) -> list[dict[str, object]]:
    """What people read of a conversation: their words, and the answer of each turn as it was sent."""
    lines: list[dict[str, object]] = []
    for entry in entries:
        match entry:
            case UserMessage():
                lines.append(_line("user", entry.text, entry))
            case AssistantMessage() if entry.text.strip() and not entry.calls:
                text = overlay.shipped(entry.text, richer) if richer is not None else entry.text
                lines.append(_line("assistant", text, entry))
            case _:
                pass
    return lines


def _line(role: str, text: str, entry: UserMessage | AssistantMessage) -> dict[str, object]:
    return {"role": role, "content": text, "ts": iso(entry.at), "id": entry.id}


def missing(said: Sequence[dict[str, object]], known: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    """What the file lacks: all behind the last line that both hold, else what is newer than the file's last."""
    ids = {line["id"] for line in known if line.get("id")}
    places = [place for place, line in enumerate(said) if line["id"] in ids]
    if places:
        return list(said[places[-1] + 1 :])
    newest = max((str(line.get("ts", "")) for line in known), default="")
    return [line for line in said if str(line["ts"]) > newest]


def earlier(
    lines: Sequence[Mapping[str, Any]], history: Sequence[Entry], began: int, row: InboxRow
) -> list[Entry]:
    held = {entry.id for entry in history}
    first = min((entry.at for entry in history), default=row.received_at)
    found: list[Entry] = []
    for number, line in enumerate(lines):
        at = _moment(line.get("ts"))
        text, own = line.get("content"), str(line.get("id", ""))
        if not isinstance(text, str) or not text.strip() or own in held or at is None or at > first:
            continue
        if own and at < began:
            continue
        name = own or f"m_thread_{at}_{number}"
        if line.get("role") == "assistant":
            found.append(AssistantMessage(name, at, (Text(text),), ""))
        elif line.get("role") == "user":
            sender = f"{row.channel}:{row.event.sender.id}"
            found.append(UserMessage(name, at, text, sender, row.event.provenance or row.role))
    return found


def last_turns(entries: Sequence[Entry], turns: int = TURNS) -> list[Entry]:
    """The last `turns` and the message that is to be answered. A turn begins where somebody writes after an answer."""
    starts = [
        place
        for place, entry in enumerate(entries)
        if isinstance(entry, UserMessage) and (place == 0 or not isinstance(entries[place - 1], UserMessage))
    ]
    return list(entries[starts[-turns - 1] :]) if len(starts) > turns else list(entries)


def began_at(session_id: str) -> int:
    """When a conversation began: our own ids hold it. 0 for one that came from another system."""
    match = _OWN_ID.fullmatch(session_id)
    return int(match[1], 16) if match else 0


def _moment(ts: object) -> int | None:
    try:
        return parse_iso(str(ts))
    except ValueError:
        return None
