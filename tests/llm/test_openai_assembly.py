import json
from typing import Any

import pytest

from openclaw.llm.chat import Delta, ModelError, Reply
from openclaw.llm.openai_assembly import Assembly
from openclaw.types.conversation import Text, Thinking, ToolCall, Usage

Json = dict[str, Any]
USAGE = {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107}


def chunk(delta: Json | None = None, finish: str | None = None, **more: Any) -> Json:
    return {
        "id": "chatcmpl-1",
        "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}],
        **more,
    }


def call(arguments: str | None = "{}", name: str = "t", **more: Any) -> Json:
    return {
        "tool_calls": [{"index": 0, "id": "c1", "function": {"name": name, "arguments": arguments}, **more}]
    }


def assembled(*chunks: object, prompt_bytes: int = 400) -> tuple[Reply, list[Delta]]:
    assembly = Assembly("openai/x")
    deltas = [delta for each in chunks for delta in assembly.take(each)]
    return assembly.reply(prompt_bytes), deltas


def failing(*chunks: object) -> ModelError:
    with pytest.raises(ModelError) as raised:
        assembled(*chunks)
    return raised.value


def test_text_comes_in_pieces_and_is_one() -> None:
    reply, deltas = assembled(
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "It's "}),
        chunk({"content": "warm."}),
        chunk(finish="stop"),
        {"id": "chatcmpl-1", "choices": [], "usage": USAGE},
    )

    assert reply.blocks == (Text("It's warm."),)
    assert (reply.stop, reply.model, reply.request_id) == ("end", "openai/x", "chatcmpl-1")
    assert reply.usage == Usage(100, 7)
    assert deltas == [Delta("text", "It's "), Delta("text", "warm.")]


@pytest.mark.parametrize(
    ("fields", "signature"),
    [
        (("reasoning_content",), "reasoning_content"),
        (("reasoning",), ""),
        (("reasoning_content", "reasoning"), "reasoning_content"),
    ],
)
def test_thoughts_are_shown_once_and_come_before_the_text(fields: tuple[str, ...], signature: str) -> None:
    reply, deltas = assembled(
        chunk(dict.fromkeys(fields, "Hm. ")),
        chunk({**dict.fromkeys(fields, "Yes."), "content": "Warm."}),
        chunk(finish="stop"),
    )

    assert reply.blocks == (Thinking("Hm. Yes.", signature), Text("Warm."))
    assert [delta.kind for delta in deltas] == ["thinking", "thinking", "text"]


def test_calls_are_put_together_by_index() -> None:
    pieces = [
        {"index": 0, "id": "c1", "function": {"name": "a", "arguments": ""}},
        {"index": 1, "id": "c2", "function": {"name": "b", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"city": '}},
        {"index": 1, "function": {"arguments": "{}"}},
        {"index": 0, "function": {"arguments": '"Sydney"}'}},
    ]
    reply, _ = assembled(*(chunk({"tool_calls": [piece]}) for piece in pieces), chunk(finish="tool_calls"))

    assert reply.blocks == (ToolCall("c1", "a", {"city": "Sydney"}), ToolCall("c2", "b", {}))
    assert reply.stop == "tool_use"


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        # Every call with the same index, or none.
        (
            [
                {"index": 0, "id": "c1", "function": {"name": "a", "arguments": "{}"}},
                {"index": 0, "id": "c2", "function": {"name": "b", "arguments": "{}"}},
            ],
            [("c1", "a"), ("c2", "b")],
        ),
        (
            [
                {"id": "c1", "function": {"name": "a", "arguments": "{"}},
                {"function": {"arguments": "}"}},
                {"id": "c2", "function": {"name": "b", "arguments": "{}"}},
            ],
            [("c1", "a"), ("c2", "b")],
        ),
        # Id and name again with every piece.
        (
            [
                {"index": 0, "id": "c1", "function": {"name": "a", "arguments": "{"}},
                {"index": 0, "id": "c1", "function": {"name": "a", "arguments": "}"}},
            ],
            [("c1", "a")],
        ),
        # No id, one with foreign characters, the same one twice.
        ([{"index": 0, "function": {"name": "a", "arguments": "{}"}}], [("call_1", "a")]),
        ([{"index": 0, "id": "functions.a:0", "function": {"name": "a"}}], [("functions_a_0", "a")]),
        (
            [
                {"index": 0, "id": "c", "function": {"name": "a"}},
                {"index": 1, "id": "c", "function": {"name": "b"}},
            ],
            [("c", "a"), ("c_2", "b")],
        ),
        # The object itself in place of its text.
        ([{"index": 0, "id": "c", "function": {"name": "a", "arguments": {"x": 1}}}], [("c", "a")]),
    ],
)
def test_servers_number_their_calls_as_they_like(pieces: list[Json], expected: list[tuple[str, str]]) -> None:
    reply, _ = assembled(*(chunk({"tool_calls": [piece]}) for piece in pieces), chunk(finish="stop"))

    calls = [block for block in reply.blocks if isinstance(block, ToolCall)]
    assert [(each.id, each.name) for each in calls] == expected
    assert reply.stop == "tool_use"


@pytest.mark.parametrize(
    ("finish", "stop"),
    [("stop", "end"), ("length", "max_tokens"), ("content_filter", "refusal"), ("of the future", "end")],
)
def test_why_it_stopped(finish: str, stop: str) -> None:
    assert assembled(chunk({"content": "x"}), chunk(finish=finish))[0].stop == stop


def test_a_refusal_is_what_is_said_and_nothing_is_done() -> None:
    reply, deltas = assembled(chunk({"refusal": "I can't."}), chunk(call()), chunk(finish="stop"))

    assert reply.blocks == (Text("I can't."),)
    assert reply.stop == "refusal"
    assert deltas == [Delta("text", "I can't.")]


@pytest.mark.parametrize("arguments", ["", '{"city": "Syd'])
def test_a_call_that_did_not_fit_is_left_out(arguments: str) -> None:
    reply, _ = assembled(chunk({"content": "Let me"}), chunk(call(arguments)), chunk(finish="length"))

    assert reply.blocks == (Text("Let me"),)
    assert reply.stop == "max_tokens"


@pytest.mark.parametrize(
    "chunks",
    [
        (),
        (chunk({"content": "Well"}),),
        (chunk(call(name="")), chunk(finish="tool_calls")),
        (["no object"],),
    ],
)
def test_half_a_reply_is_none(chunks: tuple[object, ...]) -> None:
    assert failing(*chunks).fault == "cut_off"


@pytest.mark.parametrize("written", ['{"city": "Syd', "[1]"])
def test_a_finished_call_whose_arguments_are_no_object_is_kept_to_be_told_to_the_model(written: str) -> None:
    reply, _ = assembled(chunk(call(written)), chunk(finish="tool_calls"))

    (block,) = reply.blocks
    assert isinstance(block, ToolCall)
    assert (block.arguments, block.malformed) == ({}, written)


@pytest.mark.parametrize(
    ("last", "fault"),
    [
        ({"error": {"message": "oh", "type": "server_error", "code": None}}, "overloaded"),
        ({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, "rate_limited"),
        ({"error": {"message": "no money", "type": "insufficient_quota"}}, "billing"),
        ({"error": {"message": "oh", "code": 502}, "choices": []}, "overloaded"),
        ({"error": {"message": "slow down", "code": 429}}, "rate_limited"),
        ({"error": {"message": "maximum context length is 8", "code": 400}}, "overflow"),
        ({"error": "the model crashed"}, "overloaded"),
        (chunk(finish="error"), "overloaded"),
        (
            {"choices": [{"index": 0, "delta": {}, "error": {"code": 429, "message": "slow down"}}]},
            "rate_limited",
        ),
    ],
)
def test_an_error_in_the_stream_is_never_an_answer(last: Json, fault: str) -> None:
    assert failing(chunk({"content": "Let me"}), last, chunk(finish="stop")).fault == fault


def test_other_choices_and_fields_of_the_future_are_passed_over() -> None:
    other = {"index": 1, "delta": {"content": "other"}, "finish_reason": "stop"}
    reply, _ = assembled(
        {"choices": [other], "obfuscation": "x"},
        {"choices": None},
        chunk({"content": "x", "audio": {}, "tool_calls": None}),
        chunk(finish="stop", usage=None),
    )

    assert reply.blocks == (Text("x"),)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({**USAGE, "prompt_tokens_details": {"cached_tokens": 60}}, Usage(40, 7, 60)),
        (
            {**USAGE, "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30}},
            Usage(10, 7, 60, 30),
        ),
        ({**USAGE, "prompt_tokens_details": {"cached_tokens": 600}}, Usage(0, 7, 600)),
        ({**USAGE, "prompt_tokens_details": None}, Usage(100, 7)),
        # Not counted: estimated by what was sent and what came.
        (None, Usage(100, 2)),
        ({}, Usage(100, 2)),
    ],
)
def test_what_was_used(usage: Json | None, expected: Usage) -> None:
    reply, _ = assembled(chunk({"content": "12345678"}), chunk(finish="stop", usage=usage), prompt_bytes=400)

    assert reply.usage == expected


def test_arguments_survive_any_cutting() -> None:
    arguments = {"text": 'Zoë said: "22°C" \\ 🌊', "n": [1, 2.5, None, True]}
    written = json.dumps(arguments, ensure_ascii=False)
    pieces = [chunk({"tool_calls": [{"index": 0, "function": {"arguments": letter}}]}) for letter in written]

    reply, _ = assembled(chunk(call("")), *pieces, chunk(finish="tool_calls"))

    assert reply.blocks == (ToolCall("c1", "t", arguments),)
