"""Old, oversized results of tools, shortened in the request only: the transcript keeps them whole. Pure.

Everything is decided by what lies before the last pause that was longer than the provider's cache lives. Until the
next such pause the request's beginning stays the same to the byte, so pruning never costs a cached prefix.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from openclaw.agent.context.config import ContextPruningConfig, PrunableToolsConfig, SoftTrimConfig
from openclaw.agent.context.excerpt import shortened
from openclaw.agent.context.tokens import PICTURE
from openclaw.types.conversation import (
    AssistantMessage,
    Entry,
    RedactedThinking,
    Text,
    Thinking,
    ToolMessage,
    ToolResult,
    UserMessage,
)

CHARACTERS = 4
"""Of one token."""
GUARD_SHARE = 0.3
GUARD_CHARACTERS = 400_000
"""However new it is, one result never takes more than this, nor more than its share of the window."""


def pruned(entries: Sequence[Entry], config: ContextPruningConfig, window: int) -> tuple[Entry, ...]:
    """`entries` are what the model can see, the running turn's included; `window` is in tokens."""
    room = window * CHARACTERS
    guarded = tuple(_guarded(entry, min(int(room * GUARD_SHARE), GUARD_CHARACTERS)) for entry in entries)
    held = _held(guarded, config.ttl_seconds * 1000)
    if config.mode == "off" or held == 0:
        return guarded
    old = _Old(guarded[:held], config, room)
    first, shorter = old.shortened()
    if first == held:
        return guarded
    return (*_without_thoughts(shorter, first), *guarded[held:])


def _held(entries: Sequence[Entry], ttl_ms: float) -> int:
    """Where the newest conversation without a pause begins; at the latest where the running turn does."""
    turns = (
        place
        for place in range(len(entries) - 1, 0, -1)
        if isinstance(entries[place], UserMessage)
        and isinstance(before := entries[place - 1], AssistantMessage)
        and not before.calls
    )
    return next((place for place in turns if entries[place].at - entries[place - 1].at >= ttl_ms), 0)


@dataclass(frozen=True, slots=True)
class _Old:
    entries: Sequence[Entry]
    config: ContextPruningConfig
    room: int
    """Characters that fit into the window."""

    def shortened(self) -> tuple[int, list[Entry]]:
        """The first place that was changed, and all entries."""
        config, entries = self.config, list(self.entries)
        if sum(map(_size, entries)) <= config.soft_trim_ratio * self.room:
            return len(entries), entries
        may = _prunable(entries, config.tools)
        end = _protected(entries, config.keep_last_assistants)
        trimmed = [
            _changed(entry, may, lambda result: _trimmed(result, config.soft_trim)) for entry in entries
        ]
        clear = self._to_clear(trimmed)
        for place in range(end):
            entry = trimmed[place]
            if clear > 0 and isinstance(entry, ToolMessage):
                size = _size(entry)
                entry = _changed(entry, may, self._cleared)
                clear -= size - _size(entry)
            entries[place] = entry
        pairs = enumerate(zip(self.entries, entries, strict=True))
        return next((n for n, (old, new) in pairs if new is not old), len(entries)), entries

    def _to_clear(self, trimmed: Sequence[Entry]) -> int:
        """In steps, so that the boundary moves seldom."""
        config = self.config
        excess = sum(map(_size, trimmed)) - config.hard_clear_ratio * self.room
        if not config.hard_clear.enabled or excess <= 0:
            return 0
        step = config.min_prunable_tool_chars
        return -int(-excess // step) * step

    def _cleared(self, result: ToolResult) -> ToolResult:
        placeholder = self.config.hard_clear.placeholder
        if result.pictures or len(result.content) > len(placeholder):
            return replace(result, content=placeholder, pictures=())
        return result


def _trimmed(result: ToolResult, trim: SoftTrimConfig) -> ToolResult:
    if len(result.content) <= trim.max_chars:
        return result
    return replace(result, content=shortened(result.content, trim.head_chars, trim.tail_chars))


def _guarded(entry: Entry, limit: int) -> Entry:
    if not isinstance(entry, ToolMessage) or all(len(result.content) <= limit for result in entry.results):
        return entry
    return _changed(entry, lambda _: True, lambda result: _within(result, limit))


def _within(result: ToolResult, limit: int) -> ToolResult:
    if len(result.content) <= limit:
        return result
    return replace(result, content=shortened(result.content, limit * 3 // 4, limit // 5))


def _changed(
    entry: Entry, may: Callable[[ToolResult], bool], change: Callable[[ToolResult], ToolResult]
) -> Entry:
    """The same object when nothing changes."""
    if not isinstance(entry, ToolMessage):
        return entry
    results = tuple(change(result) if may(result) else result for result in entry.results)
    return entry if results == entry.results else replace(entry, results=results)


def _prunable(entries: Sequence[Entry], tools: PrunableToolsConfig) -> Callable[[ToolResult], bool]:
    names: Mapping[str, str] = dict(_calls(entries))

    def may(result: ToolResult) -> bool:
        name = names.get(result.call_id, "").lower()
        denied = any(fnmatchcase(name, pattern.lower()) for pattern in tools.deny)
        return not denied and (
            not tools.allow or any(fnmatchcase(name, pattern.lower()) for pattern in tools.allow)
        )

    return may


def _calls(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if isinstance(entry, AssistantMessage):
            yield from ((call.id, call.name) for call in entry.calls)


def _protected(entries: Sequence[Entry], turns: int) -> int:
    """Where the last so many turns of the assistant begin: with the words that they answer."""
    begins = [
        place
        for place, entry in enumerate(entries)
        if isinstance(entry, UserMessage) and (place == 0 or not isinstance(entries[place - 1], ToolMessage))
    ]
    if turns == 0:
        return len(entries)
    return begins[-turns] if len(begins) >= turns else 0


def _without_thoughts(entries: Sequence[Entry], first: int) -> Iterator[Entry]:
    """Signatures bind thoughts to everything before them: behind a change they would be refused."""
    for place, entry in enumerate(entries):
        if place > first and isinstance(entry, AssistantMessage):
            blocks = tuple(
                block for block in entry.blocks if not isinstance(block, Thinking | RedactedThinking)
            )
            entry = entry if blocks == entry.blocks else replace(entry, blocks=blocks)
        yield entry


def _size(entry: Entry) -> int:
    match entry:
        case ToolMessage():
            return sum(
                len(result.content) + PICTURE * CHARACTERS * len(result.pictures) for result in entry.results
            )
        case AssistantMessage():
            return sum(len(block.text) for block in entry.blocks if isinstance(block, Text))
        case UserMessage():
            return len(entry.text) + PICTURE * CHARACTERS * len(entry.pictures)
        case _:
            return 0
