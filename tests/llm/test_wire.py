import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from openclaw.llm.chat import Message, Request, ToolSpec
from openclaw.llm.memo import Memo
from openclaw.llm.wire import encode, message_bytes
from openclaw.types.conversation import Picture, RedactedThinking, Text, Thinking, ToolCall, ToolResult

EPHEMERAL = {"type": "ephemeral"}
HELLO = (Message("user", (Text("hello"),)),)


def body(request: Request) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(encode(request))
    return decoded


def test_the_plainest_request() -> None:
    assert body(Request("claude-opus-4-6", "", HELLO)) == {
        "model": "claude-opus-4-6",
        "max_tokens": 8096,
        "stream": True,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}],
    }


def test_the_system_prompt_ends_with_a_breakpoint_and_the_turn_s_context_follows_it() -> None:
    assert body(Request("x", "stable", HELLO, context="today"))["system"] == [
        {"type": "text", "text": "stable", "cache_control": EPHEMERAL},
        {"type": "text", "text": "today"},
    ]


def test_tools_are_sorted_so_that_the_cached_prefix_stays() -> None:
    tools = (ToolSpec("zoo", "z", {"type": "object"}), ToolSpec("ant", "a", {"type": "object"}))

    sent = body(Request("x", "s", HELLO, tools))["tools"]

    assert [tool["name"] for tool in sent] == ["ant", "zoo"]
    assert sent[0] == {"name": "ant", "description": "a", "input_schema": {"type": "object"}}


def test_every_kind_of_block_has_its_form() -> None:
    messages = (
        Message(
            "assistant",
            (
                Thinking("hm", "sig=="),
                RedactedThinking("opaque"),
                Text("Let me look."),
                ToolCall(
                    "toolu_1", "get_weather", MappingProxyType({"at": MappingProxyType({"city": "Sydney"})})
                ),
            ),
        ),
        Message(
            "user", (ToolResult("toolu_1", "22"), ToolResult("toolu_2", "no", failed=True), Text("and?"))
        ),
    )

    assert body(Request("x", "", messages))["messages"] == [
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "sig=="},
                {"type": "redacted_thinking", "data": "opaque"},
                {"type": "text", "text": "Let me look."},
                {
                    "type": "tool_use",
                    "id": "toolu_1",
                    "name": "get_weather",
                    "input": {"at": {"city": "Sydney"}},
                },
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "22"},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "no", "is_error": True},
                {"type": "text", "text": "and?"},
            ],
        },
    ]


def test_a_breakpoint_stands_on_the_last_block_that_can_carry_one() -> None:
    messages = (
        Message("user", (Text("a"), Text("b")), cache=True),
        Message("assistant", (Text("c"), Thinking("hm", "sig")), cache=True),
        Message("assistant", (Thinking("hm", "sig"),), cache=True),
    )

    sent = body(Request("x", "", messages))["messages"]

    assert [["cache_control" in block for block in message["content"]] for message in sent] == [
        [False, True],
        [True, False],
        [False],
    ]


def test_blank_texts_and_what_they_leave_empty_are_not_sent() -> None:
    messages = (
        Message("user", (Text("a"), Text(" \n"))),
        Message("assistant", (Text(""),)),
        Message("user", (Text("b"),)),
    )

    assert body(Request("x", "", messages))["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "a"}]},
        {"role": "user", "content": [{"type": "text", "text": "b"}]},
    ]


def test_half_a_surrogate_pair_does_not_spoil_the_session() -> None:
    sent = body(Request("x", "", (Message("user", (Text("broken \ud83d here, whole 🌊 there"),)),)))

    assert sent["messages"][0]["content"][0]["text"] == "broken ? here, whole 🌊 there"


def test_a_number_beyond_64_bits_is_sent_as_it_is() -> None:
    call = ToolCall("toolu_1", "sum", {"n": 2**70})

    assert body(Request("x", "", (Message("assistant", (call,)),)))["messages"][0]["content"][0]["input"] == {
        "n": 2**70
    }


def test_the_same_request_is_the_same_bytes() -> None:
    request = Request("x", "s", HELLO, (ToolSpec("b", "", {}), ToolSpec("a", "", {})))

    assert encode(request) == encode(request)


def test_a_memo_writes_each_message_once_and_the_same() -> None:
    """What was remembered is what would be written anew, also when the budget has made it forget."""
    messages = tuple(Message("user", (Text(f"message {number} " + "x" * 50),)) for number in range(20))
    request = Request("m", "system", messages)
    small = Memo(message_bytes, budget=300)

    assert encode(request, small) == encode(request, small) == encode(request)
    marked = Request("m", "system", (*messages[:-1], replace(messages[-1], cache=True)))
    assert b"cache_control" in encode(marked, small).rpartition(b"message 19")[2]


def test_how_much_to_think_stands_in_the_request() -> None:
    sent = body(Request("claude-opus-4-6", "", HELLO, thinking="medium"))

    assert sent["thinking"]["type"] == "adaptive"
    assert sent["output_config"] == {"effort": "medium"}


def test_pictures_are_sent_in_base64_inside_the_result_that_brought_them() -> None:
    seen, gone = Picture("media/1.png", "image/png"), Picture("media/2.png", "image/png")
    message = Message("user", (ToolResult("t", "two", pictures=(seen, gone)), seen, Text("and?")), cache=True)
    request = Request("x", "", (message,))

    content = json.loads(encode(request, None, {seen: b"aGk="}))["messages"][0]["content"]

    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    note = {"type": "text", "text": "[a picture that is not shown here: media/2.png]"}
    assert content == [
        {
            "type": "tool_result",
            "tool_use_id": "t",
            "content": [{"type": "text", "text": "two"}, image, note],
        },
        image,
        {"type": "text", "text": "and?", "cache_control": EPHEMERAL},
    ]


def test_pictures_take_no_room_from_what_is_remembered() -> None:
    seen = Picture("media/1.png", "image/png")
    message = Message("user", (ToolResult("t", "\ud800", pictures=(seen,)), *HELLO[0].blocks))
    memo = Memo(message_bytes, budget=2_000)
    request = Request("x", "", (*HELLO, message))

    shown, not_shown = (json.loads(encode(request, memo, each)) for each in ({seen: b"x" * 10_000}, {}))

    assert len(json.dumps(shown)) > 10_000
    assert not_shown["messages"][1]["content"][0]["content"][1]["type"] == "text"
    assert shown["messages"][1]["content"][0]["content"][0]["text"] == "?"
