"""Parts of an existing file that the original keeps in another place."""

from collections.abc import Mapping
from typing import Any

from openclaw.channels.voice.config import from_original
from openclaw.settings.problems import Raw


def with_voice_call(raw: Raw) -> Raw:
    """Pure. `plugins.entries.voice-call` as `channels.voice`; what the file says there counts more."""
    plugins = _object(raw.get("plugins"))
    entries = _object(plugins.get("entries"))
    if not isinstance(entry := entries.get("voice-call"), Mapping):
        return raw
    left = {name: item for name, item in entries.items() if name != "voice-call"}
    kept: dict[str, Any] = {**raw, "plugins": {**plugins, "entries": left} if left else _without(plugins)}
    if not kept["plugins"]:
        del kept["plugins"]
    channels = raw.get("channels", {})
    known = channels.get("voice", {}) if isinstance(channels, dict) else None
    if not isinstance(known, dict) or entry.get("enabled") is False:
        return kept
    if found := from_original(_object(entry.get("config"))):
        kept["channels"] = {**channels, "voice": {**found, **known}}
    return kept


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _without(plugins: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in plugins.items() if name != "entries"}
