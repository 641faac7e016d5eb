"""`sessions.json`: the map from session key to entry that people and other programs read.

Written behind, whole and atomically, at most once a second; the ledger has the same, so losing it loses nothing.
"""

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import orjson

from openclaw.store.files import write_atomically

logger = logging.getLogger(__name__)

SessionEntry = dict[str, Any]


class SessionIndex:
    """The sessions of one agent."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: dict[str, SessionEntry] = {}
        self._written: dict[str, bytes] = {}
        """Each entry as JSON, so that writing ten thousand costs a join and no encoding."""
        self._changed = False

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
            if isinstance(entry, dict) and isinstance(entry.get("sessionId"), str):
                self._keep(key, entry)

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

    def items(self) -> list[tuple[str, SessionEntry]]:
        return list(self._entries.items())

    def _keep(self, key: str, entry: SessionEntry) -> None:
        self._entries[key] = entry
        self._written[key] = orjson.dumps(key) + b": " + orjson.dumps(entry)

    async def flush(self) -> None:
        """Write if anything changed. A failure is told and tried again with the next change."""
        if not self._changed:
            return
        self._changed = False
        lines = list(self._written.values())
        try:
            await anyio.to_thread.run_sync(_write, self.path, lines)
        except OSError as error:
            self._changed = True
            logger.error("%s could not be written: %s; it is tried again", self.path, error.strerror)


def _write(path: Path, lines: list[bytes]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, b"{\n" + b",\n".join(lines) + b"\n}\n")
