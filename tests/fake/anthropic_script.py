"""What a scripted model answers with, and the server-sent events that carry it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
PIECE = 24
"""Characters a delta."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    name: str
    input: Json | str
    """A string is sent as it is: what a model writes that cannot write JSON."""
    id: str = ""
    """Made by the fake when empty."""


@dataclass(frozen=True, slots=True)
class Reply:
    text: str = ""
    calls: Sequence[ToolUse] = ()
    thinking: str = ""
    stop_reason: str = ""
    """`tool_use` when there are calls, `end_turn` otherwise."""
    usage: Json | None = None
    """Replaces single counts of the usage."""


@dataclass(frozen=True, slots=True)
class Failure:
    status: int
    type: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cut:
    """The answer ends before any event, in the middle of a text, or in the middle of a call's JSON.

    `silent`: the body ends as if it were whole, as proxies make it; the SDK does not notice.
    """

    after: Literal["start", "text", "tool_json"]
    silent: bool = True
    text: str = "This sentence was never"
    call: ToolUse = ToolUse("get_weather", {"location": "Sydney"})


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """200, some text, then an `error` event."""

    type: str = "overloaded_error"
    message: str = "Overloaded"
    text: str = "Let me"


Script = Reply | Failure | Cut | ErrorEvent


def content(reply: Reply) -> list[Json]:
    blocks: list[Json] = []
    if reply.thinking:
        blocks.append({"type": "thinking", "thinking": reply.thinking, "signature": "sig-" + "a" * 60})
    if reply.text:
        blocks.append({"type": "text", "text": reply.text})
    blocks += [{"type": "tool_use", "id": c.id, "name": c.name, "input": c.input} for c in reply.calls]
    return blocks


def stop_reason(reply: Reply) -> str:
    return reply.stop_reason or ("tool_use" if reply.calls else "end_turn")


def start_event(message_id: str, model: str, usage: Json) -> bytes:
    message: Json = {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 1},
    }
    return event("message_start", {"message": message}) + event("ping", {})


def block_events(index: int, block: Json) -> Iterator[bytes]:
    """Start, deltas and stop of one block."""
    empty: Json
    match block["type"]:
        case "text":
            empty, deltas = {"type": "text", "text": ""}, _pieces("text_delta", "text", block["text"])
        case "thinking":
            empty = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = _pieces("thinking_delta", "thinking", block["thinking"])
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case _:
            empty = {**block, "input": {}}
            deltas = _pieces("input_json_delta", "partial_json", _written(block["input"]))
    yield event("content_block_start", {"index": index, "content_block": empty})
    for delta in deltas:
        yield event("content_block_delta", {"index": index, "delta": delta})
    yield event("content_block_stop", {"index": index})


def end_events(reason: str, usage: Json) -> bytes:
    delta = {"stop_reason": reason, "stop_sequence": None}
    return event("message_delta", {"delta": delta, "usage": usage}) + event("message_stop", {})


def error_event(kind: str, message: str) -> bytes:
    return event("error", {"error": {"type": kind, "message": message}})


def event(name: str, data: Json) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def _written(arguments: Json | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def _pieces(kind: str, key: str, text: str) -> list[Json]:
    return [{"type": kind, key: text[at : at + PIECE]} for at in range(0, len(text), PIECE)]
