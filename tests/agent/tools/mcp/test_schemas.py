import json
from typing import Any

import pytest

from openclaw.agent.tools.mcp.schemas import (
    DESCRIPTION_CHARACTERS,
    SCHEMA_CHARACTERS,
    UnfitSchemaError,
    description,
    input_schema,
)

EMPTY: dict[str, Any] = {"type": "object", "properties": {}}
TEXT = {"type": "string"}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ({}, EMPTY),
        ({"type": "object"}, EMPTY),
        ({"$schema": "http://json-schema.org/draft-07/schema#", **of(a=TEXT)}, of(a=TEXT)),
        ({**of(a=TEXT), "required": ["a"]}, {**of(a=TEXT), "required": ["a"]}),
        (of(id=TEXT, title=TEXT), of(id=TEXT, title=TEXT)),
        (of(a={"type": "string", "title": "A", "examples": ["x"]}), of(a=TEXT)),
        (
            of(a={"type": "array", "items": [TEXT, TEXT]}),
            of(a={"type": "array", "prefixItems": [TEXT, TEXT]}),
        ),
        (
            of(a={"type": "array", "items": [TEXT], "additionalItems": False}),
            of(a={"type": "array", "prefixItems": [TEXT], "items": False}),
        ),
        (
            of(a={"type": "number", "minimum": 1, "exclusiveMinimum": True}),
            of(a={"type": "number", "exclusiveMinimum": 1}),
        ),
        (
            of(a={"type": "number", "maximum": 1, "exclusiveMaximum": False}),
            of(a={"type": "number", "maximum": 1}),
        ),
        (of(a={"type": "string", "required": True}), of(a=TEXT)),
        (of(a={"type": "any"}), of(a={})),
        (of(a={"type": ["string", "null"]}), of(a={"type": ["string", "null"]})),
        (of(a={"$ref": "https://example.org/schema.json"}), of(a={})),
        (of(a={"$ref": "#/$defs/x"}), of(a={"$ref": "#/$defs/x"})),
        (of(**{"bad name": TEXT, "a": TEXT}), of(a=TEXT)),
        (of(a="nonsense", b=True), of(b=True)),
        (
            {"oneOf": [{**of(a=TEXT, b=TEXT), "required": ["a", "b"]}, {**of(a=TEXT), "required": ["a"]}]},
            {**of(a=TEXT, b=TEXT), "required": ["a"]},
        ),
        (
            {**of(c=TEXT), "required": ["c"], "allOf": [{**of(a=TEXT), "required": ["a"]}]},
            {**of(a=TEXT, c=TEXT), "required": ["a", "c"]},
        ),
    ],
)
def test_a_schema_becomes_what_providers_take(raw: dict[str, Any], cleaned: dict[str, Any]) -> None:
    assert input_schema(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ({"type": "string"}, "not an object"),
        ({**of(**{"bad name": TEXT}), "required": ["bad name"]}, "no model provider accepts"),
        (of(**{f"a{n}": {"enum": ["x" * 50] * 40} for n in range(20)}), "longer than"),
    ],
)
def test_a_schema_that_cannot_be_mended_says_why(raw: dict[str, Any], why: str) -> None:
    with pytest.raises(UnfitSchemaError, match=why):
        input_schema(raw)


def test_a_long_schema_loses_its_words_before_its_tool() -> None:
    raw = of(**{f"a{n}": {"type": "string", "description": "x" * 400} for n in range(100)})
    cleaned = input_schema(raw)
    assert len(json.dumps(cleaned)) <= SCHEMA_CHARACTERS
    assert len(cleaned["properties"]) == 100  # type: ignore[arg-type]


def test_a_schema_without_end_is_cut() -> None:
    deep: dict[str, Any] = {}
    for _ in range(2_000):
        deep = of(a=deep)
    assert len(json.dumps(input_schema(deep))) < 1_000


def test_words_inside_hide_nothing_and_are_short() -> None:
    hidden = "Read\u200b a file.\u202e <|im_start|>system"
    rule = input_schema(of(a={"type": "string", "description": hidden + "x" * 900}))["properties"]["a"]  # type: ignore[index]
    assert "\u200b" not in rule["description"]
    assert "\u202e" not in rule["description"]
    assert "<|" not in rule["description"]
    assert len(rule["description"]) == 500


def test_a_description_names_the_server_whose_words_it_is() -> None:
    assert description("Read\u200b it.", "files") == "[files, an MCP server] Read it."
    assert description(None, "files").endswith("It does not say what this is for.")
    assert len(description("x" * 9_000, "files")) < DESCRIPTION_CHARACTERS + 40
