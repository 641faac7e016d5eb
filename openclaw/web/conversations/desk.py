"""The conversations as an operator finds, reads and ends them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio.to_thread
import orjson

from openclaw.agent.bootstrap import WorkspaceFiles
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.links import is_tame
from openclaw.sessions.keys import agent_of, expand
from openclaw.sessions.sessions import Sessions
from openclaw.types.conversation import Entry
from openclaw.web.conversations.links import as_sent
from openclaw.web.conversations.tails import Line, Tail, Tails, messages_in
from openclaw.web.office.told import Json, UnknownKeyError

NAMES = ("label", "displayName", "subject", "channel", "lastTo")
"""What a conversation may be looked for by, besides its key and its last words."""
MOST_READ = 2000
"""Conversations whose last words are looked at."""


@dataclass(frozen=True, slots=True)
class ConversationDesk:
    sessions: Sessions
    lanes: Lanes[str]
    agent: str
    """The default one."""
    workspaces: Mapping[str, Path] = field(default_factory=dict)
    tails: Tails = field(default_factory=Tails)

    async def listing(self, limit: int, agent: str | None, search: str | None) -> list[Json]:
        every: list[Json] = [
            {"key": key, **entry}
            for key, entry in self.sessions.listing()
            if agent is None or agent_of(key) == agent
        ]
        if search is None:
            return every[:limit]
        wanted = search.casefold()
        unnamed = [str(each["key"]) for each in every if not is_named(each, wanted)]
        said = dict.fromkeys(unnamed, "") | await self.last_words(unnamed[:MOST_READ])
        found = (each for each in every if wanted in said.get(str(each["key"]), wanted).casefold())
        return [each for each, _ in zip(found, range(limit), strict=False)]

    async def last_words(self, keys: Sequence[str]) -> dict[str, str]:
        paths = {key: path for key in keys if (path := self.sessions.path(key)) is not None}
        return await anyio.to_thread.run_sync(self._last_words, paths)

    def _last_words(self, paths: Mapping[str, Path]) -> dict[str, str]:
        return {key: self.tails.last_said(path) for key, path in paths.items()}

    async def whole(self, key: str) -> Json:
        full, agent = self._known(key)
        async with self.sessions.use(full, agent) as session:
            await self.sessions.take(session)
            lines = await anyio.to_thread.run_sync(_read, session.path)
            entry = self.sessions.entry(session)
        return {"key": full, "sessionId": entry["sessionId"], "entry": entry, "lines": lines}

    async def history(self, key: str, limit: int) -> Json:
        full, agent = self._known(key)
        async with self.sessions.use(full, agent) as session:
            # Whoever was just told how a run ended finds that end: the ledger has it before the file.
            await self.sessions.take(session)
            tail = await anyio.to_thread.run_sync(self.tails.read, session.path, limit)
            entry, heard = self.sessions.entry(session), tuple(session.entries)
        told = {"key": full, "sessionId": entry["sessionId"], "entry": entry}
        return {**told, "lines": await self._as_sent(tail, heard, agent), "total": tail.total}

    async def _as_sent(self, tail: Tail, heard: Sequence[Entry], agent: str) -> list[Line]:
        # Whoever reads it here is the owner, whoever the conversation was with.
        if not is_tame("owner", heard):
            return tail.lines
        folder = self.workspaces.get(agent)
        files = await WorkspaceFiles(folder).files() if folder is not None else ()
        known = "\n".join(file.text for file in files)
        begins = sum(map(messages_in, tail.lines)) == tail.total
        return await anyio.to_thread.run_sync(partial(as_sent, tail.lines, heard, known, begins=begins))

    async def reset(self, key: str) -> Json:
        full, agent = self._known(key)
        async with self.lanes.holding(full):
            _, entry = await self.sessions.reset(full, agent)
        return {"ok": True, "key": full, "entry": entry}

    def _known(self, key: str) -> tuple[str, str]:
        full = expand(key, self.agent)
        if self.sessions.find(full) is None:
            raise UnknownKeyError(f"there is no session {full}; `openclaw sessions list` shows them")
        return full, agent_of(full) or self.agent


def is_named(entry: Mapping[str, object], wanted: str) -> bool:
    """Pure. `wanted` in small letters."""
    names = (entry["key"], *(entry.get(name) for name in NAMES))
    return any(isinstance(name, str) and wanted in name.casefold() for name in names)


def _read(path: Path) -> list[object]:
    """Blocks. A line that is being written at this moment is not there yet."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    whole, _, _ = data.rpartition(b"\n")
    return [orjson.loads(line) for line in whole.splitlines() if line.strip()]
