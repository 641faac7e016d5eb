"""The authorised numbers: whose texts are answered. A file that the owner may edit too."""

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import anyio
import anyio.to_thread
import orjson

from openclaw.files import write_atomically
from openclaw.types import e164
from openclaw.types.clock import Clock, iso
from openclaw.types.errors import OpenClawError

logger = logging.getLogger(__name__)

VERSION = 1
FILLED = "numbers-filled"
"""The mark that some number was listed once: from then on an empty list means nobody."""


class Marks(Protocol):
    """What is set once and never taken back; `store.phone_marks` keeps it."""

    async def keep(self, name: str, value: str = "") -> str: ...

    async def find(self, name: str) -> str | None: ...


class NumberError(OpenClawError):
    """It is no telephone number with its country."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text[:40]!r} is no telephone number with its country: write it as +12015550123 (E.164)"
        )


class NumberFileError(OpenClawError):
    """The list cannot be read, so it is not written either."""


@dataclass(frozen=True, slots=True)
class Listed:
    number: str
    added_at: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class _Read:
    stamp: tuple[int, int, int] | None
    """None: there is no file."""
    rows: tuple[Listed, ...] = ()
    fault: str = ""


_NOTHING = _Read(None)


def strict(text: str) -> str:
    """Raises NumberError."""
    number = e164.parse(text)
    if number is None:
        raise NumberError(text)
    return number


class NumberBook:
    """Nobody is listed while the file cannot be read."""

    def __init__(self, path: Path, marks: Marks, clock: Clock) -> None:
        self._path = path
        self._marks = marks
        self._clock = clock
        self._lock = anyio.Lock()
        self._known = _NOTHING
        self._filled = False

    @property
    def known(self) -> frozenset[str]:
        """As they were last read; for those who cannot wait."""
        return frozenset(row.number for row in self._known.rows)

    @property
    def fault(self) -> str:
        """Why the file could not be read when it was last looked at; empty when it could."""
        return self._known.fault

    async def rows(self) -> tuple[Listed, ...]:
        """Read again when the file has changed."""
        async with self._lock:
            return (await self._read()).rows

    async def shown(self) -> tuple[Listed, ...]:
        """For people, who must not take a list that cannot be read for an empty one. Raises NumberFileError."""
        async with self._lock:
            return tuple(await self._writable())

    async def numbers(self) -> frozenset[str]:
        return frozenset(row.number for row in await self.rows())

    async def lines(self) -> list[str]:
        """Raises NumberFileError."""
        return [" ".join(filter(None, (row.number, row.added_at, row.by))) for row in await self.shown()]

    async def was_filled(self) -> bool:
        """Whether any number has ever been listed."""
        await self.rows()
        return self._filled or await self._marks.find(FILLED) is not None

    async def add(self, text: str, by: str) -> bool:
        """False when it is listed already. Raises NumberError and NumberFileError."""
        number = strict(text)
        async with self._lock:
            rows = await self._writable()
            if any(row.number == number for row in rows):
                return False
            await self._write((*rows, Listed(number, iso(self._clock.now_ms()), by)))
        logger.info("%s is on the list of authorised numbers now (%s)", number, by)
        return True

    async def remove(self, text: str) -> bool:
        """False when it was not listed. Raises NumberError and NumberFileError."""
        number = strict(text)
        async with self._lock:
            rows = await self._writable()
            rest = tuple(row for row in rows if row.number != number)
            if len(rest) == len(rows):
                return False
            await self._write(rest)
        logger.info("%s is no longer on the list of authorised numbers", number)
        return True

    async def replace(self, texts: Iterable[str], by: str) -> None:
        """These and no others. Raises NumberError, and then nothing has changed, and NumberFileError."""
        wanted = list(dict.fromkeys(strict(text) for text in texts))
        async with self._lock:
            before = {row.number: row for row in await self._writable()}
            now = iso(self._clock.now_ms())
            await self._write([before.get(number) or Listed(number, now, by) for number in wanted])
        logger.info("the list of authorised numbers was replaced by %d numbers (%s)", len(wanted), by)

    # -- the file -------------------------------------------------------------------------------------

    async def _read(self) -> _Read:
        found = await anyio.to_thread.run_sync(_read_if_changed, self._path, self._known)
        if found.fault and found != self._known:
            logger.error("%s; until it is mended nobody is authorised by it", found.fault)
        self._known = found
        if found.rows and not self._filled:
            await self._marks.keep(FILLED)
            self._filled = True
        return found

    async def _writable(self) -> Sequence[Listed]:
        found = await self._read()
        if found.fault:
            raise NumberFileError(f"{found.fault}: mend or remove it first")
        return found.rows

    async def _write(self, rows: Sequence[Listed]) -> None:
        if rows and not self._filled:
            # First: a list that is empty again after a crash must still count as once filled.
            await self._marks.keep(FILLED)
            self._filled = True
        await anyio.to_thread.run_sync(_write, self._path, rows)
        self._known = replace(_NOTHING, rows=tuple(rows))


def _read_if_changed(path: Path, known: _Read) -> _Read:
    try:
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        return known if known.stamp == stamp else _parsed(path.read_bytes(), stamp, path)
    except FileNotFoundError:
        return _NOTHING
    except OSError as error:
        return _Read((0, 0, 0), fault=f"{path} cannot be read ({error.strerror or error})")


def _parsed(data: bytes, stamp: tuple[int, int, int], path: Path) -> _Read:
    try:
        content: Any = orjson.loads(data)
        if content["version"] != VERSION:
            return _Read(stamp, fault=f"{path} is of version {content['version']!r}, not of {VERSION}")
        entries = list(content["numbers"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        return _Read(stamp, fault=f"{path} is not as it should be ({error})")
    rows: dict[str, Listed] = {}
    for entry in entries:
        row = _listed(entry)
        if row is None:
            logger.warning("%s: %.60r is no number with its country; it is passed over", path, entry)
        else:
            rows.setdefault(row.number, row)
    return _Read(stamp, tuple(rows.values()))


def _listed(entry: Any) -> Listed | None:
    """Also a bare number, as people write it by hand."""
    fields = entry if isinstance(entry, dict) else {"number": entry}
    number = e164.parse(str(fields.get("number", "")))
    return Listed(number, str(fields.get("addedAt", "")), str(fields.get("by", ""))) if number else None


def _write(path: Path, rows: Sequence[Listed]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    numbers = [{"number": row.number, "addedAt": row.added_at, "by": row.by} for row in rows]
    data = orjson.dumps({"version": VERSION, "numbers": numbers}, option=orjson.OPT_INDENT_2)
    write_atomically(path, data + os.linesep.encode())
