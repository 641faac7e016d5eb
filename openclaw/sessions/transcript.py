"""Transcript files: read once, repaired where a crash or a disk hurt them, appended line by line.

Everything here blocks; `sessions.py` runs it in a thread.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from openclaw.failpoints import Failpoint, kills_at, passing
from openclaw.sessions.lines import decode, encode
from openclaw.store.files import write_atomically
from openclaw.types.conversation import AssistantMessage, Compaction, Entry, ToolMessage, ToolResult
from openclaw.types.errors import OpenClawError

INTERRUPTED = "interrupted: the assistant was stopped while this ran; it may have run or not"


class TranscriptError(OpenClawError):
    """The lines could not be written; the file ends where it ended before."""


@dataclass(slots=True)
class Reading:
    entries: list[Entry] = field(default_factory=list)
    size: int = 0
    """Bytes of the good lines."""
    torn: bytes = b""
    """A last line without its end."""
    unreadable: list[bytes] = field(default_factory=list)
    unpaired: int = 0
    """Tool calls that had no result."""


def read(path: Path) -> Reading:
    """The conversation in a file, mended on disk where it was hurt: nothing is thrown away, only moved aside."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Reading()
    reading, kept = _parse(data)
    if reading.torn:
        _append_beside(path, ".torn", [reading.torn])
    if reading.unreadable:
        _append_beside(path, ".unreadable", reading.unreadable)
    if b"".join(kept) != data:
        write_atomically(path, b"".join(kept))
    return reading


def _parse(data: bytes) -> tuple[Reading, list[bytes]]:
    reading = Reading()
    body, newline, torn = data.rpartition(b"\n")
    if torn and _is_whole(torn):
        # Only its newline is missing: no whole object is the beginning of a longer one.
        body, newline, torn = data, b"\n", b""
    reading.torn = torn
    kept: list[bytes] = []
    for line in (body + newline).splitlines(keepends=True) if newline else ():
        if not line.strip():
            continue
        try:
            entry = decode(line)
        except ValueError:
            reading.unreadable.append(line)
            continue
        kept.append(line)
        if entry is not None:
            reading.entries.append(entry)
    reading.entries, mended = pair_tools(reading.entries)
    if mended:
        reading.unpaired = mended
        kept = [*kept[: _headers(kept)], *(encode(entry) for entry in reading.entries)]
    reading.size = sum(map(len, kept))
    return reading, kept


def _is_whole(line: bytes) -> bool:
    try:
        decode(line)
    except ValueError:
        return False
    return True


def _headers(lines: Sequence[bytes]) -> int:
    return 1 if lines and decode(lines[0]) is None else 0


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
            return [entry, *entries[first:index], *entries[index + 1 :]]
    return list(entries)


def append(path: Path, lines: bytes, size: int) -> None:
    """Append whole lines behind the first `size` bytes and bring them to the disk, or leave the file as it was."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        file = os.open(path, flags, 0o600)
    except OSError as error:
        raise TranscriptError(f"{path} cannot be opened: {error.strerror}") from error
    try:
        _write(file, lines)
        os.fdatasync(file) if hasattr(os, "fdatasync") else os.fsync(file)
    except OSError as error:
        os.ftruncate(file, size)
        raise TranscriptError(f"{path} could not be written: {error.strerror}") from error
    finally:
        os.close(file)
    passing(Failpoint.TRANSCRIPT_APPENDED)


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
