"""How the config file names tools: by name, with `*`, by group, by profile. Pure."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from openclaw.agent.policy.rules import ToolProfile

Origin = Literal["openclaw", "skills", "mcp"]
"""Who brings a tool: we, a skill's `tools.py`, or an MCP server."""

NOTHING = "-"
"""Names no tool, and is meant to: what stands for a list that cannot be read."""
MCP = "mcp__"

_ALIASES = {"bash": "exec", "apply-patch": "apply_patch", "automations": "cron"}
_GROUPS: Mapping[str, frozenset[str]] = {
    name: frozenset(tools.split())
    for name, tools in {
        "runtime": "exec process",
        "fs": "read write edit apply_patch",
        "sessions": "sessions_list sessions_history sessions_send sessions_spawn session_status subagents",
        "memory": "memory_search memory_get",
        "web": "web_search web_fetch",
        "ui": "browser canvas",
        "automation": "cron gateway",
        "messaging": "message",
        "nodes": "nodes",
        "agents": "agents_list",
        "media": "image tts",
        "calls": "forward_call end_call",
    }.items()
}
_ORIGINS: Mapping[str, frozenset[Origin]] = {
    "openclaw": frozenset({"openclaw"}),
    "skills": frozenset({"skills"}),
    "mcp": frozenset({"mcp"}),
    "plugins": frozenset({"skills", "mcp"}),
}
BUILT_IN = frozenset(tool for tools in _GROUPS.values() for tool in tools)
"""The original's; an existing file may name any of them."""

PROFILES: Mapping[ToolProfile, tuple[str, ...]] = {
    "minimal": ("session_status",),
    "coding": ("group:fs", "group:runtime", "group:sessions", "group:memory", "image", "group:plugins"),
    "messaging": (
        "message", "sessions_list", "sessions_history", "sessions_send", "session_status", "group:plugins",
    ),
    "full": ("*",),
}  # fmt: skip
FOR_OTHERS = (
    "message", "sessions_list", "sessions_history", "sessions_send", "session_status",
    "read", "group:memory", "group:web", "group:skills", "group:calls",
)  # fmt: skip
"""`messaging` as senders have it who are not the owner: with what reads, and without what MCP servers bring."""


@dataclass(frozen=True, slots=True)
class ToolName:
    name: str
    origin: Origin = "openclaw"


def canonical(name: str) -> str:
    plain = name.strip().lower()
    return _ALIASES.get(plain, plain)


def first_naming(patterns: Iterable[str], tool: ToolName) -> str | None:
    """The pattern that names the tool, as it was written."""
    return next((pattern for pattern in patterns if names(pattern, tool)), None)


def names(pattern: str, tool: ToolName) -> bool:
    wanted, name = canonical(pattern), canonical(tool.name)
    group = wanted.removeprefix("group:")
    if group == wanted:
        return fnmatchcase(name, wanted)
    if group in _ORIGINS:
        return tool.origin in _ORIGINS[group]
    return tool.origin == "openclaw" and name in _GROUPS.get(group, frozenset())


def is_known(pattern: str, present: Set[str]) -> bool:
    """Whether it can name a tool at all. `present`: the names of the tools there are.

    A server's tools come and go, so a pattern for them is always known.
    """
    wanted = canonical(pattern)
    if wanted.startswith("group:"):
        group = wanted.removeprefix("group:")
        return group in _GROUPS or group in _ORIGINS
    return (
        wanted == NOTHING
        or wanted.startswith(MCP)
        or any(fnmatchcase(name.lower(), wanted) for name in (*BUILT_IN, *present))
    )
