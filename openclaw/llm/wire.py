"""A request as the bytes of Anthropic's Messages API. Pure."""

from typing import assert_never

import orjson

from openclaw.llm.chat import Message, Request, ToolSpec
from openclaw.llm.memo import Json, Memo, fragment, json_bytes
from openclaw.llm.pictures import NOTHING, Shown, has_pictures, in_words
from openclaw.llm.thinking import request_fields
from openclaw.types.conversation import Block, Picture, RedactedThinking, Text, Thinking, ToolCall, ToolResult

_BREAKPOINT = {"type": "ephemeral"}


def encode(request: Request, memo: Memo | None = None, shown: Shown = NOTHING) -> bytes:
    """`shown`: pictures in base64; of the others there is a note."""
    return json_bytes(_body(request, memo or Memo(message_bytes), shown))


def message_bytes(message: Message, shown: Shown = NOTHING) -> bytes:
    """Nothing for a message without a visible character."""
    if all(_is_blank(block) for block in message.blocks):
        return b""
    return json_bytes(_message(message, shown))


def _body(request: Request, memo: Memo, shown: Shown) -> Json:
    body: Json = {"model": request.model, "max_tokens": request.max_tokens, "stream": True}
    body |= request_fields(request)
    # The order of the cached prefix at the provider: tools, system, messages.
    if request.tools:
        body["tools"] = [fragment(_tool(tool)) for tool in sorted(request.tools, key=lambda tool: tool.name)]
    if system := _system(request):
        body["system"] = [fragment(block) for block in system]
    # Pictures are remembered elsewhere: here they would leave no room for anything else.
    written = (
        message_bytes(message, shown) if has_pictures(message) else memo.written(message)
        for message in request.messages
    )
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


def _message(message: Message, shown: Shown) -> Json:
    content = [_block(block, shown) for block in message.blocks if not _is_blank(block)]
    if message.cache:
        # Thinking blocks take no breakpoint of their own.
        last = next((block for block in reversed(content) if "thinking" not in block["type"]), None)
        if last is not None:
            last["cache_control"] = _BREAKPOINT
    return {"role": message.role, "content": [fragment(block) for block in content]}


def _is_blank(block: Block | ToolResult | Picture) -> bool:
    """The API refuses a text block without a visible character."""
    return isinstance(block, Text) and not block.text.strip()


def _block(block: Block | ToolResult | Picture, shown: Shown) -> Json:
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
            said: object = content
            if block.pictures:
                words = [fragment({"type": "text", "text": content})] if content.strip() else []
                said = [*words, *(_picture(each, shown) for each in block.pictures)]
            result: Json = {"type": "tool_result", "tool_use_id": call_id, "content": said}
            return {**result, "is_error": True} if failed else result
        case Picture():
            return _picture(block, shown)
    assert_never(block)


def _picture(picture: Picture, shown: Shown) -> Json:
    data = shown.get(picture)
    if data is None:
        return {"type": "text", "text": in_words(picture)}
    source = {"type": "base64", "media_type": picture.media_type, "data": orjson.Fragment(b'"%b"' % data)}
    return {"type": "image", "source": source}
