"""Which conversations one conversation sees. Pure."""

from collections.abc import Mapping
from typing import Any

from openclaw.agent.tools.conversations.config import AgentToAgentConfig, Visibility
from openclaw.sessions.keys import agent_of

Entries = Mapping[str, Mapping[str, Any]]


def kind_of(key: str) -> str:
    """`main`, `direct`, `group`, `channel`, `cron`, `subagent`, or `other`."""
    steps = key.split(":")[2:]
    if "subagent" in steps:
        return "subagent"
    if steps == ["main"]:
        return "main"
    return next((step for step in steps if step in {"direct", "group", "channel", "cron"}), "other")


def begun_by(key: str, entries: Entries) -> str | None:
    parent = entries.get(key, {}).get("spawnedBy")
    return parent if isinstance(parent, str) else None


def is_below(key: str, root: str, entries: Entries) -> bool:
    """Whether a conversation was begun by another one, or by one that it began."""
    seen: set[str] = set()
    above = begun_by(key, entries)
    while above is not None and above not in seen:
        if above == root:
            return True
        seen.add(above)
        above = begun_by(above, entries)
    return False


def sees(own: str, key: str, entries: Entries, visibility: Visibility, others: AgentToAgentConfig) -> bool:
    if key == own:
        return True
    if visibility == "self":
        return False
    if is_below(key, own, entries) or key == begun_by(own, entries):
        return True
    mine, theirs = agent_of(own), agent_of(key)
    match visibility:
        case "tree":
            return False
        case "agent":
            return mine == theirs
        case "all":
            return mine == theirs or (others.enabled and _listed(mine, others) and _listed(theirs, others))


def _listed(agent: str | None, others: AgentToAgentConfig) -> bool:
    return not others.allow or "*" in others.allow or agent in others.allow
