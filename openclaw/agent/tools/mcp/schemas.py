"""The schemas and words that a server sends along with its tools, made fit for a model provider. Pure.

They are the words of others: what hides in them goes, and nothing may be long.
"""

import json
import re
from collections.abc import Mapping

from openclaw.agent.untrusted import harmless

DESCRIPTION_CHARACTERS = 2_000
WORDS_CHARACTERS = 500
"""Of one description inside a schema."""
SCHEMA_CHARACTERS = 24_000
DEPTH = 16
_PROPERTY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_DROPPED = frozenset(
    {"$schema", "$id", "id", "$comment", "title", "examples", "xml", "externalDocs", "discriminator"}
)
_CHOICES = ("oneOf", "anyOf", "allOf")
_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})


class UnfitSchemaError(ValueError):
    """The tool cannot be offered; the text says why."""


def description(text: str | None, server: str) -> str:
    words = short(text or "", DESCRIPTION_CHARACTERS)
    return f"[{server}, an MCP server] {words or 'It does not say what this is for.'}"


def short(text: str, most: int) -> str:
    text = harmless(text).strip()
    return text if len(text) <= most else f"{text[: most - 1]}…"


def input_schema(raw: Mapping[str, object]) -> dict[str, object]:
    """An object schema without what Anthropic and OpenAI refuse. Raises UnfitSchemaError."""
    cleaned = _cleaned(raw, 0)
    root = _merged(cleaned) if isinstance(cleaned, dict) else {}
    if root.get("type", "object") != "object":
        raise UnfitSchemaError(f"its arguments are of type {root.get('type')!r}, not an object")
    root = {**root, "type": "object", "properties": _properties(root)}
    if "required" in root:
        required = [name for name in _texts(root["required"]) if name in _mapping(root["properties"])]
        if len(required) < len(_texts(root["required"])):
            raise UnfitSchemaError("it requires an argument whose name no model provider accepts")
        root["required"] = required
    if len(json.dumps(root)) > SCHEMA_CHARACTERS:
        root = _terse(root)
    if len(json.dumps(root)) > SCHEMA_CHARACTERS:
        raise UnfitSchemaError(f"its schema is longer than {SCHEMA_CHARACTERS:,} characters")
    return root


def _properties(root: Mapping[str, object]) -> dict[str, object]:
    return {
        name: rule
        for name, rule in _mapping(root.get("properties")).items()
        if _PROPERTY.fullmatch(name) and isinstance(rule, dict | bool)
    }


def _cleaned(value: object, depth: int) -> object:
    if depth > DEPTH:
        return {}
    if isinstance(value, list):
        return [_cleaned(item, depth + 1) for item in value]
    if not isinstance(value, Mapping):
        return short(value, WORDS_CHARACTERS) if isinstance(value, str) else value
    rule: dict[str, object] = {}
    for key, item in value.items():
        if key in _NAMED and isinstance(item, Mapping):
            rule[key] = {name: _cleaned(part, depth + 1) for name, part in item.items()}
        elif key not in _DROPPED:
            rule[key] = item if key in {"enum", "const", "$ref", "pattern"} else _cleaned(item, depth + 1)
    return _of_today(rule)


def _of_today(rule: dict[str, object]) -> dict[str, object]:
    """What older drafts wrote, in the words of 2020-12; what cannot be understood is left out."""
    items = rule.get("items")
    if isinstance(items, list):
        rule["prefixItems"] = rule.pop("items")
        if "additionalItems" in rule:
            rule["items"] = rule.pop("additionalItems")
    for key, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(rule.get(key), bool):
            strict = rule.pop(key)
            if strict and limit in rule:
                rule[key] = rule.pop(limit)
    if "required" in rule and not isinstance(rule["required"], list):
        del rule["required"]
    if "type" in rule and not (set(_texts(rule["type"])) & _TYPES):
        del rule["type"]
    reference = rule.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#"):
        del rule["$ref"]
    return rule


def _merged(root: dict[str, object]) -> dict[str, object]:
    """Anthropic takes no oneOf, anyOf or allOf at the root: their properties, required where every choice requires."""
    choices = {key: root.pop(key) for key in _CHOICES if key in root}
    properties: dict[str, object] = {}
    required = set(_texts(root.get("required", [])))
    for key, listed in choices.items():
        parts = [part for part in listed if isinstance(part, dict)] if isinstance(listed, list) else []
        for part in parts:
            properties |= _mapping(part.get("properties"))
        asked = [set(_texts(part.get("required", []))) for part in parts]
        required |= set().union(*asked) if key == "allOf" else set.intersection(*asked) if asked else set()
    if choices:
        root["properties"] = properties | _mapping(root.get("properties"))
        root["required"] = sorted(required)
    return root


def _terse(rule: dict[str, object]) -> dict[str, object]:
    """Without the words inside."""
    return {
        key: {name: _terse(part) if isinstance(part, dict) else part for name, part in item.items()}
        if key in _NAMED and isinstance(item, dict)
        else _terse(item)
        if isinstance(item, dict)
        else item
        for key, item in rule.items()
        if key not in {"description", "default"} or not isinstance(item, str)
    }


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
