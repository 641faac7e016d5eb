"""What a server's tools are called here: `mcp__<server>__<tool>`, within what model providers accept. Pure."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping

MOST_CHARACTERS = 64
PREFIX = "mcp__"
_SERVER_CHARACTERS = 24
_UNFIT = re.compile(r"[^A-Za-z0-9_-]")


def server_labels(names: Iterable[str]) -> Mapping[str, str]:
    """The middle part for each server of the config.

    It never holds `__` and does not end with `_`: where the tool's name begins is then never in doubt.
    """
    return _distinct(set(names), _server_label, _SERVER_CHARACTERS)


def tool_names(label: str, tools: Iterable[str]) -> Mapping[str, str]:
    """The whole name for each tool of one server, by the name that the server gives it.

    A name that is fit as it is never changes because of others.
    """
    room = MOST_CHARACTERS - len(PREFIX) - len(label) - len("__")
    cleaned = _distinct(set(tools), lambda name: _UNFIT.sub("_", name), room)
    return {tool: f"{PREFIX}{label}__{name}" for tool, name in cleaned.items()}


def _server_label(name: str) -> str:
    return re.sub(r"_{2,}", "_", _UNFIT.sub("_", name)).strip("_") or "server"


def _distinct(names: set[str], clean: Callable[[str], str], room: int) -> dict[str, str]:
    found: dict[str, str] = {}
    wanted: dict[str, list[str]] = {}
    for name in sorted(names):
        wanted.setdefault(clean(name), []).append(name)
    for cleaned, rivals in wanted.items():
        for name in rivals:
            alone = len(rivals) == 1 or name == cleaned
            fits = cleaned != "" and len(cleaned) <= room
            found[name] = cleaned if alone and fits else _marked(cleaned, name, room)
    return found


def _marked(cleaned: str, name: str, room: int) -> str:
    mark = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{cleaned[: room - len(mark) - 1].rstrip('_')}_{mark}"
