"""Which part of a conversation gives way to a summary. Pure.

Nothing is ever taken out of a transcript: a compaction is one more line, and what it summarises stays above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from openclaw.agent.context.config import CompactionConfig
from openclaw.agent.context.tokens import Gauge
from openclaw.types.conversation import AssistantMessage, Compaction, Entry, Note, UserMessage


@dataclass(frozen=True, slots=True)
class Room:
    """A model's window in tokens, and how it is shared out."""

    window: int
    reserve: int
    """Kept free for the answer and for what the next turn brings."""
    keep: int
    """Of the newest turns, word for word."""
    gauge: Gauge = field(default_factory=Gauge)

    @property
    def limit(self) -> int:
        return self.window - self.reserve


def room(config: CompactionConfig, window: int, gauge: Gauge | None = None) -> Room:
    """In a small window reserve and keep shrink with it: they never take all of it."""
    reserve = min(max(config.reserve_tokens, config.reserve_tokens_floor), window // 2)
    keep = min(config.keep_recent_tokens, (window - reserve) // 2)
    return Room(window, reserve, keep, gauge or Gauge())


def is_due(total_tokens: int, room: Room) -> bool:
    return total_tokens > room.limit


@dataclass(frozen=True, slots=True)
class Plan:
    entries: tuple[Entry, ...]
    """What is summarised: whole turns, an earlier summary first."""
    kept: tuple[Entry, ...]
    tokens_before: int

    @property
    def first_kept(self) -> str:
        """The id for the compaction's line; empty when nothing is kept."""
        return self.kept[0].id if self.kept else ""


def plan(entries: Sequence[Entry], room: Room, *, at_least_half: bool = False) -> Plan | None:
    """None when there is nothing that a summary could stand for.

    `entries` are what the model can see. Turns stay whole, so tool calls keep their results; a turn that has no
    answer yet is never touched. `at_least_half`: the older half goes, however much is to be kept.
    """
    begin = 1 if entries and isinstance(entries[0], Compaction) else 0
    starts = _turns(entries, begin)
    end = len(entries) if entries and _is_settled(entries[-1]) else (starts or [0])[-1]
    if end <= begin:
        return None
    before = [0, *accumulate(room.gauge.tokens((entry,)) for entry in entries)]
    cuts = [start for start in starts if begin <= start < end] + [end]
    cut = _keeping(cuts, before, room)
    if at_least_half:
        cut = max(cut, _older_half(cuts, before, begin))
    if cut <= begin:
        return None
    return Plan(tuple(entries[:cut]), tuple(entries[cut:]), before[-1])


def _turns(entries: Sequence[Entry], begin: int) -> list[int]:
    """Where turns begin. Words that arrive while tools run belong to the turn that they steer."""
    return [
        place
        for place in range(begin, len(entries))
        if place == begin
        or (isinstance(entries[place], UserMessage | Note) and _is_settled(entries[place - 1]))
    ]


def _is_settled(entry: Entry) -> bool:
    """Nothing has to follow it."""
    return isinstance(entry, Note | Compaction) or (isinstance(entry, AssistantMessage) and not entry.calls)


def _keeping(cuts: Sequence[int], before: Sequence[int], room: Room) -> int:
    """As many whole turns as fit into `keep`; the newest one stays even if it fills half of all the room."""
    end = cuts[-1]
    cut = next(cut for cut in cuts if before[end] - before[cut] <= room.keep)
    newest = cuts[-2]
    if cut == end and before[end] - before[newest] <= room.limit // 2:
        return newest
    return cut


def _older_half(cuts: Sequence[int], before: Sequence[int], begin: int) -> int:
    half = (before[begin] + before[cuts[-1]]) / 2
    return next(cut for cut in cuts if before[cut] >= half and cut > begin)
