"""Answers in the form of Chat Completions. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from openclaw.types.conversation import ToolCall, Usage
from openclaw.web.desk import Json, RunState
from openclaw.web.openai.faults import ApiError

DONE = b"data: [DONE]\n\n"
_REASONS: Mapping[str, str] = {"max_tokens": "length", "refusal": "content_filter"}


@dataclass(frozen=True, slots=True)
class Completion:
    """Satisfies `serving.Rendering`."""

    id: str
    created: int
    model: str
    include_usage: bool = False

    def whole(self, state: RunState) -> Json:
        calls = [call_shown(call) for call in state.calls]
        message: dict[str, object] = {"role": "assistant", "content": state.text, "refusal": None}
        if calls:
            message |= {"content": state.text or None, "tool_calls": calls}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(state)}
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage_shown(state.usage)}

    def opening(self) -> Iterator[bytes]:
        yield self._chunk({"role": "assistant", "content": ""})

    def piece(self, text: str) -> Iterator[bytes]:
        yield self._chunk({"content": text})

    def closing(self, state: RunState) -> Iterator[bytes]:
        for place, call in enumerate(state.calls):
            yield self._chunk({"tool_calls": [{"index": place, **call_shown(call)}]})
        yield self._chunk({}, finish_reason(state))
        if self.include_usage:
            yield _event({**self._head(), "choices": [], "usage": usage_shown(state.usage)})
        yield DONE

    def failing(self, fault: ApiError) -> Iterator[bytes]:
        yield _event(fault.body())

    def _chunk(self, delta: Json, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        counted = {"usage": None} if self.include_usage else {}
        return _event({**self._head(), "choices": [choice], **counted})

    def _head(self, kind: str = "chat.completion.chunk") -> dict[str, object]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def finish_reason(state: RunState) -> str:
    return "tool_calls" if state.calls else _REASONS.get(state.reason, "stop")


def call_shown(call: ToolCall) -> Json:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments_of(call)},
    }


def arguments_of(call: ToolCall) -> str:
    """JSON; what the model wrote instead of it stays as it is: the program judges it."""
    return call.malformed or orjson.dumps(dict(call.arguments)).decode()


def usage_shown(usage: Usage) -> Json:
    """Of all of the turn's requests to the model."""
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.output,
        "total_tokens": usage.prompt + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read},
    }


def _event(content: Json) -> bytes:
    return b"data: %b\n\n" % orjson.dumps(content)
