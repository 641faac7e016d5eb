"""What an authorised number's turn is told besides: what is open, and what was said in other conversations."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Protocol

import anyio.to_thread

from openclaw.agent.renderer import Wrapping
from openclaw.agent.untrusted import wrap
from openclaw.sessions.sessions import Sessions
from openclaw.sessions.transcript import TranscriptError
from openclaw.store.inbox import InboxRow
from openclaw.store.open_work import OpenWork, WorkLedger
from openclaw.store.sent_texts import SentTexts
from openclaw.types.conversation import AssistantMessage, Entry, Note, UserMessage

MATTERS = 2_000
TASKS = 8
RECENT_SESSIONS, RECENT_LINES = 3, 4
LINE = 240
"""Characters of one line."""
SENT, SENT_LINE, SENT_MS = 5, 480, 30 * 86_400_000
"""Texts besides answers: how many, how much of each, how far back."""
PASSED_OVER = frozenset({"cron", "heartbeat", "subagent", "openai-user"})
"""Kinds of sessions in which nobody converses."""

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*")


@dataclass(frozen=True, slots=True)
class Recent:
    session_key: str
    lines: tuple[str, ...]


class Memory(Protocol):
    async def lasting(self, agent: str) -> str:
        """MEMORY.md of an agent; empty when there is none."""


class WorkspaceMemory:
    def __init__(self, workspaces: dict[str, Path]) -> None:
        self._workspaces = workspaces

    async def lasting(self, agent: str) -> str:
        folder = self._workspaces.get(agent)
        return await anyio.to_thread.run_sync(_read, folder / "MEMORY.md") if folder else ""


class Bundle:
    def __init__(
        self, sessions: Sessions, work: WorkLedger, memory: Memory, sent: SentTexts, wrapping: Wrapping
    ) -> None:
        self._sessions = sessions
        self._work = work
        self._memory = memory
        self._sent = sent
        self._wrapping = wrapping

    async def besides(self, row: InboxRow) -> str:
        """What the sender was texted otherwise than in answer to him, which he may be answering now."""
        to = row.event.reply_to
        if to is None:
            return ""
        sent = await self._sent.besides(to, row.received_at - SENT_MS, SENT)
        lines = (f"- {_moment(at, self._wrapping.zone)}: {_short(text, SENT_LINE)}" for at, text in sent)
        return section(
            "Texts you sent them besides your answers", self._quoted("sent", row, "\n".join(lines))
        )

    async def text(self, row: InboxRow) -> str:
        """For the request, behind its cache breakpoint; empty when there is nothing to tell."""
        work = await self._work.open_work(row.agent, but=row.session_key, limit=TASKS)
        told = (
            section("Open matters", open_matters(await self._memory.lasting(row.agent))),
            section(
                "Open tasks", self._quoted("tasks", row, "\n".join(task_lines(work, self._wrapping.zone)))
            ),
            section(
                "Recent conversations", self._quoted("recent", row, recent_text(await self._recent(row)))
            ),
        )
        parts = [part for part in told if part]
        if not parts:
            return ""
        return (
            "# What else is going on\nKnown from your other channels; speak of it when it helps.\n\n"
            + "\n\n".join(parts)
        )

    def _quoted(self, part: str, row: InboxRow, text: str) -> str:
        """Words of others among them must not be taken for instructions."""
        if not text:
            return ""
        source = f"Source: notes of this system about {part}; words of several people"
        return wrap(text, f"{row.trace_id}.{part}", source, self._wrapping.key)

    async def _recent(self, row: InboxRow) -> list[Recent]:
        found: list[Recent] = []
        prefix = f"agent:{row.agent}:"
        for key, _ in self._sessions.listing():
            if len(found) == RECENT_SESSIONS:
                break
            if key == row.session_key or not key.startswith(prefix) or PASSED_OVER & set(key.split(":")):
                continue
            try:
                async with self._sessions.use(key, row.agent) as session:
                    lines = tuple(last_lines(session.entries))
            except (OSError, TranscriptError):
                continue  # told where it is opened to be answered in
            if lines:
                found.append(Recent(key, lines))
        return found


def section(title: str, text: str) -> str:
    return f"## {title}\n{text}" if text else ""


def open_matters(memory: str) -> str:
    """What stands in MEMORY.md beneath a heading of this name, up to the next heading of its rank."""
    kept: list[str] = []
    rank = 0
    for line in memory.splitlines():
        heading = _HEADING.fullmatch(line)
        if heading and rank and len(heading[1]) <= rank:
            break
        if rank:
            kept.append(line)
        elif heading and heading[2].strip(" :*_").casefold() == "open matters":
            rank = len(heading[1])
    text = "\n".join(kept).strip()
    return text if len(text) <= MATTERS else text[: MATTERS - 1].rsplit("\n", 1)[0] + "\n…"


def task_lines(work: OpenWork, zone: tzinfo) -> Iterator[str]:
    for job in work.jobs:
        due = f", due {_moment(job.next_run_at, zone)}" if job.next_run_at is not None else ""
        yield f"- Job: {_short(job.name)}{due}"
    for summary in work.approvals:
        yield f"- Waits for the owner's word: {_short(summary)}"
    for unfinished in work.unfinished:
        since = _moment(unfinished.at, zone)
        yield f"- Being answered in {unfinished.session_key} since {since}: {_short(unfinished.text)}"


def recent_text(conversations: Iterable[Recent]) -> str:
    return "\n\n".join("\n".join((f"{each.session_key}:", *each.lines)) for each in conversations)


def last_lines(entries: Sequence[Entry]) -> list[str]:
    """What was said last, the oldest first."""
    found: list[str] = []
    for entry in reversed(entries):
        if line := _line(entry):
            found.append(line)
        if len(found) == RECENT_LINES:
            break
    return found[::-1]


def _line(entry: Entry) -> str:
    match entry:
        case UserMessage() if entry.text.strip():
            return f"- {entry.sender} ({entry.provenance}): {_short(entry.text)}"
        case AssistantMessage() if entry.text.strip():
            return f"- you: {_short(entry.text)}"
        case Note() if entry.text.strip():
            return f"- note on {entry.sender}: {_short(entry.text)}"
        case _:
            return ""


def _short(text: str, most: int = LINE) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1] + "…"


def _moment(at: int, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(at / 1000, zone):%Y-%m-%d %H:%M}"


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(1 << 20).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""
