"""A telephone for tests: real files, with what lies in the ledger kept in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openclaw.bus import Bus
from openclaw.gateway.phone.desk import DeskParts, PhoneDesk
from openclaw.gateway.phone.numbers import NumberBook
from openclaw.gateway.phone.streams import StreamFiles
from openclaw.gateway.phone.vault import Vault
from openclaw.store.inbox import InboxRow
from openclaw.store.outbox import Draft
from openclaw.types.messages import Address, Arrival, Inbound, Role, Sender
from openclaw.types.phone import CallRow, SmsRow
from openclaw.types.sending import ALLOW, Submission, Verdict
from tests.gateway.scripted import NOW, ControlledClock

OURS, ADA, BEN = "+12015550100", "+12015550123", "+12015550145"


@dataclass
class Marks:
    kept: dict[str, str] = field(default_factory=dict)

    async def keep(self, name: str, value: str = "") -> str:
        return self.kept.setdefault(name, value)

    async def find(self, name: str) -> str | None:
        return self.kept.get(name)


@dataclass
class PhoneLog:
    """Satisfies `types.phone.PhoneLedger`."""

    events: list[tuple[str, str, str]] = field(default_factory=list)
    texts: list[SmsRow] = field(default_factory=list)

    async def sms(self, row: SmsRow) -> bool:
        self.texts.append(row)
        return True

    async def happened(self, channel: str, kind: str, ref: str, summary: str) -> None:
        self.events.append((channel, kind, ref))

    async def sms_status(self, sid: str, status: str, error_code: int | None = None) -> bool:
        return True

    async def known_sms(self, sid: str) -> bool:
        return any(row.sid == sid for row in self.texts)

    async def listening_since(self, channel: str, number: str) -> int:
        return NOW

    async def call(self, row: CallRow) -> bool:
        return True

    async def call_status(self, sid: str, status: str, **more: Any) -> bool:
        return True

    async def sms_of(self, outbox_id: str) -> str | None:
        return None

    async def said_in(self, sid: str) -> str:
        return ""

    async def recording(self, sid: str, path: str) -> None: ...


@dataclass
class Gates:
    """Hands in what it is given, with the verdict that a test wants."""

    submission: tuple[str, Verdict, str] = ("queued", ALLOW, "")
    drafts: list[Draft] = field(default_factory=list)

    def will(self, status: str, verdict: Verdict, approval_id: str = "") -> None:
        self.submission = (status, verdict, approval_id)

    async def submit(self, draft: Draft) -> Submission:
        self.drafts.append(draft)
        status, verdict, approval_id = self.submission
        return Submission(draft.id, status, verdict, approval_id)  # type: ignore[arg-type]


@dataclass
class Telephone:
    state: Path
    clock: ControlledClock = field(default_factory=ControlledClock)
    marks: Marks = field(default_factory=Marks)
    log: PhoneLog = field(default_factory=PhoneLog)
    gates: Gates = field(default_factory=Gates)
    delivered: list[Arrival] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book = NumberBook(self.state / "phone" / "authorized-numbers.json", self.marks, self.clock)
        self.streams = StreamFiles(self.state / "streams")
        self.vault = Vault(self.state, self.streams)
        self.desk = PhoneDesk(
            DeskParts(
                self.book, self.streams, self.vault, self.log, self._deliver, self.gates.submit, Bus(), self.clock,
                {}, {"default": OURS}, {"default": OURS},
            )
        )  # fmt: skip

    async def _deliver(self, arrivals: Sequence[Arrival]) -> None:
        self.delivered += arrivals


def texted(
    text: str,
    sender: str = ADA,
    *,
    number: int = 1,
    role: Role = "stranger",
    channel: str = "sms",
    **more: Any,
) -> InboxRow:
    """As a text lies in the inbox."""
    event = Inbound(
        channel,
        Sender(sender),
        text,
        NOW,
        reply_to=Address(channel, sender),
        message_id=f"SM{number}",
        **more,
    )
    key = f"{channel}:SM{number}"
    session = f"agent:main:{channel}:direct:{sender}"
    return InboxRow(
        number,
        key,
        channel,
        "default",
        NOW,
        event,
        "accepted",
        role,
        "main",
        session,
        f"run_{number}",
        f"t_{number}",
    )
