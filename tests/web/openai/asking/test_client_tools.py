from typing import Any

import pytest

from openclaw.types.messages import ClientTool
from openclaw.web.openai.asking.client_tools import MOST, MUST_CALL, MUST_CALL_THIS, Offer, offer
from openclaw.web.openai.faults import ApiError

SCHEMA = {"type": "object", "properties": {"on": {"type": "boolean"}}}
LAMP: dict[str, Any] = {"name": "set_lamp", "description": "On or off.", "parameters": SCHEMA, "strict": True}
TOOL = ClientTool("set_lamp", "On or off.", SCHEMA)
HORN = ClientTool("horn", "", {"type": "object", "properties": {}})


def offered(*functions: object, choice: object = None) -> Offer:
    return offer([(f"tools[{place}]", each) for place, each in enumerate(functions)], choice)


def test_a_function_is_a_tool() -> None:
    assert offered(LAMP, {"name": "horn"}) == Offer((TOOL, HORN))
    assert offered() == Offer()


@pytest.mark.parametrize(
    ("choice", "meant"),
    [
        (None, Offer((TOOL, HORN))),
        ("auto", Offer((TOOL, HORN))),
        ("none", Offer()),
        ("required", Offer((TOOL, HORN), MUST_CALL)),
        (
            {"type": "function", "function": {"name": "horn"}},
            Offer((HORN,), MUST_CALL_THIS.format(name="horn")),
        ),
        ({"type": "function", "name": "horn"}, Offer((HORN,), MUST_CALL_THIS.format(name="horn"))),
    ],
)
def test_which_of_them_is_to_be_called(choice: object, meant: Offer) -> None:
    assert offered(LAMP, {"name": "horn"}, choice=choice) == meant


@pytest.mark.parametrize(
    ("function", "param"),
    [
        (None, "tools[0].name"),
        ({}, "tools[0].name"),
        ({"name": "no spaces"}, "tools[0].name"),
        ({"name": "x" * 65}, "tools[0].name"),
        ({"name": "a", "description": 7}, "tools[0].description"),
        ({"name": "a", "parameters": []}, "tools[0].parameters"),
        ({"name": "a", "parameters": {"type": "string"}}, "tools[0].parameters"),
    ],
)
def test_what_is_no_function_is_named(function: object, param: str) -> None:
    with pytest.raises(ApiError) as refused:
        offered(function)

    assert (refused.value.status, refused.value.param) == (400, param)


@pytest.mark.parametrize(
    "choice", ["any", 7, {"type": "allowed_tools"}, {"type": "function", "function": {"name": "ghost"}}]
)
def test_a_choice_that_means_nothing_is_refused(choice: object) -> None:
    with pytest.raises(ApiError) as refused:
        offered(LAMP, choice=choice)

    assert (refused.value.status, refused.value.param) == (400, "tool_choice")


def test_there_is_an_end_to_how_many_there_are() -> None:
    assert len(offered(*({"name": f"t{n}"} for n in range(MOST))).tools) == MOST
    with pytest.raises(ApiError, match="at most 128"):
        offered(*({"name": f"t{n}"} for n in range(MOST + 1)))
    with pytest.raises(ApiError, match="there twice"):
        offered(LAMP, LAMP)
    with pytest.raises(ApiError, match="there are no tools"):
        offered(choice="required")
