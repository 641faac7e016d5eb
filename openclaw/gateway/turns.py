"""One event's turn, from the lane to its end: begun in the ledger, run by the agent, ended in one transaction."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Literal

import anyio

from openclaw.agent.context.upkeep import Upkeep
from openclaw.agent.loop import Answer, TurnPausedError
from openclaw.agent.ports import Gate
from openclaw.bus import Bus
from openclaw.gateway import notices
from openclaw.gateway.answering import ANEW_NUMBER, Answering, Briefing, GivenUp, Outgrown, Patience
from openclaw.gateway.brought import brought_entries
from openclaw.gateway.budgets import Budgets
from openclaw.gateway.journal import Attribution, TurnJournal
from openclaw.gateway.mailbox import letter
from openclaw.gateway.running import Running
from openclaw.gateway.runs import Runs
from openclaw.gateway.streaming import Streams
from openclaw.gateway.tracing import TraceBook
from openclaw.gateway.turn_end import Close, close_turn, reply_drafts, unfinished_entries
from openclaw.gateway.waiting import Gathering, WaitingRoom, user_message
from openclaw.sessions.config import SessionConfig
from openclaw.sessions.freshness import is_stale, rule_for
from openclaw.sessions.sessions import Session, Sessions
from openclaw.sessions.transcript import TranscriptError
from openclaw.store.inbox import EventEndedError, InboxRow
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.store.turning import Ending
from openclaw.types.channel import Channel
from openclaw.types.clock import Clock
from openclaw.types.conversation import AssistantMessage, Entry, Text, Usage
from openclaw.types.events import (
    MessageReceived,
    ReplyReady,
    SessionChanged,
    TraceRecorded,
    TurnEvent,
    TurnFinished,
    TurnOutcome,
    TurnStarted,
)
from openclaw.types.ids import new_id
from openclaw.types.messages import Part

logger = logging.getLogger(__name__)

RESUME_LIMIT = 2
RESUME_AGE_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Freshness:
    """When a conversation ends by itself."""

    config: SessionConfig
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class TurnParts:
    ledger: Ledger
    sessions: Sessions
    briefing: Briefing
    channels: Mapping[tuple[str, str], Channel]
    bus: Bus
    traces: TraceBook
    runs: Runs
    clock: Clock
    patience: Patience
    room: WaitingRoom
    upkeep: Upkeep
    budgets: Budgets
    reset: Freshness
    secrets: Callable[[], frozenset[str]]
    streams: Streams
    gate: Gate


class Turns:
    def __init__(self, parts: TurnParts) -> None:
        self._parts = parts
        self._stopping = anyio.Event()
        self._answering = Answering(parts, self._stopping, self._emit)
        self._running: dict[str, Running] = {}
        self._busy_until: dict[str, int] = {}
        """When a session's last turn ended, while more of it waits."""

    def adopt(self, patience: Patience, reset: Freshness) -> None:
        """For turns that begin from now on."""
        self._parts = replace(self._parts, patience=patience, reset=reset)
        self._answering.adopt(self._parts)

    def stop(self) -> None:
        """Turns go on to their next step boundary and no further."""
        self._stopping.set()

    def knock(self, session_key: str, settings: Mapping[str, object]) -> None:
        """Somebody writes to a session that is busy; `settings` hold for that message alone."""
        running = self._running.get(session_key)
        if running is None:
            return
        entry = {**(self._parts.sessions.find(session_key) or {}), **settings}
        if self._parts.room.rules(entry, running.row.channel).mode == "interrupt" and not running.ended:
            running.abort("interrupted")

    def abort(self, session_key: str, reason: str = "aborted", run_id: str | None = None) -> int:
        """Stop the session's turn at once; how many were stopped. `run_id`: if it is this one."""
        running = self._running.get(session_key)
        if running is None or running.aborted or run_id not in (None, running.turn.row.run_id):
            return 0
        running.abort(reason)
        return int(not running.ended)

    async def run_next(self, session_key: str) -> bool:
        """Run the session's next turn; False when there is none."""
        room, sessions = self._parts.room, self._parts.sessions
        busy_until = self._busy_until.get(session_key, 0)
        entry = sessions.find(session_key) or {}
        gathering = await room.next(session_key, entry, busy_until, self._stopping.is_set)
        if gathering is None or self._stopping.is_set():
            self._busy_until.pop(session_key, None)
            return False
        row = gathering.first
        async with AsyncExitStack() as stack:
            try:
                await self._begin_anew_if_stale(row)
                session = await stack.enter_async_context(sessions.use(session_key, row.agent))
            except (OSError, TranscriptError):
                logger.exception("the session of %s cannot be opened; trace %s", row.key, row.trace_id)
                await self._give_up_unopened(row)
                return True
            try:
                running = self._running[session_key] = await self._begin(gathering, session)
            except EventEndedError:
                return True
            try:
                await self._tell_dropped(gathering)
                goes_on = await self._supervise(running)
            finally:
                del self._running[session_key]
                self._busy_until[session_key] = self._parts.clock.now_ms()
        if running.begins_anew or row.event.settings.get("cleanup") == "delete":
            await sessions.reset(session_key, row.agent)
        return goes_on

    async def _begin_anew_if_stale(self, row: InboxRow) -> None:
        """The conversation is over by its own rule; a turn that was cut off still belongs to it."""
        parts = self._parts
        entry = parts.sessions.find(row.session_key)
        if entry is None or row.state == "running":
            return
        rule = rule_for(parts.reset.config, row.channel, row.session_key)
        if reason := is_stale(entry, parts.clock.now_ms(), rule, parts.reset.zone):
            await parts.sessions.reset(row.session_key, row.agent)
            parts.traces.find(row).add("reset", rule=reason)
            logger.info("the session %s began anew (%s)", row.session_key, reason)

    async def _supervise(self, running: Running) -> bool:
        row = running.row
        try:
            await self._parts.bus.publish(
                TurnStarted(running.turn.row.run_id, running.session.key, row.agent)
            )
            if (most := row.event.settings.get("timeoutSeconds")) is not None:
                running.scope.deadline = anyio.current_time() + float(str(most))
            with running.scope:
                await self._run(running)
            if running.scope.cancelled_caught and not running.ended:
                running.aborted = running.aborted or "timeout"
                await self._end_aborted(running)
        except TurnPausedError:
            await self._pause(running)
            return False
        except anyio.get_cancelled_exc_class():
            if not running.ended:
                with anyio.CancelScope(shield=True):
                    await self._pause(running)
            raise
        except Exception:
            logger.exception("the turn of %s failed; trace %s", row.key, row.trace_id)
            if not running.ended:
                await self._close(running, "dead", "internal_error", notices.INTERNAL)
        return True

    async def _give_up_unopened(self, row: InboxRow) -> None:
        """Without its session an event has no transcript, but it has an end, and its sender hears of it."""
        parts = self._parts
        trace, text = parts.traces.find(row), notices.with_trace(notices.INTERNAL, row.trace_id)
        drafts = reply_drafts(row, [text], parts.channels, await parts.streams.settle(row, row.run_id))
        record = trace.record("dead", "session_unreadable", row.session_key)
        await parts.ledger.end(
            Ending(
                row.seq, "dead", "session_unreadable", record, drafts=drafts, run_id=row.run_id,
                mail=letter(row, "dead", text, "tool", parts.clock.now_ms()),
            )
        )  # fmt: skip
        parts.traces.close(row.trace_id)
        await self._announce_replies(drafts)
        told = TurnFinished(row.run_id, row.session_key, "dead", text, "session_unreadable")
        await self._emit(told)
        await parts.bus.publish(TraceRecorded(row.trace_id, "dead"))
        await self._announce_mail(row)

    async def _begin(self, gathering: Gathering, session: Session) -> Running:
        parts, row = self._parts, gathering.first
        trace = parts.traces.find(row)
        trace.add("queued", parts.clock.now_ms() - row.received_at, at=row.received_at)
        entry = parts.sessions.entry(session)
        joins, dropped = parts.room.joins(gathering), parts.room.dropped(gathering)
        turn = await parts.ledger.begin_turn(row, parts.sessions.row(session, entry), joins, dropped)
        parts.sessions.keep_entry(session, entry)
        counted = Attribution.of(row, session.key)
        journal = TurnJournal(parts.ledger, turn.row.run_id, turn.steps, counted)
        running = Running(row, session, turn, trace, journal, user_message(row))
        running.brought = brought_entries(row.event.brought, session.entries)
        running.joined_runs += [other.run_id for other in (*gathering.shortened, *gathering.joined)]
        reasoning = {**entry, **row.event.settings}.get("reasoningLevel") == "stream"
        parts.streams.begin(row, turn.row.run_id, journal.recorded, running.tamed, reasoning=reasoning)
        return running

    async def _tell_dropped(self, gathering: Gathering) -> None:
        for row in gathering.dropped:
            await self._emit(TurnFinished(row.run_id, row.session_key, "refused", "", "queue_full"))
            await self._parts.bus.publish(TraceRecorded(row.trace_id, "ignored"))

    async def _pause(self, running: Running) -> None:
        await self._parts.ledger.pause(running.turn.row.run_id)
        trace = running.trace.record("paused", "the daemon stopped", running.session.key)
        await self._parts.ledger.save_trace(trace)
        for run_id in running.runs:
            await self._emit(TurnFinished(run_id, running.session.key, "paused", ""))

    async def _run(self, running: Running) -> None:
        if giving_up := self._reason_to_give_up(running):
            reason, text = giving_up
            await self._close(running, "dead", reason, text)
            return
        match await self._answering.answer(running):
            case Answer() as answer:
                running.instead_of, running.calls = answer.instead_of, answer.calls
                await self._close(running, "answered", answer.reason, answer.text, answer.entries)
                await self._answering.tidy(running)
            case GivenUp(state, reason, text):
                await self._close(running, state, reason, text)
            case Outgrown(detail):
                await self._outgrow(running, detail)

    async def _outgrow(self, running: Running, detail: str) -> None:
        """A turn that has not done anything yet is answered in a new conversation; a message alone cannot be helped."""
        row, to = running.row, running.row.event.reply_to
        running.begins_anew = bool(running.session.entries)
        if not running.begins_anew:
            await self._close(running, "dead", f"model_refused: {detail}", notices.TOO_LONG)
        elif running.journal.steps:
            await self._close(
                running, "dead", f"model_refused: {detail}", f"{notices.OUTGROWN} {notices.AGAIN}"
            )
        else:
            running.trace.add("reset", rule="overflow", detail=detail)
            part = Part(notices.OUTGROWN)
            notice = (
                Draft(new_id("o"), to, part, ANEW_NUMBER, "notice", row.role, row.trace_id)
                if to is not None
                else None
            )
            await self._parts.ledger.begin_again(running.turn.row.run_id, row, notice)
            if to is not None:
                await self._parts.bus.publish(ReplyReady(to))

    def _reason_to_give_up(self, running: Running) -> tuple[str, str] | None:
        """A turn that was cut off is not taken up for ever."""
        row, turn = running.row, running.turn
        if (
            row.event.reply_to is None
            and not row.event.from_house
            and not self._parts.runs.is_awaited(turn.row.run_id)
        ):
            return "client_gone", notices.CLIENT_GONE
        if not turn.resumed:
            return None
        running.trace.add("resumed", resumes=turn.row.resumes + 1)
        if turn.row.resumes >= RESUME_LIMIT:
            return "poison", notices.GIVEN_UP
        if self._parts.clock.now_ms() - row.received_at > RESUME_AGE_MS:
            return "too_old", notices.TOO_OLD
        return None

    async def _end_aborted(self, running: Running) -> None:
        """What was done and said stays in the transcript; nothing more is sent."""
        said = f"{running.said}\n\n{notices.STOPPED}".strip()
        last = AssistantMessage(new_id("m"), self._parts.clock.now_ms(), (Text(said),), "openclaw/notice")
        entries = (*unfinished_entries(running.journal.steps), last)
        await self._close(running, "aborted", running.aborted, "", entries)

    async def _close(
        self,
        running: Running,
        state: Literal["answered", "dead", "aborted"],
        reason: str,
        text: str,
        entries: Sequence[Entry] | None = None,
    ) -> None:
        parts = self._parts
        if entries is None:
            text = notices.with_trace(text, running.row.trace_id)
            last = AssistantMessage(new_id("m"), parts.clock.now_ms(), (Text(text),), "openclaw/notice")
            entries = (*unfinished_entries(running.journal.steps), last)
        close = Close(
            running.row,
            running.session,
            running.turn.row.run_id,
            (*running.opening, *entries),
            text,
            state,
            reason,
            running.window,
            running.instead_of,
            running.tamed,
        )
        drafts, shown = await close_turn(close, parts, running.trace)
        running.ended = True
        parts.traces.close(running.row.trace_id)
        try:
            await parts.sessions.take(running.session)
        except OSError:
            logger.exception(
                "the transcript of %s cannot be written; the ledger keeps its lines", close.session.key
            )
        finally:
            # The end is committed: who stops the turn only now keeps nobody from hearing of it.
            with anyio.CancelScope(shield=True):
                await self._announce_replies(drafts)
                await self._announce_end(running, close.state, shown)

    async def _announce_end(
        self, running: Running, state: str, shown: tuple[TurnOutcome, str, str, Usage]
    ) -> None:
        for run_id in running.runs:
            await self._emit(TurnFinished(run_id, running.session.key, *shown, calls=running.calls))
        await self._announce_mail(running.row)
        await self._parts.bus.publish(SessionChanged(running.session.key, "turn"))
        await self._parts.bus.publish(TraceRecorded(running.row.trace_id, state))

    async def _announce_mail(self, row: InboxRow) -> None:
        if row.event.mail_to is not None:
            await self._parts.bus.publish(MessageReceived())

    async def _announce_replies(self, drafts: Sequence[Draft]) -> None:
        if drafts:
            await self._parts.bus.publish(ReplyReady(drafts[0].to))

    async def _emit(self, event: TurnEvent) -> None:
        if isinstance(event, TurnFinished):
            self._parts.runs.finished(event)
        await self._parts.bus.publish(event)
