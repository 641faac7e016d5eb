"""`tools.sessions`, `tools.agentToAgent`, `tools.message` and `agents.defaults.subagents` of the config file."""

from typing import Literal

from pydantic import Field

from openclaw.schema import ConfigPart, Ids

Visibility = Literal["self", "tree", "agent", "all"]


class SessionToolsConfig(ConfigPart):
    visibility: Visibility = "tree"
    """Which conversations a conversation sees: itself; those it has begun too; all of its agent; all."""


class AgentToAgentConfig(ConfigPart):
    """Conversations of other agents, where `tools.sessions.visibility` is `all`."""

    enabled: bool = False
    allow: Ids = ()
    """Agents that may be reached, and may reach others. Empty: all."""


class MessageToolConfig(ConfigPart):
    allow_recipients: Ids = ()
    """`<channel>:<id>` to whom a message goes without the owner's word, as long as nobody else's words were read."""
    max_per_turn: int = Field(default=10, gt=0)
    max_per_hour: int = Field(default=60, gt=0)
    """Over all conversations."""


class SubagentsConfig(ConfigPart):
    max_children: int = Field(default=5, gt=0)
    """Under way at once for one conversation."""
    max_spawn_depth: int = Field(default=1, gt=0)
    model: str | None = None
    """None: that of the agent."""
    allow_agents: Ids = ()
    """Other agents that a task may be given to; `*`: all."""
