"""What the telephone channels keep in the ledger beside messages, and what they tell the house."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

Direction = Literal["inbound", "outbound"]


@dataclass(frozen=True, slots=True)
class SmsRow:
    """One text as Twilio knows it."""

    sid: str
    direction: Direction
    from_number: str
    to_number: str
    body: str
    status: str
    error_code: int | None = None
    segments: int = 1
    cost: float = 0.0
    """In US dollars; above zero it becomes a row of usage."""
    outbox_id: str = ""
    """Of an outbound text: by it the turn is found that caused it."""
    channel: str = "sms"


@dataclass(frozen=True, slots=True)
class CallRow:
    sid: str
    direction: Direction
    from_number: str
    to_number: str
    status: str
    channel: str = "voice"


class PhoneLedger(Protocol):
    """Each call returns when it is on disk. Raises StorageFullError or StorageBusyError when nothing was recorded."""

    async def sms(self, row: SmsRow) -> bool:
        """A text that came or left; False when its sid is known: then nothing changes but what was unknown."""

    async def sms_status(self, sid: str, status: str, error_code: int | None = None) -> bool:
        """False for a repeat and for a status that lies behind the one that is known: callbacks come in any order."""

    async def known_sms(self, sid: str) -> bool: ...

    async def sms_of(self, outbox_id: str) -> str | None:
        """The sid of the text that a message of ours has become."""

    async def listening_since(self, channel: str, number: str) -> int:
        """When this was first asked, in milliseconds since 1970: how long the number has been ours."""

    async def call(self, row: CallRow) -> bool:
        """A call that came or was placed; False when its sid is known: then nothing changes but what was unknown."""

    async def call_status(
        self,
        sid: str,
        status: str,
        *,
        sequence: int | None = None,
        duration: int | None = None,
        cost: float = 0.0,
    ) -> bool:
        """False for a repeat and for an earlier one. `duration` in seconds; `cost` with the last status only."""

    async def said_in(self, sid: str) -> str:
        """The words of ours that this call was placed for; empty where no message of ours stands for it."""

    async def recording(self, sid: str, path: str) -> None:
        """Where the recording of a call is, beneath the state directory; empty when it is there no more."""

    async def happened(self, channel: str, kind: str, ref: str, summary: str) -> None:
        """A line in the log of all channels, read by people and other programs."""


@dataclass(frozen=True, slots=True)
class PhoneRefusal:
    """The provider did not take a text or a call, for a reason that others must know of as well."""

    channel: str
    code: int
    """Twilio's error code: 21610 opted out, 30034 not registered."""
    from_number: str
    to_number: str
    ref: str
    """The provider's id or our outbox id."""


TellRefusal = Callable[[PhoneRefusal], Awaitable[None]]


async def untold(refusal: PhoneRefusal) -> None:
    """Where nobody listens."""
