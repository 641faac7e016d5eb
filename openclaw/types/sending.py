"""What the pre-send gates look at, and what they answer. Pure data: the gates run inside the claiming transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from openclaw.types.dealings import Dealings
from openclaw.types.messages import Address, Role
from openclaw.types.phone import PhoneRefusal
from openclaw.types.sending_rules import SendingRules

Purpose = Literal["reply", "notice", "message", "owner", "api", "campaign", "optout_confirm", "help_reply"]
"""As its author calls it; the gates believe none of it. `message`: of the assistant's own accord, besides its
answers. `api`: asked for over HTTP or the command line. `optout_confirm`: the one text that confirms an opt-out."""
Outcome = Literal["allow", "defer", "hold", "block"]

GATED = frozenset({"sms", "voice", "salesmsg", "quo"})
"""Channels that reach telephone numbers. All others pass with two checks of the text."""


@dataclass(frozen=True, slots=True)
class SendIntent:
    id: str
    to: Address
    text: str
    purpose: Purpose
    audience: Role
    attempts: int
    created_at: int
    campaign: str = ""
    released: bool = False
    """The owner has read it and said yes: it is not held again."""


@dataclass(frozen=True, slots=True)
class Facts:
    now: int
    secrets: frozenset[str] = frozenset()
    """Values that must never leave."""
    authorized: frozenset[str] = frozenset()
    """Numbers of the authorised list."""
    dealings: Dealings | None = None
    """None for a channel that is not gated."""
    rules: SendingRules = field(default_factory=SendingRules)


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    gate: str = ""
    code: str = ""
    until: int | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)
    gates: "tuple[Verdict, ...]" = ()
    """What each gate said, where several were asked."""

    @property
    def reason(self) -> str:
        return f"{self.gate}: {self.code}"


ALLOW = Verdict("allow")

Decide = Callable[[SendIntent], Verdict]
Judge = Callable[[SendIntent, Dealings | None], Verdict]
"""With what the ledger knows of the number, read in the same transaction."""


class Consents(Protocol):
    """What people have said about being written to. Each call returns when it is on disk; repeated, it does no harm.

    Every text that arrives on a gated channel is read for opt-out and opt-in words in the transaction that records
    it, so nobody has to call these for such words; they are for what is learnt in another way.
    """

    async def opted_out(self, number: str, channel: str, source: str, said: str = "") -> None: ...

    async def is_opted_out(self, number: str, channel: str) -> bool: ...

    async def human_wrote(self, number: str, channel: str, account: str, ref: str) -> None:
        """A person of the business has written to this number himself: the assistant keeps back for a while."""

    async def registered(self, sender: str, status: str) -> None:
        """What the provider says of our number's registration: approved, pending, denied or unknown. Holds a day."""

    async def heed(self, refusal: PhoneRefusal) -> None:
        """A provider's refusal that changes what may be sent: 21610 opts out, 30034 and 30032 trip the registration."""


Status = Literal["queued", "deferred", "held", "refused"]
STATUSES: Mapping[Outcome, Status] = {
    "allow": "queued",
    "defer": "deferred",
    "hold": "held",
    "block": "refused",
}


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a message that was handed in."""

    id: str
    status: Status
    verdict: Verdict
    approval_id: str = ""
    """With `held`: the question that the owner has been asked."""
