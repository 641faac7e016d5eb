"""A reply put together from the events of Anthropic's stream. Pure, and strict: half a reply is none."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from openclaw.llm.chat import Delta, ModelError, Reply, StopReason
from openclaw.llm.faults import fault_of_kind
from openclaw.types.conversation import Block, RedactedThinking, Text, Thinking, ToolCall, Usage

_STOPS: dict[str, StopReason] = {
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "refusal": "refusal",
}
"""Any other reason, those of the future among them, ends the reply."""
_SHORT = frozenset({"max_tokens", "refusal"})
"""The model was stopped; a call that it had not finished is no sign of a broken stream."""


@dataclass(slots=True)
class _Draft:
    """A block that is still arriving."""

    start: Mapping[str, Any]
    pieces: list[str] = field(default_factory=list)
    signature: str = ""
    closed: bool = False

    @property
    def kind(self) -> str:
        return str(self.start.get("type"))

    @property
    def written(self) -> str:
        return "".join(self.pieces)


class Assembly:
    def __init__(self, model: str) -> None:
        self._model = model
        self._drafts: dict[int, _Draft] = {}
        self._usage: dict[str, int] = {}
        self._stop: str | None = None
        self._ended = False

    @property
    def begun(self) -> bool:
        return bool(self._usage or self._drafts)

    def take(self, event: object) -> Delta | None:
        """What there is to show of the event. Raises ModelError for an error sent inside the stream."""
        if not isinstance(event, dict):
            raise self._cut("an event that is not an object")
        match event.get("type"):
            case "message_start":
                self._count(_object(_object(event, "message"), "usage"))
            case "content_block_start":
                return self._open(event)
            case "content_block_delta":
                return self._extend(event)
            case "content_block_stop":
                self._draft(event).closed = True
            case "message_delta":
                self._count(_object(event, "usage"))
                self._stop = _object(event, "delta").get("stop_reason") or self._stop
            case "message_stop":
                self._ended = True
            case "error":
                raise self._told(_object(event, "error"))
            case _:
                pass  # pings, and events of the future
        return None

    def reply(self, request_id: str = "") -> Reply:
        """The whole reply. Raises ModelError when the stream ended before it was whole."""
        if not self._ended or self._stop is None:
            raise self._cut("the stream ended before the reply did")
        if self._stop == "model_context_window_exceeded":
            raise ModelError(
                self._model, "overflow", "the conversation and the reply do not fit into the window"
            )
        drafts = [self._drafts[index] for index in sorted(self._drafts)]
        blocks = tuple(block for draft in drafts if (block := self._finished(draft)) is not None)
        if self._stop == "refusal":
            # What was written before it must not be acted on, nor stand in the history as thought.
            blocks = tuple(block for block in blocks if isinstance(block, Text))
        return Reply(blocks, self._stop_reason(blocks), self._used(), self._model, request_id)

    def _open(self, event: Mapping[str, Any]) -> Delta | None:
        start = _object(event, "content_block")
        draft = self._drafts[_index(event)] = _Draft(start)
        draft.signature = str(start.get("signature") or "")
        match draft.kind:
            case "text" | "thinking" as kind:
                return self._add(draft, kind, str(start.get(kind) or ""))
            case _:
                return None

    def _extend(self, event: Mapping[str, Any]) -> Delta | None:
        draft, delta = self._draft(event), _object(event, "delta")
        match delta.get("type"):
            case "text_delta":
                return self._add(draft, "text", str(delta.get("text") or ""))
            case "thinking_delta":
                return self._add(draft, "thinking", str(delta.get("thinking") or ""))
            case "signature_delta":
                draft.signature += str(delta.get("signature") or "")
            case "input_json_delta":
                draft.pieces.append(str(delta.get("partial_json") or ""))
            case _:
                pass
        return None

    def _add(self, draft: _Draft, kind: Literal["text", "thinking"], text: str) -> Delta | None:
        draft.pieces.append(text)
        return Delta(kind, text) if text else None

    def _draft(self, event: Mapping[str, Any]) -> _Draft:
        try:
            return self._drafts[_index(event)]
        except KeyError:
            raise self._cut("a piece of a block that never began") from None

    def _finished(self, draft: _Draft) -> Block | None:
        """None for what is not part of the answer: nothing, an unknown kind, a call that did not fit."""
        match draft.kind:
            case "text":
                return Text(draft.written) if draft.written else None
            case "thinking":
                return Thinking(draft.written, draft.signature)
            case "redacted_thinking":
                return RedactedThinking(str(draft.start.get("data") or ""))
            case "tool_use":
                return self._call(draft)
            case _:
                return None

    def _call(self, draft: _Draft) -> ToolCall | None:
        arguments = _arguments(draft.written)
        # Without a letter of arguments, a call is whole only if the model said that it had finished.
        if self._stop in _SHORT and (arguments is None or not draft.written):
            return None
        identity, name = draft.start.get("id"), draft.start.get("name")
        if not draft.closed or not identity or not name:
            raise self._cut(f"the call of the tool {name!r} was cut")
        if arguments is None:
            return ToolCall(str(identity), str(name), {}, malformed=draft.written)
        return ToolCall(str(identity), str(name), arguments)

    def _stop_reason(self, blocks: tuple[Block, ...]) -> StopReason:
        stop = _STOPS.get(self._stop or "", "end")
        if stop in ("end", "tool_use"):
            return "tool_use" if any(isinstance(block, ToolCall) for block in blocks) else "end"
        return stop

    def _count(self, usage: Mapping[str, Any]) -> None:
        """The counts are cumulative; a later event repeats some of them."""
        self._usage |= {name: count for name, count in usage.items() if isinstance(count, int)}

    def _used(self) -> Usage:
        count = self._usage.get
        return Usage(
            input=count("input_tokens", 0),
            output=count("output_tokens", 0),
            cache_read=count("cache_read_input_tokens", 0),
            cache_write=count("cache_creation_input_tokens", 0),
        )

    def _told(self, error: Mapping[str, Any]) -> ModelError:
        kind, message = str(error.get("type") or ""), str(error.get("message") or "")
        return ModelError(
            self._model, fault_of_kind(kind, message), f"{kind}: {message}" if kind else message
        )

    def _cut(self, detail: str) -> ModelError:
        return ModelError(self._model, "cut_off", detail)


def _object(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def _index(event: Mapping[str, Any]) -> int:
    index = event.get("index")
    return index if isinstance(index, int) else -1


def _arguments(written: str) -> dict[str, object] | None:
    """None unless the text is one whole JSON object; a tool without parameters may be called with nothing."""
    try:
        arguments = json.loads(written or "{}")
    except ValueError:
        return None
    return arguments if isinstance(arguments, dict) else None
