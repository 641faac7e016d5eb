"""Which agent a message goes to, and which session. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from openclaw.gateway.config import Binding, BindingMatch
from openclaw.sessions.config import SessionConfig
from openclaw.sessions.keys import agent_of, expand, key_for
from openclaw.types.messages import Inbound


@dataclass(frozen=True, slots=True)
class Route:
    agent: str
    session_key: str
    rule: str


@dataclass(frozen=True, slots=True)
class Routing:
    agents: tuple[str, ...]
    default_agent: str
    bindings: tuple[Binding, ...]
    session: SessionConfig
    tiers: Mapping[str, str] = field(default_factory=dict)
    """Of the agents that have one."""


def route(message: Inbound, routing: Routing) -> Route:
    if message.session_key is not None:
        return _asked_for(message, message.session_key, routing)
    agent, rule = _agent(message, routing)
    return Route(agent, key_for(message, agent, routing.session), rule)


def _asked_for(message: Inbound, asked: str, routing: Routing) -> Route:
    agent = message.agent if message.agent in routing.agents else routing.default_agent
    key = expand(asked, agent)
    named = agent_of(key)
    if named in routing.agents:
        return Route(named, key, "session key")
    # A session is found by the agent that its key names, so the key follows the agent.
    return Route(agent, expand(key.split(":", 2)[2], agent), "session key")


def _agent(message: Inbound, routing: Routing) -> tuple[str, str]:
    if message.agent in routing.agents:
        return message.agent, "asked for"
    for is_for in (_by_peer, _by_account, _by_any_account):
        for binding in routing.bindings:
            agent = _bound(binding, routing)
            if agent is not None and is_for(binding, message):
                return agent, binding.comment or "binding"
    return routing.default_agent, "default"


def _bound(binding: Binding, routing: Routing) -> str | None:
    """The agent that a binding names, or the first of its tier."""
    wanted = binding.match.tier
    candidates = (binding.agent_id,) if binding.agent_id else routing.agents
    return next(
        (
            agent
            for agent in candidates
            if agent in routing.agents and (not wanted or routing.tiers.get(agent) == wanted)
        ),
        None,
    )


def _by_peer(binding: Binding, message: Inbound) -> bool:
    match = binding.match
    if match.peer is None or match.channel != message.channel:
        return False
    if match.account_id != "*" and not _is_account(match, message):
        return False
    chat = message.reply_to.chat if message.reply_to is not None else ""
    peers = (message.sender.id, *message.sender.aliases) if message.chat_type == "direct" else (chat,)
    return match.peer.kind == message.chat_type and match.peer.id in peers


def _by_account(binding: Binding, message: Inbound) -> bool:
    match = binding.match
    return match.peer is None and match.channel == message.channel and _is_account(match, message)


def _by_any_account(binding: Binding, message: Inbound) -> bool:
    match = binding.match
    return match.peer is None and match.channel == message.channel and match.account_id == "*"


def _is_account(match: BindingMatch, message: Inbound) -> bool:
    # An omitted account means the default one, as in the original.
    return (match.account_id or "default") == message.account
