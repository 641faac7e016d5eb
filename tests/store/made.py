"""What the ledger's tests are made of: each function gives a whole thing, and takes what a test wants to vary."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from openclaw.store.database import open_database
from openclaw.store.echoes import Echo
from openclaw.store.inbox import Admission, EndState, InboxRow
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Claimed, Draft
from openclaw.store.sessions import SessionRow
from openclaw.store.traces import Span, TraceRecord
from openclaw.store.turning import Ending
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Arrival, Inbound, Part, Role, Sender, Unusable
from openclaw.types.sending import SendIntent, Verdict

NOW = 1_795_228_142_000
KEY = "agent:main:main"
OWNER = "821071206"
CHAT = Address("telegram", OWNER)


@dataclass
class SetClock:
    ms: int = NOW

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


@asynccontextmanager
async def open_ledger(path: Path, clock: SetClock, boot_id: str = "boot_1") -> AsyncIterator[Ledger]:
    async with open_database(path) as database:
        yield Ledger(database, clock, boot_id)


def inbound(text: str = "hello", **more: object) -> Inbound:
    fields = {
        "channel": "telegram",
        "sender": Sender(OWNER, "Ana"),
        "text": text,
        "sent_at": NOW,
        "reply_to": CHAT,
    }
    return Inbound(**(fields | more))  # type: ignore[arg-type]


def arrival(number: int, content: Inbound | Unusable | None = None, *, account: str = "default") -> Arrival:
    raw = b'{"update_id":%d}' % number
    return Arrival(f"telegram:{account}:{number}", "telegram", account, raw, content or inbound(), number)


async def queued(ledger: Ledger, number: int, *, key: str = KEY, role: Role = "owner") -> InboxRow:
    """A message that has been let in and waits for its turn."""
    await ledger.accept([arrival(number)])
    (row,) = await ledger.accepted(1)
    await ledger.sort([Admission(row.seq, key, "main", role)], [])
    (waiting,) = [other for other in await ledger.waiting(key) if other.seq == row.seq]
    return waiting


def session(key: str = KEY, *, updated_at: int = NOW) -> SessionRow:
    return SessionRow(key, "main", "ses_1", {"sessionId": "ses_1", "updatedAt": updated_at}, updated_at)


def trace(
    trace_id: str, spans: Sequence[Span] = (), *, at: int = NOW, outcome: str = "answered"
) -> TraceRecord:
    return TraceRecord(trace_id, at, "telegram", "telegram:default:1", KEY, outcome, "", spans)


def draft(number: int = 0, *, to: Address = CHAT, text: str = "hi", rich: str | None = None) -> Draft:
    return Draft(new_id("o"), to, Part(text, rich), number, "reply", "owner", "t_1")


def ending(
    row: InboxRow, *drafts: Draft, state: EndState = "answered", echoes: Sequence[Echo] = (), reason: str = ""
) -> Ending:
    return Ending(row.seq, state, reason, trace(row.trace_id), drafts, echoes, run_id=row.run_id)


def allow(intent: SendIntent) -> Verdict:
    return Verdict("allow")


async def claimed(ledger: Ledger, to: Address = CHAT) -> Claimed:
    found = await ledger.claim(to, allow)
    assert isinstance(found, Claimed)
    return found
