"""Reads a home of nanobot: conversations, memory, and who is let in."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from openclaw.migrate.opening import Folder, UnreadableFileError
from openclaw.migrate.original.credentials import CHANNELS, allow_list
from openclaw.migrate.peers.chat import Chat, Said
from openclaw.migrate.records import (
    Findings,
    FoundFolder,
    FoundSession,
    Home,
    Json,
    Speaker,
    TranscriptFile,
)
from openclaw.sessions.keys import main_key

_LEFT = {
    "config.json": "its keys are other ones: set this assistant up with openclaw onboard",
    "cron": "make its jobs anew: openclaw cron add",
    "media": "files of old messages",
    "history": "what was typed on its command line",
    "webui": "its own page's notes",
    "logs": "logs stay with the program that wrote them",
}
_AUTOMATIC = ("cron:", "heartbeat", "subagent:", "dream")


def read(home: Home) -> Findings:
    findings, folder = Findings(home), Folder(home.root)
    for path in _session_files(folder):
        _session(folder, path, findings)
    _workspace(home.root, _json(folder, "config.json", findings) or {}, findings)
    _pairing(_json(folder, "pairing.json", findings) or {}, findings)
    for name in folder.names():
        if name in _LEFT:
            findings.leave(name, name, _LEFT[name])
        elif name not in {"sessions", "workspace", "pairing.json"} and not name.startswith("."):
            findings.leave(name, name, "it is not known here")
    return findings


def _session_files(folder: Folder) -> list[str]:
    """Those of today first; older versions kept them in other places."""
    places = [f"sessions/{name}" for name in folder.names("sessions") if folder.is_folder(f"sessions/{name}")]
    return [
        f"{place}/{name}"
        for place in (*places, "workspace/sessions", "sessions")
        for name in folder.names(place)
        if name.endswith(".jsonl")
    ]


def _session(folder: Folder, path: str, findings: Findings) -> None:
    try:
        with folder.open(path) as file:
            first = next(file.lines(1 << 20), b"")
    except (OSError, UnreadableFileError) as error:
        findings.leave("conversation", path, str(error))
        return
    head = _head(first)
    theirs = str(head.get("key") or _decoded(path.rpartition("/")[2].removesuffix(".jsonl")))
    what = f"conversation {theirs}"
    if not theirs or theirs.startswith(_AUTOMATIC):
        findings.leave(what, path, "work of its own, with nobody at the other end")
        return
    key = our_key(theirs)
    if any(each.key == key for each in findings.sessions):
        findings.leave(what, path, "a newer file holds this conversation")
        return
    channel, _, chat = theirs.partition(":")
    updated = _time(head.get("updated_at")) or 0
    own = channel in {"cli", "unified", "websocket"}
    speaker = Speaker(theirs, "owner" if own else "stranger")
    name = f"nanobot-{_safe(theirs)}"
    entry: Json = {"sessionId": name, "updatedAt": updated}
    if channel in CHANNELS:
        context = {"channel": channel, "to": chat.partition(":")[0]}
        kind = "group" if ":group:" in key else "direct"
        entry |= {
            "chatType": kind,
            "lastChannel": channel,
            "lastTo": context["to"],
            "deliveryContext": context,
        }
    note = (f"there it was {theirs}",)
    findings.sessions.append(FoundSession("main", key, name, entry, TranscriptFile(path), speaker, note))


def our_key(theirs: str) -> str:
    """`telegram:<chat>` as this assistant names it."""
    if theirs in {"unified:default", "cli:direct"}:
        return main_key("main")
    channel, _, chat = theirs.lower().partition(":")
    is_group = channel == "telegram" and chat.startswith("-")
    return f"agent:main:{channel}:{'group' if is_group else 'direct'}:{chat or 'unknown'}"


def parse_chat(lines: Iterable[tuple[int, bytes]]) -> Chat:
    """Pure. A line of metadata, then one message a line."""
    said: list[Said] = []
    damaged: list[tuple[int, str]] = []
    head: Mapping[str, Any] = {}
    count, now = 0, 0
    for number, line in lines:
        count += 1
        if not line.strip():
            continue
        try:
            data = orjson.loads(line)
        except orjson.JSONDecodeError:
            damaged.append((number, "it is no JSON"))
            continue
        if not isinstance(data, dict):
            damaged.append((number, "it is no message"))
        elif data.get("_type") == "metadata":
            head = data
            now = _time(data.get("created_at")) or now
        elif "_type" not in data and not data.get("_hidden_history"):
            now = _time(data.get("timestamp")) or now
            said.append(Said(number, now, data))
    return _summed(
        Chat(tuple(said), "", _time(head.get("created_at")) or 0, "", 0, count, tuple(damaged)), head
    )


def _summed(chat: Chat, head: Mapping[str, Any]) -> Chat:
    metadata = head.get("metadata")
    last = metadata.get("_last_summary") if isinstance(metadata, dict) else None
    text = last.get("text") if isinstance(last, dict) else last
    offset = head.get("last_archived", head.get("last_consolidated"))
    if not isinstance(text, str) or not text or not isinstance(offset, int) or offset <= 0:
        return chat
    place = min(offset, len(chat.said))
    return Chat(chat.said, chat.model, chat.started_at, text, place, chat.lines, chat.damaged)


def _workspace(root: Path, config: Json, findings: Findings) -> None:
    agents = config.get("agents")
    defaults = agents.get("defaults") if isinstance(agents, dict) else None
    stated = defaults.get("workspace") if isinstance(defaults, dict) else None
    text = stated if isinstance(stated, str) else "workspace"
    path = root.parent / text.removeprefix("~/") if text.startswith("~/") else root / text
    if path.is_dir():
        renamed = {"memory/MEMORY.md": "MEMORY.md"}
        findings.folders.append(
            FoundFolder("workspace and memory", path, text, "workspace", renamed=renamed, without=_NOT_OURS)
        )


_NOT_OURS = frozenset({"sessions", ".nanobot", ".git", "cron"})


def _pairing(document: Json, findings: Findings) -> None:
    approved = document.get("approved")
    for channel, ids in approved.items() if isinstance(approved, dict) else ():
        found = allow_list("pairing.json", (str(channel), "default"), ids)
        if found.channel in CHANNELS:
            findings.lists.append(found)
        else:
            findings.leave(f"who is let in on {channel}", "pairing.json", "there is no such channel here")
    if document.get("pending"):
        findings.leave("pairing codes", "pairing.json", "they live minutes: who waits writes again")


def _json(folder: Folder, name: str, findings: Findings) -> Json | None:
    try:
        data = folder.find(name)
        document = orjson.loads(data) if data is not None else None
    except (UnreadableFileError, orjson.JSONDecodeError) as error:
        why = str(error) if isinstance(error, UnreadableFileError) else "it is no JSON"
        findings.leave(name, name, why)
        return None
    return document if isinstance(document, dict) else None


def _head(line: bytes) -> Mapping[str, Any]:
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return data if isinstance(data, dict) and data.get("_type") == "metadata" else {}


def _decoded(stem: str) -> str:
    """The key in a file's name: base64 today, with `_` for `:` before."""
    try:
        key = base64.urlsafe_b64decode(stem + "=" * (-len(stem) % 4)).decode()
        if ":" in key and key.isprintable():
            return key
    except (binascii.Error, ValueError):
        pass
    return stem.replace("_", ":", 1)


def _safe(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")[:150]


def _time(value: object) -> int | None:
    """Its times have no zone: they are this machine's."""
    if not isinstance(value, str):
        return None
    try:
        return round(datetime.fromisoformat(value).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return None
