"""Commands that change the conversation itself: they wait for their turn in its lane, as messages do."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import anyio

from openclaw.agent.context.memory import Conversation
from openclaw.agent.context.upkeep import Upkeep, Upkept
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.gateway import notices
from openclaw.gateway.answering import Briefing
from openclaw.gateway.attachments import Attachments, Hearing
from openclaw.gateway.budgets import BudgetSpentError, CappedModel, Spender
from openclaw.gateway.commands.parts import CommandParts
from openclaw.gateway.commands.settings import chosen_model, unknown
from openclaw.gateway.commands.undo import undo_text
from openclaw.gateway.journal import Attribution
from openclaw.gateway.waiting import LOOK, unfetched
from openclaw.llm.selection import Found, Menu, Unknown, choosable, find_model, guess_model
from openclaw.sessions.lines import encode
from openclaw.sessions.sessions import Session
from openclaw.sessions.transcript import TranscriptError
from openclaw.store.echoes import Echo
from openclaw.store.inbox import Admission, InboxRow
from openclaw.store.turning import Ending
from openclaw.types.conversation import Usage
from openclaw.types.events import ReplyReady, SessionChanged, TraceRecorded, TurnFinished

logger = logging.getLogger(__name__)

GUESSED_WORDS = 3
"""`/new sonnet 4.6` may be a model; a longer text is a message."""


class Turns(Protocol):
    async def run_next(self, session_key: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """What `/new` was given."""

    model: Found | None = None
    message: str = ""
    unknown: Unknown | None = None


class LaneWork:
    """What a lane asks for its next piece of work: a command where one is next, else a turn."""

    def __init__(
        self, turns: Turns, parts: CommandParts, briefing: Briefing, upkeep: Upkeep, undo: UndoBook,
        hearing: Hearing | None = None,
    ) -> None:  # fmt: skip
        self._turns = turns
        self._parts = parts
        self._briefing = briefing
        self._upkeep = upkeep
        self._undo = undo
        self._attachments = Attachments(parts.ledger, parts.channels, parts.traces, hearing)
        self._scopes: dict[str, anyio.CancelScope] = {}

    async def run_next(self, session_key: str) -> bool:
        """Called by the lane, one at a time for each key. False when nobody waits."""
        return (
            await self._house_next(session_key)
            or await self._turns.run_next(session_key)
            # A turn does not look past a command, or files to be fetched, that have become the first meanwhile.
            or await self._house_next(session_key)
        )

    def abort(self, session_key: str, reason: str = "aborted", run_id: str | None = None) -> int:
        scope = self._scopes.get(session_key)
        if scope is None or run_id is not None:
            return 0
        scope.cancel()
        return 1

    async def _house_next(self, session_key: str) -> bool:
        """What comes before the model, if that is next."""
        rows = await self._parts.ledger.waiting(session_key, 1)
        if not rows or rows[0].state != "queued":
            return False
        if rows[0].event.album:
            rows = await self._parts.ledger.waiting(session_key, LOOK)
        if (unready := unfetched(rows)) is not None:
            await self._attachments.make_ready(unready)
            return True
        return bool(rows[0].event.command) and await self._command(rows[0])

    async def _command(self, row: InboxRow) -> bool:
        session_key = row.session_key
        with anyio.CancelScope() as scope:
            self._scopes[session_key] = scope
            try:
                await self._carry_out(row)
            except Exception:
                logger.exception("/%s of %s failed; trace %s", row.event.command, row.key, row.trace_id)
                await self._end(row, notices.with_trace(notices.INTERNAL, row.trace_id))
            finally:
                del self._scopes[session_key]
        if scope.cancelled_caught:
            await self._end(row, notices.STOPPED)
        return True

    async def _carry_out(self, row: InboxRow) -> None:
        match row.event.command:
            case "compact":
                await self._compact(row)
            case "undo":
                workspace = self._parts.agents[row.agent].workspace
                await self._end(row, await undo_text(row.event.text, workspace, row.session_key, self._undo))
            case _:
                await self._begin_anew(row)

    # -- /new, /reset ---------------------------------------------------------------------------------

    async def _begin_anew(self, row: InboxRow) -> None:
        parts = self._parts
        opening = Opening(message=row.event.text)
        if row.event.command == "new":
            opening = read_opening(row.event.text, parts.models.menu)
        if opening.unknown is not None:
            await self._end(row, unknown(opening.unknown.text, opening.unknown.nearest))
            return
        with anyio.CancelScope(shield=True):
            try:
                await parts.sessions.reset(row.session_key, row.agent)
            except (TranscriptError, OSError) as error:
                await self._end(row, f"The old conversation could not be put aside: {error}")
                return
            if opening.model is not None:
                changes = chosen_model(opening.model)
                await parts.ledger.save_session(
                    await parts.sessions.change(row.session_key, row.agent, changes)
                )
            await parts.bus.publish(SessionChanged(row.session_key, row.event.command))
            if opening.message:
                # From here on it is a message like any other, and the first of its conversation.
                event = replace(row.event, command="", text=opening.message)
                admission = Admission(row.seq, row.session_key, row.agent, row.role, event)
                await parts.ledger.sort([admission], [])
                return
            await self._end(row, f"A new conversation. {parts.situation(row).model} answers.")

    # -- /compact -------------------------------------------------------------------------------------

    async def _compact(self, row: InboxRow) -> None:
        parts = self._parts
        async with parts.sessions.use(row.session_key, row.agent) as session:
            entry = parts.sessions.entry(session)
            try:
                upkept, model = await self._summed_up(row, session, entry)
            except BudgetSpentError as error:
                await self._end(row, error.refusal.text)
                return
            with anyio.CancelScope(shield=True):
                await self._keep(row, session, upkept, model)

    async def _summed_up(
        self, row: InboxRow, session: Session, entry: Mapping[str, Any]
    ) -> tuple[Upkept, str]:
        trace = self._parts.traces.find(row)
        prepared = await self._briefing.prepare(row, session.entries, entry, trace)
        conversation = Conversation(session.key, prepared.workspace, tuple(session.entries), entry)
        sender, cost = f"{row.channel}:{row.event.sender.id}", float(entry.get("cost", 0.0))
        model = CappedModel(prepared.model, self._parts.budgets, lambda: Spender(sender, cost))
        upkept = await self._upkeep.compact_now(conversation, model, prepared.window, row.event.text)
        return upkept, model.name

    async def _keep(self, row: InboxRow, session: Session, upkept: Upkept, model: str) -> None:
        sessions, now = self._parts.sessions, self._parts.clock.now_ms()
        entry = sessions.entry(session)
        before = entry.get("totalTokens", 0)
        entry.update(
            upkept.counters, cost=round(entry.get("cost", 0.0) + upkept.usage.cost, 8), updatedAt=now
        )
        done = upkept.compaction
        usage = (Attribution.of(row, session.key).spent(model, upkept.usage, now),)
        await self._end(
            row,
            compacted_text(upkept, before),
            echoes=(Echo("transcript", session.key, encode(done).decode()),) if done is not None else (),
            usage=usage if upkept.usage != Usage() else (),
            session=sessions.row(session, entry),
        )
        sessions.keep_entry(session, entry)
        await sessions.take(session)

    # -- the end --------------------------------------------------------------------------------------

    async def _end(self, row: InboxRow, text: str, **more: Any) -> None:
        parts, reason = self._parts, f"command:{row.event.command}"
        trace = parts.traces.find(row)
        parts.traces.close(row.trace_id)
        record = trace.record("answered", reason, row.session_key)
        drafts = parts.drafts(row, text)
        await parts.ledger.end(Ending(row.seq, "answered", reason, record, drafts=drafts, **more))
        if drafts:
            await parts.bus.publish(ReplyReady(drafts[0].to))
        told = TurnFinished(row.run_id, row.session_key, "answered", text, reason)
        parts.runs.finished(told)
        await parts.bus.publish(told)
        await parts.bus.publish(TraceRecorded(row.trace_id, "answered"))


def read_opening(text: str, menu: Menu) -> Opening:
    """Pure. A model, a message, or a model and a message."""
    words = text.split()
    if not words:
        return Opening()
    # Some servers take any name at all; a word of a message is none of them.
    listed = choosable(menu)
    guessed = guess_model(text, menu) if len(words) <= GUESSED_WORDS else None
    if guessed is not None and guessed.ref in listed:
        return Opening(guessed)
    first, path = find_model(words[0], menu), "/" in words[0].strip("/")
    if isinstance(first, Found) and (first.ref in listed or path):
        return Opening(first, text.strip().removeprefix(words[0]).strip())
    if isinstance(first, Unknown) and path and len(words) == 1:
        return Opening(unknown=first)
    return Opening(message=text.strip())


def compacted_text(upkept: Upkept, before: int) -> str:
    if upkept.failure is not None:
        # What a provider says may hold more than people should see; the log has it.
        return f"It could not be summed up: the model is {upkept.failure.fault.replace('_', ' ')}."
    if upkept.compaction is None:
        return "There is nothing to sum up yet."
    return notices.summed_up(before, upkept.counters.get("totalTokens", 0))
