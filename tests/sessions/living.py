"""A small house of ledger, sessions and files, and how conversations come about in it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread
import pytest

from openclaw.sessions import transcript
from openclaw.sessions.config import SessionConfig
from openclaw.sessions.lines import encode, encode_all
from openclaw.sessions.sessions import Session, Sessions
from openclaw.sessions.transcript import TranscriptError
from openclaw.store.echoes import Echo
from openclaw.store.ledger import Ledger
from openclaw.types.conversation import Entry
from tests.store.made import KEY, NOW, SetClock, claimed, draft, open_ledger

OTHER = "agent:main:telegram:direct:5550100"


def make(state: Path, ledger: Ledger, clock: SetClock, *, megabytes: int = 64) -> Sessions:
    return Sessions(state, ledger, SessionConfig(cache_megabytes=megabytes), clock)


@asynccontextmanager
async def next_life(state: Path, clock: SetClock) -> AsyncIterator[tuple[Ledger, Sessions]]:
    """A daemon started again on what the last one left, whose ledger need not be closed."""
    async with open_ledger(state / "ledger.sqlite", clock) as ledger:
        sessions = make(state, ledger, clock)
        await sessions.start(["main"])
        yield ledger, sessions


async def owe(ledger: Ledger, entries: Sequence[Entry], key: str = KEY) -> None:
    """The ledger keeps lines for a transcript, as after the commit of a turn's end."""
    message = draft()
    await ledger.post(message, None, Echo("transcript", key, encode_all(entries), after=message.id))
    await ledger.sent(await claimed(ledger), "55", {})


async def talk(
    sessions: Sessions, ledger: Ledger, entries: Sequence[Entry], key: str = KEY, at: int = NOW
) -> Session:
    """A finished turn: in the ledger, then in the file, then in the index."""
    await owe(ledger, entries, key)
    async with sessions.use(key, "main") as session:
        row = sessions.row(session, {**sessions.entry(session), "updatedAt": at})
        await ledger.save_session(row)
        await sessions.take(session)
        sessions.keep_entry(session, dict(row.entry))
        return session


async def text(path: Path) -> bytes:
    return await anyio.to_thread.run_sync(lambda: path.read_bytes() if path.exists() else b"")


async def written(session: Session) -> bytes:
    """The file without its header."""
    return (await text(session.path)).partition(b"\n")[2]


def lines(*entries: Entry) -> bytes:
    return b"".join(map(encode, entries))


async def named(state: Path, pattern: str) -> list[Path]:
    return await anyio.to_thread.run_sync(lambda: sorted((state / "agents/main/sessions").glob(pattern)))


class Disk:
    """Writes lines, unless it is full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.appends = 0
        self._append = transcript.append
        monkeypatch.setattr(transcript, "append", self.append)

    def append(self, path: Path, lines: bytes, size: int) -> None:
        if self.full:
            raise TranscriptError(f"{path} could not be written: No space left on device")
        self.appends += 1
        self._append(path, lines, size)
