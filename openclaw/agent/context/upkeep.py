"""What is done so that a conversation fits into its model: written down, then summed up."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openclaw.agent.context.compaction import Plan, Room, is_due, plan, room
from openclaw.agent.context.config import CompactionConfig
from openclaw.agent.context.memory import Conversation, Flushed, flush_due, run_flush, unwritten
from openclaw.agent.context.summary import Scribe, summarise
from openclaw.agent.context.tokens import gauge
from openclaw.agent.ports import Model
from openclaw.agent.renderer import Wrapping
from openclaw.llm.chat import ModelError
from openclaw.types.clock import Clock
from openclaw.types.conversation import Compaction, Entry, Usage
from openclaw.types.progress import Progress, Unwatched

logger = logging.getLogger(__name__)

SUMMING_UP = "Summing up the earlier conversation"
WRITING_DOWN = "Writing down what must stay"


@dataclass(frozen=True, slots=True)
class Upkept:
    """What the caller has to record, in one transaction."""

    compaction: Compaction | None = None
    """A line for the transcript. What it sums up stays in the file above it."""
    counters: Mapping[str, int] = field(default_factory=dict)
    """For the session's entry."""
    usage: Usage = field(default_factory=Usage)
    remembered: int = 0
    """Entries that the memory has got."""
    failure: ModelError | None = None
    """Why there is no compaction although one was wanted. Without either there was nothing to sum up."""


class Upkeep:
    """None of it raises for what the model does. Cancelled, it has changed nothing but the memory's files."""

    def __init__(
        self, config: CompactionConfig, wrapping: Wrapping, clock: Clock, progress: Progress | None = None
    ) -> None:
        self._config = config
        self._wrapping = wrapping
        self._clock = clock
        self._progress = progress or Unwatched()

    def adopt(self, config: CompactionConfig) -> None:
        self._config = config

    async def before_turn(self, conversation: Conversation, model: Model, window: int) -> Upkept:
        """Writes the memory when a compaction comes near."""
        if not flush_due(conversation, window, self._config):
            return Upkept()
        flushed = await self._flush(conversation, conversation.entries, model, window)
        return Upkept(None, flushed.counters, flushed.usage, flushed.entries)

    async def after_turn(self, conversation: Conversation, model: Model, window: int) -> Upkept:
        """Sums up the older part when the window is nearly full."""
        room = self._room(conversation, window)
        if not is_due(conversation.counter("totalTokens"), room):
            return Upkept()
        return await self._compact(conversation, model, plan(conversation.entries, room), room)

    async def overflowed(self, conversation: Conversation, model: Model, window: int) -> Upkept:
        """The model refused the conversation as too long: at least its older half goes."""
        return await self.compact_now(conversation, model, window)

    async def compact_now(
        self, conversation: Conversation, model: Model, window: int, instructions: str = ""
    ) -> Upkept:
        """As asked for with /compact; `instructions` are of somebody who may give them."""
        room = self._room(conversation, window)
        part = plan(conversation.entries, room, at_least_half=True)
        return await self._compact(conversation, model, part, room, instructions)

    async def _compact(
        self, conversation: Conversation, model: Model, part: Plan | None, room: Room, instructions: str = ""
    ) -> Upkept:
        """There is no other way to a compaction, so that nothing is summed up before the memory has seen it."""
        if part is None:
            return Upkept()
        flushed = Flushed({})
        if self._config.memory_flush.enabled and unwritten(conversation, part.entries):
            flushed = await self._flush(conversation, part.entries, model, room.window)
        scribe = Scribe(model, self._wrapping, self._clock)
        try:
            with self._progress.working("compaction", SUMMING_UP, session_key=conversation.key) as say:
                summary = await summarise(part, room, scribe, instructions, say)
        except ModelError as error:
            logger.warning("%s was not compacted: %s", conversation.key, error)
            return Upkept(None, flushed.counters, flushed.usage, flushed.entries, error)
        counters = {
            **flushed.counters,
            "compactionCount": conversation.counter("compactionCount") + 1,
            "totalTokens": summary.tokens,
        }
        return Upkept(summary.entry, counters, flushed.usage + summary.usage, flushed.entries)

    async def _flush(
        self, conversation: Conversation, entries: Sequence[Entry], model: Model, window: int
    ) -> Flushed:
        since = conversation.counter("memoryFlushAt")
        new = [entry for entry in entries if entry.at > since]
        scribe = Scribe(model, self._wrapping, self._clock)
        room = self._room(conversation, window)
        with self._progress.working("memory", WRITING_DOWN, session_key=conversation.key) as say:
            return await run_flush(conversation, new, room, scribe, self._config.memory_flush, say)

    def _room(self, conversation: Conversation, window: int) -> Room:
        counted = conversation.counter("totalTokens")
        return room(self._config, window, gauge(conversation.entries, counted))
