from typing import Any

import pytest

from openclaw.types.conversation import ToolCall
from openclaw.web.openai.asking.conversation import Answered, Asked, Enclosed, Instructed, Resulted
from openclaw.web.openai.asking.reading import asked, effort, parsed, path, read_completion, words
from openclaw.web.openai.faults import ApiError

HI = {"role": "user", "content": "hi"}
LAMP = {"type": "function", "function": {"name": "set_lamp"}}


def refused(body: dict[str, Any]) -> ApiError:
    with pytest.raises(ApiError) as raised:
        read_completion(body)
    return raised.value


def test_every_role_is_read() -> None:
    call = {"id": "c|1", "type": "function", "function": {"name": "set_lamp", "arguments": '{"on":true}'}}
    wanted = read_completion(
        {
            "model": "openclaw/clerk",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "developer", "content": [{"type": "text", "text": "In"}, {"type": "text", "text": "French."}]},
                {"role": "user", "content": "Light!", "name": "Ana"},
                {"role": "assistant", "content": None, "tool_calls": [call], "refusal": None},
                {"role": "tool", "tool_call_id": "c|1", "content": "60 W"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
            "user": "ana",
            "tools": [LAMP],
            "reasoning_effort": "none",
            "temperature": 0.2,
            "max_tokens": 7,
        }
    )  # fmt: skip

    assert wanted.said == (
        Instructed("Be brief."),
        Instructed("In\n\nFrench."),
        Asked("Light!", "Ana"),
        Answered("", (ToolCall("c_1", "set_lamp", {"on": True}),)),
        Resulted("c_1", "60 W", "messages[4].tool_call_id"),
    )
    assert (wanted.model, wanted.stream, wanted.include_usage, wanted.user) == (
        "openclaw/clerk",
        True,
        True,
        "ana",
    )
    assert ([tool.name for tool in wanted.offer.tools], wanted.thinking) == (["set_lamp"], "off")


def test_what_is_left_out_has_its_usual_meaning() -> None:
    wanted = read_completion({"messages": [HI]})

    assert (wanted.model, wanted.stream, wanted.include_usage, wanted.user) == (
        "openclaw",
        False,
        False,
        None,
    )
    assert (wanted.offer.tools, wanted.thinking) == ((), None)


@pytest.mark.parametrize(
    "hint",
    [
        {"temperature": 2, "top_p": 0.1, "seed": 1, "logit_bias": {}, "max_completion_tokens": 5},
        {
            "n": 1,
            "stop": None,
            "logprobs": False,
            "modalities": ["text"],
            "response_format": {"type": "text"},
        },
        {"parallel_tool_calls": False, "store": True, "metadata": {"a": "b"}, "service_tier": "auto"},
        {"something": "of next year"},
    ],
)
def test_what_does_not_change_the_answer_is_passed_over(hint: dict[str, Any]) -> None:
    assert read_completion({"messages": [HI], **hint}).said == (Asked("hi"),)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"n": 2}, "n"),
        ({"functions": [{"name": "a"}]}, "functions"),
        ({"function_call": "auto"}, "function_call"),
        ({"stop": ["\n"]}, "stop"),
        ({"audio": {"voice": "x"}}, "audio"),
        ({"logprobs": True}, "logprobs"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "robot", "content": "hi"}]}, "messages[0].role"),
        ({"messages": [HI, {"role": "tool", "content": "x"}]}, "messages[1].tool_call_id"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": ["hi"]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0]"),
        ({"tools": [{"type": "custom"}]}, "tools[0]"),
        ({"tools": [{"type": "function"}]}, "tools[0].function.name"),
        ({"stream": "yes"}, "stream"),
        ({"model": None}, "model"),
        ({"reasoning_effort": "lots"}, "reasoning_effort"),
    ],
)
def test_what_cannot_be_done_is_named(change: dict[str, Any], param: str) -> None:
    fault = refused({"messages": [HI], **change})

    assert (fault.status, fault.param) == (400, param)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"7", b'{"a": "\\ud800"}', b"\xff", b'{"a":' + b"[" * 300 + b"]" * 300 + b"}"]
)
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(ApiError) as raised:
        parsed(data)

    assert raised.value.status == 400


def test_a_user_shows_pictures_and_nobody_else_does() -> None:
    parts = [
        {"type": "image_url", "image_url": {"url": "data:,a", "detail": "low"}},
        {"type": "text", "text": "Look."},
        {"type": "input_image", "image_url": "data:,b"},
    ]

    found = asked(parts, "m.content", "Ana")

    shown = (Enclosed("data:,a", "m.content[0]"), Enclosed("data:,b", "m.content[2]"))
    assert found == Asked("Look.", "Ana", shown)
    assert (
        refused({"messages": [{"role": "assistant", "content": parts}, HI]}).param == "messages[0].content[0]"
    )


def test_parts_and_paths() -> None:
    assert parsed(b'{"a": 1}') == {"a": 1}
    assert words([{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "b"}], "x") == "a\n\nb"
    assert words(None, "x") == ""
    assert path("", "messages", 2, "content") == "messages[2].content"
    assert effort("high", "x") == "high"
    assert effort(None, "x") is None
