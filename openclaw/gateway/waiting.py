"""The messages that wait for a busy session: which are answered together, which are heard at once, which give way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, Protocol

import anyio

from openclaw.gateway.attachments import pictures_of, text_of, waits
from openclaw.gateway.config import QueueConfig
from openclaw.gateway.mailbox import letter
from openclaw.gateway.queueing import QueueRules, rules_for, told_of_dropped
from openclaw.gateway.tracing import TraceBook
from openclaw.sessions.lines import encode
from openclaw.store.inbox import EndState, InboxRow
from openclaw.store.journal import Step
from openclaw.store.ledger import Ledger
from openclaw.store.traces import TraceRecord
from openclaw.store.turning import Ending, Join
from openclaw.types.clock import Clock
from openclaw.types.conversation import UserMessage

ALBUM_QUIET_MS = 1_500
"""The pictures of an album come one by one, within a second as a rule."""
LOOK = 32
"""How many waiting messages are looked at; a longer queue is shortened bit by bit."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """What the session's next turn is about."""

    first: InboxRow
    joined: tuple[InboxRow, ...] = ()
    """Answered together with it."""
    shortened: tuple[InboxRow, ...] = ()
    """Fell out of the full queue; the model is told of them in short."""
    dropped: tuple[InboxRow, ...] = ()


def gather(rows: Sequence[InboxRow], rules: QueueRules, since: int = 0) -> Gathering:
    """Pure. `rows`: the session's unfinished messages, the oldest first; at least one.

    What was written before `since`, while nobody was there to be busy, never gives way.
    """
    if rows[0].state == "running":
        return Gathering(rows[0])
    excess = max(0, len(rows) - rules.cap) if rows[0].event.sent_at >= since else 0
    shortened: Sequence[InboxRow] = ()
    dropped: Sequence[InboxRow] = ()
    match rules.drop:
        case "old":
            dropped, rows = rows[:excess], rows[excess:]
        case "new":
            dropped, rows = rows[len(rows) - excess :], rows[: len(rows) - excess]
        case "summarize":
            # Told of in a turn of their own place: nobody's words are answered to somebody else.
            here = [row for row in rows if same_place(row, rows[0])]
            excess = min(excess, len(here) - 1)
            shortened, rows = here[:excess], rows[rows.index(here[excess]) :]
    together = {row.seq for row in album_of(rows)}
    if rules.mode in {"collect", "interrupt"}:
        together |= {row.seq for row in takewhile(lambda row: same_place(row, rows[0]), rows)}
    joined = tuple(row for row in rows[1:] if row.seq in together)
    return Gathering(rows[0], joined, tuple(shortened), tuple(dropped))


def before_commands(rows: Sequence[InboxRow]) -> list[InboxRow]:
    """Pure. What was written after a command waits for it, as for files that are not here yet."""
    return list(takewhile(lambda row: not (row.event.command or waits(row.event)), rows))


def album_of(rows: Sequence[InboxRow]) -> tuple[InboxRow, ...]:
    """Pure. What was sent together with the first of the waiting messages, whatever was said in between."""
    first = rows[0]
    if not first.event.album or first.state == "running":
        return ()
    return tuple(row for row in rows[1:] if same_place(row, first) and _album(row) == _album(first))


def _album(row: InboxRow) -> tuple[str, str]:
    return row.event.album, row.event.sender.id


def unfetched(rows: Sequence[InboxRow]) -> InboxRow | None:
    """Pure. Whose files are to be fetched before the first of the waiting messages has its turn."""
    return next((row for row in (rows[0], *album_of(rows)) if waits(row.event)), None)


def quiet_ms(rows: Sequence[InboxRow], rules: QueueRules, now: int, busy_until: int) -> int:
    """Pure. How long to wait until nobody adds to what he has written."""
    if rows[0].event.album and rows[0].state != "running":
        newest = max(row.received_at for row in (rows[0], *album_of(rows)))
        return max(0, newest + ALBUM_QUIET_MS - now)
    waited = len(rows) > 1 or rows[0].received_at < busy_until
    if rules.mode != "collect" or rows[0].state == "running" or not waited:
        return 0
    return max(0, rows[-1].received_at + rules.debounce_ms - now)


def same_place(row: InboxRow, other: InboxRow) -> bool:
    """Whether one answer may serve both: it goes to the same people, on the same authority."""
    return _place(row) == _place(other)


def _place(row: InboxRow) -> tuple[object, ...]:
    # A program's request has its own instructions and tools: nobody else speaks into its turn.
    alone = row.run_id if row.event.brought is not None else ""
    return row.channel, row.account, row.event.reply_to, row.role, alone


def user_message(row: InboxRow) -> UserMessage:
    return UserMessage(
        # The same over restarts, so that the line in the transcript is found again.
        "m_" + row.trace_id.removeprefix("t_"),
        row.received_at,
        text_of(row.event),
        f"{row.channel}:{row.event.sender.id}",
        row.event.provenance or row.role,
        row.trace_id,
        row.event.sender.name,
        pictures_of(row.event),
    )


class Stop(Protocol):
    def __call__(self) -> bool:
        """Whether the daemon is stopping."""


class WaitingRoom:
    """Every session's waiting messages, over the inbox."""

    def __init__(self, ledger: Ledger, traces: TraceBook, config: QueueConfig, clock: Clock) -> None:
        self._ledger = ledger
        self._traces = traces
        self._config = config
        self._clock = clock
        self._since = clock.now_ms()

    def adopt(self, config: QueueConfig) -> None:
        self._config = config

    def rules(self, entry: Mapping[str, Any], channel: str) -> QueueRules:
        return rules_for(entry, channel, self._config)

    async def next(
        self, session_key: str, entry: Mapping[str, Any], busy_until: int, stopping: Stop
    ) -> Gathering | None:
        """What the next turn is about; None when nobody waits."""
        while rows := await self._ready(session_key, LOOK):
            rules = self.rules({**entry, **rows[0].event.settings}, rows[0].channel)
            if len(rows) == LOOK:
                rows = await self._ready(session_key, LOOK + rules.cap)
            wait = quiet_ms(rows, rules, self._clock.now_ms(), busy_until)
            if not wait or stopping():
                return gather(rows, rules, self._since)
            await anyio.sleep(min(wait, 1000) / 1000)
        return None

    async def _ready(self, session_key: str, most: int) -> list[InboxRow]:
        """None of an album before all of it is here."""
        rows = await self._ledger.waiting(session_key, most)
        return before_commands(rows) if rows and unfetched(rows) is None else []

    def joins(self, gathering: Gathering) -> tuple[Join, ...]:
        run_id = gathering.first.run_id
        told = gathering.shortened
        bullets = told_of_dropped([row.event.text for row in told]) if told else ""
        # One line tells of all that fell out; the first of them carries it.
        shortened = [self.join(row, run_id, bullets if row is told[0] else None) for row in told]
        return (*shortened, *(self.join(row, run_id, text_of(row.event)) for row in gathering.joined))

    def join(self, row: InboxRow, run_id: str, text: str | None, *, stays: bool = False) -> Join:
        """`text=None`: it is told of by another."""
        message = user_message(row)
        if stays:
            # Its own turn writes it down once more, and ids are unique.
            message = replace(message, id=f"{message.id}.heard")
        body = "" if text is None else encode(replace(message, text=text)).decode()
        trace = None if stays else self._trace(row, "merged", f"into {run_id}")
        return Join(row.seq, Step("user", str(row.seq), body), trace)

    def dropped(self, gathering: Gathering) -> tuple[Ending, ...]:
        return tuple(self.ended(row, "ignored", "queue_full") for row in gathering.dropped)

    def ended(self, row: InboxRow, state: EndState, reason: str) -> Ending:
        mail = letter(row, "aborted", f"({reason})", "tool", self._clock.now_ms())
        return Ending(row.seq, state, reason, self._trace(row, state, reason), run_id=row.run_id, mail=mail)

    def _trace(self, row: InboxRow, outcome: str, reason: str) -> TraceRecord:
        trace = self._traces.find(row)
        trace.add("queued", self._clock.now_ms() - row.received_at, at=row.received_at)
        self._traces.close(row.trace_id)
        return trace.record(outcome, reason, row.session_key)
