"""Which agent and which conversation a request is for. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openclaw.sessions.keys import agent_of, expand
from openclaw.web.openai.faults import ApiError
from openclaw.web.openai.models import agent_of_model

AGENT_HEADER = "x-openclaw-agent-id"
SESSION_HEADER = "x-openclaw-session-key"
LONGEST = 512
RESERVED = frozenset({"subagent", "cron", "acp"})
"""Conversations of the house's own; the first one's depth decides over its tools."""


@dataclass(frozen=True, slots=True)
class Destination:
    agent: str
    session_key: str
    lasts: bool
    """We know what was said in it before; else the request says it all."""


def destination(
    headers: Mapping[str, str], model: str, user: str | None, agents: Sequence[str], run_id: str
) -> Destination:
    """Raises ApiError. The session's header, then `user`, then a conversation of its own."""
    agent = _agent(headers.get(AGENT_HEADER, ""), model, agents)
    if asked := headers.get(SESSION_HEADER, "").strip():
        key = expand(_checked(asked, SESSION_HEADER), agent)
        return Destination(agent_of(key) or agent, key, lasts=True)
    if name := (user or "").strip().lower():
        return Destination(agent, f"agent:{agent}:openai-user:{_checked(name, 'user')}", lasts=True)
    return Destination(agent, f"agent:{agent}:openai:{run_id}", lasts=False)


def _agent(asked: str, model: str, agents: Sequence[str]) -> str:
    if not (name := asked.strip().lower()):
        return agent_of_model(model, agents)
    for agent in agents:
        if agent.lower() == name:
            return agent
    raise ApiError(
        404,
        f"there is no agent {name!r:.100}; these are configured: {', '.join(agents)}",
        param=AGENT_HEADER,
        code="agent_not_found",
    )


def _checked(text: str, param: str) -> str:
    if len(text) > LONGEST or not text.isprintable():
        raise ApiError(400, f"{param} is at most {LONGEST} printable characters", param=param)
    if RESERVED & set(text.lower().split(":")):
        raise ApiError(400, f"{param} names a conversation of the house's own", param=param, code="reserved")
    return text
