"""What `--fix` does. Nothing is thrown away: what has to go is kept under another name beside its place."""

import os
import stat
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from openclaw.doctor.checking import apart
from openclaw.doctor.finding import (
    Adopt,
    ClearLock,
    Mend,
    Narrow,
    Put,
    Reconcile,
    RescueLedger,
    RestoreConfig,
    TakeOut,
)
from openclaw.doctor.premises import Premises
from openclaw.files import write_atomically
from openclaw.ops.ledger.begin import look, suspect
from openclaw.ops.state_lock import StateLock
from openclaw.sessions import transcript
from openclaw.sessions.index import SessionIndex
from openclaw.sessions.lines import decode
from openclaw.sessions.sessions import Sessions
from openclaw.settings.editing import edits
from openclaw.settings.editing.writing import write_config
from openclaw.settings.file import UnreadableError, read_config
from openclaw.settings.paths import Paths
from openclaw.settings.problems import dotted
from openclaw.settings.starter import bring_back
from openclaw.store import sessions as session_rows
from openclaw.store.database import Database, open_database
from openclaw.store.inspection import DamagedError, UnreadError, inspect
from openclaw.store.ledger import Ledger
from openclaw.types.errors import OpenClawError
from openclaw.types.ids import new_id

Call = Callable[[str, Mapping[str, Any]], object]
"""A question to the running daemon. Blocks; raises OpenClawError."""

ORDER: tuple[type[Mend], ...] = (
    RestoreConfig,
    Put,
    TakeOut,
    Narrow,
    RescueLedger,
    Reconcile,
    Adopt,
    ClearLock,
)
"""A config that can be read comes first: it says where everything is."""


class NotMendedError(OpenClawError):
    """It is as it was; the text says why."""


async def carry_out(mend: Mend, premises: Premises, call: Call | None) -> str:
    """What was done, in words. Raises OpenClawError and OSError."""
    match mend:
        case Narrow(paths):
            return await apart(lambda: narrow(paths))
        case Put(key, value):
            return await apart(
                lambda: _write(
                    premises,
                    edits.Put(key, list(value) if isinstance(value, tuple) else value),
                    "was changed",
                )
            )
        case TakeOut(key):
            return await apart(lambda: _write(premises, edits.Take(key), "was taken out"))
        case RestoreConfig():
            return await apart(lambda: restore_config(premises.paths))
        case ClearLock():
            async with _locked(premises):
                return "the name of the process that is gone was taken out of the lock"
        case Reconcile(transcripts):
            return await _reconcile(transcripts, premises, call)
        case Adopt(transcripts):
            return await _adopt(transcripts, premises)
        case RescueLedger():
            async with _locked(premises):
                return await apart(lambda: rescue(premises.paths.ledger, premises.clock.now_ms()))


@asynccontextmanager
async def _locked(premises: Premises) -> AsyncIterator[None]:
    """Raises AlreadyRunningError."""
    lock = StateLock(premises.paths.state)
    await apart(lock.__enter__)
    try:
        yield
    finally:
        await apart(lambda: lock.__exit__(None, None, None))


# -- files ------------------------------------------------------------------------------------------------


def narrow(paths: Sequence[Path]) -> str:
    failed: list[Path] = []
    for path in paths:
        try:
            _narrow(path)
        except OSError:
            failed.append(path)
    if failed:
        raise NotMendedError(f"{failed[0]} belongs to somebody else; see whose it is: ls -l {failed[0]}")
    return f"{len(paths):,} file{'s are' if len(paths) != 1 else ' is'} yours alone again"


def _narrow(path: Path) -> None:
    # By its descriptor: what lies under the name cannot become another file in between.
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.fchmod(file, stat.S_IMODE(os.fstat(file).st_mode) & ~0o077)
    finally:
        os.close(file)


# -- the config -------------------------------------------------------------------------------------------


def _write(premises: Premises, edit: edits.Edit, how: str) -> str:
    write_config(premises.environ, premises.paths, [edit])
    return f"{dotted(edit.path)} {how}"


def restore_config(paths: Paths) -> str:
    if bring_back(paths):
        return f"the config is back, as {paths.last_good.name} had it"
    file = paths.config.resolve()
    try:
        read_config(paths.config)
    except UnreadableError:
        pass
    else:
        raise NotMendedError(f"{paths.config} can be read after all; nothing was changed")
    good, broken = paths.last_good.read_bytes(), file.read_bytes()
    beside = file.with_name(f"{file.name}.broken.{_stamp()}")
    write_atomically(beside, broken)
    write_atomically(file, good)
    return f"the last config that could be read is back; yours is kept as {beside}"


# -- the ledger -------------------------------------------------------------------------------------------


def rescue(ledger: Path, now_ms: int) -> str:
    """As the next start would: the newest good copy, and what can be read of the damaged one. Raises LedgerError."""
    suspect(ledger)
    rescued = look(ledger, now_ms)
    if rescued is None:
        raise NotMendedError(f"{ledger} can be read after all; nothing was changed")
    return str(rescued)


# -- conversations ----------------------------------------------------------------------------------------


async def _reconcile(transcripts: Sequence[tuple[Path, str]], premises: Premises, call: Call | None) -> str:
    if premises.is_running:
        return await apart(lambda: _ask_the_daemon(transcripts, call))
    async with _locked(premises):
        await apart(lambda: _mend(transcripts, premises.paths.ledger))
        agents = await apart(
            lambda: sorted(path.parent.name for path in premises.paths.agents.glob("*/sessions"))
        )
        async with _ledger(premises) as (database, ledger):
            # As at every start: the indexes are read or rebuilt, and what the ledger owes is written.
            sessions = Sessions(premises.paths.state, ledger, premises.settings.session, premises.clock)
            await sessions.start(agents)
            await sessions.flush()
            await database.checkpoint()
    return "conversations, their lists and the ledger agree again; what could not be read is kept beside its file"


def _ask_the_daemon(transcripts: Sequence[tuple[Path, str]], call: Call | None) -> str:
    """It mends a conversation when it first reads it."""
    if call is None:
        raise NotMendedError("the assistant is running; stop it and try again")
    for _, key in transcripts:
        if key:
            call("sessions.get", {"key": key})
    return "the running assistant has looked through them"


def _mend(transcripts: Sequence[tuple[Path, str]], ledger: Path) -> None:
    try:
        owed = inspect(ledger).echoes
    except (FileNotFoundError, DamagedError, UnreadError):
        owed = {}
    for path, key in transcripts:
        lines = (line for each in owed.get(key, ()) for line in each.lines.encode().splitlines())
        transcript.read(path, [entry for line in lines if (entry := decode(line)) is not None])


async def _adopt(transcripts: Sequence[Path], premises: Premises) -> str:
    async with _locked(premises), _ledger(premises) as (database, _):
        for path in transcripts:
            row = await apart(lambda path=path: _row(path))  # type: ignore[misc]
            index = SessionIndex(path.parent / "sessions.json")
            await apart(index.load)
            index.put(row.key, dict(row.entry))
            await index.flush()
            await database.write(lambda tx, row=row: session_rows.save(tx, row))  # type: ignore[misc]
    count = len(transcripts)
    return f"{count} conversation{' is' if count == 1 else 's are'} listed again"


def _row(path: Path) -> session_rows.SessionRow:
    with path.open("rb") as file:
        header = orjson.loads(file.readline())
    at = int(path.stat().st_mtime * 1000)
    agent = path.parent.parent.name
    return session_rows.SessionRow(
        str(header["key"]), agent, path.stem, {"sessionId": path.stem, "updatedAt": at}, at
    )


@asynccontextmanager
async def _ledger(premises: Premises) -> AsyncIterator[tuple[Database, Ledger]]:
    async with open_database(premises.paths.ledger) as database:
        yield database, Ledger(database, premises.clock, new_id("boot"))


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
