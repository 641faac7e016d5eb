"""A request as the bytes of Anthropic's Messages API. Pure."""

from typing import assert_never

import orjson

from openclaw.llm.chat import Message, Request, ToolSpec
from openclaw.llm.memo import Json, Memo, fragment, json_bytes
from openclaw.llm.thinking import request_fields
from openclaw.types.conversation import Block, RedactedThinking, Text, Thinking, ToolCall, ToolResult

_BREAKPOINT = {"type": "ephemeral"}


def encode(request: Request, memo: Memo | None = None) -> bytes:
    return json_bytes(_body(request, memo or Memo(message_bytes)))


def message_bytes(message: Message) -> bytes:
    """Nothing for a message without a visible character."""
    return json_bytes(_message(message)) if any(not _is_blank(block) for block in message.blocks) else b""


def _body(request: Request, memo: Memo) -> Json:
    body: Json = {"model": request.model, "max_tokens": request.max_tokens, "stream": True}
    body |= request_fields(request)
    # The order of the cached prefix at the provider: tools, system, messages.
    if request.tools:
        body["tools"] = [fragment(_tool(tool)) for tool in sorted(request.tools, key=lambda tool: tool.name)]
    if system := _system(request):
        body["system"] = [fragment(block) for block in system]
    written = (memo.written(message) for message in request.messages)
    body["messages"] = [orjson.Fragment(message) for message in written if message]
    return body


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
