"""The end of a transcript, read backwards: a long conversation costs no more than a short one. All of it blocks."""

import os
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

Line = Mapping[str, Any]
FIRST_BLOCK, BLOCK = 16 << 10, 256 << 10
MOST_BYTES = 16 << 20
"""Of one answer: no reader takes more."""
REMEMBERED = 1024
"""Transcripts whose messages have been counted."""
PREVIEW = 240
_FILE = re.compile(r"^\[(\w+): media/inbound/\S+ \(.*\)\]$", re.MULTILINE)
"""The line by which a message names a file."""


@dataclass(frozen=True, slots=True)
class Tail:
    lines: list[Line]
    """The newest, in their order."""
    total: int
    """Messages of the whole transcript."""


@dataclass(slots=True)
class _Known:
    """What is known of a file up to a place in it. Transcripts only grow, or are put aside."""

    inode: int
    counted: int = 0
    messages: int = 0
    said_at: int = -1
    """How long the file was when its last words were read."""
    said: str = ""


class Tails:
    def __init__(self) -> None:
        self._known: OrderedDict[Path, _Known] = OrderedDict()

    def read(self, path: Path, limit: int) -> Tail:
        """At least the last `limit` messages, if there are so many and they fit."""
        try:
            with path.open("rb") as file:
                end = _end_of_lines(file)
                return Tail(list(_last(file, end, limit))[::-1], self._count(path, file, end))
        except FileNotFoundError:
            return Tail([], 0)

    def last_said(self, path: Path) -> str:
        """The newest words of a person or the assistant, cut short."""
        try:
            found = path.stat()
            known = self._of(path, found.st_ino)
            if known.said_at != found.st_size:
                with path.open("rb") as file:
                    said = (words(line) for line in _last(file, _end_of_lines(file), 8))
                    known.said = next((each for each in said if each), "")[:PREVIEW]
                known.said_at = found.st_size
        except OSError:
            return ""
        return known.said

    def _of(self, path: Path, inode: int) -> _Known:
        known = self._known.get(path)
        if known is None or known.inode != inode:
            known = self._known[path] = _Known(inode)
        self._known.move_to_end(path)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return known

    def _count(self, path: Path, file: BinaryIO, end: int) -> int:
        known = self._of(path, os.fstat(file.fileno()).st_ino)
        if end < known.counted:
            known.counted = known.messages = 0
        file.seek(known.counted)
        new = file.read(end - known.counted)
        known.messages += sum(messages_in(line) for line in _parsed(new.splitlines()))
        known.counted = end
        return known.messages


def messages_in(line: Line) -> int:
    """Pure. A line of tools holds one message for each result."""
    if line.get("role") == "tool":
        content = line.get("content")
        return len(content) if isinstance(content, list) else 0
    return int(line.get("role") in {"user", "assistant"} or line.get("type") == "compaction")


def words(line: Line) -> str:
    """Pure. What a person or the assistant says in it, on one line."""
    if line.get("role") not in {"user", "assistant"}:
        return ""
    content = line.get("content")
    if isinstance(content, list):
        texts = [
            block.get("text") for block in content if isinstance(block, dict) and block.get("type") == "text"
        ]
        content = " ".join(text for text in texts if isinstance(text, str))
    return " ".join(_FILE.sub(r"[\1]", content).split()) if isinstance(content, str) else ""


def _end_of_lines(file: BinaryIO) -> int:
    """A line that is being written at this moment is not there yet."""
    end, block = file.seek(0, os.SEEK_END), FIRST_BLOCK
    while end > 0:
        start = max(0, end - block)
        file.seek(start)
        if (found := file.read(end - start).rfind(b"\n")) >= 0:
            return start + found + 1
        end, block = start, BLOCK
    return 0


def _last(file: BinaryIO, end: int, limit: int) -> Iterator[Line]:
    """The newest first, until there are `limit` messages among them."""
    count, begun = 0, end
    for line in _parsed(_lines_backwards(file, end)):
        yield line
        count += messages_in(line)
        if count >= limit or begun - file.tell() > MOST_BYTES:
            return


def _lines_backwards(file: BinaryIO, end: int) -> Iterator[bytes]:
    rest, block = b"", FIRST_BLOCK
    while end > 0:
        start = max(0, end - block)
        file.seek(start)
        first, *whole = (file.read(end - start) + rest).split(b"\n")
        yield from reversed(whole)
        rest, end = first, start
        # A long line is not put together again and again.
        block = BLOCK if whole else block * 4
    yield rest


def _parsed(lines: Any) -> Iterator[Line]:
    for line in lines:
        if line.strip():
            try:
                found = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue  # torn by a crash: mended when the conversation goes on
            if isinstance(found, dict):
                yield found
