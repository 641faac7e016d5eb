"""`sessions.json`: the map from session key to entry that people and other programs read.

Written behind, whole and atomically, at most once a second; the ledger has the same, so losing it loses nothing.
"""

import logging
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import orjson

from openclaw.files import write_atomically

logger = logging.getLogger(__name__)

SessionEntry = dict[str, Any]

_SESSION_ID = re.compile(r"[\w-][\w.-]*")
"""It becomes a file's name."""


class SessionIndex:
    """The sessions of one agent."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: dict[str, SessionEntry] = {}
        self._written: dict[str, bytes] = {}
        """Each entry as JSON, so that writing ten thousand costs a join and no encoding."""
        self._changed = False
        self._failing = False

    def load(self) -> None:
        """Blocks. An unreadable file is moved aside; the caller fills in what the ledger knows."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return
        try:
            entries = orjson.loads(data)
            if not isinstance(entries, dict):
                raise ValueError("it is no object")
        except ValueError as error:
            aside = self.path.with_name(f"{self.path.name}.unreadable.{time.time_ns() // 1_000_000}")
            self.path.replace(aside)
            logger.error(
                "%s could not be read (%s): moved to %s, rebuilt from the ledger", self.path, error, aside
            )
            self._changed = True
            return
        for key, entry in entries.items():
            if _is_usable(entry):
                self._keep(key, {**entry, "updatedAt": _updated_at(entry)})
            else:
                self._written[key] = _line(key, entry)  # not ours to throw away

    def merge(self, key: str, entry: Mapping[str, Any]) -> None:
        """Take the ledger's entry when it is newer; fields that are not ours stay as they are."""
        mine = self._entries.get(key)
        if mine is not None and mine.get("updatedAt", 0) >= entry.get("updatedAt", 0):
            return
        self.put(key, {**(mine or {}), **entry})

    def get(self, key: str) -> SessionEntry | None:
        return self._entries.get(key)

    def put(self, key: str, entry: SessionEntry) -> None:
        self._keep(key, entry)
        self._changed = True

    def remove(self, key: str) -> None:
        self._entries.pop(key, None)
        self._written.pop(key, None)
        self._changed = True

    def items(self) -> list[tuple[str, SessionEntry]]:
        return list(self._entries.items())

    def _keep(self, key: str, entry: SessionEntry) -> None:
        self._entries[key] = entry
        self._written[key] = _line(key, entry)

    async def flush(self) -> None:
        """Write if anything changed. A failure is told once, and tried again with the next flush."""
        if not self._changed:
            return
        self._changed = False
        lines = list(self._written.values())
        try:
            await anyio.to_thread.run_sync(_write, self.path, lines)
        except OSError as error:
            self._changed = True
            if not self._failing:
                logger.error("%s could not be written: %s; it is tried again", self.path, error.strerror)
            self._failing = True
        else:
            self._failing = False


def _is_usable(entry: object) -> bool:
    name = entry.get("sessionId") if isinstance(entry, dict) else None
    return isinstance(name, str) and _SESSION_ID.fullmatch(name) is not None


def _updated_at(entry: SessionEntry) -> int:
    """Other programs write here too; what cannot be compared is old."""
    at = entry.get("updatedAt")
    return at if isinstance(at, int) and 0 <= at < 2**63 else 0


def _line(key: str, entry: object) -> bytes:
    return orjson.dumps(key) + b": " + orjson.dumps(entry)


def _write(path: Path, lines: list[bytes]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, b"{\n" + b",\n".join(lines) + b"\n}\n")
