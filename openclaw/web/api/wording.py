"""What is wrong with a field, in plain words. Pure."""

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_AN_OBJECT, _A_LIST = "it must be an object", "it must be a list"
_WORDS: Mapping[str, str] = {
    "missing": "it is required",
    "extra_forbidden": "there is no such field",
    "string_type": "it must be text",
    "bool_type": "it must be true or false",
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_type": "it must be a number",
    "list_type": _A_LIST,
    "tuple_type": _A_LIST,
    "dict_type": _AN_OBJECT,
    "model_type": _AN_OBJECT,
    "model_attributes_type": _AN_OBJECT,
    "literal_error": "it is one of {expected}",
    "string_too_short": "it has fewer than {min_length} characters",
    "string_too_long": "it has more than {max_length} characters",
    "too_short": "it has fewer than {min_length} entries",
    "too_long": "it has more than {max_length} entries",
    "greater_than": "it must be more than {gt}",
    "greater_than_equal": "it must be at least {ge}",
    "less_than": "it must be less than {lt}",
    "less_than_equal": "it must be at most {le}",
}


def first_wrong(error: ValidationError) -> tuple[tuple[int | str, ...], str]:
    """The place of the first field that does not fit, and why."""
    first = error.errors(include_url=False, include_input=False)[0]
    return first["loc"], in_words(first)


def in_words(detail: ErrorDetails) -> str:
    kind, limits = detail["type"], detail.get("ctx", {})
    if kind in {"string_too_short", "too_short"} and limits.get("min_length") == 1:
        return "it must not be empty"
    words = _WORDS.get(kind)
    return words.format_map(limits) if words else detail["msg"].removeprefix("Value error, ")
