"""Texts, calls and recordings for those who look them up."""

import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import anyio.to_thread

from openclaw.store.phone_archive import Page
from openclaw.web.office.told import Json, UnknownKeyError

RECORDINGS = "/api/v1/phone/recordings"
_CALL = re.compile(r"CA[0-9A-Za-z]{8,62}", re.ASCII)
_FILE = re.compile(r"RE[0-9A-Za-z]{8,62}\.mp3", re.ASCII)
LONGEST_TRANSCRIPT = 100_000


class Archive(Protocol):
    async def threads(self, limit: int) -> list[dict[str, Any]]: ...

    async def texts(self, page: Page) -> list[dict[str, Any]]: ...

    async def calls(self, page: Page) -> list[dict[str, Any]]: ...

    async def call(self, sid: str) -> dict[str, Any] | None: ...

    async def words(self, sid: str) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class TelephoneBook:
    archive: Archive
    recordings: Path
    """Folders by call; what lies there was fetched, and is deleted again, by the voice channel."""

    async def threads(self, limit: int) -> Json:
        return {"threads": await self.archive.threads(limit)}

    async def texts(self, page: Page) -> Json:
        rows = await self.archive.texts(page)
        return {"texts": rows, "before": _next(rows, page)}

    async def calls(self, page: Page) -> Json:
        rows = await self.archive.calls(page)
        return {"calls": rows, "before": _next(rows, page)}

    async def call(self, sid: str) -> Json:
        """Raises UnknownKeyError."""
        found = await self.archive.call(sid) if _CALL.fullmatch(sid) else None
        if found is None:
            raise UnknownKeyError(f"there is no call {sid[:64]!r}")
        words = await self.archive.words(sid)
        recordings = await anyio.to_thread.run_sync(_listed, self.recordings / sid)
        session = next((line["session"] for line in words if line["session"]), None)
        return {"call": found, "words": words, "recordings": recordings, "session": session}

    @staticmethod
    def forgotten(told: Json) -> str | None:
        """The conversation in whose transcript stands what the ledger has of this call no more."""
        words = told["words"]
        assert isinstance(words, list)
        return next((line["session"] for line in words if line["text"] is None), None)

    async def file(self, call: str, name: str) -> Path | None:
        """Where a recording lies; None for one that is not there, or not ours to give."""
        if not (_CALL.fullmatch(call) and _FILE.fullmatch(name)):
            return None
        path = self.recordings / call / name
        return path if await anyio.to_thread.run_sync(_is_plain, path) else None


def remembered(words: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Pure. The words of a call as its conversation's transcript has them; those the ledger knows where it has none."""
    traces = {line["trace"] for line in words if line["by"] == "them"}
    found: list[Json] = []
    ours = False
    for line in lines:
        text, role = line.get("content"), line.get("role")
        if role == "user":
            ours = line.get("trace") in traces
        if ours and role in {"user", "assistant"} and isinstance(text, str) and text.strip():
            by = "them" if role == "user" else "us"
            found.append(
                {"at": line.get("timestamp"), "by": by, "text": text, "trace": line.get("trace", "")}
            )
    return found or [dict(line) for line in words if line["text"] is not None]


def _next(rows: list[dict[str, Any]], page: Page) -> object:
    """What to ask with for the page behind this one; None when there is none."""
    return rows[-1]["place"] if len(rows) == page.limit else None


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode) and stat.S_ISDIR(path.parent.lstat().st_mode)
    except OSError:
        return False


def _listed(folder: Path) -> list[Json]:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return []
    sounds = [name.removesuffix(".mp3") for name in names if _FILE.fullmatch(name)]
    texts = [name.removesuffix(".txt") for name in names if name.endswith(".txt")]
    return [_recording(folder, name, sound=name in sounds) for name in dict.fromkeys((*sounds, *texts))]


def _recording(folder: Path, name: str, *, sound: bool) -> Json:
    """`{name, url, bytes, transcript}`; a transcript may lie there alone."""
    return {
        "name": name,
        "url": f"{RECORDINGS}/{folder.name}/{name}.mp3" if sound else None,
        "bytes": _size(folder / f"{name}.mp3"),
        "transcript": _text(folder / f"{name}.txt"),
    }


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _text(path: Path) -> str | None:
    if not _is_plain(path):
        return None
    with path.open("rb") as file:
        return file.read(LONGEST_TRANSCRIPT).decode("utf-8", "replace").strip() or None
