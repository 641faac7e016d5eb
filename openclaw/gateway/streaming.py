"""Answers shown while they are written, in blocks or by a preview; a turn's end asks here what has been shown."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import anyio
from anyio.abc import TaskGroup, TaskStatus

from openclaw.agent.config import AgentDefaults
from openclaw.agent.ports import RecordedStep
from openclaw.bus import Bus, Gap
from openclaw.gateway.block_stream import BlockParts, BlockStream, Recipient
from openclaw.gateway.chunker import BlockRules
from openclaw.gateway.preview import Preview, PreviewKind, PreviewParts, View
from openclaw.gateway.remainder import Pacer, Settled
from openclaw.store.inbox import InboxRow
from openclaw.store.streams import Delivered, StreamLedger
from openclaw.types.channel import Channel, Editing
from openclaw.types.clock import Clock
from openclaw.types.events import (
    Event,
    ModelReplied,
    ReasoningDelta,
    ReplyWithdrawn,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnEvent,
    TurnFinished,
    TurnStarted,
)
from openclaw.types.messages import Address, ChatType

logger = logging.getLogger(__name__)

WATCHED: tuple[type[Event], ...] = (
    TurnStarted, TextDelta, ReasoningDelta, ReplyWithdrawn, ModelReplied, ToolStarted, ToolFinished,
    TurnFinished,
)  # fmt: skip
DEPTH = 4096


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """How one account shows answers. Blocks and previews are never used together: blocks win."""

    blocks: bool = False
    preview: PreviewKind = "off"
    limit: int = 4096
    """Characters of one message."""


@dataclass(frozen=True, slots=True)
class Tempo:
    direct_seconds: float = 1.5
    """Between two edits of a preview. Telegram punishes faster ones with minutes of silence."""
    group_seconds: float = 3.0
    pause_ms: tuple[int, int] = (0, 0)
    """The least and the most time between two blocks."""

    def between_edits(self, chat_type: ChatType) -> float:
        return self.direct_seconds if chat_type == "direct" else self.group_seconds


@dataclass(frozen=True, slots=True)
class StreamParts:
    ledger: StreamLedger
    channels: Mapping[tuple[str, str], Channel]
    bus: Bus
    clock: Clock
    secrets: Callable[[], frozenset[str]]
    plans: Mapping[tuple[str, str], StreamPlan]
    rules: BlockRules = BlockRules()  # noqa: RUF009 - frozen, so one instance may serve all
    tempo: Tempo = Tempo()


def block_rules(config: AgentDefaults) -> BlockRules:
    chunk, joined = config.block_streaming_chunk, config.block_streaming_coalesce
    return BlockRules(
        chunk.min_chars,
        chunk.max_chars,
        chunk.break_preference,
        config.block_streaming_break == "message_end",
        joined.min_chars or chunk.min_chars,
        joined.max_chars or chunk.max_chars,
        joined.idle_ms / 1000,
    )


class Way(Protocol):
    """How one run is shown."""

    def prepare(self, delivered: Delivered) -> None: ...
    def see(self, event: TurnEvent) -> None: ...
    def lost(self) -> None: ...
    def settled(self, delivered: Delivered) -> Settled: ...
    def due(self, now: float) -> float | None: ...
    async def act(self) -> None: ...


class _Show:
    """One run that is shown, from its start to its end."""

    def __init__(self, way: Way, recipient: Recipient, ledger: StreamLedger, clock: Clock) -> None:
        self.way = way
        self._for = recipient
        self._ledger = ledger
        self._clock = clock
        self.begun = False
        self._ended = False
        self._changed = anyio.Event()
        self._acting = anyio.Lock()

    def see(self, event: TurnEvent) -> None:
        # What is told before the start belongs to an earlier try of the same run.
        self.begun = self.begun or isinstance(event, TurnStarted)
        if self.begun:
            self.way.see(event)
            self._changed.set()

    def end(self) -> None:
        self._ended = True
        self._changed.set()

    async def stop(self) -> None:
        """Returns when nothing more of it will be sent."""
        self.end()
        # A request under way is waited for: overtaken by the answer, it could replace it.
        async with self._acting:
            pass

    async def run(self) -> None:
        try:
            self.way.prepare(await self._ledger.delivered(self._for.run_id, self._for.row.seq))
            while not self._ended:
                await self._go_on()
        except Exception:
            logger.exception(
                "run %s is not shown any further; its answer is sent at its end", self._for.run_id
            )

    async def _go_on(self) -> None:
        now = self._clock.monotonic()
        due = self.way.due(now)
        if due is not None and due <= now:
            async with self._acting:
                if not self._ended:
                    await self.way.act()
            return
        self._changed = anyio.Event()
        with anyio.move_on_after(None if due is None else due - now):
            await self._changed.wait()


class Streams:
    def __init__(self, parts: StreamParts) -> None:
        self._parts = parts
        self._shows: dict[str, _Show] = {}
        self._group: TaskGroup | None = None

    def adopt(self, plans: Mapping[tuple[str, str], StreamPlan], rules: BlockRules, tempo: Tempo) -> None:
        """For answers that begin from now on."""
        self._parts = replace(self._parts, plans=plans, rules=rules, tempo=tempo)

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled. A watcher: one that lags loses previews and blocks, never an answer."""
        async with anyio.create_task_group() as group:
            self._group = group
            task_status.started()
            await self._parts.bus.watch("streaming", self._see, *WATCHED, depth=DEPTH)

    def begin(
        self,
        row: InboxRow,
        run_id: str,
        recorded: Sequence[RecordedStep],
        tamed: Callable[[str], str],
        *,
        reasoning: bool,
    ) -> None:
        """A turn begins or goes on. Called before its TurnStarted is published; must not raise."""
        if (before := self._shows.pop(run_id, None)) is not None:
            before.end()
        to = row.event.reply_to
        channel = self._parts.channels.get((to.channel, to.account)) if to is not None else None
        if to is None or channel is None or self._group is None:
            return
        last_said = recorded[-1].message.text if recorded else ""
        recipient = Recipient(run_id, row, to, channel, len(recorded), last_said, reasoning, tamed)
        if (way := self._way(recipient)) is not None:
            show = self._shows[run_id] = _Show(way, recipient, self._parts.ledger, self._parts.clock)
            self._group.start_soon(show.run)

    async def settle(self, row: InboxRow, run_id: str) -> Settled:
        """What people have of this run. From now on its end alone adds to it."""
        show = self._shows.get(run_id)
        if show is not None:
            await show.stop()
        delivered = await self._parts.ledger.delivered(run_id, row.seq)
        self._shows.pop(run_id, None)
        return Settled(delivered) if show is None else show.way.settled(delivered)

    def withdraw(self, to: Address, message_id: str) -> None:
        """A preview that no answer follows is taken away, as soon as that can be."""
        channel = self._parts.channels.get((to.channel, to.account))
        if isinstance(channel, Editing) and self._group is not None:
            self._group.start_soon(_withdraw, channel, to, message_id)

    def _plan(self, to: Address) -> StreamPlan:
        return self._parts.plans.get((to.channel, to.account), StreamPlan())

    def _way(self, recipient: Recipient) -> Way | None:
        parts, plan = self._parts, self._plan(recipient.to)
        rules = parts.rules.within(plan.limit)
        if plan.blocks:
            pacer = Pacer(parts.clock, *parts.tempo.pause_ms)
            return BlockStream(BlockParts(parts.ledger, parts.bus, parts.secrets, rules, pacer), recipient)
        if not isinstance(recipient.channel, Editing) or (plan.preview == "off" and not recipient.reasoning):
            return None
        apart = parts.tempo.between_edits(recipient.row.event.chat_type)
        view = View(plan.preview, rules, recipient.reasoning)
        return Preview(
            PreviewParts(parts.ledger, parts.clock, parts.secrets, apart), recipient, recipient.channel, view
        )

    async def _see(self, event: Event | Gap) -> None:
        match event:
            case Gap():
                for show in self._shows.values():
                    show.way.lost()
            case TurnFinished():
                known = self._shows.get(event.run_id)
                if known is not None and known.begun:
                    del self._shows[event.run_id]
                    known.end()
            case (
                TurnStarted()
                | TextDelta()
                | ReasoningDelta()
                | ReplyWithdrawn()
                | ModelReplied()
                | ToolStarted()
                | ToolFinished()
            ):
                if (known := self._shows.get(event.run_id)) is not None:
                    known.see(event)
            case _:
                pass


async def _withdraw(channel: Editing, to: Address, message_id: str) -> None:
    try:
        await channel.withdraw(to, message_id)
    except Exception:
        logger.exception("a preview in %s cannot be taken away", to.chat)
