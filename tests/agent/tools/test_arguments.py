from typing import Annotated, Literal

import pytest
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from openclaw.agent.tools.arguments import checked, schema_of
from openclaw.agent.tools.base import ToolInputError


class Trip(BaseModel):
    """What a model would be told of it."""

    model_config = ConfigDict(extra="forbid")

    to: Annotated[str, Field(min_length=1, validation_alias=AliasChoices("to", "destination"))]
    days: Annotated[int, Field(ge=1, le=7)] = 3
    by: Literal["train", "bicycle"] = "train"
    stops: Annotated[list[str], Field(max_length=2)] = []


SCHEMA = schema_of(Trip)


def test_the_schema_has_no_titles_and_names_arguments_by_their_first_alias() -> None:
    assert SCHEMA == {
        "type": "object",
        "properties": {
            "to": {"type": "string", "minLength": 1},
            "days": {"type": "integer", "minimum": 1, "maximum": 7, "default": 3},
            "by": {"type": "string", "enum": ["train", "bicycle"], "default": "train"},
            "stops": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "default": []},
        },
        "required": ["to"],
        "additionalProperties": False,
    }


def test_any_of_the_names_is_taken() -> None:
    assert checked(Trip, {"to": "Hobart"}, SCHEMA) == checked(Trip, {"destination": "Hobart"}, SCHEMA)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "to is required"),
        ({"to": ""}, "to is required"),
        ({"to": "Hobart", "days": 9}, "days must be an integer ≥ 1 and ≤ 7, not 9"),
        ({"to": "Hobart", "by": "car"}, 'by must be one of "train", "bicycle", not "car"'),
        (
            {"to": "Hobart", "stops": ["a", "b", "c"]},
            'stops must be a list of at most 2 items, not ["a","b","c"]',
        ),
        ({"to": "Hobart", "when": 1}, "there is no argument when; there is to, days, by, stops"),
        ({"to": "\ud800"}, 'to must be a string of at least 1 characters, not "\\ud800"'),
        ({"days": 0}, "to is required; days must be an integer ≥ 1 and ≤ 7, not 0"),
    ],
)
def test_a_complaint_says_what_would_be_right(arguments: dict[str, object], complaint: str) -> None:
    with pytest.raises(ToolInputError) as refused:
        checked(Trip, arguments, SCHEMA)

    assert str(refused.value) == f"ToolInputError: {complaint}"
