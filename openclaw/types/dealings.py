"""What the ledger knows of one telephone number and of our own, when something is about to be sent. Pure data."""

from dataclasses import dataclass, field
from typing import Literal

ConsentKind = Literal["PEWC", "PEC", "inbound_initiated", "owner"]
"""PEWC: prior express written consent, which marketing needs. PEC: prior express consent."""
Registration = Literal["approved", "pending", "denied", "unknown"]


@dataclass(frozen=True, slots=True)
class OptOut:
    at: int
    channel: str
    said: Literal["keyword", "words", "elsewhere"] = "keyword"
    """STOP and its like; in words of their own; told us in another way, by the provider for instance."""
    confirmed_by: str = ""
    """The one text that confirms it and has been let out."""


@dataclass(frozen=True, slots=True)
class Contact:
    """What is recorded of the person behind the number."""

    opt_outs: tuple[OptOut, ...] = ()
    """Those that no later opt-in has taken back."""
    consents: frozenset[ConsentKind] = frozenset()
    do_not_call: bool = False
    takeover: bool = False
    """A person has taken the conversation over."""
    zone: str | None = None
    state: str | None = None
    """Where they live, if they said so: `TX`."""
    number: str | None = None
    """Where the address is a conversation that the provider numbers itself: whose it is."""


@dataclass(frozen=True, slots=True)
class Thread:
    """What went to and fro between the number and one of our accounts. Times in milliseconds since 1970."""

    newest_in: int | None = None
    newest_text: str = ""
    answers: int | None = None
    """When the message came that this one answers."""
    last_out: int | None = None
    """The message in question left out, here and below."""
    unanswered: int = 0
    """How often we have written since they did; the parts of one answer count once."""
    lately: tuple[tuple[Literal["in", "out"], int], ...] = ()
    """The last minutes, the oldest first."""
    human_at: int | None = None
    older_unsent: bool = False
    """An earlier part of the same answer has not left."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many, and when the oldest of them was."""

    count: int = 0
    oldest: int = 0


@dataclass(frozen=True, slots=True)
class Counters:
    duplicate_at: int | None = None
    """When the same words last went to this number."""
    same_words_to: int = 0
    """Other numbers that got the same words within the hour."""
    contact_hour: Tally = Tally()
    sender_hour: Tally = Tally()
    house_hour: Tally = Tally()
    marketing_day: Tally = Tally()
    marketing_month: Tally = Tally()
    marketed_before: bool = False
    spent_today: float = 0.0
    """US dollars for texts and calls in the last 24 hours."""


@dataclass(frozen=True, slots=True)
class Sender:
    """One of our accounts, and how its last messages fared."""

    looked_up: Registration = "unknown"
    looked_up_at: int = 0
    tripped_at: int | None = None
    signed_off_at: int | None = None
    sends: int = 0
    """Of the last fifty."""
    filtered: int = 0
    """Of these, refused by the carriers as unregistered or unwanted."""
    failures: int = 0
    """The newest in a row."""


@dataclass(frozen=True, slots=True)
class Campaign:
    approved: bool = False
    sent: int = 0
    """Of the first few, without what cannot arrive."""
    delivered: int = 0


@dataclass(frozen=True, slots=True)
class Dealings:
    contact: Contact = field(default_factory=Contact)
    thread: Thread = field(default_factory=Thread)
    counters: Counters = field(default_factory=Counters)
    sender: Sender = field(default_factory=Sender)
    campaign: Campaign = field(default_factory=Campaign)
