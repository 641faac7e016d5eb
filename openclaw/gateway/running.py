"""A turn under way: what is known of it, what it hears, and how it is stopped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import anyio

from openclaw.agent.ports import Emit, Model
from openclaw.agent.repetition import Repetition
from openclaw.agent.tools.base import Tool
from openclaw.gateway.attachments import text_of
from openclaw.gateway.journal import TurnJournal, last_heard
from openclaw.gateway.link_stream import LinkStream
from openclaw.gateway.links import is_tame, tamed, tamer
from openclaw.gateway.queueing import QueueRules
from openclaw.gateway.tracing import Trace
from openclaw.gateway.waiting import LOOK, WaitingRoom, before_commands, same_place
from openclaw.llm.chat import Request, Substitution
from openclaw.sessions.sessions import Session, Sessions
from openclaw.store.inbox import InboxRow
from openclaw.store.ledger import Ledger
from openclaw.store.turning import OpenTurn
from openclaw.types.conversation import Entry, ToolCall, ToolMessage, UserMessage
from openclaw.types.events import ModelReplied, ReplyWithdrawn, TextDelta, TurnEvent


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that a turn needs and that does not change while it runs."""

    model: Model
    prompt: Callable[[Sequence[Entry]], Request]
    tools: Mapping[str, Tool]
    steps: int
    window: int
    """Tokens that fit into the model."""
    workspace: Path
    repetition: Repetition
    client_tools: frozenset[str] = frozenset()
    """Names of those that run in the program that asks."""


@dataclass(slots=True)
class Running:
    """A turn under way."""

    row: InboxRow
    session: Session
    turn: OpenTurn
    trace: Trace
    journal: TurnJournal
    user: UserMessage
    window: int = 0
    noticed: bool = False
    ended: bool = False
    """Its end is in the ledger: nothing may end or pause it again."""
    prepared: Prepared | None = None
    begins_anew: bool = False
    """Its conversation is over when the turn is."""
    instead_of: Substitution | None = None
    """The model that should have answered."""
    joined_runs: list[str] = field(default_factory=list)
    """Runs of the messages that this turn answers too."""
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    aborted: str = ""
    """Why it was stopped."""
    system: str = ""
    """The prompt that all of it rests on, once somebody has asked for it."""
    said: str = ""
    """What the model has written of the present reply."""
    brought: tuple[Entry, ...] = ()
    """What stands before the message and came with it."""
    calls: tuple[ToolCall, ...] = ()
    """For the program that asked."""

    @property
    def opening(self) -> tuple[Entry, ...]:
        """What the turn is about. A program may bring results alone, without a word."""
        if self.brought and not (self.user.text or self.user.pictures):
            return self.brought
        return (*self.brought, self.user)

    @property
    def runs(self) -> tuple[str, ...]:
        """Its own, and those it answers too."""
        return (self.turn.row.run_id, *self.joined_runs)

    def tamed(self, text: str) -> str:
        """With links as the conversation knows them."""
        return tamed(text, self.row.role, self._heard(), self._system)

    def link_stream(self) -> LinkStream | None:
        """For the next reply of the model; None where its links may stand as they are."""
        heard = self._heard()
        return LinkStream(tamer(heard, self._system)) if is_tame(self.row.role, heard) else None

    def _heard(self) -> list[Entry]:
        """What the turn has done so far counts."""
        heard: list[Entry] = [*self.session.entries, *self.opening]
        for step in self.journal.recorded:
            heard += [*step.heard, step.message, ToolMessage("", 0, tuple(step.results.values()))]
        return heard

    def _system(self) -> str:
        if not self.system and self.prepared is not None:
            self.system = self.prepared.prompt(()).system
        return self.system

    def abort(self, reason: str) -> None:
        self.aborted = reason
        self.scope.cancel()

    def telling(self, emit: Emit) -> Emit:
        """`emit`, with what the model writes kept in mind: a turn that is stopped keeps it.

        Those who watch are shown no link that the answer will not have.
        """
        links: LinkStream | None = None

        async def tell(event: TurnEvent) -> None:
            nonlocal links
            match event:
                case TextDelta():
                    if not self.said:
                        links = self.link_stream()
                    self.said += event.text
                    if links is not None:
                        event = replace(event, shown=links.feed(event.text))
                case ModelReplied():
                    if links is not None and (rest := links.end()):
                        await emit(TextDelta(event.run_id, event.session_key, "", rest))
                    self.said, links = "", None
                case ReplyWithdrawn():
                    self.said, links = "", None
                case _:
                    pass
            await emit(event)

        return tell


class Parts(Protocol):
    @property
    def ledger(self) -> Ledger: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def room(self) -> WaitingRoom: ...


class TurnEars:
    """Satisfies `agent.ports.Ears`: hears those who write from the same place while the turn runs."""

    def __init__(self, running: Running, parts: Parts) -> None:
        self._running = running
        self._parts = parts

    async def waiting(self) -> bool:
        return bool(await self._newcomers())

    async def listen(self) -> Sequence[UserMessage]:
        rows = await self._newcomers()
        if not rows:
            return ()
        running, room = self._running, self._parts.room
        stays = self._rules(rows[0].event.settings).mode == "steer-backlog"
        joins = [room.join(row, running.turn.row.run_id, text_of(row.event), stays=stays) for row in rows]
        heard = await self._parts.ledger.join(running.turn.row.run_id, joins)
        steps = [join.step for join in heard]
        running.journal.joined(steps)
        running.trace.add("queued", 0.0, steered=len(heard))
        if not stays:
            places = {join.seq for join in heard}
            running.joined_runs += [row.run_id for row in rows if row.seq in places]
        return last_heard(steps)

    async def _newcomers(self) -> list[InboxRow]:
        heard = {step.call_id for step in self._running.journal.steps if step.kind == "user"}
        row = self._running.row
        waiting = before_commands(await self._parts.ledger.waiting(self._running.session.key, LOOK))
        return [
            other
            for other in waiting
            if other.seq > row.seq
            and str(other.seq) not in heard
            and same_place(other, row)
            and self._rules(other.event.settings).steers
        ]

    def _rules(self, own: Mapping[str, object]) -> QueueRules:
        """`own`: what a message says for itself."""
        return self._parts.room.rules(
            {**self._parts.sessions.entry(self._running.session), **own}, self._running.row.channel
        )
