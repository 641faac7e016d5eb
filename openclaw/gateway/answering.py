"""From a message to the agent's answer: what is done before, when the model fails, and when the window is full."""

import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import anyio

from openclaw.agent.context.memory import Conversation
from openclaw.agent.context.upkeep import Upkeep, Upkept
from openclaw.agent.loop import Answer, House, Turn, TurnPausedError, run_turn
from openclaw.agent.ports import Emit, Gate
from openclaw.agent.taint import provenances
from openclaw.agent.tools.base import Scene
from openclaw.bus import Bus
from openclaw.gateway import notices, quiet
from openclaw.gateway.budgets import Budgets, BudgetSpentError, CappedModel, Spender, spent_in
from openclaw.gateway.journal import Attribution, last_heard
from openclaw.gateway.running import Prepared, Running, TurnEars
from openclaw.gateway.tracing import Trace
from openclaw.gateway.waiting import WaitingRoom
from openclaw.llm.chat import ModelError
from openclaw.sessions.lines import encode
from openclaw.sessions.sessions import Sessions
from openclaw.store.echoes import Echo
from openclaw.store.inbox import InboxRow
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.store.usage import UsageRow
from openclaw.types.channel import Channel
from openclaw.types.clock import Clock
from openclaw.types.conversation import Entry, Note, Usage
from openclaw.types.events import ReplyReady, TurnFinished
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Part

logger = logging.getLogger(__name__)

NOTICE_NUMBER = -1
"""The place of the waiting notice among an event's messages; its answer begins at 0."""
ANEW_NUMBER = -2
"""That of the word that a new conversation begins."""
SUMMARY_NUMBER = -3
"""That of the word that the conversation was summed up."""


class Briefing(Protocol):
    async def prepare(
        self, row: InboxRow, history: Sequence[Entry], entry: Mapping[str, Any], trace: Trace
    ) -> Prepared: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a turn waits for a model that cannot be reached."""

    probe_seconds: float
    give_up_seconds: float


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The turn ends without an answer of the model."""

    state: Literal["answered", "dead"]
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Outgrown:
    """The conversation does not fit into the model, even summed up."""

    detail: str


class Parts(Protocol):
    @property
    def ledger(self) -> Ledger: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def briefing(self) -> Briefing: ...
    @property
    def channels(self) -> Mapping[tuple[str, str], Channel]: ...
    @property
    def bus(self) -> Bus: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def patience(self) -> Patience: ...
    @property
    def room(self) -> WaitingRoom: ...
    @property
    def upkeep(self) -> Upkeep: ...
    @property
    def budgets(self) -> Budgets: ...
    @property
    def gate(self) -> Gate: ...


class Answering:
    def __init__(self, parts: Parts, stopping: anyio.Event, emit: Emit) -> None:
        self._parts = parts
        self._stopping = stopping
        self._emit = emit

    def adopt(self, parts: Parts) -> None:
        self._parts = parts

    async def answer(self, running: Running) -> Answer | GivenUp | Outgrown:
        """Raises TurnPausedError when the daemon stops."""
        waiting_since: float | None = None
        steps_before, compacted = 0, False
        prepared = await self._prepare(running)
        if not running.journal.recorded and self._may_spend(running):
            upkept = await self._parts.upkeep.before_turn(
                self._conversation(running, prepared), prepared.model, prepared.window
            )
            await self._record(running, upkept)
        while True:
            try:
                return await self._try(running, prepared)
            except BudgetSpentError as error:
                return GivenUp("answered", f"budget: {error.refusal.cap}", error.refusal.text)
            except ModelError as error:
                logger.warning("no answer for %s: %s", running.row.key, error)
                if error.fault == "overflow" and not compacted:
                    compacted = True
                    # Without money for it the next request is refused, and its line told.
                    if not self._may_spend(running) or await self._make_room(running, prepared):
                        prepared = await self._prepare(running)
                        continue
                if error.fault in {"invalid", "overflow"}:
                    return _refused(error)
                now, steps = self._parts.clock.monotonic(), len(running.journal.recorded)
                if waiting_since is None or steps > steps_before:
                    # Between two steps the model was there.
                    waiting_since, steps_before = now, steps
                if now - waiting_since >= self._parts.patience.give_up_seconds:
                    return GivenUp("dead", "model_unavailable", notices.MODEL_GONE)
                await self._wait_for_model(running)
                prepared = await self._prepare(running)

    async def tidy(self, running: Running) -> None:
        """After the answer has gone out: make room for the next one."""
        if running.prepared is None or not self._may_spend(running):
            return
        prepared: Prepared = running.prepared
        conversation = self._conversation(running, prepared)
        upkept = await self._parts.upkeep.after_turn(conversation, prepared.model, prepared.window)
        await self._record(running, upkept)

    async def _prepare(self, running: Running) -> Prepared:
        entry = {**self._parts.sessions.entry(running.session), **running.row.event.settings}
        history = [*running.session.entries, *running.opening]
        prepared = await self._parts.briefing.prepare(running.row, history, entry, running.trace)
        running.window, running.prepared = prepared.window, prepared
        return prepared

    async def _try(self, running: Running, prepared: Prepared) -> Answer:
        parts = self._parts
        turn = Turn(
            _scene(running, prepared, parts.sessions.entry(running.session)),
            prepared.prompt,
            prepared.tools,
            prepared.steps,
            running.journal.recorded,
            last_heard(running.journal.steps),
            self._stopping.is_set,
            prepared.repetition,
            prepared.client_tools,
        )
        model = CappedModel(prepared.model, parts.budgets, lambda: self._spender(running))
        ears = TurnEars(running, parts)
        emit = running.telling(self._emit)
        house = House(model, running.journal, running.trace, emit, parts.clock, ears, parts.gate)
        return await self._while_shown(running.row, run_turn(turn, house))

    def _spender(self, running: Running) -> Spender:
        before = self._parts.sessions.entry(running.session).get("cost", 0.0)
        # An ended turn is in what the conversation has cost.
        spent = 0.0 if running.ended else spent_in(running.journal.recorded)
        return Spender(running.user.sender, before, spent)

    def _may_spend(self, running: Running) -> bool:
        return self._parts.budgets.check(self._spender(running)) is None

    async def _while_shown(self, row: InboxRow, work: Coroutine[Any, Any, Answer]) -> Answer:
        """People see that an answer is being written. The work has the first word: the model is asked before."""
        channel, to = self._parts.channels.get((row.channel, row.account)), row.event.reply_to
        if channel is None or to is None:
            return await work
        answer, failure = None, None
        async with anyio.create_task_group() as beside:
            beside.start_soon(_show_working, channel, to)
            try:
                answer = await work
            except Exception as error:  # noqa: BLE001 - raised again below: a task group would wrap it
                failure = error
            beside.cancel_scope.cancel()
        if answer is None:
            assert failure is not None
            raise failure
        return answer

    # -- when the window is full ----------------------------------------------------------------------

    def _conversation(self, running: Running, prepared: Prepared) -> Conversation:
        session = running.session
        counters = self._parts.sessions.entry(session)
        return Conversation(session.key, prepared.workspace, tuple(session.entries), counters)

    async def _make_room(self, running: Running, prepared: Prepared) -> bool:
        """The model has refused the conversation as too long; whether there is room now."""
        conversation = self._conversation(running, prepared)
        upkept = await self._parts.upkeep.overflowed(conversation, prepared.model, prepared.window)
        await self._record(running, upkept)
        return upkept.compaction is not None

    async def _record(self, running: Running, upkept: Upkept) -> None:
        session, sessions = running.session, self._parts.sessions
        if upkept.compaction is None and not upkept.counters and upkept.usage == Usage():
            return
        entry = sessions.entry(session)
        entry.update(upkept.counters)
        entry["cost"] = round(entry.get("cost", 0.0) + upkept.usage.cost, 8)
        lines = encode(upkept.compaction).decode() if upkept.compaction is not None else ""
        await self._parts.ledger.keep_up(
            sessions.row(session, entry),
            Echo("transcript", session.key, lines) if lines else None,
            self._spent(running, upkept.usage),
        )
        sessions.keep_entry(session, entry)
        running.trace.add(
            "upkeep",
            compacted=upkept.compaction is not None,
            remembered=upkept.remembered,
            cost=upkept.usage.cost,
        )
        await sessions.take(session)
        await self._tell_of_summary(running, upkept)

    async def _tell_of_summary(self, running: Running, upkept: Upkept) -> None:
        """Once for each turn, and only where people have asked for such news."""
        row, to = running.row, running.row.event.reply_to
        level = {**self._parts.sessions.entry(running.session), **row.event.settings}.get("verboseLevel")
        if upkept.compaction is None or to is None or level not in {"on", "full"}:
            return
        text = notices.summed_up(upkept.compaction.tokens_before, upkept.counters.get("totalTokens", 0))
        draft = Draft(new_id("o"), to, Part(text), SUMMARY_NUMBER, "notice", row.role, row.trace_id)
        await self._parts.ledger.post(draft, row.seq)
        await self._parts.bus.publish(ReplyReady(to))

    def _spent(self, running: Running, usage: Usage) -> UsageRow | None:
        if usage == Usage() or running.prepared is None:
            return None
        counted = Attribution.of(running.row, running.session.key)
        return counted.spent(running.prepared.model.name, usage, self._parts.clock.now_ms())

    # -- when the model is away -----------------------------------------------------------------------

    async def _wait_for_model(self, running: Running) -> None:
        """One honest line, then silence until the model is back."""
        patience, to = self._parts.patience, running.row.event.reply_to
        text = notices.model_waiting(patience.give_up_seconds / 60)
        if not running.noticed:
            running.noticed = True
            if to is None or running.row.channel in quiet.WATCHED_OVER:
                # Not the run's end: who asked over the control plane is told to go on waiting.
                for run_id in running.runs:
                    told = TurnFinished(run_id, running.session.key, "paused", text)
                    await self._parts.bus.publish(told)
            else:
                await self._tell_of_waiting(running, to, text)
        with anyio.move_on_after(patience.probe_seconds):
            await self._stopping.wait()
            raise TurnPausedError

    async def _tell_of_waiting(self, running: Running, to: Address, text: str) -> None:
        row = running.row
        draft = Draft(new_id("o"), to, Part(text), NOTICE_NUMBER, "notice", row.role, row.trace_id)
        note = Note(
            new_id("m"), self._parts.clock.now_ms(), f"[Told the sender]\n> {text}", "openclaw", "tool"
        )
        echo = Echo("transcript", running.session.key, encode(note).decode(), after=draft.id)
        await self._parts.ledger.post(draft, row.seq, echo)
        await self._parts.bus.publish(ReplyReady(to))


def _refused(error: ModelError) -> GivenUp | Outgrown:
    if error.fault == "overflow":
        return Outgrown(error.detail[:200])
    return GivenUp("dead", f"model_refused: {error.detail[:200]}", notices.MODEL_REFUSED)


def _scene(running: Running, prepared: Prepared, entry: Mapping[str, Any]) -> Scene:
    row, history = running.row, (*running.session.entries, *running.opening)
    return Scene(
        row.agent,
        running.session.key,
        running.turn.row.run_id,
        prepared.workspace,
        row.channel,
        running.user.sender,
        row.role,
        row.event.chat_type,
        row.event.reply_to,
        row.trace_id,
        provenances=provenances(history),
        history=history,
        settings={**entry, **row.event.settings},
    )


async def _show_working(channel: Channel, to: Address) -> None:
    try:
        await channel.show_working(to)
    except Exception:
        logger.exception("%s cannot show that an answer is being written", channel.name)
