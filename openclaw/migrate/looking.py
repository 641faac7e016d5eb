"""Which homes of other assistants there are, and of which kind."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson

from openclaw.migrate.opening import Folder, UnreadableFileError
from openclaw.migrate.records import Home, Kind
from openclaw.types.errors import ConfigError

_PLACES = (".openclaw", ".clawdbot", ".moltbot", ".nanobot", ".hermes")
_NAMES: Mapping[Kind, str] = {"openclaw": "OpenClaw", "nanobot": "nanobot", "hermes": "Hermes"}
_ORIGINAL_FILES = (
    "state/openclaw.sqlite", "cron/jobs.json", "identity/device.json", "exec-approvals.json", "clawdbot.json",
    "moltbot.json", "update-check.json",
)  # fmt: skip
_OUR_FILES = ("ledger.sqlite", "credentials/gateway-token")


def homes(environ: Mapping[str, str]) -> list[Home]:
    """Those in the owner's home directory, in the order in which they are likely."""
    owner = Path(environ.get("OPENCLAW_HOME") or environ.get("HOME") or Path.home())
    stated = [Path(environ[name]) for name in ("HERMES_HOME",) if environ.get(name)]
    found: dict[Path, Home] = {}
    for root in (*(owner / place for place in _PLACES), *stated):
        kind = kind_of(root)
        if kind is not None:
            found.setdefault(root.resolve(), Home(kind, root.absolute()))
    return list(found.values())


def name_of(home: Home) -> str:
    return _NAMES[home.kind]


def kind_of(root: Path) -> Kind | None:
    """None where there is nothing of another assistant, our own state directory included."""
    folder = Folder(root)
    if not root.is_dir():
        return None
    if folder.is_file("state.db") and (
        folder.is_folder("memories") or _has(folder, "config.yaml", "sessions")
    ):
        return "hermes"
    if folder.is_file("config.json") and _has(folder, "workspace", "sessions", "pairing.json"):
        return "nanobot"
    if any(folder.is_file(name) for name in _ORIGINAL_FILES) or any(_originals(folder)):
        return "openclaw"
    is_ours = any(folder.is_file(name) for name in _OUR_FILES)
    return "openclaw" if folder.is_file("openclaw.json") and not is_ours else None


def holds_originals_talk(root: Path) -> bool:
    """Conversations in the original's own form: lines of ours among them would spoil them for both programs."""
    return root.is_dir() and any(_originals(Folder(root)))


def is_still_theirs(state: Path, ledger: Path) -> bool:
    """Once there is a ledger the home is ours: what they said has been moved in, or came here later."""
    return not ledger.exists() and holds_originals_talk(state)


def refuse_home_of_original(state: Path, ledger: Path) -> None:
    """Before the first thing that would write there. Raises ConfigError."""
    if is_still_theirs(state, ledger):
        raise ConfigError(
            "OPENCLAW_STATE_DIR",
            f"{state} holds conversations of the original OpenClaw, and two programs cannot write one home",
            "Run `openclaw migrate --take-over` if the original is not to run again; else give this one a directory"
            f" of its own, OPENCLAW_STATE_DIR={state}-python for instance, and run `openclaw migrate {state}` there",
        )


def _has(folder: Folder, *names: str) -> bool:
    return any(name in folder.names() for name in names)


def _originals(folder: Folder) -> Iterator[str]:
    """Transcripts and databases of the original among the agents'."""
    for agent in folder.names("agents"):
        if folder.is_file(f"agents/{agent}/agent/openclaw-agent.sqlite"):
            yield agent
        for name in folder.names(f"agents/{agent}/sessions"):
            if name.endswith(".jsonl") and is_originals(folder, f"agents/{agent}/sessions/{name}"):
                yield name


def is_originals(folder: Folder, path: str) -> bool:
    """Its header names no conversation, ours does."""
    try:
        with folder.open(path) as file:
            header = orjson.loads(next(file.lines(1 << 16), b""))
    except (OSError, UnreadableFileError, orjson.JSONDecodeError):
        return False
    return isinstance(header, dict) and header.get("type") == "session" and "key" not in header
