"""The ledger's face: each method is one transaction of the house, and returns when it is on disk."""

import logging
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import anyio

from openclaw.failpoints import Failpoint, passing
from openclaw.store import (
    approvals,
    consents,
    dealings,
    echoes,
    inbox,
    journal,
    outbox,
    sessions,
    traces,
    usage,
    verdicts,
    webhooks,
)
from openclaw.store.database import Database, Transaction, touch
from openclaw.store.echoes import Echo
from openclaw.store.heard import HeardLedger
from openclaw.store.turning import Ending, Join, OpenTurn, end, join
from openclaw.store.usage import UsageRow
from openclaw.types.channel import LastArrival
from openclaw.types.clock import Clock, iso
from openclaw.types.errors import StorageBusyError, StorageFullError
from openclaw.types.messages import Address, Arrival
from openclaw.types.sending import Decide

logger = logging.getLogger(__name__)

T = TypeVar("T")

DAY_MS = 86_400_000
WAIT_FOR_ROOM_SECONDS = 1.0


class Ledger:
    def __init__(self, database: Database, clock: Clock, boot_id: str, *, only: str | None = None) -> None:
        """`only`: of what waits, the messages of this channel; the others are somebody else's work."""
        self._database = database
        self.heard = HeardLedger(database.read, self._write)
        self._audits = webhooks.Audits(database, clock)
        self._only = only
        self._clock = clock
        self._see_usage: Callable[[UsageRow], None] = lambda row: None
        self.boot_id = boot_id

    @property
    def is_full(self) -> bool:
        return self._database.full

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        """For all that follows from an accepted event: it waits for room rather than lose its place."""
        told = False
        while True:
            try:
                return await self._database.write(work)
            except (StorageFullError, StorageBusyError) as error:
                if not told:
                    logger.error("%s; work waits until then, nothing new is accepted", error)
                    told = True
                await anyio.sleep(WAIT_FOR_ROOM_SECONDS)

    # -- what comes in ------------------------------------------------------------------------------

    async def accept(self, arrivals: Sequence[Arrival]) -> list[tuple[Arrival, str]]:
        """Record a batch; returns what was new, with trace ids."""
        return await self._accept(arrivals, by_webhook=False)

    async def accept_webhook(self, arrivals: Sequence[Arrival]) -> list[tuple[Arrival, str]]:
        """The same, and the event is remembered where the business looks for it."""
        return await self._accept(arrivals, by_webhook=True)

    async def _accept(self, arrivals: Sequence[Arrival], *, by_webhook: bool) -> list[tuple[Arrival, str]]:
        now = self._clock.now_ms()

        def work(tx: Transaction) -> list[tuple[Arrival, str]]:
            for arrival in arrivals if by_webhook else ():
                webhooks.processed(tx, arrival.key, arrival.channel, now)
            fresh = inbox.insert(tx, arrivals, now)
            dealings.heard(tx, fresh, now)
            passing(Failpoint.INBOX_BEFORE_COMMIT)
            return fresh

        fresh = await self._database.write(work)
        passing(Failpoint.INBOX_AFTER_COMMIT)
        return fresh

    async def audit_webhook(self, row: webhooks.AuditRow) -> None:
        await self._audits.keep(row)

    async def webhooks_seen(self) -> dict[str, webhooks.Seen]:
        """The last calls of each public path, of a month at most."""
        since = self._clock.now_ms() - 30 * DAY_MS
        return await self._database.read(lambda tx: webhooks.seen(tx, since))

    async def last_arrival(self, channel: str, account: str) -> LastArrival | None:
        return await self._database.read(lambda tx: inbox.last_arrival(tx, channel, account))

    async def save_trace(self, trace: traces.TraceRecord, *, waits: bool = True) -> None:
        """Raises StorageFullError unless it `waits` for room."""
        await (self._write if waits else self._database.write)(lambda tx: traces.save(tx, trace))

    # -- who gets it --------------------------------------------------------------------------------

    async def accepted(self, limit: int) -> list[inbox.InboxRow]:
        return await self._database.read(lambda tx: inbox.accepted(tx, limit, self._only))

    async def sort(self, admissions: Sequence[inbox.Admission], endings: Sequence[Ending]) -> None:
        """Send a page of accepted messages on: into their sessions' queues, or to their end."""
        now = self._clock.now_ms()

        def work(tx: Transaction) -> None:
            for admission in admissions:
                inbox.admit(tx, admission, now)
            for ending in endings:
                end(tx, ending, now)

        await self._write(work)
        passing(Failpoint.ADMIT_AFTER_COMMIT)

    async def waiting(self, session_key: str, limit: int = 32) -> list[inbox.InboxRow]:
        return await self._database.read(lambda tx: inbox.waiting(tx, session_key, limit, self._only))

    async def sessions_waiting(self) -> list[str]:
        return await self._database.read(lambda tx: inbox.sessions_waiting(tx, self._only))

    # -- one turn -----------------------------------------------------------------------------------

    async def begin_turn(
        self,
        row: inbox.InboxRow,
        session: sessions.SessionRow,
        joins: Sequence[Join] = (),
        endings: Sequence[Ending] = (),
    ) -> OpenTurn:
        """Start the turn of an event with those that join it, or take up the one that was cut off.

        `endings`: events that gave way to it in a full queue.
        """
        now = self._clock.now_ms()

        def work(tx: Transaction) -> OpenTurn:
            before = journal.of_event(tx, row.seq)
            if before is not None:
                journal.resume(tx, before.run_id, counts=before.state == "open")
                return OpenTurn(before, journal.steps(tx, before.run_id), resumed=before.state == "open")
            turn = journal.TurnRow(row.run_id, session.key, session.session_id, "open", 0)
            sessions.save(tx, session)
            journal.start(tx, turn, row.seq, now)
            inbox.mark_running(tx, row.seq)
            for ending in endings:
                end(tx, ending, now)
            heard = join(tx, row.run_id, joins, self.boot_id, now)
            return OpenTurn(turn, tuple(each.step for each in heard))

        turn = await self._write(work)
        passing(Failpoint.TURN_STARTED)
        return turn

    async def record(self, run_id: str, step: journal.Step, cost: UsageRow | None = None) -> None:
        now = self._clock.now_ms()

        def work(tx: Transaction) -> None:
            journal.record(tx, run_id, step, self.boot_id, now)
            if cost is not None:
                usage.insert(tx, cost)

        await self._write(work)
        if cost is not None:
            self._see_usage(cost)

    async def join(self, run_id: str, joins: Sequence[Join]) -> tuple[Join, ...]:
        """Messages that came while the turn runs become part of it; returns those that still waited."""
        now = self._clock.now_ms()
        return await self._write(lambda tx: join(tx, run_id, joins, self.boot_id, now))

    async def pause(self, run_id: str) -> None:
        await self._write(lambda tx: journal.pause(tx, run_id))

    async def begin_again(self, run_id: str, row: inbox.InboxRow, notice: outbox.Draft | None) -> None:
        """The turn of an event is taken back before its first step; it will have another one."""
        now = self._clock.now_ms()

        def work(tx: Transaction) -> None:
            journal.forget(tx, run_id)
            inbox.queue_again(tx, row.seq)
            if notice is not None:
                outbox.insert(tx, notice, row.seq, now)

        await self._write(work)

    async def end(self, ending: Ending) -> list[int]:
        """The turn's end: final message, end state, messages to send, in one commit. Returns the released echoes."""
        now = self._clock.now_ms()
        passing(Failpoint.TURN_BEFORE_END)
        released = await self._write(lambda tx: end(tx, ending, now))
        for row in ending.usage:
            self._see_usage(row)
        passing(Failpoint.TURN_AFTER_END)
        return released

    async def run_end(self, run_id: str) -> tuple[str, str, str] | None:
        return await self._database.read(lambda tx: inbox.end_of_run(tx, run_id))

    async def save_session(self, row: sessions.SessionRow) -> None:
        await self._write(lambda tx: sessions.save(tx, row))

    async def keep_up(self, session: sessions.SessionRow, echo: Echo | None, cost: UsageRow | None) -> None:
        """What was done so that a conversation fits into its model."""

        def work(tx: Transaction) -> None:
            sessions.save(tx, session)
            if echo is not None:
                echoes.insert(tx, echo)
            if cost is not None:
                usage.insert(tx, cost)

        await self._write(work)
        if cost is not None:
            self._see_usage(cost)

    async def every_session(self) -> list[sessions.SessionRow]:
        return await self._database.read(sessions.every)

    # -- echoes -------------------------------------------------------------------------------------

    async def keep_echo(self, echo: Echo) -> None:
        """Lines that follow from nothing but themselves, such as an operator's note."""
        await self._write(lambda tx: echoes.insert(tx, echo))

    async def echo_targets(self) -> list[str]:
        return await self._database.read(echoes.targets)

    async def released_echoes(self, target: str) -> list[echoes.Released]:
        return await self._database.read(lambda tx: echoes.released(tx, target))

    async def echoes_written(self, ids: Sequence[int]) -> None:
        await self._write(lambda tx: echoes.written(tx, ids))

    # -- what goes out ------------------------------------------------------------------------------

    async def post(self, draft: outbox.Draft, inbox_seq: int | None, echo: Echo | None = None) -> None:
        """A message outside a turn's end, such as a notice while a turn stays open."""
        now = self._clock.now_ms()

        def work(tx: Transaction) -> None:
            # A notice that was posted before has its echo already.
            if outbox.insert(tx, draft, inbox_seq, now) and echo is not None:
                echoes.insert(tx, echo)

        await self._write(work)

    async def post_letter(self, drafts: Sequence[outbox.Draft], caps: outbox.Caps, since: int) -> str:
        """See `outbox.insert_letter`."""
        now = self._clock.now_ms()
        return await self._write(lambda tx: outbox.insert_letter(tx, drafts, caps, since, now))

    async def claim(self, to: Address, decide: Decide) -> outbox.Claimed | outbox.Later | None:
        now = self._clock.now_ms()
        claimed = await self._write(lambda tx: outbox.claim(tx, to, decide, self.boot_id, now))
        if isinstance(claimed, outbox.Claimed):
            passing(Failpoint.OUTBOX_CLAIMED)
        return claimed

    async def claim_gated(self, to: Address, keeper: verdicts.Gatekeeper) -> verdicts.Claim:
        """The same for an address that is reached by telephone."""
        now = self._clock.now_ms()
        claim = await self._write(lambda tx: verdicts.claim(tx, to, keeper, self.boot_id, now))
        if isinstance(claim.found, outbox.Claimed):
            passing(Failpoint.OUTBOX_CLAIMED)
        return claim

    async def sent(self, claimed: outbox.Claimed, provider_id: str, span: traces.Span) -> list[str]:
        """Returns the targets whose echoes this send released."""
        now = self._clock.now_ms()
        passing(Failpoint.OUTBOX_SENT)

        def work(tx: Transaction) -> list[str]:
            outbox.sent(tx, claimed.message.id, provider_id, now)
            traces.extend(tx, claimed.trace_id, [span])
            return echoes.release(tx, claimed.message.id)

        released = await self._write(work)
        passing(Failpoint.OUTBOX_COMMITTED)
        return released

    async def retry_send(self, claimed: outbox.Claimed, at: int, reason: str, span: traces.Span) -> None:
        def work(tx: Transaction) -> None:
            outbox.retry(tx, claimed.message.id, at, reason)
            traces.extend(tx, claimed.trace_id, [span])

        await self._write(work)

    async def settle_send(
        self,
        outbox_id: str,
        state: Literal["failed", "ambiguous", "dropped"],
        reason: str,
        trace_id: str = "",
    ) -> None:
        def work(tx: Transaction) -> None:
            outbox.settle(tx, outbox_id, state, reason)
            if state != "ambiguous":
                echoes.drop(tx, outbox_id)
            if trace_id:
                traces.extend(
                    tx,
                    trace_id,
                    [{"name": "send", "at": iso(self._clock.now_ms()), "ms": 0.0, state: reason}],
                )

        await self._write(work)

    async def doubt_unanswered(self) -> list[outbox.Doubtful]:
        """At start: sends of a former life become ambiguous; returns all that wait for a decision."""
        now = self._clock.now_ms()

        def work(tx: Transaction) -> list[outbox.Doubtful]:
            outbox.doubt_unanswered(tx, self.boot_id)
            approvals.lapse(tx, now)
            outbox.reconsider(tx)
            return outbox.ambiguous(tx)

        return await self._write(work)

    async def resend_marked(self, outbox_id: str) -> None:
        await self._write(lambda tx: outbox.resend_marked(tx, outbox_id))

    async def resend(self, outbox_id: str) -> None:
        await self._write(lambda tx: outbox.resend(tx, outbox_id))

    async def send_anew(self, outbox_id: str) -> None:
        await self._write(lambda tx: outbox.send_anew(tx, outbox_id))

    async def send_state(self, outbox_id: str) -> tuple[str | None, Address | None]:
        return await self._database.read(
            lambda tx: (outbox.state_of(tx, outbox_id), outbox.address_of(tx, outbox_id))
        )

    async def addresses_due(self) -> list[Address]:
        return await self._database.read(outbox.addresses_due)

    async def outbox_listing(self, state: str | None, limit: int) -> list[dict[str, object]]:
        return await self._database.read(lambda tx: outbox.listing(tx, state, limit))

    # -- what the owner looks at --------------------------------------------------------------------

    async def recent_traces(self, limit: int) -> list[dict[str, object]]:
        return await self._database.read(lambda tx: traces.recent(tx, limit))

    async def trace(self, trace_id: str) -> dict[str, object] | None:
        return await self._database.read(lambda tx: traces.by_id(tx, trace_id))

    async def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Unfinished events and unsent messages, by state."""
        return await self._database.read(lambda tx: (inbox.counts(tx), outbox.counts(tx)))

    async def cost_since(self, at: int) -> float:
        return await self._database.read(lambda tx: usage.cost_since(tx, at))

    def watch_usage(self, see: Callable[[UsageRow], None]) -> None:
        """Called with each row of usage once it is committed."""
        self._see_usage = see

    async def spent_since(self, at: int) -> list[usage.Spent]:
        return await self._database.read(lambda tx: usage.spent_since(tx, at))

    async def costs(self, by: usage.CostGroup, since: int) -> list[usage.CostRow]:
        return await self._database.read(lambda tx: usage.costs(tx, by, since))

    async def costs_of(self, spans: Sequence[tuple[str, int, int]]) -> list[usage.CostRow]:
        return await self._database.read(lambda tx: usage.costs_of(tx, spans))

    async def probe(self) -> None:
        """Proves that the ledger takes writes: an empty transaction would need no room."""
        await self._database.write(touch)

    async def forget(self, trace_days: int) -> None:
        """Once a day: what is older than its use."""
        now = self._clock.now_ms()

        def work(tx: Transaction) -> None:
            inbox.forget(tx, raw_before=iso(now - 7 * DAY_MS), rows_before=iso(now - 90 * DAY_MS))
            outbox.forget(tx, iso(now - 30 * DAY_MS))
            traces.forget(tx, iso(now - trace_days * DAY_MS))
            approvals.forget(tx, iso(now - 90 * DAY_MS))
            webhooks.forget(tx, now, iso(now - 30 * DAY_MS))
            approvals.lapse(tx, now)
            verdicts.forget(tx, iso(now - 5 * 365 * DAY_MS))
            dealings.forget(tx, now - 90 * DAY_MS)
            consents.forget(tx, iso(now - consents.YEARS_KEPT * 366 * DAY_MS))

        await self._write(work)
