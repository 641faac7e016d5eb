"""Copies of the ledger: whole, checked, and made beside whoever writes it. Blocks."""

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from openclaw.files import sync_folder
from openclaw.types.errors import OpenClawError

KEPT_BEFORE_STEPS = 3
"""Copies that were taken before the schema was changed, for going back."""
_NAME = re.compile(r"ledger-(\d{8}T\d{6}Z)-v(\d+)(?:-before-v(\d+))?\.sqlite")
_BESIDE = ("-wal", "-shm", "-journal")
BUSY_SECONDS = 5.0
LEFT_FREE = 100 << 20
"""Bytes of the disk: a copy must not be what stops the house."""


class CopyError(OpenClawError):
    """There is no copy; the text says why."""


class DamagedError(CopyError):
    """What was to be copied is damaged itself."""


@dataclass(frozen=True, slots=True)
class Copy:
    path: Path
    at: str
    """`20261121T170000Z`: sorts as text."""
    version: int
    before: int | None = None
    """Taken before the ledger was brought to this version."""


def folder(ledger: Path) -> Path:
    return ledger.parent / "backups" / "ledger"


def listed(place: Path) -> list[Copy]:
    """Newest first."""
    found = [_read(path) for path in place.glob("ledger-*.sqlite")] if place.is_dir() else []
    return sorted(
        (each for each in found if each is not None), key=lambda each: (each.at, each.version), reverse=True
    )


def _read(path: Path) -> Copy | None:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    return Copy(path, match[1], int(match[2]), int(match[3]) if match[3] else None)


def stamp(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def iso_of(at: str) -> str:
    """Of a copy's own spelling."""
    return f"{at[:4]}-{at[4:6]}-{at[6:8]}T{at[9:11]}:{at[11:13]}:{at[13:15]}Z"


def keep(ledger: Path, now_ms: int, most: int) -> Copy:
    """One more copy of a ledger that may be in use; the oldest beyond `most` go. Raises CopyError."""
    with reading(ledger) as source:
        made = _kept(source, ledger, now_ms)
    prune(folder(ledger), most)
    return made


def keep_before(source: sqlite3.Connection, ledger: Path, now_ms: int, coming: int) -> Copy:
    """A copy of the ledger as it is, before its schema becomes version `coming`. Raises CopyError."""
    made = _kept(source, ledger, now_ms, coming)
    old = [each for each in listed(folder(ledger)) if each.before is not None]
    for each in old[KEPT_BEFORE_STEPS:]:
        each.path.unlink(missing_ok=True)
    return made


def _kept(source: sqlite3.Connection, ledger: Path, now_ms: int, coming: int | None = None) -> Copy:
    (version,) = source.execute("PRAGMA user_version").fetchone()
    before = f"-before-v{coming}" if coming is not None else ""
    place = folder(ledger)
    try:
        for each in (place.parent, place):
            each.mkdir(mode=0o700, exist_ok=True)
        for left in place.glob(".ledger-*.partial*"):  # by one that was killed; there is no second maker
            left.unlink(missing_ok=True)
    except OSError as error:
        raise CopyError(f"{place} cannot be made: {error.strerror or error}") from error
    _refuse_to_fill(place, ledger)
    path = place / f"ledger-{stamp(now_ms)}-v{version}{before}.sqlite"
    write(source, path)
    return Copy(path, stamp(now_ms), version, coming)


def _refuse_to_fill(place: Path, ledger: Path) -> None:
    needed, free = ledger.stat().st_size + LEFT_FREE, shutil.disk_usage(place).free
    if free < needed:
        raise CopyError(f"no room for a copy in {place}: {free >> 20} MB are free, {needed >> 20} are needed")


def prune(place: Path, most: int) -> None:
    """Those taken before a change of the schema are counted by themselves."""
    regular = [each for each in listed(place) if each.before is None]
    for each in regular[most:]:
        each.path.unlink(missing_ok=True)


@contextmanager
def reading(ledger: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing, beside a daemon or alone. Raises CopyError."""
    if not ledger.is_file():
        raise CopyError(f"there is no {ledger}")
    try:
        with closing(
            sqlite3.connect(f"{ledger.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        ) as source:
            yield source
    except sqlite3.DatabaseError as error:
        raise _meaning(error, ledger) from error


def write(source: sqlite3.Connection, target: Path) -> None:
    """The whole of it as of one moment, checked, and on the disk under its name. Raises CopyError."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        discard(partial)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        with closing(sqlite3.connect(partial, isolation_level=None)) as copy:
            copy.execute("PRAGMA synchronous = OFF")  # synced once, below
            # All pages in one step: what is written meanwhile would make it begin again.
            source.backup(copy, pages=-1)
            # Else a look at the copy would lay two more files beside it.
            copy.execute("PRAGMA journal_mode = DELETE").fetchone()
            _refuse_damage(copy, target)
        sync(partial)
        partial.replace(target)
        sync_folder(target.parent)
    except sqlite3.DatabaseError as error:
        discard(partial)
        raise _meaning(error, target) from error
    except OSError as error:
        discard(partial)
        raise CopyError(f"{target} cannot be written: {error.strerror or error}") from error
    except CopyError:
        discard(partial)
        raise


def sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def discard(path: Path) -> None:
    """With what SQLite lays beside it."""
    for each in (path, *beside(path)):
        each.unlink(missing_ok=True)


def beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in _BESIDE]


def _refuse_damage(copy: sqlite3.Connection, target: Path) -> None:
    if fault := told(copy):
        raise DamagedError(f"the ledger is damaged ({fault}), and {target.name} was not kept")


def faults(path: Path) -> str:
    """What is wrong with a ledger or a copy; empty: nothing. What it waits for in vain is no fault of its own."""
    try:
        with reading(path) as source:
            return told(source)
    except DamagedError as error:
        return str(error.__cause__ or error)
    except CopyError:
        return ""


def told(source: sqlite3.Connection) -> str:
    """What SQLite finds wrong first, in one line; empty: nothing."""
    found = [str(row[0]) for row in source.execute("PRAGMA quick_check(3)")]
    if found == ["ok"]:
        return ""
    lines = [line for text in found for line in text.splitlines() if not line.startswith("***")]
    return lines[0] if lines else "it is not whole"


def version_of(path: Path) -> int:
    """Raises CopyError."""
    with reading(path) as source:
        (version,) = source.execute("PRAGMA user_version").fetchone()
        return int(version)


def _meaning(error: sqlite3.DatabaseError, path: Path) -> CopyError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DamagedError(f"{path} is damaged ({error})")
    if code == sqlite3.SQLITE_FULL:
        return CopyError(f"no room for {path}: free some space on its disk")
    return CopyError(f"{path}: {error}")


def newest_for(place: Path, version: int) -> Copy | None:
    """What a program of this version can go back to."""
    return next((each for each in listed(place) if each.version <= version), None)
