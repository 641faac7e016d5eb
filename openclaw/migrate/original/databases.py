"""What the newer versions of the original keep in SQLite: one file an agent, and one for all."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import orjson

from openclaw.migrate.copied_sqlite import opened, tables
from openclaw.migrate.opening import UnreadableFileError
from openclaw.migrate.records import Json

AGENT_DATABASE = "agent/openclaw-agent.sqlite"
SHARED_DATABASE = "state/openclaw.sqlite"

_READ = frozenset({"session_nodes", "transcript_events", "auth_profile_store", "auth_profile_state"})
_READ_SHARED = frozenset({"channel_pairing_allow_entries", "cron_jobs", "config_machine_state"})
_DERIVED = (
    "session_", "transcript_", "memory_", "standing_intents_fts", "schema_meta", "sqlite_", "conversation",
    "cache_entries", "channel_pairing_requests", "migration_", "diagnostic_events", "agent_databases",
    "config_health", "schema_migrations", "device_", "plugin",
)  # fmt: skip
"""Made again from the rest, or of no use elsewhere."""


@dataclass(slots=True)
class AgentBook:
    entries: dict[str, Json] = field(default_factory=dict)
    """By session key, each with its `sessionId`."""
    unreadable: list[str] = field(default_factory=list)
    archived: frozenset[str] = frozenset()
    """Ids of those whose lines lie packed in an archive."""
    ended: int = 0
    """Conversations that a reset has put aside."""
    profiles: Json | None = None
    strangers: tuple[str, ...] = ()
    """Tables with rows that nothing here reads."""


@dataclass(slots=True)
class SharedBook:
    profiles: Json | None = None
    allowed: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """By channel and account."""
    jobs: list[Json] = field(default_factory=list)
    strangers: tuple[str, ...] = ()


def read_agent(copy: Path) -> AgentBook:
    """Raises UnreadableFileError."""
    book = AgentBook()
    with opened(copy) as connection:
        known = tables(connection)
        _require(known, "session_nodes", {"session_key", "current_session_id", "entry_json"})
        rows = connection.execute("SELECT session_key, current_session_id, entry_json FROM session_nodes")
        for row in rows:
            entry = _object(row["entry_json"])
            if entry is None:
                book.unreadable.append(str(row["session_key"]))
            else:
                book.entries[str(row["session_key"])] = {**entry, "sessionId": row["current_session_id"]}
        if "session_id" in known.get("session_transcript_cold_archives", frozenset()):
            packed = connection.execute("SELECT session_id FROM session_transcript_cold_archives")
            book.archived = frozenset(str(row["session_id"]) for row in packed)
        _require(known, "transcript_events", {"session_id", "seq", "event_json"})
        ended = connection.execute(
            "SELECT COUNT(DISTINCT session_id) AS count FROM transcript_events"
            " WHERE session_id NOT IN (SELECT current_session_id FROM session_nodes)"
        )
        book.ended = int(ended.fetchone()["count"])
        if {"store_json"} <= known.get("auth_profile_store", frozenset()):
            store = connection.execute("SELECT store_json FROM auth_profile_store").fetchone()
            book.profiles = _object(store["store_json"]) if store else None
        book.strangers = _strangers(connection, known, _READ)
    return book


def transcript_lines(copy: Path, session_id: str) -> Iterator[tuple[int, bytes]]:
    """Numbered from 1. A line that the original has compressed comes empty-handed, as `{`: no JSON."""
    with opened(copy) as connection:
        rows = connection.execute(
            "SELECT seq, event_json FROM transcript_events WHERE session_id = ? ORDER BY seq", (session_id,)
        )
        for row in rows:
            text = row["event_json"]
            yield int(row["seq"]) + 1, text.encode() if isinstance(text, str) else b"{"


def read_shared(copy: Path) -> SharedBook:
    """Raises UnreadableFileError."""
    book = SharedBook()
    with opened(copy) as connection:
        known = tables(connection)
        if "config_machine_state" in known:
            book.profiles = _machine_state(connection)
        if {"channel_key", "account_id", "entry"} <= known.get("channel_pairing_allow_entries", frozenset()):
            rows = connection.execute(
                "SELECT channel_key, account_id, entry FROM channel_pairing_allow_entries"
                " ORDER BY channel_key, account_id, entry"
            )
            for row in rows:
                place = (str(row["channel_key"]), str(row["account_id"]))
                book.allowed.setdefault(place, []).append(str(row["entry"]))
        if {"job_id", "job_json", "enabled"} <= known.get("cron_jobs", frozenset()):
            rows = connection.execute("SELECT job_id, job_json, enabled FROM cron_jobs ORDER BY job_id")
            for row in rows:
                job = _object(row["job_json"]) or {"name": "unreadable"}
                book.jobs.append({**job, "id": row["job_id"], "enabled": bool(row["enabled"])})
        book.strangers = _strangers(connection, known, _READ_SHARED)
    return book


def _machine_state(connection: Connection) -> Json | None:
    rows = connection.execute(
        "SELECT state_key, value_json FROM config_machine_state WHERE state_key LIKE 'authProfiles.%'"
    )
    found = {row["state_key"]: _object(row["value_json"]) or {} for row in rows}
    store = found.get("authProfiles.store")
    return {**found.get("authProfiles.state", {}), **store} if store is not None else None


def _strangers(
    connection: Connection, known: dict[str, frozenset[str]], read: frozenset[str]
) -> tuple[str, ...]:
    unread = [name for name in known if name not in read and not name.startswith(_DERIVED)]
    filled = []
    for name in unread:
        quoted = name.replace('"', '""')
        if connection.execute(f'SELECT 1 FROM "{quoted}" LIMIT 1').fetchone():  # noqa: S608 - quoted
            filled.append(name)
    return tuple(filled)


def _require(known: dict[str, frozenset[str]], table: str, columns: set[str]) -> None:
    if not columns <= known.get(table, frozenset()):
        raise UnreadableFileError(f"its table {table} is not as known here; it may be of a newer version")


def _object(text: Any) -> Json | None:
    try:
        value = orjson.loads(text)
    except (orjson.JSONDecodeError, TypeError):
        return None
    return value if isinstance(value, dict) else None
