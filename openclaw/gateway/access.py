"""Who may speak, and who owns. Pure: decided by authenticated connections and immutable ids alone."""

from dataclasses import dataclass
from typing import Literal

from openclaw.gateway.config import AckScope
from openclaw.types.groups import GroupAccess
from openclaw.types.messages import Inbound, Role, Sender

DmPolicy = Literal["pairing", "allowlist", "open", "disabled", "stream"]
"""`stream`: whoever is not authorised is taken in and not answered."""

WITHOUT_OWNERS = frozenset({"sms", "voice", "salesmsg", "quo"})
"""Anyone can send from any number: such a sender never has the owner's authority."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The reaction by which people see at once that a message is taken up."""

    emoji: str = ""
    scope: AckScope = "off"

    def of(self, message: Inbound) -> str:
        """Empty: this one gets none."""
        direct, called = message.chat_type == "direct", bool(message.called)
        fits = {
            "all": True,
            "direct": direct,
            "group-all": not direct,
            "group-mentions": not direct and called,
        }.get(self.scope, False)
        return self.emoji if fits and message.message_id and not message.from_house else ""


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """One account of a channel, as the owner's file has it."""

    dm_policy: DmPolicy = "pairing"
    allow_from: frozenset[str] = frozenset()
    """Immutable ids; `*` lets everyone speak and makes nobody an owner."""
    owners: frozenset[str] = frozenset()
    groups: GroupAccess | None = None
    """None: a channel without groups."""
    mark: Mark = Mark()


@dataclass(frozen=True, slots=True)
class Allowed:
    role: Role
    rule: str


@dataclass(frozen=True, slots=True)
class NeedsPairing:
    pass


@dataclass(frozen=True, slots=True)
class Refused:
    reason: str


Decision = Allowed | NeedsPairing | Refused


def judge(message: Inbound, policy: AccessPolicy, paired: frozenset[str]) -> Decision:
    if message.role is not None:
        return Allowed(message.role, "house")
    if message.operator:
        return Allowed("owner", "operator")
    if message.chat_type != "direct":
        return _judge_in_group(message, policy, paired)
    return _judge_alone(message.sender, policy, paired)


def _judge_alone(sender: Sender, policy: AccessPolicy, paired: frozenset[str]) -> Decision:
    ids = frozenset({sender.id, *sender.aliases}) - {""}
    if policy.dm_policy == "disabled":
        return Refused("dm_disabled")
    if ids & policy.owners:
        return Allowed("owner", "owner")
    if ids & policy.allow_from:
        return Allowed("member", "allowFrom")
    known = bool(ids & paired)
    if "*" in policy.allow_from:
        return Allowed("member" if known else "stranger", "open")
    match policy.dm_policy:
        case "open":
            return Allowed("member" if known else "stranger", "open")
        case "stream":
            return Allowed("member", "authorised") if known else Refused("not_authorised")
        case "pairing" if known:
            return Allowed("member", "paired")
        case "pairing" if sender.id:
            return NeedsPairing()
        case _:
            return Refused("not_on_allowlist")


def _judge_in_group(message: Inbound, policy: AccessPolicy, paired: frozenset[str]) -> Decision:
    """Whoever is paired may speak for himself; a group is opened by the owner's file alone."""
    sender, groups, to = message.sender.id, policy.groups, message.reply_to
    if groups is None or to is None:
        return Refused("group_not_enabled")
    if groups.policy == "disabled":
        return Refused("group_disabled")
    rule = groups.rule(to.chat, to.thread)
    if rule is None:
        return Refused("group_not_listed")
    if not rule.enabled or rule.policy == "disabled":
        return Refused("group_disabled")
    if sender and sender in policy.owners:
        return Allowed("owner", "owner")
    listed = groups.allow_from if rule.allow_from is None else rule.allow_from
    if sender and sender in listed:
        return Allowed("member", "groupAllowFrom")
    if "*" in listed or (rule.policy or groups.policy) == "open":
        known = bool(sender) and (sender in policy.allow_from or sender in paired)
        return Allowed("member" if known else "stranger", "group open")
    return Refused("not_on_group_allowlist")


def hinges_on_pairing(decision: Decision) -> bool:
    """Whether it may be another one for a sender who is paired. Everybody else needs no look at the files."""
    match decision:
        case NeedsPairing():
            return True
        case Allowed(role):
            return role == "stranger"
        case Refused():
            return False


def owners_of(channel: str, owner_allow_from: tuple[str, ...], allow_from: tuple[str, ...]) -> frozenset[str]:
    """The owner's ids on a channel: `commands.ownerAllowFrom`, else the file's `allowFrom` without `*`."""
    if channel in WITHOUT_OWNERS:
        return frozenset()
    if owner_allow_from:
        named = (entry.partition(":") for entry in owner_allow_from)
        ids = [rest if colon else name for name, colon, rest in named if not colon or name == channel]
    else:
        ids = list(allow_from)
    return frozenset(entry for entry in ids if entry and entry != "*")
