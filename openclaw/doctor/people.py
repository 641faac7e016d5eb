"""Who may speak with the assistant, and what they may have it do: read off the config and the pairing lists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from openclaw.agent.config import roster
from openclaw.agent.policy.deciding import Policy, Who, decide
from openclaw.agent.policy.names import ToolName
from openclaw.agent.policy.rules import group_rules, named_rules, tool_rules
from openclaw.channels.telegram.config import TelegramAccount
from openclaw.gateway.access import owners_of
from openclaw.sessions.keys import BY_NUMBER, linked
from openclaw.settings.model import Settings
from openclaw.types.groups import GroupAccess
from openclaw.types.messages import ChatType, Role


@dataclass(frozen=True, slots=True)
class Entrance:
    """One account of a channel."""

    channel: str
    account: str
    place: str
    """Where it stands in the config."""
    policy: str
    """Of direct messages."""
    policy_key: str
    allowed: frozenset[str]
    owners: frozenset[str]
    groups: GroupAccess | None = None

    @property
    def is_open(self) -> bool:
        """Anybody is answered."""
        return self.policy == "open" or ("*" in self.allowed and self.policy != "disabled")


def entrances(settings: Settings) -> Iterator[Entrance]:
    named, channels = settings.commands.owner_allow_from, settings.channels
    if channels.telegram is not None:
        for name, bot in channels.telegram.each_account().items():
            owners = owners_of("telegram", named, bot.allowed)
            allowed = frozenset(bot.allowed)
            yield _entrance("telegram", name, bot.dm_policy, allowed, owners, bot.group_access)
    if channels.whatsapp is not None:
        for name, number in channels.whatsapp.each_account().items():
            owners = owners_of("whatsapp", named, number.allowed)
            yield _entrance("whatsapp", name, number.dm_policy, frozenset(number.allowed), owners)
    if channels.sms is not None:
        for name, line in channels.sms.each_account().items():
            yield _entrance("sms", name, line.dm_policy, frozenset(line.allowed), frozenset())
    for channel, texts in (("salesmsg", channels.salesmsg), ("quo", channels.quo)):
        if texts is not None and texts.enabled:
            yield _entrance(channel, "default", texts.dm_policy, frozenset(texts.allowed), frozenset())
    if (voice := channels.voice) is not None and voice.enabled:
        yield _entrance("voice", "default", voice.inbound_policy, frozenset(voice.allowed), frozenset())


def _entrance(
    channel: str,
    account: str,
    policy: str,
    allowed: frozenset[str],
    owners: frozenset[str],
    groups: GroupAccess | None = None,
) -> Entrance:
    place = f"channels.{channel}" if account == "default" else f"channels.{channel}.accounts.{account}"
    key = "inboundPolicy" if channel == "voice" else "dmPolicy"
    return Entrance(channel, account, place, policy, f"{place}.{key}", allowed, owners, groups)


def paired(credentials: Path, entrance: Entrance) -> frozenset[str]:
    """Blocks. Whom the owner has let in by a code."""
    name = entrance.channel if entrance.account == "default" else f"{entrance.channel}-{entrance.account}"
    try:
        found = orjson.loads((credentials / f"{name}-allowFrom.json").read_bytes())
    except (OSError, ValueError):
        return frozenset()
    listed = found.get("allowFrom") if isinstance(found, dict) else None
    return frozenset(str(entry) for entry in listed) if isinstance(listed, list) else frozenset()


def sharing_main(settings: Settings, by_code: Mapping[str, frozenset[str]]) -> list[str]:
    """Pure. People besides the owner whose direct messages go into the one main conversation, as `channel:id`.

    `by_code`: those who are paired, by the entrance's place.
    """
    if settings.session.dm_scope != "main":
        return []
    found = []
    for entrance in entrances(settings):
        if entrance.channel in BY_NUMBER or entrance.policy == "disabled":
            continue
        if entrance.is_open:
            found.append(f"{entrance.channel}:anybody")
        known = (entrance.allowed | by_code.get(entrance.place, frozenset())) - entrance.owners - {"*"}
        links = settings.session.identity_links
        found += sorted({f"{entrance.channel}:{linked(entrance.channel, peer, links)}" for peer in known})
    return found


# -- what they may have done ------------------------------------------------------------------------------

RUNTIME = ("exec", "process")
FILES = ("write", "edit", "apply_patch")


def may_use(
    settings: Settings, state: Path, tool: str, who: Role, entrance: Entrance | None, chat: str = ""
) -> str:
    """The agent that would use the tool for such a sender there; empty: none would. Pure."""
    for agent in roster(settings.agents, state):
        policy = Policy(
            tool_rules(settings.tools),
            {agent.id: agent.tools},
            dict(named_rules(settings.tools.by_channel)),
            {("telegram", name): group_rules(bot.groups) for name, bot in _bots(settings)},
        )
        kind: ChatType = "group" if chat else "direct"
        channel, account = (entrance.channel, entrance.account) if entrance else ("webchat", "default")
        asked = Who(agent.id, "", channel, account, chat, kind, "", who)
        if decide(ToolName(tool), asked, policy).allowed:
            return agent.id
    return ""


def _bots(settings: Settings) -> Iterator[tuple[str, TelegramAccount]]:
    telegram = settings.channels.telegram
    yield from telegram.each_account().items() if telegram is not None else ()
