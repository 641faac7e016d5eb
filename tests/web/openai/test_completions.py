import json
from collections.abc import Iterable
from typing import Any

import pytest

from openclaw.types.conversation import ToolCall, Usage
from openclaw.web.desk import RunState
from openclaw.web.openai.completions import Completion, arguments_of, finish_reason
from openclaw.web.openai.faults import ApiError

LAMP = ToolCall("toolu_1", "set_lamp", {"on": True})
SPENT = Usage(input=100, output=10, cache_read=50, cache_write=5)
COUNTED = {
    "prompt_tokens": 155,
    "completion_tokens": 10,
    "total_tokens": 165,
    "prompt_tokens_details": {"cached_tokens": 50},
}


def ended(text: str = "Yes.", reason: str = "", *calls: ToolCall) -> RunState:
    return RunState("r", "ok", "k", text, reason=reason, usage=SPENT, calls=calls)


def events(pieces: Iterable[bytes]) -> list[Any]:
    texts = [text.removeprefix("data: ") for text in b"".join(pieces).decode().split("\n\n") if text]
    return [text if text == "[DONE]" else json.loads(text) for text in texts]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (ended(), "stop"),
        (ended("Yes.", "limit"), "stop"),
        (ended("Ye", "max_tokens"), "length"),
        (ended("No.", "refusal"), "content_filter"),
        (ended("", "client_tools", LAMP), "tool_calls"),
    ],
)
def test_why_it_ended(state: RunState, reason: str) -> None:
    assert finish_reason(state) == reason


def test_an_answer_in_one_piece() -> None:
    whole = Completion("chatcmpl_1", 7, "openclaw").whole(ended())

    message = {"role": "assistant", "content": "Yes.", "refusal": None}
    assert whole == {
        "id": "chatcmpl_1",
        "object": "chat.completion",
        "created": 7,
        "model": "openclaw",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": COUNTED,
    }


def test_calls_without_a_word_have_no_content() -> None:
    whole: Any = Completion("c", 7, "m").whole(ended("", "client_tools", LAMP))

    message = whole["choices"][0]["message"]
    assert message["content"] is None
    assert message["tool_calls"] == [
        {"id": "toolu_1", "type": "function", "function": {"name": "set_lamp", "arguments": '{"on":true}'}}
    ]


def test_what_a_model_wrote_instead_of_json_is_handed_on() -> None:
    assert arguments_of(ToolCall("c", "set_lamp", {}, '{"on": tru')) == '{"on": tru'


def test_a_stream_ends_with_its_reason_and_with_the_usage_where_it_is_asked_for() -> None:
    shown = Completion("c", 7, "m", include_usage=True)

    told = events([*shown.opening(), *shown.piece("Yes."), *shown.closing(ended())])

    assert [each["choices"][0]["delta"] for each in told[:3]] == [
        {"role": "assistant", "content": ""}, {"content": "Yes."}, {},
    ]  # fmt: skip
    assert [each["choices"][0]["finish_reason"] for each in told[:3]] == [None, None, "stop"]
    assert [each["usage"] for each in told[:4]] == [None, None, None, COUNTED]
    assert (told[3]["choices"], told[4]) == ([], "[DONE]")
    plain = events(Completion("c", 7, "m").closing(ended()))
    assert "usage" not in plain[0]
    assert plain[1:] == ["[DONE]"]


def test_streamed_calls_are_numbered() -> None:
    second = ToolCall("toolu_2", "set_lamp", {})
    told = events(Completion("c", 7, "m").closing(ended("", "client_tools", LAMP, second)))

    calls = [each["choices"][0]["delta"]["tool_calls"][0] for each in told[:2]]
    assert [(call["index"], call["id"], call["function"]["arguments"]) for call in calls] == [
        (0, "toolu_1", '{"on":true}'),
        (1, "toolu_2", "{}"),
    ]


def test_a_stream_that_fails_says_so_and_is_not_done() -> None:
    (told,) = events(Completion("c", 7, "m").failing(ApiError(503, "gone", code="paused")))

    assert (told["error"]["message"], told["error"]["code"]) == ("gone", "paused")
