"""Streams: what came in and went out, one JSON line each, for people and for other programs."""

import os
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import orjson

from openclaw.types.errors import OpenClawError

REMEMBERED = 8192
"""Ids of one stream: as many as may be written a second time after a crash, and many more."""
TAIL = 1 << 20
"""Bytes at the end of a file in which they are looked for."""
MOST_READ = 16 << 20

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
THREAD = "sms-phone-"
"""How the names of the thread files begin, which are no streams."""


class StreamNameError(OpenClawError):
    """No stream can have this name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name[:80]!r} cannot be a stream: small letters, digits and hyphens, at most 64 of them"
            f" and not beginning with {THREAD}"
        )


def checked_name(name: str) -> str:
    """Raises StreamNameError."""
    if not _NAME.fullmatch(name) or name.startswith(THREAD):
        raise StreamNameError(name)
    return name


class StreamFiles:
    """`<state>/streams`. Each line has an `id`, and is written once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = anyio.Lock()
        self._ids: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    async def append(self, name: str, lines: Sequence[Mapping[str, object]]) -> int:
        """How many were new; on the disk when it returns. Raises OSError."""
        async with self._lock:
            return await anyio.to_thread.run_sync(self._append, name, lines)

    async def newest(self, name: str, limit: int) -> list[dict[str, Any]]:
        """In the order in which they came. What is no line of ours is passed over."""
        return await anyio.to_thread.run_sync(_newest, self._path(name), limit)

    async def changed_at(self, name: str) -> int:
        """In milliseconds since 1970; 0 when there is no such file."""
        return await anyio.to_thread.run_sync(_changed_at, self._path(name))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.jsonl"

    def _append(self, name: str, lines: Sequence[Mapping[str, object]]) -> int:
        path, known = self._path(name), self._known(name)
        fresh = {str(line["id"]): line for line in lines if str(line["id"]) not in known}
        if not fresh:
            return 0
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        append_durably(path, b"".join(map(written, fresh.values())))
        known.update(dict.fromkeys(fresh))
        while len(known) > REMEMBERED:
            known.popitem(last=False)
        return len(fresh)

    def _known(self, name: str) -> OrderedDict[str, None]:
        known = self._ids.pop(name, None)
        if known is None:
            known = OrderedDict((str(line["id"]), None) for line in _lines(_tail(self._path(name), TAIL)))
        self._ids[name] = known
        if len(self._ids) > 256:
            self._ids.popitem(last=False)
        return known


def written(line: Mapping[str, object]) -> bytes:
    try:
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        clean = {key: _clean(value) for key, value in line.items()}
        return orjson.dumps(clean, option=orjson.OPT_APPEND_NEWLINE)


def _clean(value: object) -> object:
    """Half a surrogate pair is no text that a file can hold."""
    match value:
        case str():
            return value.encode(errors="replace").decode()
        case Mapping():
            return {str(_clean(str(key))): _clean(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_clean(inner) for inner in value]
        case _:
            return value


def append_durably(path: Path, data: bytes) -> None:
    """A line that an earlier life of ours did not finish stays alone on its own, and is passed over."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            data = b"\n" + data
        done = 0
        while done < len(data):
            done += os.write(descriptor, data[done:])
        os.fsync(descriptor)
    except OSError:
        # Half of it would be taken for whole lines by the next reader.
        os.ftruncate(descriptor, size)
        raise
    finally:
        os.close(descriptor)


def _newest(path: Path, limit: int) -> list[dict[str, Any]]:
    size = 64 << 10
    while True:
        found = list(_lines(_tail(path, size)))
        if len(found) >= limit or size >= min(_size(path), MOST_READ):
            return found[-limit:]
        size *= 4


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return 0


def _tail(path: Path, size: int) -> bytes:
    """Whole lines from the end of a file; empty when there is none."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - size))
            data = file.read(size)
    except FileNotFoundError:
        return b""
    return data if end <= size else data.partition(b"\n")[2]


def _lines(data: bytes) -> Iterator[dict[str, Any]]:
    for raw in data.splitlines():
        try:
            line = orjson.loads(raw)
        except orjson.JSONDecodeError:
            continue
        if isinstance(line, dict):
            line.setdefault("id", "")
            yield line
