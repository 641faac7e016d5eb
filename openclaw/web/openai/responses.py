"""Answers in the form of the Responses API. Pure but for the numbers of its events."""

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from openclaw.types.conversation import Usage
from openclaw.web.desk import Json, RunState
from openclaw.web.openai.completions import DONE, arguments_of
from openclaw.web.openai.faults import ApiError


@dataclass(slots=True)
class ResponseObject:
    """Satisfies `serving.Rendering`; of one response."""

    id: str
    created: int
    model: str
    instructions: str | None = None
    _text: str = ""
    """What was streamed."""
    _number: int = 0
    _opened: bool = False
    """The item of the text is there."""

    # -- whole ----------------------------------------------------------------------------------------

    def whole(self, state: RunState) -> Json:
        cut = state.reason == "max_tokens"
        return {
            **self._head("incomplete" if cut else "completed"),
            "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
            "output": self._output(state, state.text),
            "usage": usage_shown(state.usage),
        }

    def _head(self, status: str) -> dict[str, object]:
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "model": self.model,
            "error": None,
            "incomplete_details": None,
            "instructions": self.instructions,
            "metadata": {},
            "output": [],
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "store": False,
            "temperature": None,
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": None,
            "truncation": "disabled",
            "usage": None,
        }

    def _output(self, state: RunState, text: str) -> list[Json]:
        said = [self._message("completed", text)] if text or not state.calls else []
        return [*said, *self._calls(state)]

    def _message(self, status: str, text: str | None) -> Json:
        content = [] if text is None else [_part(text)]
        head = {"id": f"msg_{self.id.removeprefix('resp_')}", "type": "message", "status": status}
        return {**head, "role": "assistant", "content": content}

    def _calls(self, state: RunState) -> list[Json]:
        return [
            {
                "id": f"fc_{place}_{self.id.removeprefix('resp_')}",
                "type": "function_call",
                "status": "completed",
                "call_id": call.id,
                "name": call.name,
                "arguments": arguments_of(call),
            }
            for place, call in enumerate(state.calls)
        ]

    # -- streamed -------------------------------------------------------------------------------------

    def opening(self) -> Iterator[bytes]:
        yield self._event("response.created", response=self._head("in_progress"))
        yield self._event("response.in_progress", response=self._head("in_progress"))

    def piece(self, text: str) -> Iterator[bytes]:
        if not self._opened:
            self._opened = True
            item = self._message("in_progress", None)
            yield self._event("response.output_item.added", output_index=0, item=item)
            yield self._event("response.content_part.added", **self._place(), part=_part(""))
        self._text += text
        yield self._event("response.output_text.delta", **self._place(), delta=text, logprobs=[])

    def closing(self, state: RunState) -> Iterator[bytes]:
        if not self._opened and not state.calls:
            yield from self.piece("")
        if self._opened:
            text, place = self._text, self._place()
            yield self._event("response.output_text.done", **place, text=text, logprobs=[])
            yield self._event("response.content_part.done", **place, part=_part(text))
            item = self._message("completed", text)
            yield self._event("response.output_item.done", output_index=0, item=item)
        for place_of, call in enumerate(self._calls(state), start=int(self._opened)):
            yield from self._called(place_of, call)
        whole = {**self.whole(state), "output": self._output(state, self._text)}
        yield self._event(f"response.{whole['status']}", response=whole)
        yield DONE

    def _called(self, place: int, call: Json) -> Iterator[bytes]:
        begun = {**call, "status": "in_progress", "arguments": ""}
        named = {"output_index": place, "item_id": call["id"]}
        arguments = call["arguments"]
        yield self._event("response.output_item.added", output_index=place, item=begun)
        yield self._event("response.function_call_arguments.delta", **named, delta=arguments)
        yield self._event(
            "response.function_call_arguments.done", **named, name=call["name"], arguments=arguments
        )
        yield self._event("response.output_item.done", output_index=place, item=call)

    def failing(self, fault: ApiError) -> Iterator[bytes]:
        error = {"code": fault.code or "server_error", "message": str(fault)}
        yield self._event("response.failed", response={**self._head("failed"), "error": error})
        yield DONE

    def _place(self) -> dict[str, object]:
        name = f"msg_{self.id.removeprefix('resp_')}"
        return {"item_id": name, "output_index": 0, "content_index": 0}

    def _event(self, kind: str, **content: object) -> bytes:
        told = {"type": kind, "sequence_number": self._number, **content}
        self._number += 1
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(told))


def _part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def usage_shown(usage: Usage) -> Json:
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.prompt + usage.output,
    }
