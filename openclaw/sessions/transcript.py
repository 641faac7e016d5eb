"""Transcript files: read once, repaired where a crash or a disk hurt them, appended line by line.

Everything here blocks; `sessions.py` runs it in a thread.
"""

import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

from openclaw.failpoints import Failpoint, kills_at, passing
from openclaw.files import sync_folder, write_atomically
from openclaw.sessions.lines import decode, encode
from openclaw.types.conversation import AssistantMessage, Compaction, Entry, ToolMessage, ToolResult
from openclaw.types.errors import OpenClawError

logger = logging.getLogger(__name__)

INTERRUPTED = "interrupted: the assistant was stopped while this ran; it may have run or not"


class TranscriptError(OpenClawError):
    """The file could not be read, or the lines not written: then it ends where it ended before."""


@dataclass(slots=True)
class Reading:
    entries: list[Entry] = field(default_factory=list)
    size: int = 0
    """Bytes of the good lines."""
    torn: bytes = b""
    """A last line without its end."""
    unreadable: list[bytes] = field(default_factory=list)
    """Lines that have no place in the conversation."""
    unpaired: int = 0
    """Tool calls that had no result."""


def read(path: Path, owed: Sequence[Entry] = ()) -> Reading:
    """The conversation in a file, mended on disk where it was hurt: nothing is thrown away, only moved aside.

    `owed` is what the ledger still keeps for the file: a call whose result is among it was not interrupted.
    """
    if (data := _data(path)) is None:
        return Reading()
    reading, kept = _parse(data, owed)
    if b"".join(kept) != data:
        try:
            _mend(path, reading, kept)
        except OSError as error:
            # The conversation is whole in memory, and a later line never continues a torn one: see `append`.
            logger.error("%s could not be mended on the disk: %s; it is tried again", path, error.strerror)
    return reading


def look(path: Path, owed: Sequence[Entry] = ()) -> Reading:
    """The same, and the file stays as it is. Raises TranscriptError."""
    data = _data(path)
    return Reading() if data is None else _parse(data, owed)[0]


def _data(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TranscriptError(f"{path} cannot be read: {error.strerror}") from error


def _mend(path: Path, reading: Reading, kept: Sequence[bytes]) -> None:
    if reading.torn:
        _append_beside(path, ".torn", [reading.torn])
    if reading.unreadable:
        _append_beside(path, ".unreadable", reading.unreadable)
    write_atomically(path, b"".join(kept))


def _parse(data: bytes, owed: Sequence[Entry]) -> tuple[Reading, list[bytes]]:
    reading = Reading()
    body, newline, torn = data.rpartition(b"\n")
    if torn and _is_whole(torn):
        # Only its newline is missing: no whole object is the beginning of a longer one.
        body, newline, torn = data, b"\n", b""
    reading.torn = torn
    rows = _rows(body + newline, reading.unreadable)
    entries = [entry for _, entry in rows if entry is not None]
    known = {entry.id for entry in entries}
    coming = [entry for entry in owed if entry.id not in known]
    paired, reading.unpaired = pair_tools([*entries, *coming])
    not_yet = {id(entry) for entry in coming}
    reading.entries = [entry for entry in paired if id(entry) not in not_yet]
    kept = [line for line, _ in rows]
    if reading.unpaired:
        kept = _lines_of(reading.entries, rows, reading.unreadable)
    reading.size = sum(map(len, kept))
    return reading, kept


def _rows(body: bytes, aside: list[bytes]) -> list[tuple[bytes, Entry | None]]:
    rows: list[tuple[bytes, Entry | None]] = []
    seen: set[str] = set()
    for line in BytesIO(body):
        if not line.strip():
            continue
        try:
            entry = decode(line)
        except ValueError:
            aside.append(line)
            continue
        if entry is not None and entry.id in seen:
            aside.append(line)  # written again after a disk that could not even shorten the file
            continue
        if entry is not None:
            seen.add(entry.id)
        rows.append((line, entry))
    return rows


def _lines_of(
    entries: Iterable[Entry], rows: Sequence[tuple[bytes, Entry | None]], aside: list[bytes]
) -> list[bytes]:
    """The lines of the mended conversation: those that stay as they are, new ones, and none of what was replaced."""
    kept: list[bytes] = []
    old = iter(rows)
    given = {id(entry) for _, entry in rows}
    for entry in entries:
        if id(entry) not in given:
            kept.append(encode(entry))
            continue
        for line, other in old:
            (kept if other is None or other is entry else aside).append(line)
            if other is entry:
                break
    for line, other in old:
        (kept if other is None else aside).append(line)
    return kept


def _is_whole(line: bytes) -> bool:
    try:
        decode(line)
    except ValueError:
        return False
    return True


def pair_tools(entries: Iterable[Entry]) -> tuple[list[Entry], int]:
    """Every call has exactly one result, right behind it. Returns what was mended too."""
    paired: list[Entry] = []
    mended = 0
    waiting: AssistantMessage | None = None
    for entry in entries:
        if waiting is not None:
            given = entry if isinstance(entry, ToolMessage) else None
            results, missing = _results_for(waiting, given)
            mended += missing
            paired.append(results)
            waiting = None
            if given is not None:
                continue
        elif isinstance(entry, ToolMessage):
            mended += 1  # results of no call
            continue
        paired.append(entry)
        if isinstance(entry, AssistantMessage) and entry.calls:
            waiting = entry
    if waiting is not None:
        results, missing = _results_for(waiting, None)
        mended += missing
        paired.append(results)
    return paired, mended


def _results_for(message: AssistantMessage, given: ToolMessage | None) -> tuple[ToolMessage, int]:
    known = {result.call_id: result for result in given.results} if given else {}
    results = tuple(
        known.get(call.id) or ToolResult(call.id, INTERRUPTED, failed=True) for call in message.calls
    )
    if given is not None and results == given.results:
        return given, 0
    mended = sum(call.id not in known for call in message.calls) or 1
    if given is not None:
        return replace(given, results=results), mended
    return ToolMessage(f"{message.id}.results", message.at, results), mended


def window(entries: Sequence[Entry]) -> list[Entry]:
    """What the model can still see: from the last compaction's first kept entry on, the summary in front."""
    for index in range(len(entries) - 1, -1, -1):
        entry = entries[index]
        if isinstance(entry, Compaction):
            first = next((i for i, other in enumerate(entries) if other.id == entry.first_kept), index)
            kept = (other for other in entries[first:index] if not isinstance(other, Compaction))
            return [entry, *kept, *entries[index + 1 :]]
    return list(entries)


def append(path: Path, lines: bytes, size: int) -> None:
    """Append whole lines to a file of `size` bytes and bring them to the disk, or leave the file as it was."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, flags, 0o600)
        if size == 0:
            sync_folder(path.parent)
    except OSError as error:
        raise TranscriptError(f"{path} cannot be opened: {error.strerror}") from error
    try:
        _append_durably(file, lines, size)
    except OSError as error:
        raise TranscriptError(f"{path} could not be written: {error.strerror}") from error
    finally:
        os.close(file)
    passing(Failpoint.TRANSCRIPT_APPENDED)


def _append_durably(file: int, lines: bytes, size: int) -> None:
    end = os.fstat(file).st_size
    if end not in (0, size) and os.pread(file, 1, end - 1) != b"\n":
        lines = b"\n" + lines  # somebody else was here, and left a line without its end
    try:
        _write(file, lines)
        os.fdatasync(file) if hasattr(os, "fdatasync") else os.fsync(file)
    except OSError:
        with suppress(OSError):
            os.ftruncate(file, end)
        raise


def _write(file: int, lines: bytes) -> None:
    if kills_at(Failpoint.TRANSCRIPT_HALF_LINE):
        os.write(file, lines[: len(lines) // 2])
    passing(Failpoint.TRANSCRIPT_HALF_LINE)
    view = memoryview(lines)
    while view:
        # A short write raises nothing; only the next call says why.
        view = view[os.write(file, view) :]


def _append_beside(path: Path, suffix: str, lines: Sequence[bytes]) -> None:
    beside = path.with_name(path.name + suffix)
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        for line in lines:
            os.write(file, line if line.endswith(b"\n") else line + b"\n")
    finally:
        os.close(file)
