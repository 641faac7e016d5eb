"""A reply put together from the chunks of a Chat Completions stream. Pure, and strict: half a reply is none."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from openclaw.llm.chat import Delta, ModelError, Reply, StopReason
from openclaw.llm.openai_faults import fault_of_event, words_of
from openclaw.llm.openai_wire import RETURNED_THOUGHT
from openclaw.types.conversation import Block, Text, Thinking, ToolCall, Usage

_STOPS: dict[str, StopReason] = {"length": "max_tokens", "content_filter": "refusal"}
"""Any other reason ends the reply, or its step: some servers say `stop` where a tool is called."""
_THOUGHTS = (RETURNED_THOUGHT, "reasoning")
_NOT_IN_AN_ID = re.compile(r"[^a-zA-Z0-9_-]")
BYTES_A_TOKEN = 4


@dataclass(slots=True)
class _Draft:
    """A call that is still arriving."""

    index: object
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)

    @property
    def written(self) -> str:
        return "".join(self.pieces)


class Assembly:
    def __init__(self, model: str) -> None:
        self._model = model
        self._texts: list[str] = []
        self._thoughts: dict[str, list[str]] = {name: [] for name in _THOUGHTS}
        self._drafts: list[_Draft] = []
        self._usage: Mapping[str, Any] = {}
        self._finish: str | None = None
        self._refused = False
        self.begun = False
        self.id = ""

    def take(self, chunk: object) -> Iterator[Delta]:
        """What there is to show of the chunk. Raises ModelError for an error sent inside the stream."""
        if not isinstance(chunk, dict):
            raise self._cut("a chunk that is not an object")
        self.begun = True
        self._check(chunk)
        self.id = self.id or str(chunk.get("id") or "")
        self._usage = _object(chunk, "usage") or self._usage
        for choice in _objects(chunk, "choices"):
            if not choice.get("index"):
                self._check(choice)
                yield from self._extend(_object(choice, "delta"))
                self._finish = self._finish or choice.get("finish_reason")

    def reply(self, prompt_bytes: int, request_id: str = "") -> Reply:
        """The whole reply. Raises ModelError when the stream ended before it was whole."""
        if self._finish is None:
            raise self._cut("the stream ended before the reply did")
        if self._finish == "error":
            raise ModelError(self._model, "overloaded", "the provider gave up in the middle of the reply")
        stop = "refusal" if self._refused else _STOPS.get(self._finish, "end")
        said = "".join(self._texts)
        text = [Text(said)] if said else []
        # What was called before it was stopped must not be acted on.
        blocks: list[Block] = [*text] if stop == "refusal" else [*self._thought(), *text, *self._calls(stop)]
        if stop == "end" and any(isinstance(block, ToolCall) for block in blocks):
            stop = "tool_use"
        return Reply(tuple(blocks), stop, self._used(prompt_bytes), self._model, request_id or self.id)

    def _extend(self, delta: Mapping[str, Any]) -> Iterator[Delta]:
        for name in _THOUGHTS:
            if thought := _text(delta, name):
                self._thoughts[name].append(thought)
                # Some servers send each thought under both names.
                if name == RETURNED_THOUGHT or not self._thoughts[RETURNED_THOUGHT]:
                    yield Delta("thinking", thought)
        for name in ("content", "refusal"):
            if text := _text(delta, name):
                self._refused = self._refused or name == "refusal"
                self._texts.append(text)
                yield Delta("text", text)
        for piece in _objects(delta, "tool_calls"):
            self._continue(piece)

    def _continue(self, piece: Mapping[str, Any]) -> None:
        draft, function = self._draft(piece), _object(piece, "function")
        draft.id = draft.id or _text(piece, "id")
        draft.name = draft.name or _text(function, "name")
        # A few servers send the object itself, whole.
        whole = _object(function, "arguments")
        draft.pieces.append(json.dumps(whole) if whole else _text(function, "arguments"))

    def _draft(self, piece: Mapping[str, Any]) -> _Draft:
        """By index; but some servers give every call the same one, or none, and tell calls apart by their ids."""
        index, name = piece.get("index"), _text(piece, "id")
        for draft in reversed(self._drafts):
            if index is None or draft.index == index:
                if name and draft.id and name != draft.id:
                    break
                return draft
        self._drafts.append(_Draft(index))
        return self._drafts[-1]

    def _thought(self) -> Iterator[Thinking]:
        """Its signature says that it is to be sent back; one without any is only shown."""
        for name in _THOUGHTS:
            if thought := "".join(self._thoughts[name]):
                yield Thinking(thought, name if name == RETURNED_THOUGHT else "")
                return

    def _calls(self, stop: StopReason) -> Iterator[ToolCall]:
        names: set[str] = set()
        for number, draft in enumerate(self._drafts, start=1):
            arguments = _arguments(draft.written)
            if stop == "max_tokens" and (arguments is None or not draft.written):
                continue
            if not draft.name:
                raise self._cut("a call without the name of a tool")
            # Ids are sent on to other providers later, which take fewer characters in them.
            name = _NOT_IN_AN_ID.sub("_", draft.id)
            name = name if name and name not in names else f"{name or 'call'}_{number}"
            names.add(name)
            if arguments is None:
                yield ToolCall(name, draft.name, {}, malformed=draft.written)
            else:
                yield ToolCall(name, draft.name, arguments)

    def _used(self, prompt_bytes: int) -> Usage:
        """An estimate where the server counts nothing: budgets and compaction go by these numbers."""
        if not self._usage:
            drafts = sum(len(draft.written) for draft in self._drafts)
            thoughts = max(sum(map(len, pieces)) for pieces in self._thoughts.values())
            output = sum(map(len, self._texts)) + drafts + thoughts
            return Usage(prompt_bytes // BYTES_A_TOKEN, output // BYTES_A_TOKEN)
        details = _object(self._usage, "prompt_tokens_details")
        read, write = _count(details, "cached_tokens"), _count(details, "cache_write_tokens")
        fresh = max(0, _count(self._usage, "prompt_tokens") - read - write)
        return Usage(fresh, _count(self._usage, "completion_tokens"), cache_read=read, cache_write=write)

    def _check(self, part: Mapping[str, Any]) -> None:
        if error := part.get("error"):
            raise ModelError(self._model, fault_of_event(error), words_of(error))

    def _cut(self, detail: str) -> ModelError:
        return ModelError(self._model, "cut_off", detail)


def _object(part: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = part.get(name)
    return value if isinstance(value, dict) else {}


def _objects(part: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    values = part.get(name)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _text(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    return value if isinstance(value, str) else ""


def _count(part: Mapping[str, Any], name: str) -> int:
    value = part.get(name)
    return value if isinstance(value, int) else 0


def _arguments(written: str) -> dict[str, object] | None:
    """None unless the text is one whole JSON object; a tool without parameters may be called with nothing."""
    try:
        arguments = json.loads(written.strip() or "{}")
    except ValueError:
        return None
    return arguments if isinstance(arguments, dict) else None
