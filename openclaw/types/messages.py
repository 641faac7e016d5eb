"""What comes in from people and what goes out to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

ChatType = Literal["direct", "group", "channel"]
Role = Literal["owner", "member", "stranger"]
"""Who speaks: the owner, someone the owner let in, or anybody else."""


@dataclass(frozen=True, slots=True)
class Address:
    """A conversation on a channel: where a message came from and where its answer goes."""

    channel: str
    chat: str
    account: str = "default"
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    id: str
    """The provider's immutable id; the only thing that access is decided by."""
    name: str = ""
    """For display. Anyone may change theirs to anything."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message to the assistant, parsed and checked by its channel."""

    channel: str
    sender: Sender
    text: str
    sent_at: int
    account: str = "default"
    chat_type: ChatType = "direct"
    reply_to: Address | None = None
    """None: asked over the control plane; answered by its response, the address is gone with the connection."""
    message_id: str = ""
    session_key: str | None = None
    """Asked for by an authenticated operator; channels leave it empty."""
    agent: str | None = None
    run_id: str = ""
    """The name its asker knows the run by; made by us when empty."""
    operator: bool = False
    """True only where the connection itself proved to be the owner's."""
    command: str = ""
    """A command that waits for its turn in the conversation, its words are the text. The gateway sets it."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Fields of the session's entry as they hold for this message alone. The gateway sets them."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """An event with nothing to answer. `dead`: it could not be parsed, and its raw bytes are kept."""

    reason: str
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a channel hands over: the raw event, its key, and what it was parsed to."""

    key: str
    """`<channel>:<account>:<provider's event id>`; a second arrival with the same key is a repeat."""
    channel: str
    account: str
    raw: bytes
    content: Inbound | Unusable
    sequence: int | None = None
    """The provider's own running number, where it has one; poll offsets are derived from it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a reply, small enough for the channel. `rich` is the channel's own markup, if it has one."""

    text: str
    rich: str | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message on its way out."""

    id: str
    to: Address
    part: Part
    reply_to_message: str | None = None
    edits: str | None = None
    """The provider's id of a message of ours that it replaces, where the channel can do that."""


Parts = Sequence[Part]
