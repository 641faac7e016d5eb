from typing import Any

import pytest

from openclaw.types.conversation import ToolCall
from openclaw.web.openai.asking.conversation import Answered, Asked, Enclosed, Instructed, Resulted
from openclaw.web.openai.asking.items import read_response_request
from openclaw.web.openai.faults import ApiError


def test_a_text_is_the_users() -> None:
    wanted = read_response_request({"model": "openclaw", "input": "hi", "instructions": "Be brief."})

    assert wanted.said == (Instructed("Be brief."), Asked("hi"))
    assert (wanted.stream, wanted.user, wanted.thinking) == (False, None, None)


def test_every_item_is_read() -> None:
    text = [{"type": "output_text", "text": "Of course.", "annotations": []}]
    call = {"type": "function_call", "name": "set_lamp", "arguments": '{"on":true}', "id": "fc_1"}
    wanted = read_response_request(
        {
            "input": [
                {"role": "developer", "content": "In French."},
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Light!"}]},
                {"type": "reasoning", "summary": []},
                {"type": "message", "role": "assistant", "content": text},
                {**call, "call_id": "c_1"},
                {**call, "call_id": "c_2"},
                {"type": "function_call_output", "call_id": "c_1", "output": "60 W"},
                {"type": "function_call_output", "call_id": "c_2", "output": [{"type": "input_text", "text": "off"}]},
            ],
            "stream": True,
            "user": "ana",
            "tools": [{"type": "function", "name": "set_lamp", "parameters": None, "strict": None}],
            "reasoning": {"effort": "high"},
        }
    )  # fmt: skip

    on = {"on": True}
    assert wanted.said == (
        Instructed("In French."),
        Asked("Light!"),
        Answered("Of course.", (ToolCall("c_1", "set_lamp", on), ToolCall("c_2", "set_lamp", on))),
        Resulted("c_1", "60 W", "input[6].call_id"),
        Resulted("c_2", "off", "input[7].call_id"),
    )
    assert (wanted.stream, wanted.user, wanted.thinking) == (True, "ana", "high")
    assert [tool.name for tool in wanted.offer.tools] == ["set_lamp"]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": ["hi"]}, "input[0]"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0].type"),
        ({"input": [{"role": "robot", "content": "hi"}]}, "input[0].role"),
        ({"input": [{"content": "hi"}]}, "input[0].role"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0]"),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0].call_id"),
        ({"input": [{"type": "function_call", "call_id": "c"}]}, "input[0].name"),
        ({"tools": [{"type": "web_search"}]}, "tools[0]"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"background": True}, "background"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format"),
        ({"reasoning": {"effort": "lots"}}, "reasoning.effort"),
    ],
)
def test_what_cannot_be_done_is_named(change: dict[str, Any], param: str) -> None:
    with pytest.raises(ApiError) as refused:
        read_response_request({"input": "hi", **change})

    assert (refused.value.status, refused.value.param) == (400, param)


def test_a_picture_is_the_users() -> None:
    content = [{"type": "input_text", "text": "Look."}, {"type": "input_image", "image_url": "data:,a"}]
    wanted = read_response_request({"input": [{"role": "user", "content": content}]})

    assert wanted.said == (Asked("Look.", "", (Enclosed("data:,a", "input[0].content[1]"),)),)


def test_hints_are_passed_over() -> None:
    body = {
        "input": "hi",
        "background": False,
        "text": {"format": {"type": "text"}, "verbosity": "low"},
        "top_p": 1,
    }

    assert read_response_request(body).said == (Asked("hi"),)
