"""The chunks of a Chat Completions stream that carry a scripted answer."""

import json
from collections.abc import Iterator
from typing import Any

from tests.fake.anthropic_script import PIECE, Reply

Json = dict[str, Any]
DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": PROCESSING\n\n"
_FINISH = {"max_tokens": "length", "refusal": "content_filter"}


def finish_reason(reply: Reply) -> str:
    """A script may use Anthropic's words for it, too."""
    usual = "tool_calls" if reply.calls else "stop"
    return _FINISH.get(reply.stop_reason, reply.stop_reason) or usual


def message(reply: Reply) -> Json:
    whole: Json = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.thinking:
        whole["reasoning_content"] = reply.thinking
    if reply.calls:
        whole["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.input)},
            }
            for call in reply.calls
        ]
    return whole


def deltas(reply: Reply, thought_field: str) -> Iterator[Json]:
    yield {"role": "assistant", "content": "", "refusal": None}
    yield from ({thought_field: piece} for piece in _pieces(reply.thinking))
    yield from ({"content": piece} for piece in _pieces(reply.text))
    for index, call in enumerate(reply.calls):
        function = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]}
        for piece in _pieces(json.dumps(call.input)):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def chunk(head: Json, delta: Json, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return event({**head, "choices": [choice]})


def event(data: Json) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _pieces(text: str) -> list[str]:
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
