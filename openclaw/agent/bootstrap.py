"""The Markdown files of a workspace that the model is given, read again only when they change."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from openclaw.agent.prompt import WorkspaceFile

NAMES = ("AGENTS.md", "SOUL.md", "TOOLS.md", "USER.md", "IDENTITY.md", "MEMORY.md")
HEAD_SHARE = 0.75
NOTE = (
    "\n\n[… the middle of {name} is left out here: it is too long; the file in the workspace is whole …]\n\n"
)
LEAST = 200
"""Less than this of a file is not worth its place."""


@dataclass(frozen=True, slots=True)
class Caps:
    each: int = 20_000
    total: int = 150_000


_Stamp = tuple[int, int, int]


class WorkspaceFiles:
    def __init__(self, folder: Path, caps: Caps | None = None) -> None:
        self.folder = folder
        self._caps = caps or Caps()
        self._read: dict[str, tuple[_Stamp, str]] = {}

    async def files(self) -> tuple[WorkspaceFile, ...]:
        """In the order of the prompt; what is missing, empty or unreadable is skipped."""
        return await anyio.to_thread.run_sync(self._files)

    def _files(self) -> tuple[WorkspaceFile, ...]:
        return tuple(self._within(self._caps.total))

    def _within(self, room: int) -> Iterator[WorkspaceFile]:
        for name in NAMES:
            text = self._text(name)
            if text and room >= min(LEAST, len(text)):
                text = shortened(text, min(self._caps.each, room), name)
                room -= len(text)
                yield WorkspaceFile(name, text)

    def _text(self, name: str) -> str:
        try:
            found = (self.folder / name).stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            known = self._read.get(name)
            if known is None or known[0] != stamp:
                # A pipe or device in its place would never end.
                text = self._load(name, found.st_size) if stat.S_ISREG(found.st_mode) else ""
                known = self._read[name] = (stamp, text)
            return known[1]
        except OSError:
            self._read.pop(name, None)
            return ""

    def _load(self, name: str, size: int) -> str:
        """Of a huge file only the two ends, which is more than the prompt will take."""
        end = self._caps.each * 4
        with (self.folder / name).open("rb") as file:
            if size <= 4 * end:
                raw = file.read(4 * end)
            else:
                raw = file.read(end)
                file.seek(-end, 2)
                raw += b"\n" + file.read(end)
        return raw.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").strip()


def shortened(text: str, limit: int, name: str) -> str:
    """Head and tail with a note between them, `limit` characters in all."""
    if len(text) <= limit:
        return text
    note = NOTE.format(name=name)
    keep = max(limit - len(note), 0)
    head = int(keep * HEAD_SHARE)
    tail = keep - head
    return (text[:head] + note + (text[-tail:] if tail else ""))[:limit]
