"""What the owner may see and change of the config in a chat."""

from collections.abc import Mapping
from pathlib import Path

import anyio.to_thread
import orjson

from openclaw.settings.editing.edits import Edit, Put, Take
from openclaw.settings.editing.showing import shown, shown_at, value_at
from openclaw.settings.editing.spelling import key_named, value_named
from openclaw.settings.editing.writing import write_config
from openclaw.settings.file import UnreadableError, parse
from openclaw.settings.life.effects import effect_of
from openclaw.settings.loading import tried
from openclaw.settings.paths import Paths
from openclaw.settings.problems import Key, dotted
from openclaw.settings.references import is_reference
from openclaw.types.errors import OpenClawError

LONGEST = 3500
"""Characters of one answer."""
_PLACES: Mapping[str, tuple[str, ...]] = {
    "agents.defaults": (
        "model", "thinkingDefault", "userTimezone", "timeFormat", "maxTokens", "maxIterations", "contextTokens",
        "timeoutSeconds", "blockStreamingDefault", "blockStreamingBreak", "blockStreamingChunk",
        "blockStreamingCoalesce", "humanDelay", "contextPruning",
    ),
    "agents.defaults.compaction": ("mode", "reserveTokens", "reserveTokensFloor", "keepRecentTokens"),
    "agents.defaults.heartbeat": ("every", "activeHours"),
    "agents.list.*": ("name", "model", "tier"),
    "agents.list.*.identity": ("name", "theme", "emoji"),
    "session": ("reset", "resetByType", "resetByChannel", "idleMinutes"),
    "messages": ("queue",),
    "channels": ("modelByChannel",),
    "channels.telegram": ("streaming", "blockStreaming", "textChunkLimit"),
    "budgets": ("perDay", "perSession", "perTurn", "perSenderPerHour"),
    "tools": ("loopDetection", "timeoutSeconds"),
    "tools.web.search": ("maxResults",),
    "skills.entries.*": ("enabled",),
    "cron": ("enabled",),
    "traces": ("retentionDays",),
    "delivery": ("retryAttempts",),
    "logging": ("level", "consoleLevel"),
}  # fmt: skip
CHANGEABLE = tuple((*place.split("."), name) for place, names in _PLACES.items() for name in names)
"""A list of what may be, not of what may not: all that names programs, paths, addresses, secrets, people or what they
may do is changed only where the file lies."""


def is_changeable(key: Key) -> bool:
    """Pure. A key that holds protected ones is protected too."""
    return any(
        len(key) >= len(pattern)
        and all(want in ("*", str(step)) for want, step in zip(pattern, key, strict=False))
        for pattern in CHANGEABLE
    )


class OwnerConfig:
    """Satisfies `gateway.commands.parts.ConfigDesk`."""

    def __init__(self, environ: Mapping[str, str], paths: Paths) -> None:
        self._environ = environ
        self._paths = paths

    async def show(self, key: str) -> str:
        return await anyio.to_thread.run_sync(self._show, key)

    async def put(self, key: str, value: str) -> str:
        return await anyio.to_thread.run_sync(self._put, key, value)

    async def take(self, key: str) -> str:
        return await anyio.to_thread.run_sync(self._take, key)

    def _show(self, key: str) -> str:
        try:
            loaded = tried(self._environ, self._paths, _data(self._paths.config))
        except UnreadableError as error:
            raise OpenClawError(f"{self._paths.config}: {error}") from None
        value = value_at(shown(loaded), key)
        text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
        if len(text) <= LONGEST:
            return text
        return (
            f"{text[:LONGEST]}\n… {len(text) - LONGEST:,} more characters; ask for a key: /config get agents"
        )

    def _put(self, name: str, value: str) -> str:
        key = self._changeable(name)
        meant = value_named(value, key)
        if refers(meant):
            raise OpenClawError(
                "A value that stands for a variable, a file or a secret is set on the machine itself."
            )
        self._write(Put(key, meant))
        said = orjson.dumps(shown_at(key, meant)).decode()
        return f"{dotted(key)} is {said} now.{_when(key)}"

    def _take(self, name: str) -> str:
        key = self._changeable(name)
        self._write(Take(key))
        return f"{dotted(key)} is no longer set.{_when(key)}"

    def _changeable(self, name: str) -> Key:
        try:
            key = key_named(name, parse(_data(self._paths.config)))
        except UnreadableError as error:
            raise OpenClawError(f"{self._paths.config}: {error}") from None
        if not is_changeable(key):
            raise OpenClawError(
                f"{dotted(key)} is changed only on the machine itself: openclaw config set {dotted(key)} …"
            )
        return key

    def _write(self, edit: Edit) -> None:
        write_config(self._environ, self._paths, [edit])


def _when(key: Key) -> str:
    return "" if effect_of(key) in ("live", "channel") else " It counts after /restart."


def refers(value: object) -> bool:
    """What it stands for would be read from the machine, and shown."""
    if isinstance(value, dict):
        return any(map(refers, value.values()))
    if isinstance(value, list):
        return any(map(refers, value))
    return isinstance(value, str) and (is_reference(value) or "${" in value)


def _data(config: Path) -> bytes:
    try:
        return config.read_bytes()
    except FileNotFoundError:
        return b"{}"
    except OSError as error:
        raise OpenClawError(f"{config} cannot be read: {error.strerror or error}") from error
