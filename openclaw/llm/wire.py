"""A request as the bytes of Anthropic's Messages API. Pure."""

import json
from collections.abc import Mapping
from typing import Any, assert_never

import orjson

from openclaw.llm.chat import Message, Request, ToolSpec
from openclaw.types.conversation import Block, RedactedThinking, Text, Thinking, ToolCall, ToolResult

Json = dict[str, Any]

_BREAKPOINT = {"type": "ephemeral"}


MEMO_BYTES = 16 << 20


class Memo:
    """What messages look like on the wire. The same message objects come again with every turn of a session."""

    def __init__(self, budget: int = MEMO_BYTES) -> None:
        self._budget = budget
        self._known: dict[int, tuple[Message, bytes]] = {}
        """By identity: the message is kept beside its bytes, so its id cannot become another's."""
        self._size = 0

    def written(self, message: Message) -> bytes:
        known = self._known.get(id(message))
        if known is not None:
            return known[1]
        written = (
            _written(_message(message)) if any(not _is_blank(block) for block in message.blocks) else b""
        )
        self._size += len(written)
        if self._size > self._budget:
            self._known.clear()
            self._size = len(written)
        self._known[id(message)] = (message, written)
        return written


def encode(request: Request, memo: Memo | None = None) -> bytes:
    return _written(_body(request, memo or Memo()))


def _written(value: Json) -> bytes:
    try:
        return orjson.dumps(value, default=_plain)
    except TypeError:
        # Half a surrogate pair in somebody's text, or a number beyond 64 bits in a tool's arguments: such a line
        # stays in the transcript, and must not make every later request of its session fail.
        return json.dumps(value, ensure_ascii=False, default=_plain).encode("utf-8", "replace")


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in a request")


def _body(request: Request, memo: Memo) -> Json:
    body: Json = {"model": request.model, "max_tokens": request.max_tokens, "stream": True}
    # The order of the cached prefix at the provider: tools, system, messages.
    if request.tools:
        body["tools"] = [_fragment(_tool(tool)) for tool in sorted(request.tools, key=lambda tool: tool.name)]
    if system := _system(request):
        body["system"] = [_fragment(block) for block in system]
    written = (memo.written(message) for message in request.messages)
    body["messages"] = [orjson.Fragment(message) for message in written if message]
    return body


def _fragment(value: Json) -> orjson.Fragment:
    """Written by itself, so that what orjson refuses in one place is not refused in all."""
    return orjson.Fragment(_written(value))


def _tool(tool: ToolSpec) -> Json:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.schema}


def _system(request: Request) -> list[Json]:
    blocks: list[Json] = []
    if request.system:
        blocks.append({"type": "text", "text": request.system, "cache_control": _BREAKPOINT})
    if request.context:
        blocks.append({"type": "text", "text": request.context})
    return blocks


def _message(message: Message) -> Json:
    content = [_block(block) for block in message.blocks if not _is_blank(block)]
    if message.cache:
        # Thinking blocks take no breakpoint of their own.
        last = next((block for block in reversed(content) if "thinking" not in block["type"]), None)
        if last is not None:
            last["cache_control"] = _BREAKPOINT
    return {"role": message.role, "content": content}


def _is_blank(block: Block | ToolResult) -> bool:
    """The API refuses a text block without a visible character."""
    return isinstance(block, Text) and not block.text.strip()


def _block(block: Block | ToolResult) -> Json:
    match block:
        case Text(text):
            return {"type": "text", "text": text}
        case Thinking(thinking, signature):
            return {"type": "thinking", "thinking": thinking, "signature": signature}
        case RedactedThinking(data):
            return {"type": "redacted_thinking", "data": data}
        case ToolCall(id, name, arguments):
            return {"type": "tool_use", "id": id, "name": name, "input": arguments}
        case ToolResult(call_id, content, failed):
            result: Json = {"type": "tool_result", "tool_use_id": call_id, "content": content}
            return {**result, "is_error": True} if failed else result
    assert_never(block)
