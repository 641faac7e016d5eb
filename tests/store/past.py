"""Ledgers as programs of earlier versions have left them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from openclaw.store import versions
from openclaw.store.migrations import STEPS

ROW = (
    "INSERT INTO inbox (key, channel, account, received_at, raw, event, state, run_id, trace_id)"
    " VALUES ('telegram:default:7', 'telegram', 'default', '2026-02-27T09:00:00Z', x'7b7d', NULL, 'queued', 'r', 't')"
)


def left_by(version: int, path: Path) -> Path:
    """A ledger as the program of that version left it, with a message in it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as tx:
        tx.execute("PRAGMA journal_mode = WAL")
        for number, step in enumerate(STEPS[:version], 1):
            tx.executescript(
                f"BEGIN IMMEDIATE;{step};{versions.record(STEPS[:number])}PRAGMA user_version = {number};COMMIT;"
            )
        tx.execute(ROW)
    return path
