"""What comes in from people and what goes out to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from openclaw.types.conversation import Provenance

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

    def lasting(self) -> "Address":
        """For what is said later: a call's thread ends with the call, and its number stays."""
        return replace(self, thread=None) if self.channel == "voice" else self


@dataclass(frozen=True, slots=True)
class Sender:
    id: str
    """The provider's immutable id; the only thing that access is decided by."""
    name: str = ""
    """For display. Anyone may change theirs to anything."""
    aliases: tuple[str, ...] = ()
    """Other ids that the provider vouches for, such as a telephone number: whoever is let in by one, is let in."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A conversation that waits for the result of a task it gave to another one."""

    session_key: str
    agent: str
    sender: str
    """`<channel>:<id>` of whoever spoke when the task was given."""
    role: Role
    chat_type: ChatType = "direct"
    reply_to: Address | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a message answers."""

    sender: Sender
    text: str
    own: bool = False
    """The assistant has said it."""


AttachmentKind = Literal["photo", "video", "animation", "audio", "voice", "video_note", "sticker", "document"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message. The arrival holds its id; it is fetched before the turn."""

    kind: AttachmentKind
    id: str
    """The provider's name for it."""
    name: str = ""
    """As its sender named it."""
    media_type: str = ""
    size: int = 0
    place: str = ""
    """Where it will lie, beneath the media folder."""
    path: str = ""
    """Where it lies, from the state directory; empty until it is there."""
    shown: bool = False
    """The model sees it: it is a picture that every provider takes."""
    words: str = ""
    """What is said in it."""
    missing: str = ""
    """Why it will not be there."""

    @property
    def settled(self) -> bool:
        return bool(self.path or self.missing)


@dataclass(frozen=True, slots=True)
class ClientTool:
    """A tool that runs in the program that asks, not here."""

    name: str
    description: str
    schema: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Brought:
    """What a program's request holds beside its newest words."""

    lines: str = ""
    """What was said before them and we do not know yet, as lines of a transcript."""
    instructions: str = ""
    """For this turn, behind our own."""
    tools: tuple[ClientTool, ...] = ()


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
    role: Role | None = None
    """Set for what the house says to itself, a due job for instance: on whose authority. Channels leave it empty."""
    called: str = ""
    """In a group, by what the assistant was called: the very words, `reply` or `button`. Empty: it was not."""
    files: tuple[Attachment, ...] = ()
    album: str = ""
    """What was sent together has this in common, where a channel takes such messages apart."""
    quoted: Quoted | None = None
    edit: bool = False
    """A new wording of the message `message_id`."""
    provenance: Provenance | None = None
    """With `role`: whose words it rests on. None: as the role says."""

    mail_to: Mailbox | None = None
    """With `role`: who hears of how it ended."""
    wish: Literal["", "stop", "start", "help"] = ""
    """What the carrier took it for, by keywords that it knows and we need not."""
    brought: Brought | None = None
    """Set for a program's request, which is a turn of its own and never a command. Channels leave it empty."""

    @property
    def words(self) -> str:
        """The text without the assistant's name before it."""
        return self.text.removeprefix(self.called).lstrip() if self.called[:1] == "@" else self.text

    @property
    def from_house(self) -> bool:
        """Nobody has spoken: it is the house's own."""
        return self.role is not None


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
class Button:
    """Pressed, it says its words as whoever pressed it. A channel without buttons leaves it out."""

    label: str
    words: str
    """At most 64 bytes: Telegram takes no more."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file of ours that goes out: a copy of its own, so what was asked for is what is sent, after a crash as well."""

    place: str
    """Beneath the media folder."""
    name: str
    """As its recipient sees it."""
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a reply, small enough for the channel. `rich` is the channel's own markup, if it has one."""

    text: str
    rich: str | None = None
    buttons: tuple[Button, ...] = ()
    file: Enclosure | None = None
    """What the message shows, its text below it; only channels that are `Enclosing` are given one."""


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
