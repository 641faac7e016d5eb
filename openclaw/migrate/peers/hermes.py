"""Reads a home of Hermes: conversations, memory, and who is let in."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from openclaw.migrate.copied_sqlite import copy_database, opened, tables
from openclaw.migrate.opening import Folder, UnreadableFileError
from openclaw.migrate.original.credentials import CHANNELS, allow_list
from openclaw.migrate.original.entries import SESSION_ID
from openclaw.migrate.peers.chat import Chat, Said
from openclaw.migrate.records import (
    Findings,
    FoundFolder,
    FoundSession,
    Home,
    Json,
    Speaker,
    TranscriptRows,
)
from openclaw.sessions.keys import expand

DATABASE = "state.db"
_STRUCTURED = "\x00json:"
"""In front of a content that is a list, not a text."""
_LEFT = {
    "config.yaml": "its keys are other ones: set this assistant up with openclaw onboard",
    ".env": "its keys are other ones: set this assistant up with openclaw onboard",
    "auth.json": "a login belongs to the program that was logged in",
    "cron": "make its jobs anew: openclaw cron add",
    "skills": "look at each, then: openclaw skills install",
    "logs": "logs stay with the program that wrote them",
}
_READ = frozenset({
    "memories", "SOUL.md", "sessions", "pairing", "platforms", DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm",
})  # fmt: skip
_NEEDED = {
    "sessions": {"id", "source", "started_at"},
    "messages": {"id", "session_id", "role", "content", "tool_call_id", "tool_calls", "timestamp"},
}


def read(home: Home, copies: Path) -> Findings:
    findings, folder = Findings(home), Folder(home.root)
    _sessions(folder, copies, findings)
    if folder.is_folder("memories"):
        findings.folders.append(
            FoundFolder(
                "memory", home.root / "memories", "memories", "workspace", frozenset({"MEMORY.md", "USER.md"})
            )
        )
    if folder.is_file("SOUL.md"):
        findings.folders.append(FoundFolder("soul", home.root, "", "workspace", frozenset({"SOUL.md"})))
    for place in ("pairing", "platforms/pairing"):
        _pairing(folder, place, findings)
    for name in folder.names():
        if name in _LEFT:
            findings.leave(name, name, _LEFT[name])
        elif name not in _READ and not name.startswith("."):
            findings.leave(name, name, "it is not known here")
    return findings


def _sessions(folder: Folder, copies: Path, findings: Findings) -> None:
    try:
        copy = copy_database(folder, DATABASE, copies / "hermes.sqlite")
        with opened(copy) as connection:
            known = tables(connection)
            for table, columns in _NEEDED.items():
                if not columns <= known.get(table, frozenset()):
                    raise UnreadableFileError(f"its table {table} is not as known here")
            routes = dict(_routes(folder, connection, known))
            spoken = connection.execute(
                "SELECT s.*, MAX(m.timestamp) AS spoken_at FROM sessions s JOIN messages m ON m.session_id = s.id"
                " GROUP BY s.id ORDER BY s.started_at, s.id"
            )
            for row in spoken:
                _session(dict(row), routes.get(str(row["id"]), ""), copy, findings)
    except FileNotFoundError:
        return
    except UnreadableFileError as error:
        findings.leave("conversations", DATABASE, str(error))


def _routes(
    folder: Folder, connection: Any, known: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, str]]:
    """Session id → the key of the chat that goes on in it."""
    data = folder.find("sessions/sessions.json")
    try:
        listed = orjson.loads(data) if data else {}
    except orjson.JSONDecodeError:
        listed = {}
    for key, entry in listed.items() if isinstance(listed, dict) else ():
        if isinstance(entry, dict) and isinstance(entry.get("session_id"), str):
            yield entry["session_id"], str(key)
    if "gateway_routing" not in known:
        return
    for row in connection.execute("SELECT session_key, entry_json FROM gateway_routing ORDER BY updated_at"):
        try:
            entry = orjson.loads(row["entry_json"])
            yield str(entry["session_id"]), str(row["session_key"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            continue


def _session(row: Mapping[str, Any], theirs: str, copy: Path, findings: Findings) -> None:
    name = str(row["id"])
    what = f"conversation {theirs or name}"
    if not SESSION_ID.fullmatch(name) or ".." in name:
        findings.leave(what, DATABASE, "its id is no name that a file may have")
        return
    if theirs and not theirs.startswith("agent:main:"):
        findings.leave(what, DATABASE, "it is of another profile")
        return
    key = expand(theirs, "main") if theirs else f"agent:main:hermes:direct:{name.lower()}"
    channel, chat = str(row.get("source") or ""), str(row.get("chat_id") or "")
    counts = {ours: row.get(column) for ours, column in _COUNTS.items()}
    entry: Json = {
        "sessionId": name,
        "updatedAt": round(float(row["spoken_at"] or row["started_at"]) * 1000),
        **{ours: count for ours, count in counts.items() if count},
    }
    if title := row.get("title"):
        entry["label"] = str(title)
    if channel in CHANNELS and chat:
        kind = "direct" if ":direct:" in key else "group"
        context = {"channel": channel, "to": chat}
        entry |= {"chatType": kind, "lastChannel": channel, "lastTo": chat, "deliveryContext": context}
    own = channel in {"cli", "tui", "desktop"}
    sender = f"{channel}:{row.get('user_id') or chat or 'unknown'}"
    speaker = Speaker(sender, "owner" if own else "stranger")
    where = TranscriptRows(DATABASE, copy, name)
    findings.sessions.append(
        FoundSession("main", key, name, entry, where, speaker, (f"there it was {theirs or name}",))
    )


_COUNTS = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheRead": "cache_read_tokens",
    "cacheWrite": "cache_write_tokens",
}


def parse_chat(copy: Path, session_id: str) -> Chat:
    with opened(copy) as connection:
        columns = tables(connection)["messages"]
        active = " AND active = 1" if "active" in columns else ""
        session = connection.execute("SELECT * FROM sessions WHERE id = ?", (session_id,)).fetchone()
        rows = connection.execute(
            f"SELECT * FROM messages WHERE session_id = ?{active} ORDER BY id",  # noqa: S608 - our own words
            (session_id,),
        )
        said, damaged = [], []
        for row in rows:
            try:
                said.append(Said(int(row["id"]), round(float(row["timestamp"]) * 1000), _message(dict(row))))
            except (TypeError, ValueError):
                damaged.append((int(row["id"]), "it cannot be read"))
        model = str(session["model"] or "") if session and "model" in session.keys() else ""  # noqa: SIM118 - a Row
        started = round(float(session["started_at"]) * 1000) if session else 0
    return Chat(tuple(said), model, started, lines=len(said) + len(damaged), damaged=tuple(damaged))


def _message(row: Mapping[str, Any]) -> Json:
    """Raises ValueError."""
    content = row["content"]
    if isinstance(content, str) and content.startswith(_STRUCTURED):
        content = orjson.loads(content.removeprefix(_STRUCTURED))
    calls = orjson.loads(row["tool_calls"]) if row.get("tool_calls") else None
    return {
        "role": row["role"],
        "content": content,
        "tool_call_id": row.get("tool_call_id"),
        "tool_calls": calls,
    }


def _pairing(folder: Folder, place: str, findings: Findings) -> None:
    for name in folder.names(place):
        path = f"{place}/{name}"
        channel = name.removesuffix("-approved.json")
        if channel == name:
            continue
        try:
            document = orjson.loads(folder.read(path))
        except (FileNotFoundError, UnreadableFileError, orjson.JSONDecodeError):
            findings.leave(f"who is let in on {channel}", path, "it cannot be read")
            continue
        found = allow_list(path, (channel, "default"), list(document) if isinstance(document, dict) else [])
        if channel in CHANNELS:
            findings.lists.append(found)
        else:
            findings.leave(f"who is let in on {channel}", path, "there is no such channel here")
