"""Homes of other assistants, in the forms recorded from running ones, with invented people in them."""

import base64
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from openclaw.migrate.carrying import Carrier
from openclaw.migrate.moving import Move, carried_out, choose
from openclaw.migrate.records import Told
from openclaw.settings.paths import Paths

SESSION = "0b8c2f9e-8f1a-4a77-9a3f-1f4f8b1d2c3a"
TOPIC = "5d1c2f9e-8f1a-4a77-9a3f-1f4f8b1d2c3b"
OWNER = "821071206"
JOB = "3f0c2f9e-8f1a-4a77-9a3f-1f4f8b1d2c3a"
KEY = "sk-ant-invented-0123456789"
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\ninvented").decode()
USAGE = {
    "input": 1200, "output": 40, "cacheRead": 1100, "cacheWrite": 0, "totalTokens": 2340,
    "cost": {"input": 0.001, "output": 0.001, "cacheRead": 0.0001, "cacheWrite": 0, "total": 0.0021},
}  # fmt: skip
Json = dict[str, Any]


def put(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))


def tree(root: Path) -> dict[str, bytes]:
    """Every file's bytes."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


# -- the original -----------------------------------------------------------------------------------------


class Branch:
    """Lines of a v3 transcript, each the child of the one before."""

    def __init__(self, session: str = SESSION) -> None:
        self.lines: list[Json] = [
            {"type": "session", "version": 3, "id": session, "timestamp": stamp(0), "cwd": "/somewhere"}
        ]
        self.parent: str | None = None

    def add(self, kind: str, name: str = "", **more: object) -> str:
        number = len(self.lines)
        name = name or f"aaaa{number:04x}"
        line = {"type": kind, "id": name, "parentId": self.parent, "timestamp": stamp(number), **more}
        self.lines.append(line)
        self.parent = name
        return name

    def said(self, role: str, content: object, **more: object) -> str:
        return self.add("message", message={"role": role, "content": content, **more})

    def assistant(self, *blocks: Json, **more: object) -> str:
        by = {
            "provider": "anthropic",
            "model": "claude-opus-4-6",
            "api": "anthropic-messages",
            "usage": USAGE,
        }
        return self.said("assistant", list(blocks), stopReason="stop", **by, **more)

    def numbered(self) -> list[tuple[int, bytes]]:
        return [(at, json.dumps(line).encode()) for at, line in enumerate(self.lines, start=1)]

    def text(self) -> str:
        return "".join(json.dumps(line) + "\n" for line in self.lines)


def stamp(second: int) -> str:
    return f"2026-02-27T09:{second // 60:02d}:{second % 60:02d}.000Z"


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def call(name: str, tool: str = "get_weather", **arguments: object) -> Json:
    return {"type": "toolCall", "id": name, "name": tool, "arguments": arguments}


def weather(session: str = SESSION) -> Branch:
    branch = Branch(session)
    branch.add("model_change", provider="anthropic", modelId="claude-opus-4-6")
    branch.add("thinking_level_change", thinkingLevel="low")
    branch.said("user", [text("What's the weather like in Sydney?")])
    thought = {"type": "thinking", "thinking": "ask the tool", "thinkingSignature": "c2ln"}
    branch.assistant(thought, call("toolu_01Abc", location="Sydney"))
    branch.said("toolResult", [text('{"temperature":22}')], toolCallId="toolu_01Abc", isError=False)
    branch.assistant(text("It's 22 °C in Sydney."))
    return branch


ENTRY: Json = {
    "sessionId": SESSION, "updatedAt": 1772182800000, "sessionFile": f"/gone/{SESSION}.jsonl", "chatType": "direct",
    "lastChannel": "telegram", "lastTo": f"telegram:{OWNER}", "inputTokens": 1200, "outputTokens": 40,
    "totalTokens": 1240, "contextTokens": 200000, "model": "claude-opus-4-6", "modelProvider": "anthropic",
    "compactionCount": 0, "label": "family", "skillsSnapshot": {"prompt": "long"},
}  # fmt: skip
JOBS: list[Json] = [
    {
        "id": JOB, "agentId": "main", "name": "Morning", "enabled": True, "createdAtMs": 1772182800000,
        "schedule": {"kind": "cron", "expr": "0 9 * * *", "tz": "Europe/Vienna"}, "sessionTarget": "isolated",
        "wakeMode": "now", "payload": {"kind": "agentTurn", "message": "Say good morning"},
        "delivery": {"mode": "announce", "channel": "telegram", "to": OWNER}, "state": {"nextRunAtMs": 1},
    },
    {
        "id": "past", "name": "Once", "enabled": True, "schedule": {"kind": "at", "at": "2020-01-01T00:00:00Z"},
        "sessionTarget": "main", "payload": {"kind": "systemEvent", "text": "long ago"},
    },
]  # fmt: skip
PROFILES: Json = {
    "version": 1,
    "profiles": {
        "anthropic:default": {"type": "api_key", "provider": "anthropic", "key": KEY},
        "anthropic:work": {
            "type": "oauth",
            "provider": "anthropic",
            "access": "oauth-invented",
            "refresh": "r",
        },
    },
    "lastGood": {"anthropic": "anthropic:default"},
    "usageStats": {"anthropic:default": {"lastUsed": 1772182806000, "errorCount": 0}},
}
CONFIG = """\
{
  // my own remark
  gateway: { mode: "local", auth: { mode: "token", token: "original-token-invented" } },
  channels: { telegram: { botToken: "123456:invented", dmPolicy: "pairing", allowFrom: ["821071206"] } },
  agents: { defaults: { workspace: "~/clawd", model: { primary: "anthropic/claude-opus-4-6" } } },
  browser: { enabled: true },
}
"""


def lean(root: Path) -> Path:
    """One of each kind of thing."""
    put(
        root / "openclaw.json",
        CONFIG.replace('workspace: "~/clawd", ', "").replace('"local"', '"local", port: 1'),
    )
    put(root / "agents/main/sessions/sessions.json", {"agent:main:main": ENTRY})
    put(root / f"agents/main/sessions/{SESSION}.jsonl", weather().text())
    put(root / "agents/main/agent/auth-profiles.json", PROFILES)
    put(root / "credentials/telegram-allowFrom.json", {"version": 1, "allowFrom": ["12345"]})
    put(root / "cron/jobs.json", {"version": 1, "jobs": JOBS[:1]})
    put(root / "workspace/MEMORY.md", "# Memory\n")
    return root


def original(root: Path, config: str = CONFIG) -> Path:
    """As the versions of early 2026 left it. Its workspace lies outside."""
    put(root / "openclaw.json", config)
    sessions = root / "agents/main/sessions"
    topic = {"sessionId": TOPIC, "updatedAt": 1772182900000, "chatType": "group", "subject": "Family"}
    entries = {"agent:main:main": ENTRY, "agent:main:telegram:group:-100123:topic:7": topic}
    put(sessions / "sessions.json", entries)
    put(sessions / f"{SESSION}.jsonl", weather().text())
    put(sessions / f"{TOPIC}-topic-7.jsonl", weather(TOPIC).text())
    put(sessions / "old.jsonl.reset.2026-01-01T00-00-00.000Z", "{}\n")
    put(root / "agents/main/agent/auth-profiles.json", PROFILES)
    put(
        root / "credentials/telegram-pairing.json",
        {"version": 1, "requests": [{"id": "77", "code": "ABCDEFGH"}]},
    )
    put(root / "credentials/telegram-allowFrom.json", {"version": 1, "allowFrom": ["telegram:12345"]})
    put(root / "cron/jobs.json", {"version": 1, "jobs": JOBS})
    put(root / ".env", "BRAVE_API_KEY=brave-invented\n")
    put(root / "skills/tea/SKILL.md", "---\nname: tea\ndescription: Makes tea.\n---\nBoil water.\n")
    put(root / "identity/device.json", {})
    workspace = root.parent / "clawd"
    put(workspace / "MEMORY.md", "# Memory\nThe dentist is Dr Example.\n")
    put(workspace / "memory/2026-02-27.md", "- booked the dentist\n")
    return root


_AGENT_TABLES = """
CREATE TABLE session_nodes (
    session_key TEXT NOT NULL PRIMARY KEY, current_session_id TEXT NOT NULL, entry_json TEXT NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE TABLE transcript_events (
    session_id TEXT NOT NULL, seq INTEGER NOT NULL, event_json TEXT, created_at INTEGER NOT NULL, event_zstd BLOB,
    PRIMARY KEY (session_id, seq)
);
CREATE TABLE session_windows (session_id TEXT NOT NULL PRIMARY KEY, session_key TEXT NOT NULL);
CREATE TABLE heartbeat_outcomes (id INTEGER PRIMARY KEY, words TEXT);
"""
_SHARED_TABLES = """
CREATE TABLE config_machine_state (state_key TEXT NOT NULL PRIMARY KEY, value_json TEXT NOT NULL, updated_at_ms INT);
CREATE TABLE channel_pairing_allow_entries (
    channel_key TEXT NOT NULL, account_id TEXT NOT NULL, entry TEXT NOT NULL, sort_order INTEGER, updated_at INTEGER
);
CREATE TABLE cron_jobs (
    store_key TEXT, job_id TEXT NOT NULL, name TEXT NOT NULL, enabled INTEGER NOT NULL, payload_kind TEXT,
    job_json TEXT NOT NULL, state_json TEXT NOT NULL DEFAULT '{}'
);
"""
MODERN_CONFIG: Json = {
    "gateway": {"mode": "local", "auth": {"mode": "token", "token": "original-token-invented"}},
    "channels": {
        "telegram": {"botToken": "123456:invented", "allowFrom": [OWNER], "streaming": {"mode": "partial"}}
    },
    "agents": {"defaults": {"model": {"primary": "anthropic/claude-opus-4-6"}}, "entries": {"main": {}}},
    "meta": {"lastTouchedVersion": "2026.9.6"},
}


def database(path: Path, tables: str, rows: Sequence[tuple[str, Sequence[object]]]) -> None:
    """With its write-ahead log not yet folded in, as of a program that is running."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made.sqlite"
        connection = sqlite3.connect(made, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.executescript(tables)
        for table, values in rows:
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)
        for part in ("", "-wal"):
            shutil.copy(f"{made}{part}", f"{path}{part}")
        connection.close()


def modern(root: Path) -> Path:
    """As the versions of late 2026 keep it: SQLite for each agent, and one for all."""
    put(root / "openclaw.json", MODERN_CONFIG)
    place = {"channel": "telegram", "to": f"telegram:{OWNER}"}
    entry = {
        "sessionId": SESSION, "updatedAt": 1772182800000, "chatType": "direct", "label": "family",
        "model": "claude-opus-4-6", "modelProvider": "anthropic",
        "delivery": {"kind": "external", "route": {"channel": "telegram"}, "context": place},
    }  # fmt: skip
    events = [
        ("transcript_events", (SESSION, seq, line.decode(), 0, None))
        for seq, (_, line) in enumerate(weather().numbered())
    ]
    database(
        root / "agents/main/agent/openclaw-agent.sqlite",
        _AGENT_TABLES,
        [
            ("session_nodes", ("agent:main:main", SESSION, json.dumps(entry), 1772182800000)),
            ("heartbeat_outcomes", (1, "fine")),
            *events,
        ],
    )
    beat = {"id": "beat", "name": "heartbeat-main", "payload": {"kind": "heartbeat"}}
    store = {name: PROFILES[name] for name in ("version", "profiles")}
    database(
        root / "state/openclaw.sqlite",
        _SHARED_TABLES,
        [
            ("config_machine_state", ("authProfiles.store", json.dumps(store), 0)),
            ("channel_pairing_allow_entries", ("telegram", "default", "12345", 0, 0)),
            ("cron_jobs", ("jobs.json", JOB, "Morning", 1, "agentTurn", json.dumps(JOBS[0]), "{}")),
            ("cron_jobs", ("jobs.json", "beat", "heartbeat-main", 1, "heartbeat", json.dumps(beat), "{}")),
        ],
    )
    put(root / "workspace/MEMORY.md", "# Memory\nThe dentist is Dr Example.\n")
    return root


# -- the peers --------------------------------------------------------------------------------------------


TALK: list[Json] = [
    {"role": "user", "content": "What's the weather like in Sydney?"},
    {
        "role": "assistant", "content": "",
        "tool_calls": [
            {"id": "call_1", "type": "function",
             "function": {"name": "get_weather", "arguments": '{"location": "Sydney"}'}}
        ],
    },
    {"role": "tool", "tool_call_id": "call_1", "name": "get_weather", "content": '{"temperature":22}'},
    {"role": "assistant", "content": "It's 22 °C in Sydney."},
]  # fmt: skip


def nanobot_lines(key: str, talk: Sequence[Json], **head: object) -> Iterator[str]:
    first = {"_type": "metadata", "key": key, "created_at": "2026-03-01T09:00:00", **head}
    yield json.dumps({"updated_at": "2026-03-01T09:05:00", "metadata": {}, **first}) + "\n"
    for second, message in enumerate(talk):
        yield json.dumps({**message, "timestamp": f"2026-03-01T09:00:{second:02d}"}) + "\n"


def nanobot(root: Path) -> Path:
    put(root / "config.json", {"agents": {"defaults": {"workspace": "~/.nanobot/workspace"}}})
    for key in (f"telegram:{OWNER}", "telegram:-100123:topic:7", "cli:direct", "cron:abc"):
        name = base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
        put(root / "sessions" / ("a" * 32) / f"{name}.jsonl", "".join(nanobot_lines(key, TALK)))
    put(root / "pairing.json", {"approved": {"telegram": ["4711"], "discord": ["9"]}, "pending": {}})
    put(root / "workspace/SOUL.md", "Be kind.\n")
    put(root / "workspace/memory/MEMORY.md", "# Memory\nThe dentist is Dr Example.\n")
    return root


_HERMES_TABLES = """
CREATE TABLE sessions (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, user_id TEXT, chat_id TEXT, model TEXT, started_at REAL NOT NULL,
    input_tokens INTEGER DEFAULT 0, title TEXT
);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, session_id TEXT NOT NULL, role TEXT NOT NULL, content TEXT, tool_call_id TEXT,
    tool_calls TEXT, timestamp REAL NOT NULL, active INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE gateway_routing (
    scope TEXT, session_key TEXT NOT NULL, entry_json TEXT NOT NULL, updated_at REAL NOT NULL
);
"""


def hermes(root: Path) -> Path:
    put(root / "config.yaml", "model: {}\n")
    put(root / "memories/MEMORY.md", "The dentist is Dr Example\n§\nLikes tea\n")
    put(root / "memories/USER.md", "Name: Ada\n")
    put(root / "SOUL.md", "Be kind.\n")
    put(root / "pairing/telegram-approved.json", {"4711": {"user_name": "Bob"}})
    put(root / "platforms/pairing/telegram-approved.json", {"4712": {}})
    chat, local = "20260301_090000_abc", "20260301_100000_cli"
    rows: list[tuple[str, Sequence[object]]] = [
        ("sessions", (chat, "telegram", OWNER, OWNER, "claude-opus-4-6", 1772355600.0, 100, None)),
        ("sessions", (local, "cli", None, None, None, 1772359200.0, 0, "Notes")),
        ("messages", (9, local, "user", "a note", None, None, 1772359201.0, 1)),
        ("messages", (8, chat, "user", "taken back", None, None, 1772355600.0, 0)),
        (
            "gateway_routing",
            ("", f"agent:main:telegram:dm:{OWNER}", json.dumps({"session_id": chat}), 1772355604.0),
        ),
    ]
    for number, said in enumerate(TALK, start=1):
        calls = json.dumps(said["tool_calls"]) if "tool_calls" in said else None
        at = 1772355600.0 + number
        values = (number, chat, said["role"], said["content"], said.get("tool_call_id"), calls, at, 1)
        rows.append(("messages", values))
    database(root / "state.db", _HERMES_TABLES, rows)
    return root


# -- moving -----------------------------------------------------------------------------------------------


class StoppedClock:
    def now_ms(self) -> int:
        return 1772200000000

    def monotonic(self) -> float:
        return 0.0


def move_of(source: Path, state: Path, **more: Any) -> Move:
    environ = {"HOME": str(source.parent)}
    return Move(
        choose(source, environ), Paths(state, state / "openclaw.json"), environ, StoppedClock(), **more
    )


def moved(source: Path, state: Path, carrier: Carrier | None = None, **more: Any) -> list[Told]:
    return list(carried_out(move_of(source, state, **more), lambda _: None, carrier))


def outcomes(told: Sequence[Told]) -> Mapping[str, str]:
    return {each.what: each.outcome for each in told}


def why(told: Sequence[Told], what: str) -> str:
    return next(each.why for each in told if each.what == what)
