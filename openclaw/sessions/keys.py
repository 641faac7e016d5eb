"""Session keys: which conversation a message belongs to. Pure."""

import re
from collections.abc import Mapping, Sequence

from openclaw.sessions.config import SessionConfig
from openclaw.types.messages import Inbound

_AGENT_KEY = re.compile(r"agent:([a-z0-9][a-z0-9_-]*):(.+)", re.DOTALL)

BY_NUMBER = frozenset({"sms", "voice", "salesmsg", "quo"})
"""Anyone can send from any number: such a sender shares a conversation with nobody, whatever the scope says."""


def main_key(agent: str) -> str:
    return f"agent:{agent}:main"


def agent_of(key: str) -> str | None:
    match = _AGENT_KEY.fullmatch(key)
    return match[1] if match else None


def key_for(message: Inbound, agent: str, config: SessionConfig) -> str:
    if message.reply_to is not None and message.chat_type != "direct":
        return _group_key(message, agent)
    peer = linked(message.channel, message.sender.id, config.identity_links)
    if message.channel in BY_NUMBER:
        return f"agent:{agent}:{message.channel}:direct:{message.sender.id}".lower()
    match config.dm_scope:
        case "main":
            return main_key(agent)
        case "per-peer":
            return f"agent:{agent}:direct:{peer}".lower()
        case "per-channel-peer":
            return f"agent:{agent}:{message.channel}:direct:{peer}".lower()
        case "per-account-channel-peer":
            return f"agent:{agent}:{message.channel}:{message.account}:direct:{peer}".lower()


def _group_key(message: Inbound, agent: str) -> str:
    assert message.reply_to is not None
    key = f"agent:{agent}:{message.channel}:{message.chat_type}:{message.reply_to.chat}"
    if message.reply_to.thread is not None:
        key += f":topic:{message.reply_to.thread}"
    return key.lower()


def linked(channel: str, peer: str, links: Mapping[str, Sequence[str]]) -> str:
    """The name under which the owner joined this peer's identities, else the peer itself."""
    if not peer:
        return peer
    known = {f"{channel}:{peer}".lower(), peer.lower()}
    for name, identities in links.items():
        if any(identity.strip().lower() in known for identity in identities):
            return name
    return peer


def expand(short: str, agent: str) -> str:
    """A key as people type it: `main`, `telegram:821071206`, or the whole. `dm` is read as `direct`."""
    text = short.strip().lower().replace(":dm:", ":direct:")
    if text in {"", "main"}:
        return main_key(agent)
    if _AGENT_KEY.fullmatch(text):
        return text
    channel, _, peer = text.partition(":")
    if channel in {"direct", "dm"} and peer:
        return f"agent:{agent}:direct:{peer}"
    if peer and ":" not in peer:
        return f"agent:{agent}:{channel}:direct:{peer}"
    return f"agent:{agent}:{text}"
