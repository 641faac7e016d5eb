from typing import Any

import pytest

from openclaw.llm.assembly import Assembly
from openclaw.llm.chat import Delta, ModelError, Reply
from openclaw.types.conversation import RedactedThinking, Text, Thinking, ToolCall, Usage

Json = dict[str, Any]


def start(index: int, **block: Any) -> Json:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, **fields: Any) -> Json:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def close(index: int) -> Json:
    return {"type": "content_block_stop", "index": index}


def text(index: int, *pieces: str) -> list[Json]:
    deltas = [delta(index, "text_delta", text=piece) for piece in pieces]
    return [start(index, type="text", text=""), *deltas, close(index)]


def call(index: int, *pieces: str) -> list[Json]:
    deltas = [delta(index, "input_json_delta", partial_json=piece) for piece in pieces]
    return [start(index, type="tool_use", id=f"toolu_{index}", name="look", input={}), *deltas, close(index)]


def stop(reason: str | None, **usage: int) -> list[Json]:
    return [
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage},
        {"type": "message_stop"},
    ]


def assemble(*events: object) -> tuple[Reply, list[Delta]]:
    assembly = Assembly("anthropic/x")
    deltas = [delta for event in events if (delta := assembly.take(event)) is not None]
    return assembly.reply("req_1"), deltas


def fault(*events: object) -> str:
    with pytest.raises(ModelError) as raised:
        assemble(*events)
    return raised.value.fault


def test_a_whole_reply_is_put_together_in_order() -> None:
    usage = {
        "input_tokens": 10,
        "cache_read_input_tokens": 90,
        "cache_creation_input_tokens": 5,
        "output_tokens": 1,
    }
    reply, deltas = assemble(
        {"type": "message_start", "message": {"usage": usage}},
        {"type": "ping"},
        start(0, type="thinking", thinking="", signature=""),
        delta(0, "thinking_delta", thinking="hm"),
        delta(0, "signature_delta", signature="si"),
        delta(0, "signature_delta", signature="g"),
        close(0),
        start(1, type="redacted_thinking", data="opaque"),
        close(1),
        *text(2, "Let me ", "look."),
        *call(3, "", '{"city": ', '"Sydney"}'),
        *call(4),
        *stop("tool_use", output_tokens=40),
    )

    assert reply.blocks == (
        Thinking("hm", "sig"),
        RedactedThinking("opaque"),
        Text("Let me look."),
        ToolCall("toolu_3", "look", {"city": "Sydney"}),
        ToolCall("toolu_4", "look", {}),
    )
    assert reply.stop == "tool_use"
    assert reply.usage == Usage(input=10, output=40, cache_read=90, cache_write=5)
    assert (reply.model, reply.request_id) == ("anthropic/x", "req_1")
    assert deltas == [Delta("thinking", "hm"), Delta("text", "Let me "), Delta("text", "look.")]


def test_blocks_that_arrive_interleaved_keep_apart() -> None:
    reply, _ = assemble(
        start(1, type="text", text=""),
        start(0, type="text", text="a"),
        delta(1, "text_delta", text="b"),
        delta(0, "text_delta", text="A"),
        close(0),
        close(1),
        *stop("end_turn"),
    )

    assert reply.text == "aAb"


@pytest.mark.parametrize(
    "events",
    [
        [],
        [*text(0, "This sentence was never")],
        [*text(0, "Whole."), *stop("end_turn")[:1]],
        [*text(0, "Whole."), {"type": "message_stop"}],
        [*text(0, "Whole."), *stop(None)],
        [*call(0, "{}")[:-1], *stop("tool_use")],
        [start(0, type="tool_use", name="look", input={}), close(0), *stop("tool_use")],
        [delta(7, "text_delta", text="of nothing"), *stop("end_turn")],
        ["not an object"],
        [None],
    ],
)
def test_half_a_reply_is_none(events: list[object]) -> None:
    assert fault(*events) == "cut_off"


@pytest.mark.parametrize("written", ['{"city": "Syd', '["Sydney"]', '"Sydney"', "city=Sydney"])
@pytest.mark.parametrize("reason", ["tool_use", "end_turn"])
def test_a_finished_call_whose_arguments_are_no_object_is_kept_to_be_told_to_the_model(
    written: str, reason: str
) -> None:
    reply, _ = assemble(*call(0, written), *stop(reason))

    (block,) = reply.blocks
    assert isinstance(block, ToolCall)
    assert (block.arguments, block.malformed) == ({}, written)


@pytest.mark.parametrize("pieces", [['{"city": "Syd'], []])
def test_a_call_that_did_not_fit_is_dropped_and_the_text_is_kept(pieces: list[str]) -> None:
    reply, _ = assemble(*text(0, "Looking."), *call(1, '{"a": 1}'), *call(2, *pieces), *stop("max_tokens"))

    assert reply.blocks == (Text("Looking."), ToolCall("toolu_1", "look", {"a": 1}))
    assert reply.stop == "max_tokens"


def test_a_refusal_keeps_its_words_and_runs_nothing() -> None:
    reply, _ = assemble(
        start(0, type="thinking", thinking="hm", signature="sig"),
        close(0),
        *text(1, "I would rather not."),
        *call(2, '{"a": 1}'),
        *call(3, '{"a": '),
        *stop("refusal"),
    )

    assert reply.blocks == (Text("I would rather not."),)
    assert reply.stop == "refusal"


@pytest.mark.parametrize(
    ("reason", "events", "expected"),
    [
        ("end_turn", text(0, "Yes."), "end"),
        ("stop_sequence", text(0, "Yes."), "end"),
        ("a_reason_of_next_year", text(0, "Yes."), "end"),
        ("tool_use", text(0, "Yes."), "end"),
        ("end_turn", call(0, "{}"), "tool_use"),
        ("end_turn", [], "end"),
        ("max_tokens", text(0, "Yes"), "max_tokens"),
    ],
)
def test_a_stop_reason_agrees_with_the_calls(reason: str, events: list[Json], expected: str) -> None:
    reply, _ = assemble(*events, *stop(reason))

    assert reply.stop == expected


def test_a_full_window_asks_for_compaction() -> None:
    assert fault(*text(0, "Well"), *stop("model_context_window_exceeded")) == "overflow"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("overloaded_error", "overloaded"), ("rate_limit_error", "rate_limited"), ("billing_error", "billing")],
)
def test_an_error_inside_the_stream_is_never_an_answer(kind: str, expected: str) -> None:
    events = [*text(0, "Let me"), {"type": "error", "error": {"type": kind, "message": "so it is"}}]

    assert fault(*events, *stop("end_turn")) == expected


def test_kinds_of_the_future_are_passed_over() -> None:
    reply, deltas = assemble(
        {"type": "content_block_glow", "index": 0},
        start(0, type="hologram", text=None),
        delta(0, "hologram_delta", light="blue"),
        close(0),
        *text(1, "Yes."),
        *stop("end_turn"),
    )

    assert reply.blocks == (Text("Yes."),)
    assert deltas == [Delta("text", "Yes.")]
