"""The entries of a session as the messages of a request, the same bytes at every replay."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from openclaw.agent.untrusted import encodable, wrap
from openclaw.llm.chat import Message
from openclaw.types.conversation import (
    AssistantMessage,
    Block,
    Compaction,
    Entry,
    Note,
    Picture,
    Provenance,
    RedactedThinking,
    Text,
    Thinking,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)

INTERRUPTED = "interrupted: no result of this call was recorded; it may have run or not"
PICTURES_ALONE = "(pictures, without a word)"
SESSIONS = 64
CHARACTERS = 32_000_000
"""Of rendered text that is remembered, over all sessions; the newest session may exceed it."""

_SPEAKERS: dict[Provenance, str] = {
    "owner": "the owner",
    "member": "a member",
    "stranger": "a stranger",
    "hook": "an automation",
}
_FROM_OUTSIDE: frozenset[Provenance] = frozenset({"web", "hook", "stranger", "member", "skill"})
"""Results of tools that hold other people's words."""


@dataclass(frozen=True, slots=True)
class Wrapping:
    key: bytes
    """The installation's; nonces are made from it."""
    zone: tzinfo
    zone_name: str


def source_line(sender: str, name: str, provenance: Provenance, at: str) -> str:
    """`Source: telegram message from the owner (telegram:821071206), 2026-02-27 20:00 Australia/Sydney`."""
    channel = sender.partition(":")[0] or "unknown"
    speaker = _SPEAKERS.get(provenance, f"a source of the kind {provenance}")
    if name and provenance in {"member", "stranger"}:
        # Anybody may call himself anything, so the name is quoted and the id stands behind it.
        shown = " ".join(name.replace('"', "'").split())[:64]
        speaker = f'{speaker} who goes by "{shown}"'
    return f"Source: {channel} message from {speaker} ({sender}), {at}"


@dataclass(slots=True)
class _Written:
    """The messages of some entries, ready to be continued by the entries behind them."""

    wrapping: Wrapping
    model: str
    done: list[Message] = field(default_factory=list)
    calls: tuple[ToolCall, ...] = ()
    """Of the last assistant message: they want their results."""
    results: dict[str, ToolResult] = field(default_factory=dict)
    texts: list[Text | Picture] = field(default_factory=list)
    said: list[Block] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    characters: int = 0

    def copy(self) -> "_Written":
        return replace(
            self,
            done=self.done.copy(),
            results=self.results.copy(),
            texts=self.texts.copy(),
            said=self.said.copy(),
            ids=self.ids.copy(),
            used=self.used.copy(),
        )

    def add(self, entry: Entry, *, thinks: bool) -> None:
        match entry:
            case UserMessage():
                source = source_line(entry.sender, entry.sender_name, entry.provenance, self._time(entry.at))
                self._tell(entry.text or (PICTURES_ALONE if entry.pictures else ""), entry.id, source)
                self.texts += entry.pictures
            case Note():
                source = f"Source: note on {entry.sender} ({entry.provenance}), {self._time(entry.at)}"
                self._tell(entry.text, entry.id, source)
            case Compaction():
                source = "Source: summary of the earlier conversation, written by this system"
                self._tell(entry.summary, entry.id, source)
            case ToolMessage():
                self._take(entry)
            case AssistantMessage():
                self._say(entry, thinks=thinks and entry.model == self.model)

    def messages(self) -> list[Message]:
        """Complete and valid, whatever is still missing behind the last entry."""
        end = self.copy()
        end._end_saying()
        end._end_hearing()
        return end.done

    def _time(self, at: int) -> str:
        return f"{datetime.fromtimestamp(at / 1000, self.wrapping.zone):%Y-%m-%d %H:%M} {self.wrapping.zone_name}"

    def _tell(self, text: str, line_id: str, source: str) -> None:
        if text.strip():
            self._end_saying()
            wrapped = wrap(text, line_id, source, self.wrapping.key)
            self.characters += len(wrapped)
            self.texts.append(Text(wrapped))

    def _take(self, entry: ToolMessage) -> None:
        """Results are kept until it is known which of them were asked for."""
        if self._calling():
            self._end_saying()
        if not self.said:
            for result in entry.results:
                self.results.setdefault(result.call_id, result)

    def _say(self, entry: AssistantMessage, *, thinks: bool) -> None:
        """Nothing but thoughts is nothing said; the first message of a request is never the assistant's."""
        blocks = [block for block in entry.blocks if _replayable(block, thinks=thinks)]
        if not any(isinstance(block, Text | ToolCall) for block in blocks):
            return
        if self._calling():
            self._end_saying()
        if not self.said:
            self._end_hearing()
        if self.done:
            self.said += [self._block(block, entry.id) for block in blocks]
            self.characters += sum(len(block.text) for block in blocks if isinstance(block, Text))

    def _calling(self) -> bool:
        return any(isinstance(block, ToolCall) for block in self.said)

    def _block(self, block: Block, entry_id: str) -> Block:
        """Some models count their calls from one in every reply, and providers refuse an id that comes twice."""
        if isinstance(block, Text):
            clean = encodable(block.text)
            return block if clean == block.text else Text(clean)
        if not isinstance(block, ToolCall):
            return block
        if block.id not in self.used:
            self.used.add(block.id)
            self.ids.pop(block.id, None)
            return block
        name = f"{block.id}_{entry_id}"[:64]
        self.used.add(name)
        self.ids[block.id] = name
        return replace(block, id=name)

    def _end_saying(self) -> None:
        if self.said:
            self.calls = tuple(block for block in self.said if isinstance(block, ToolCall))
            self.done.append(Message("assistant", tuple(self.said)))
            self.said = []

    def _end_hearing(self) -> None:
        """Results first, one for each call and for nothing else."""
        found = {self.ids.get(name, name): result for name, result in self.results.items()}
        answers = [self._answer(call.id, found.get(call.id)) for call in self.calls]
        if answers or self.texts:
            self.done.append(Message("user", (*answers, *self.texts)))
        self.calls, self.results, self.texts = (), {}, []

    def _answer(self, call_id: str, result: ToolResult | None) -> ToolResult:
        if result is None:
            return ToolResult(call_id, INTERRUPTED, failed=True)
        content = encodable(result.content)
        if result.provenance in _FROM_OUTSIDE:
            source = f"Source: {result.provenance}, brought by a tool"
            content = wrap(content, call_id, source, self.wrapping.key)
        self.characters += len(content)
        if content == result.content and call_id == result.call_id:
            return result
        return replace(result, call_id=call_id, content=content)


def _replayable(block: Block, *, thinks: bool) -> bool:
    """Providers refuse blank texts, and thoughts of another model or without a signature."""
    match block:
        case Text():
            return bool(block.text.strip())
        case Thinking():
            return thinks and bool(block.signature)
        case RedactedThinking():
            return thinks
        case ToolCall():
            return True


@dataclass(frozen=True, slots=True)
class _Remembered:
    entries: tuple[Entry, ...]
    written: _Written


class Renderer:
    """Remembers what it has rendered: entries never change, and each turn brings the same ones and a few more."""

    def __init__(self, wrapping: Wrapping) -> None:
        self._wrapping = wrapping
        self._remembered: OrderedDict[tuple[str, str], _Remembered] = OrderedDict()

    def messages(self, entries: Sequence[Entry], model: str) -> tuple[Message, ...]:
        """`model` is the `provider/model` that is asked: only its own thoughts are shown to it."""
        visible, compacted = _visible(entries)
        if not visible:
            return ()
        name = (visible[0].id, model)
        written, start = self._known(name, visible)
        for place in range(start, len(visible)):
            # Signatures bind thoughts to all that came before them, which a compaction has replaced.
            written.add(visible[place], thinks=place >= compacted)
        self._remember(name, _Remembered(visible, written))
        return _marked(written.messages())

    def _known(self, name: tuple[str, str], visible: tuple[Entry, ...]) -> tuple[_Written, int]:
        known = self._remembered.pop(name, None)
        if known is not None and visible[: len(known.entries)] == known.entries:
            return known.written, len(known.entries)
        return _Written(self._wrapping, name[1]), 0

    def _remember(self, name: tuple[str, str], rendered: _Remembered) -> None:
        self._remembered[name] = rendered
        while len(self._remembered) > 1 and (len(self._remembered) > SESSIONS or self._size() > CHARACTERS):
            self._remembered.popitem(last=False)

    def _size(self) -> int:
        return sum(one.written.characters for one in self._remembered.values())


def _visible(entries: Sequence[Entry]) -> tuple[tuple[Entry, ...], int]:
    """What the newest compaction leaves, its summary first, and how many of them are older than it."""
    last = next((n for n in range(len(entries) - 1, -1, -1) if isinstance(entries[n], Compaction)), None)
    if last is None:
        return tuple(entries), 0
    compaction = entries[last]
    assert isinstance(compaction, Compaction)
    first = next((n for n in range(last) if entries[n].id == compaction.first_kept), last)
    kept = tuple(entry for entry in entries[first:last] if not isinstance(entry, Compaction))
    return (compaction, *kept, *entries[last + 1 :]), 1 + len(kept)


def _marked(messages: list[Message]) -> tuple[Message, ...]:
    """Cache breakpoints: before the newest words from outside, and, while tools run, at the newest results."""
    newest = next(
        (n for n in range(len(messages) - 1, -1, -1) if any(isinstance(b, Text) for b in messages[n].blocks)
         and messages[n].role == "user"), 0,
    )  # fmt: skip
    if newest > 0:
        messages[newest - 1] = replace(messages[newest - 1], cache=True)
    if messages and newest < len(messages) - 1:
        messages[-1] = replace(messages[-1], cache=True)
    return tuple(messages)
