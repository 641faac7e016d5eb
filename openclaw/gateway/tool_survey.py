"""Which tools somebody would have, and which rule says so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from openclaw.agent.policy.deciding import Who
from openclaw.agent.policy.names import BUILT_IN
from openclaw.agent.profile import AgentProfile
from openclaw.agent.toolbox import Explained, Toolbox
from openclaw.types.errors import OpenClawError
from openclaw.types.messages import ChatType, Role


class UnknownAgentError(OpenClawError):
    pass


@dataclass(frozen=True, slots=True)
class Asked:
    """For whom; what is left out is as in the owner's own chat with the default agent."""

    agent: str | None = None
    channel: str | None = None
    account: str = "default"
    chat: str = ""
    chat_type: ChatType | None = None
    sender: str | None = None
    """Its id, or `<channel>:<id>`."""
    role: Role | None = None
    model: str | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class ToolSurvey:
    toolbox: Toolbox
    agents: Mapping[str, AgentProfile]
    """The default one first."""
    owners: Sequence[str]
    """`<channel>:<id>` of everyone who has the owner's authority."""
    model_of: Callable[[AgentProfile], str]
    """`provider/model` that an agent answers with where no session says otherwise."""

    async def listing(self, asked: Asked) -> list[dict[str, object]]:
        """`{name, origin, from, effect, allowed, rule}` of every tool of the agent."""
        profile, who = self._who(asked)
        return [_row(each) for each in await self.toolbox.explained(profile, who)]

    async def explain(self, name: str, asked: Asked) -> dict[str, object]:
        profile, who = self._who(asked)
        found = await self.toolbox.explain(name, profile, who)
        return {
            **_row(found),
            "exists": found.stocked is not None,
            "known": found.stocked is not None or found.name in BUILT_IN,
            "for": _told(who),
        }

    def _who(self, asked: Asked) -> tuple[AgentProfile, Who]:
        profile = self.agents.get(asked.agent) if asked.agent else next(iter(self.agents.values()))
        if profile is None:
            raise UnknownAgentError(
                f"there is no agent {asked.agent!r}; these are configured: {', '.join(self.agents)}"
            )
        channel, sender = _sender(asked)
        owner = not sender or f"{channel}:{sender}" in self.owners
        return profile, Who(
            profile.id, asked.model or self.model_of(profile), channel, asked.account, asked.chat or sender,
            asked.chat_type or ("group" if asked.chat else "direct"), sender,
            asked.role or ("owner" if owner else "member"), asked.depth,
        )  # fmt: skip


def _sender(asked: Asked) -> tuple[str, str]:
    """Channel and id."""
    before, colon, behind = (asked.sender or "").partition(":")
    if colon and asked.channel in (None, before):
        return before, behind
    return asked.channel or "webchat", asked.sender or ""


def _row(found: Explained) -> dict[str, object]:
    stocked = found.stocked
    return {
        "name": found.name,
        "origin": stocked.origin if stocked else None,
        "from": stocked.owner if stocked else None,
        "effect": f"R{stocked.tool.effect.value}" if stocked else None,
        "allowed": found.ruling.allowed,
        "rule": found.ruling.rule,
    }


def _told(who: Who) -> dict[str, object]:
    return {
        "agent": who.agent,
        "model": who.model,
        "channel": who.channel,
        "chat": who.chat,
        "chatType": who.chat_type,
        "sender": who.sender,
        "role": who.role,
        "depth": who.depth,
    }
