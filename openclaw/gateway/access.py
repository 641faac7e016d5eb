"""Who may speak, and who owns. Pure: decided by authenticated connections and immutable ids alone."""

from dataclasses import dataclass
from typing import Literal

from openclaw.types.messages import Inbound, Role

DmPolicy = Literal["pairing", "allowlist", "open", "disabled"]

WITHOUT_OWNERS = frozenset({"sms", "voice"})
"""Anyone can send from any number: such a sender never has the owner's authority."""


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """One account of a channel, as the owner's file has it."""

    dm_policy: DmPolicy = "pairing"
    allow_from: frozenset[str] = frozenset()
    """Immutable ids; `*` lets everyone speak and makes nobody an owner."""
    owners: frozenset[str] = frozenset()


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
    sender = message.sender.id
    if message.operator:
        return Allowed("owner", "operator")
    if message.chat_type != "direct":
        return Refused("group_not_enabled")
    if policy.dm_policy == "disabled":
        return Refused("dm_disabled")
    if sender and sender in policy.owners:
        return Allowed("owner", "owner")
    if sender and sender in policy.allow_from:
        return Allowed("member", "allowFrom")
    if "*" in policy.allow_from or policy.dm_policy == "open":
        return Allowed("member" if sender and sender in paired else "stranger", "open")
    if policy.dm_policy == "allowlist" or not sender:
        return Refused("not_on_allowlist")
    if sender in paired:
        return Allowed("member", "paired")
    return NeedsPairing()


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
