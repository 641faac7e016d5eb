import json
from collections.abc import Iterable
from typing import Any

import pytest

from openclaw.types.conversation import ToolCall, Usage
from openclaw.web.desk import RunState
from openclaw.web.openai.faults import ApiError
from openclaw.web.openai.responses import ResponseObject

LAMP = ToolCall("toolu_1", "set_lamp", {"on": True})
SPENT = Usage(input=100, output=10, cache_read=50, cache_write=5)


def ended(text: str = "Yes.", reason: str = "", *calls: ToolCall) -> RunState:
    return RunState("r", "ok", "k", text, reason=reason, usage=SPENT, calls=calls)


def made() -> ResponseObject:
    return ResponseObject("resp_1", 7, "openclaw", "Be brief.")


def events(pieces: Iterable[bytes]) -> list[dict[str, Any]]:
    """Without the last one, which is no JSON."""
    *told, done, rest = b"".join(pieces).decode().split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    read = []
    for text in told:
        name, _, data = text.partition("\ndata: ")
        read.append(json.loads(data))
        assert name == f"event: {read[-1]['type']}"
    assert [each["sequence_number"] for each in read] == list(range(len(read)))
    return read


def test_a_response_in_one_piece() -> None:
    whole: Any = made().whole(ended("Yes.", "client_tools", LAMP))

    assert (whole["object"], whole["status"], whole["instructions"]) == ("response", "completed", "Be brief.")
    said, called = whole["output"]
    assert said["content"] == [{"type": "output_text", "text": "Yes.", "annotations": [], "logprobs": []}]
    assert (called["type"], called["call_id"], called["arguments"]) == (
        "function_call",
        "toolu_1",
        '{"on":true}',
    )
    assert (whole["usage"]["input_tokens"], whole["usage"]["output_tokens"]) == (155, 10)
    assert whole["usage"]["input_tokens_details"]["cached_tokens"] == 50


@pytest.mark.parametrize(
    ("state", "kinds"),
    [(ended(""), ["message"]), (ended("", "client_tools", LAMP), ["function_call"]), (ended(), ["message"])],
)
def test_there_is_always_an_item(state: RunState, kinds: list[str]) -> None:
    whole: Any = made().whole(state)

    assert [item["type"] for item in whole["output"]] == kinds


def test_an_answer_that_was_cut_is_incomplete() -> None:
    whole = made().whole(ended("Ye", "max_tokens"))

    assert (whole["status"], whole["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})


def test_a_stream_opens_and_closes_each_item() -> None:
    shown = made()

    told = events(
        [*shown.opening(), *shown.piece("Ye"), *shown.piece("s."), *shown.closing(ended("Yes.", "", LAMP))]
    )

    assert [each["type"].removeprefix("response.") for each in told] == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
        "output_text.delta", "output_text.done", "content_part.done", "output_item.done", "output_item.added",
        "function_call_arguments.delta", "function_call_arguments.done", "output_item.done", "completed",
    ]  # fmt: skip
    assert told[6]["text"] == "Yes."
    assert [each["output_index"] for each in told if "output_index" in each] == [0] * 7 + [1] * 4
    assert told[-1]["response"]["output"] == [told[8]["item"], told[12]["item"]]


def test_a_stream_without_a_word_has_an_empty_text_or_only_calls() -> None:
    empty, calling = made(), made()

    told = events([*empty.opening(), *empty.closing(ended(""))])
    called = events([*calling.opening(), *calling.closing(ended("", "client_tools", LAMP))])

    assert [each["text"] for each in told if each["type"] == "response.output_text.done"] == [""]
    assert [item["type"] for item in told[-1]["response"]["output"]] == ["message"]
    assert called[2]["output_index"] == 0
    assert [item["type"] for item in called[-1]["response"]["output"]] == ["function_call"]


def test_a_stream_that_fails_says_so() -> None:
    shown = made()

    told = events([*shown.opening(), *shown.failing(ApiError(503, "gone", code="paused"))])

    failed = told[-1]["response"]
    assert (failed["status"], failed["error"]) == ("failed", {"code": "paused", "message": "gone"})
