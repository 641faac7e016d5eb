"""The conversations in memory, over transcript files and the ledger."""

import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from openclaw.failpoints import Failpoint, passing
from openclaw.sessions import transcript
from openclaw.sessions.config import SessionConfig
from openclaw.sessions.index import SessionEntry, SessionIndex
from openclaw.sessions.keys import agent_of
from openclaw.sessions.lines import decode, header
from openclaw.store.echoes import Released
from openclaw.store.ledger import Ledger
from openclaw.store.sessions import SessionRow
from openclaw.types.clock import Clock
from openclaw.types.conversation import Compaction, Entry
from openclaw.types.ids import new_id

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
_COUNTERS = (
    "inputTokens",
    "outputTokens",
    "totalTokens",
    "contextTokens",
    "cacheRead",
    "cacheWrite",
    "cost",
    "compactionCount",
)
_FLUSH_MARKS = ("memoryFlushAt", "memoryFlushCompactionCount", "lastInteractionAt")


@dataclass(slots=True)
class Session:
    """One conversation. Its entries are what the model can still see."""

    key: str
    id: str
    agent: str
    path: Path
    entries: list[Entry] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    size: int = 0
    unwritten: set[str] = field(default_factory=set)
    """Ids of entries that are here, and in the ledger, but not yet in the file."""
    closed: bool = False
    """Its file has been put aside: what is still to be written belongs to the session after it."""
    users: int = 0
    writing: anyio.Lock = field(default_factory=anyio.Lock)

    @property
    def behind(self) -> bool:
        """The file lacks lines that the ledger keeps for it."""
        return bool(self.unwritten)

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.ids.add(entry.id)
        self.unwritten.add(entry.id)
        if isinstance(entry, Compaction):
            self.entries = transcript.window(self.entries)


class Sessions:
    def __init__(self, state: Path, ledger: Ledger, config: SessionConfig, clock: Clock) -> None:
        self._state = state
        self._ledger = ledger
        self._clock = clock
        self._budget = config.cache_megabytes << 20
        self._loaded: OrderedDict[str, Session] = OrderedDict()
        self._indexes: dict[str, SessionIndex] = {}
        self._loading = anyio.Lock()
        self._settings: dict[str, dict[str, object]] = {}
        """What has been changed since the start, by session key."""

    # -- start ----------------------------------------------------------------------------------------

    async def start(self, agents: Sequence[str]) -> None:
        """Load the indexes and bring every transcript up to what the ledger has committed."""
        for agent in agents:
            await self._index(agent)
        for row in await self._ledger.every_session():
            (await self._index(row.agent)).merge(row.key, row.entry)
        await self.catch_up()

    async def welcome(self, agents: Sequence[str]) -> None:
        """Agents that were not there at the start."""
        if fresh := [agent for agent in agents if agent not in self._indexes]:
            for agent in fresh:
                await self._index(agent)
            for row in await self._ledger.every_session():
                if row.agent in fresh:
                    (await self._index(row.agent)).merge(row.key, row.entry)

    async def _index(self, agent: str) -> SessionIndex:
        if agent not in self._indexes:
            index = SessionIndex(self._folder(agent) / "sessions.json")
            await anyio.to_thread.run_sync(index.load)
            self._indexes[agent] = index
        return self._indexes[agent]

    def _folder(self, agent: str) -> Path:
        return self._state / "agents" / agent / "sessions"

    # -- reading --------------------------------------------------------------------------------------

    @asynccontextmanager
    async def use(self, key: str, agent: str) -> AsyncIterator[Session]:
        """The session of this key, made if there is none; it stays in memory while it is used."""
        session = await self._get(key, agent)
        session.users += 1
        try:
            yield session
        finally:
            session.users -= 1
            self._evict()

    async def _get(self, key: str, agent: str) -> Session:
        async with self._loading:
            if session := self._loaded.get(key):
                self._loaded.move_to_end(key)
                return session
            session = await self._load(key, agent)
            self._loaded[key] = session
            return session

    async def _load(self, key: str, agent: str) -> Session:
        index = await self._index(agent)
        entry = index.get(key)
        if entry is None:
            session_id = new_id("ses")
            return Session(key, session_id, agent, self._folder(agent) / f"{session_id}.jsonl")
        session_id = entry["sessionId"]
        path = self._folder(agent) / f"{session_id}.jsonl"
        owed = [entry for _, entry in _lines(await self._ledger.released_echoes(key))]
        reading = await anyio.to_thread.run_sync(transcript.read, path, owed)
        if reading.torn or reading.unreadable or reading.unpaired:
            logger.warning(
                "%s was mended: %d bytes of a torn line and %d unreadable lines moved aside, %d tool calls closed",
                path, len(reading.torn), len(reading.unreadable), reading.unpaired,
            )  # fmt: skip
        session = Session(key, session_id, agent, path, transcript.window(reading.entries), size=reading.size)
        session.ids.update(entry.id for entry in reading.entries)
        await self.take(session)
        return session

    def _evict(self) -> None:
        total = sum(session.size for session in self._loaded.values())
        if total <= self._budget:
            return
        for key in [key for key, session in self._loaded.items() if not session.users and not session.behind]:
            total -= self._loaded.pop(key).size
            if total <= self._budget:
                return

    def entry(self, session: Session) -> SessionEntry:
        """The session's counters and settings, a copy."""
        index = self._indexes[session.agent]
        return dict(index.get(session.key) or {"sessionId": session.id, "updatedAt": self._clock.now_ms()})

    def listing(self) -> list[tuple[str, SessionEntry]]:
        """Newest first."""
        every = [item for index in self._indexes.values() for item in index.items()]
        return sorted(every, key=lambda item: int(item[1].get("updatedAt", 0)), reverse=True)

    def find(self, key: str) -> SessionEntry | None:
        index = self._indexes.get(agent_of(key) or "")
        return index.get(key) if index else None

    def path(self, key: str) -> Path | None:
        """Of the present transcript; None for a session that is not known."""
        entry, agent = self.find(key), agent_of(key)
        return self._folder(agent) / f"{entry['sessionId']}.jsonl" if entry and agent else None

    # -- writing --------------------------------------------------------------------------------------

    def row(self, session: Session, entry: Mapping[str, Any]) -> SessionRow:
        """For the ledger, in the same transaction as what changed it."""
        return SessionRow(session.key, session.agent, session.id, entry, int(entry["updatedAt"]))

    def keep_entry(self, session: Session, entry: SessionEntry) -> None:
        """A copy that was made before a setting was changed does not change it back."""
        self._indexes[session.agent].put(session.key, _with(entry, self._settings.get(session.key, {})))

    async def change(self, key: str, agent: str, settings: Mapping[str, object]) -> SessionRow:
        """Settings of a session, known to everybody at once; the row is for the ledger. None takes a field away."""
        async with self.use(key, agent) as session:
            known = self._settings.setdefault(key, {})
            known.update(settings)
            entry = _with(self.entry(session), known) | {"updatedAt": self._clock.now_ms()}
            self._indexes[agent].put(key, entry)
            return SessionRow(key, agent, str(entry["sessionId"]), entry, int(entry["updatedAt"]))

    async def take(self, session: Session) -> None:
        """Add the entries that the ledger has released for this session, to memory and to the file.

        What cannot be written now stays in the ledger and is written later.
        """
        async with session.writing:
            if session.closed or not (pending := await self._ledger.released_echoes(session.key)):
                return
            was_behind = session.behind
            missing: list[bytes] = []
            for line, entry in _lines(pending):
                if entry.id not in session.ids:
                    session.add(entry)
                if entry.id in session.unwritten:
                    missing.append(line)
            try:
                await self._append(session, b"".join(missing))
            except transcript.TranscriptError as error:
                if not was_behind:
                    logger.error("%s; the ledger keeps the lines, they are written when there is room", error)
                return
            await self._ledger.echoes_written([echo.id for echo in pending])
            passing(Failpoint.TRANSCRIPT_MARKED)

    async def _append(self, session: Session, lines: bytes) -> None:
        """Raises TranscriptError; then the file ends where it ended before."""
        if not lines:
            return
        if session.size == 0:
            lines = header(session.id, session.key, session.agent, self._clock.now_ms()) + lines
        await anyio.to_thread.run_sync(transcript.append, session.path, lines, session.size)
        session.size += len(lines)
        session.unwritten.clear()

    async def take_released(self, key: str) -> None:
        """Lines that a send has just released, such as the note of a notice."""
        if agent := agent_of(key):
            async with self.use(key, agent) as session:
                await self.take(session)

    async def catch_up(self) -> None:
        """Write what the ledger still keeps for transcripts."""
        for key in await self._ledger.echo_targets():
            try:
                await self.take_released(key)
            except transcript.TranscriptError:
                logger.exception("%s does not get its lines; the ledger keeps them", key)

    async def reset(self, key: str, agent: str) -> tuple[str, SessionEntry]:
        """A new conversation under the same key; the old transcript stays beside it. The caller holds the lane.

        Raises TranscriptError while the old one cannot be brought to its end.
        """
        async with self.use(key, agent) as old:
            await self.take(old)
            async with old.writing:
                if old.behind:
                    raise transcript.TranscriptError(
                        f"{old.path} lacks its last lines: free some space on its disk, then reset {key} again"
                    )
                entry = self.entry(old)
                fresh_id = new_id("ses")
                for mark in _FLUSH_MARKS:
                    entry.pop(mark, None)
                entry.update(dict.fromkeys(_COUNTERS, 0), sessionId=fresh_id, updatedAt=self._clock.now_ms())
                # No await before the switch is complete: whoever asks for the key from now on gets the new one.
                old.closed = True
                self._loaded.pop(key, None)
                self._indexes[agent].put(key, entry)
                await self._ledger.save_session(SessionRow(key, agent, fresh_id, entry, entry["updatedAt"]))
                await anyio.to_thread.run_sync(
                    _archive, old.path, datetime.fromtimestamp(entry["updatedAt"] / 1000, UTC)
                )
        return fresh_id, entry

    async def delete(self, key: str, agent: str) -> str | None:
        """No longer listed; its transcript lies beside the others under another name, which is returned.

        The caller holds the lane. Raises TranscriptError while the transcript cannot be brought to its end.
        """
        async with self.use(key, agent) as old:
            await self.take(old)
            async with old.writing:
                if old.behind:
                    raise transcript.TranscriptError(
                        f"{old.path} lacks its last lines: free some space on its disk, then delete {key} again"
                    )
                old.closed = True
                self._loaded.pop(key, None)
                self._settings.pop(key, None)
                self._indexes[agent].remove(key)
                now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
                return await anyio.to_thread.run_sync(_archive, old.path, now, "deleted")

    async def keep_written(self) -> None:
        """The write-behind; ends only by being cancelled, and then writes once more."""
        try:
            while True:
                await anyio.sleep(FLUSH_SECONDS)
                await self.flush()
        finally:
            with anyio.CancelScope(shield=True):
                await self.flush()

    async def flush(self) -> None:
        for index in list(self._indexes.values()):
            await index.flush()
        if any(session.behind for session in self._loaded.values()):
            await self.catch_up()


def _with(entry: SessionEntry, settings: Mapping[str, object]) -> SessionEntry:
    return {
        name: value
        for name, value in {**entry, **settings}.items()
        if name not in settings or value is not None
    }


def _lines(echoes: Sequence[Released]) -> Iterator[tuple[bytes, Entry]]:
    for line in (line for echo in echoes for line in echo.lines.encode().splitlines(keepends=True)):
        if (entry := decode(line)) is not None:
            yield line, entry


def _archive(path: Path, now: datetime, why: str = "reset") -> str | None:
    if not path.exists():
        return None
    stamp = now.isoformat(timespec="milliseconds").replace(":", "-").replace("+00-00", "Z")
    return str(path.rename(path.with_name(f"{path.name}.{why}.{stamp}")))
