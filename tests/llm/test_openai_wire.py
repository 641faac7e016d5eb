import json
from types import MappingProxyType
from typing import Any

import pytest

from openclaw.llm.chat import Message, Request, ThinkingLevel, ToolSpec
from openclaw.llm.memo import Memo
from openclaw.llm.openai_wire import efforts, encode, message_bytes
from openclaw.types.conversation import Block, Picture, RedactedThinking, Text, Thinking, ToolCall, ToolResult
from tests.fake.openai_rules import check

HELLO = (Message("user", (Text("hello"),)),)
WEATHER = ToolSpec("get_weather", "The weather.", {"type": "object"})


def body(request: Request, effort: str | None = None) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(encode(request, effort))
    check(decoded)
    return decoded


def messages(*given: Message) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = json.loads(encode(Request("x", "", given), None))["messages"]
    return sent


def test_the_plainest_request() -> None:
    assert body(Request("gpt-4.1", "", HELLO)) == {
        "model": "gpt-4.1",
        "max_tokens": 8096,
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "user", "content": "hello"}],
    }


def test_what_is_stable_comes_first_in_one_system_message() -> None:
    assert body(Request("x", "stable", HELLO, context="today"))["messages"][0] == {
        "role": "system",
        "content": "stable\n\ntoday",
    }


def test_tools_are_functions_sorted_by_name() -> None:
    tools = (ToolSpec("zoo", "z", {"type": "object", "properties": {"a": {}}}), WEATHER)

    sent = body(Request("x", "", HELLO, tools))["tools"]

    assert [tool["function"]["name"] for tool in sent] == ["get_weather", "zoo"]
    parameters = {"type": "object", "properties": {}}
    function = {"name": "get_weather", "description": "The weather.", "parameters": parameters}
    assert sent[0] == {"type": "function", "function": function}
    assert sent[1]["function"]["parameters"]["properties"] == {"a": {}}


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("gpt-4.1", "max_tokens"),
        ("gpt-4o-mini", "max_tokens"),
        ("gpt-oss-20b", "max_tokens"),
        ("llama3.3:70b", "max_tokens"),
        ("anthropic/claude-opus-4.6", "max_tokens"),
        ("olmo", "max_tokens"),
        ("gpt-5", "max_completion_tokens"),
        ("gpt-5.6-sol", "max_completion_tokens"),
        ("openai/gpt-6-luna", "max_completion_tokens"),
        ("GPT-10", "max_completion_tokens"),
        ("o3", "max_completion_tokens"),
        ("o4-mini", "max_completion_tokens"),
    ],
)
def test_the_limit_has_the_name_that_the_model_takes(model: str, field: str) -> None:
    sent = json.loads(encode(Request(model, "", HELLO, max_tokens=50), None))

    assert {name: sent[name] for name in sent if name.startswith("max_")} == {field: 50}


@pytest.mark.parametrize(
    ("model", "level", "tools", "expected"),
    [
        ("gpt-4.1", None, (), (None, "none")),
        ("gpt-6-sol", None, (WEATHER,), (None, "none")),
        ("gpt-6-sol", "off", (WEATHER,), ("none", "minimal", "low", None)),
        ("qwen3", "off", (), (None, "none")),
        ("qwen3", "high", (), ("high", None)),
        ("gpt-6-sol", "medium", (WEATHER,), ("medium", "none", None)),
        ("gpt-5", "xhigh", (), ("xhigh", "high", None)),
        ("gpt-6-astra", "minimal", (), ("minimal", "low", None)),
    ],
)
def test_what_is_asked_of_a_model_s_thinking_and_what_instead(
    model: str, level: ThinkingLevel | None, tools: tuple[ToolSpec, ...], expected: tuple[str | None, ...]
) -> None:
    assert efforts(Request(model, "", HELLO, tools, thinking=level)) == expected


def test_an_effort_is_sent_only_where_there_is_one() -> None:
    assert body(Request("gpt-5", "", HELLO), "low")["reasoning_effort"] == "low"
    assert "reasoning_effort" not in body(Request("gpt-5", "", HELLO))


def test_calls_and_results_have_messages_of_their_own() -> None:
    arguments = MappingProxyType({"at": MappingProxyType({"city": "Zürich"})})
    conversation = (
        *HELLO,
        Message(
            "assistant",
            (
                Thinking("hm", "sig=="),
                RedactedThinking("opaque"),
                Text("Let me look."),
                ToolCall("call_1", "get_weather", arguments),
                ToolCall("call_2", "get_weather", {}),
            ),
        ),
        Message("user", (ToolResult("call_1", "22"), ToolResult("call_2", "no", failed=True), Text("and?"))),
    )

    sent = body(Request("gpt-4.1", "", conversation, (WEATHER,)))["messages"]

    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool", "user"]
    assert sent[1]["content"] == "Let me look."
    assert [call["id"] for call in sent[1]["tool_calls"]] == ["call_1", "call_2"]
    assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == {"at": {"city": "Zürich"}}
    assert sent[1]["tool_calls"][1]["function"] == {"name": "get_weather", "arguments": "{}"}
    assert sent[2:] == [
        {"role": "tool", "tool_call_id": "call_1", "content": "22"},
        {"role": "tool", "tool_call_id": "call_2", "content": "error: no"},
        {"role": "user", "content": "and?"},
    ]
    assert sent[1].keys() == {"role", "content", "tool_calls"}


def test_thoughts_go_back_only_where_they_are_wanted_back() -> None:
    wanted, shown = Thinking("hm", "reasoning_content"), Thinking("hm", "")

    (sent, plain) = messages(
        Message("assistant", (wanted, Text("yes"))), Message("assistant", (shown, Text("yes")))
    )

    assert sent["reasoning_content"] == "hm"
    assert plain == {"role": "assistant", "content": "yes"}


@pytest.mark.parametrize("blocks", [(), (Text(" \n"),), (Thinking("hm", "x"),)])
def test_nothing_that_can_be_seen_is_no_message(blocks: tuple[Block, ...]) -> None:
    assert messages(Message("assistant", blocks), *HELLO) == [{"role": "user", "content": "hello"}]


def test_a_call_without_words_says_null() -> None:
    (sent,) = messages(Message("assistant", (ToolCall("c", "t", {}),)))

    assert sent["content"] is None


def test_a_long_name_of_a_call_is_shortened_alike_in_call_and_result() -> None:
    name = "toolu_" + "x" * 58
    conversation = (
        *HELLO,
        Message("assistant", (ToolCall(name, "get_weather", {}),)),
        Message("user", (ToolResult(name, "22"),)),
    )

    _, called, result = body(Request("gpt-4.1", "", conversation, (WEATHER,)))["messages"]

    assert called["tool_calls"][0]["id"] == result["tool_call_id"]


def test_half_a_surrogate_pair_does_not_spoil_the_session() -> None:
    call = ToolCall("c", "t", {"text": "broken \ud83d", "n": 2**70})

    said, called = messages(Message("user", (Text("broken \ud83d 🌊"),)), Message("assistant", (call,)))

    assert said["content"] == "broken ? 🌊"
    assert json.loads(called["tool_calls"][0]["function"]["arguments"]) == {"text": "broken ?", "n": 2**70}


def test_the_same_conversation_is_the_same_bytes_with_a_memo_and_without() -> None:
    conversation = tuple(Message("user", (Text(f"message {number}"),)) for number in range(20))
    request, memo = Request("m", "system", conversation, (WEATHER,)), Memo(message_bytes, budget=300)

    assert encode(request, None, memo) == encode(request, None, memo) == encode(request, None)


def test_pictures_of_results_follow_all_results_in_a_message_of_their_own() -> None:
    seen, gone = Picture("media/1.png", "image/png"), Picture("media/2.png", "image/png")
    message = Message(
        "user",
        (ToolResult("a", "one", pictures=(seen,)), ToolResult("b", "two", pictures=(gone,)), Text("and?")),
    )

    sent = json.loads(encode(Request("x", "", (message,)), None, None, {seen: b"aGk="}))["messages"]

    assert sent == [
        {"role": "tool", "tool_call_id": "a", "content": "one"},
        {"role": "tool", "tool_call_id": "b", "content": "two"},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
                {"type": "text", "text": "[a picture that is not shown here: media/2.png]"},
                {"type": "text", "text": "and?"},
            ],
        },
    ]
