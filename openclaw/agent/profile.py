"""An agent: who it is, where it works, and what it may use."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from openclaw.agent.policy.rules import ToolRules


@dataclass(frozen=True, slots=True)
class Identity:
    name: str = ""
    theme: str = ""
    emoji: str = ""
    avatar: str = ""


@dataclass(frozen=True, slots=True)
class ModelPin:
    primary: str | None
    fallbacks: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class AgentProfile:
    id: str
    workspace: Path
    default: bool = False
    identity: Identity = Identity()
    model: ModelPin | None = None
    """The owner's pin for this agent; nothing a chat says outranks it."""
    skills: frozenset[str] | None = None
    tools: ToolRules = field(default_factory=ToolRules)
    tier: str = ""


def agent_id(name: str) -> str:
    """The form ids have in keys and paths: lower case, `[a-z0-9_-]`."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.strip().lower()).strip("-")[:64] or "main"
