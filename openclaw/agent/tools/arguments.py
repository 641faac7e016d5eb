"""Arguments of a tool, checked: what the model gave, as a type, or a complaint that it can follow."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, to_json

from openclaw.agent.tools.base import ToolInputError

Arguments = TypeVar("Arguments", bound=BaseModel)


def checked(
    model: type[Arguments], arguments: Mapping[str, object], schema: Mapping[str, object]
) -> Arguments:
    """Raises ToolInputError. `schema`: the one that the model has read; complaints speak its words."""
    try:
        return model.model_validate(dict(arguments))
    except ValidationError as error:
        raise ToolInputError(complaints(error, schema)) from None


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments: without titles, which only cost tokens."""
    schema = _plain(model.model_json_schema(by_alias=True))
    assert isinstance(schema, dict)
    schema.pop("description", None)
    return schema


def complaints(error: ValidationError, schema: Mapping[str, object]) -> str:
    details = error.errors(include_url=False, include_context=False)
    return "; ".join(dict.fromkeys(_complaint(detail, schema) for detail in details))


def short(value: object) -> str:
    try:
        text = to_json(value, fallback=str).decode()
    except ValueError:
        text = json.dumps(value, default=str)  # half a surrogate pair
    return text if len(text) <= 60 else text[:57] + "…"


def _plain(schema: object) -> object:
    if isinstance(schema, dict):
        return {
            key: {name: _plain(part) for name, part in value.items()}
            if key in {"properties", "$defs"} and isinstance(value, dict)
            else _plain(value)
            for key, value in schema.items()
            if key != "title"
        }
    return [_plain(part) for part in schema] if isinstance(schema, list) else schema


def _complaint(detail: ErrorDetails, schema: Mapping[str, object]) -> str:
    place = ".".join(str(step) for step in detail["loc"]) or "the arguments"
    if detail["type"] == "missing":
        return f"{place} is required"
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1:
        return f"there is no argument {place}; there is {', '.join(known) or 'none at all'}"
    rule = known.get(detail["loc"][0]) if detail["loc"] else None
    wanted = _wanted(rule) if isinstance(rule, dict) and len(detail["loc"]) == 1 else None
    if wanted is None:
        return f"{place}: {detail['msg']}"
    if detail["input"] == "" and rule and rule.get("minLength"):
        return f"{place} is required"
    return f"{place} must be {wanted}, not {short(detail['input'])}"


_KINDS = {
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_LIMITS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_SIZES = {"minLength": "at least", "maxLength": "at most", "minItems": "at least", "maxItems": "at most"}


def _wanted(rule: Mapping[str, object]) -> str | None:
    """`an integer ≥ 1 and ≤ 7`; None where the rule is too rich for a phrase."""
    options = rule.get("enum") or ([rule["const"]] if "const" in rule else None)
    if isinstance(options, list):
        return "one of " + ", ".join(short(option) for option in options)
    kind = _KINDS.get(str(rule.get("type")))
    if kind is None:
        return None
    limits = [f"{sign} {rule[key]}" for key, sign in _LIMITS.items() if key in rule]
    unit = "items" if rule.get("type") == "array" else "characters"
    sizes = [f"of {words} {rule[key]} {unit}" for key, words in _SIZES.items() if key in rule]
    return " ".join(part for part in (kind, " and ".join(limits), " and ".join(sizes)) if part)
