"""A request as the bytes of OpenAI's Chat Completions API, which many other servers speak. Pure."""

import hashlib
import re
from collections.abc import Iterator

import orjson

from openclaw.llm.chat import Message, Request, ToolSpec
from openclaw.llm.memo import Json, Memo, fragment, json_bytes
from openclaw.llm.pictures import NOTHING, Shown, has_pictures, in_words, pictures_in
from openclaw.types.conversation import Picture, Text, Thinking, ToolCall, ToolResult

RETURNED_THOUGHT = "reasoning_content"
"""Where some servers (DeepSeek, Kimi) send thoughts and refuse a tool's result when they do not come back with it."""

_LONGEST_CALL_ID = 40
_COUNTS_THOUGHTS = re.compile(r"(?:.*/)?(?:o\d|gpt-(?:[5-9]|\d\d))(?:\D|$)", re.IGNORECASE)
"""The models that refuse `max_tokens`, by their name, which proxies keep. Other servers know only the older field."""


def encode(request: Request, effort: str | None, memo: Memo | None = None, shown: Shown = NOTHING) -> bytes:
    """`effort`: how much to think, as the API calls it; None leaves it to the model.

    `shown`: pictures in base64; of the others there is a note.
    """
    memo = memo or Memo(message_bytes)
    body: Json = {"model": request.model}
    limit = "max_completion_tokens" if _COUNTS_THOUGHTS.match(request.model) else "max_tokens"
    body[limit] = request.max_tokens
    body["stream"] = True
    body["stream_options"] = {"include_usage": True}
    if effort is not None:
        body["reasoning_effort"] = effort
    if request.tools:
        body["tools"] = [fragment(_tool(tool)) for tool in sorted(request.tools, key=lambda tool: tool.name)]
    # One system message at the very start: the templates of many local models know no other place for it.
    system = "\n\n".join(text for text in (request.system, request.context) if text)
    written = [json_bytes({"role": "system", "content": system})] if system else []
    for message in request.messages:
        # Pictures are remembered elsewhere: here they would leave no room for anything else.
        pictured = has_pictures(message)
        if each := message_bytes(message, shown) if pictured else memo.written(message):
            written.append(each)
    body["messages"] = orjson.Fragment(b"[%b]" % b",".join(written))
    return json_bytes(body)


def efforts(request: Request) -> tuple[str | None, ...]:
    """What to ask for, and what instead where that is refused: which model takes which is in no table that lasts.

    OpenAI's newer models call tools here only with `none`, and some of them know no `none`.
    """
    level = request.thinking
    if level == "off" and _COUNTS_THOUGHTS.match(request.model):
        return "none", "minimal", "low", None
    if level is None or level == "off":
        return None, "none"
    nearest = {"minimal": ("minimal", "low"), "xhigh": ("xhigh", "high")}.get(level, (level,))
    return (*nearest, "none", None) if request.tools else (*nearest, None)


def message_bytes(message: Message, shown: Shown = NOTHING) -> bytes:
    """One message of ours may be several there: every result of a tool is a message of its own."""
    return b",".join(json_bytes(each) for each in _messages(message, shown))


def _tool(tool: ToolSpec) -> Json:
    # OpenAI refuses an object that does not say what may be in it.
    parameters = {"properties": {}, **tool.schema}
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


def _messages(message: Message, shown: Shown) -> Iterator[Json]:
    if message.role == "assistant":
        yield from _said(message)
        return
    for block in message.blocks:
        if isinstance(block, ToolResult):
            # There is no field for failure.
            content = f"error: {block.content}" if block.failed else block.content
            yield {"role": "tool", "tool_call_id": _call_id(block.call_id), "content": content}
    # A tool's message holds nothing but text, and all of them must come before anything else.
    pictures = [_picture(each, shown) for each in pictures_in(message)]
    text = _text(message)
    if pictures:
        words = [fragment({"type": "text", "text": text})] if text else []
        yield {"role": "user", "content": [*pictures, *words]}
    elif text:
        yield {"role": "user", "content": text}


def _picture(picture: Picture, shown: Shown) -> Json:
    data = shown.get(picture)
    if data is None:
        return {"type": "text", "text": in_words(picture)}
    url = orjson.Fragment(b'"data:%b;base64,%b"' % (picture.media_type.encode(), data))
    return {"type": "image_url", "image_url": {"url": url}}


def _said(message: Message) -> Iterator[Json]:
    text = _text(message)
    calls = [_call(block) for block in message.blocks if isinstance(block, ToolCall)]
    if not text and not calls:
        return
    said: Json = {"role": "assistant", "content": text or None}
    thoughts = [each for each in message.blocks if isinstance(each, Thinking)]
    if thoughts and all(each.signature == RETURNED_THOUGHT for each in thoughts):
        said[RETURNED_THOUGHT] = "".join(each.thinking for each in thoughts)
    if calls:
        said["tool_calls"] = calls
    yield said


def _call(call: ToolCall) -> Json:
    function = {"name": call.name, "arguments": json_bytes(dict(call.arguments)).decode()}
    return {"id": _call_id(call.id), "type": "function", "function": function}


def _call_id(name: str) -> str:
    """Calls that other providers have named may have longer names than OpenAI takes."""
    if len(name) <= _LONGEST_CALL_ID:
        return name
    return f"call_{hashlib.sha256(name.encode()).hexdigest()}"[:_LONGEST_CALL_ID]


def _text(message: Message) -> str:
    """Plain text, not a list of parts, which some local servers do not read."""
    return "\n\n".join(
        block.text for block in message.blocks if isinstance(block, Text) and block.text.strip()
    )
