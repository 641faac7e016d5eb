import threading
from collections.abc import Mapping
from typing import Annotated, Literal

import anyio
import pytest
from pydantic import Field

from openclaw.agent.tools.base import Effect, Tool, ToolError, ToolInputError
from openclaw.agent.tools.function import OUTPUT_LIMIT, FunctionTool, Traits, function_tool
from openclaw.types.errors import OpenClawError
from tests.agent.tools.scenes import SCENE


def tool(function: object, handed: Mapping[str, object] | None = None) -> FunctionTool:
    assert callable(function)
    return function_tool(function, handed or {"http": "the door", "config": {"unit": "C"}}, Traits())


async def forecast(
    location: Annotated[str, Field(min_length=1, description="City")],
    days: Annotated[int, Field(ge=1, le=7)] = 3,
    unit: Literal["C", "F"] = "C",
    *,
    http: object,
    config: Mapping[str, object],
) -> dict[str, object]:
    """Forecast for a place.

    Only rough.

    Args:
        days: How many days.
            Today counts.
        unit: Celsius or Fahrenheit.
    """
    return {"location": location, "days": days, "unit": unit, "http": http, "config": config}


def test_the_schema_follows_from_hints_and_docstring() -> None:
    made: Tool = tool(forecast)

    assert made.name == "forecast"
    assert made.description == "Forecast for a place.\n\nOnly rough."
    assert made.schema == {
        "type": "object",
        "properties": {
            "location": {"type": "string", "minLength": 1, "description": "City"},
            "days": {
                "type": "integer",
                "minimum": 1,
                "maximum": 7,
                "default": 3,
                "description": "How many days.",
            },
            "unit": {
                "type": "string",
                "enum": ["C", "F"],
                "default": "C",
                "description": "Celsius or Fahrenheit.",
            },
        },
        "required": ["location"],
        "additionalProperties": False,
    }


def test_an_unvouched_function_is_never_run_again_by_itself() -> None:
    assert tool(forecast).effect is Effect.ONCE
    assert tool(forecast).timeout_seconds == 60


async def test_http_and_config_are_handed_in() -> None:
    result = await tool(forecast).run({"location": "Sydney", "days": "2"}, SCENE)

    assert result == '{"location":"Sydney","days":2,"unit":"C","http":"the door","config":{"unit":"C"}}'


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "location is required"),
        ({"location": ""}, "location is required"),
        ({"location": 5}, "location must be a string of at least 1 characters, not 5"),
        ({"location": "S", "days": 9}, "days must be an integer ≥ 1 and ≤ 7, not 9"),
        ({"location": "S", "days": "soon"}, 'days must be an integer ≥ 1 and ≤ 7, not "soon"'),
        ({"location": "S", "unit": "K"}, 'unit must be one of "C", "F", not "K"'),
        ({"location": "S", "city": "x"}, "there is no argument city; there is location, days, unit"),
        ({"location": "S", "http": "evil"}, "there is no argument http; there is location, days, unit"),
        ({"days": 0}, "location is required; days must be an integer ≥ 1 and ≤ 7, not 0"),
    ],
)
async def test_wrong_arguments_are_answered_precisely(arguments: dict[str, object], complaint: str) -> None:
    with pytest.raises(ToolInputError) as caught:
        await tool(forecast).run(arguments, SCENE)

    assert str(caught.value) == f"ToolInputError: {complaint}"


async def test_parameters_may_have_any_name() -> None:
    def note(json: str, model_id: str = "m", copy: bool = False, title: str | None = None) -> str:
        return f"{json} {model_id} {copy} {title}"

    made = tool(note)

    assert await made.run({"json": "j", "title": "t"}, SCENE) == "j m False t"
    properties = made.schema["properties"]
    assert isinstance(properties, dict)
    assert set(properties) == {"json", "model_id", "copy", "title"}


async def test_nested_values_are_checked_and_named() -> None:
    def travel(path: list[int]) -> int:
        return sum(path)

    assert await tool(travel).run({"path": [1, 2]}, SCENE) == "3"
    with pytest.raises(ToolInputError, match=r"path\.1: "):
        await tool(travel).run({"path": [1, "far"]}, SCENE)


async def test_a_synchronous_function_runs_in_a_thread() -> None:
    def where() -> str:
        return threading.current_thread().name

    assert await tool(where).run({}, SCENE) != threading.current_thread().name


async def test_a_hanging_thread_does_not_hold_up_a_cancelled_turn() -> None:
    release = threading.Event()

    def hang() -> None:
        release.wait(10)

    with anyio.move_on_after(0.05) as scope:
        await tool(hang).run({}, SCENE)
    release.set()

    assert scope.cancelled_caught


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (None, "done"),
        ([1, "é"], '[1,"é"]'),
        (float("nan"), "null"),
        ("\ud800", "?"),
    ],
)
async def test_results_become_text(value: object, text: str) -> None:
    async def answer() -> object:
        return value

    assert await tool(answer).run({}, SCENE) == text


async def test_an_endless_result_is_cut_and_says_so() -> None:
    def flood() -> str:
        return "x" * (OUTPUT_LIMIT + 1234)

    result = await tool(flood).run({}, SCENE)

    assert result.startswith("x" * OUTPUT_LIMIT)
    assert result.endswith("[1,234 of 201,234 characters were left out here]")


async def test_our_errors_reach_the_model_and_bugs_do_not_hide() -> None:
    async def refused() -> str:
        raise OpenClawError("example.org: not allowed")

    async def broken() -> str:
        raise KeyError("oops")

    with pytest.raises(ToolError, match=r"^example\.org: not allowed$"):
        await tool(refused).run({}, SCENE)
    with pytest.raises(KeyError):
        await tool(broken).run({}, SCENE)


def test_functions_that_cannot_be_tools_say_why() -> None:
    def loose(*args: str) -> str:
        return ""

    def blocking(http: object) -> str:
        return ""

    with pytest.raises(TypeError, match="loose: 'args' must be a parameter that can be given by name"):
        tool(loose)
    with pytest.raises(TypeError, match="blocking: a function that takes http must be `async def`"):
        tool(blocking)
