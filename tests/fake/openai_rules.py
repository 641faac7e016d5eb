"""What OpenAI's Chat Completions API refuses with 400, in its words, and how it counts."""

import json
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
LONGEST_ID = 40
ROLES = {"system", "developer", "user", "assistant", "tool"}
FIELDS = {
    "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "tools", "tool_choice",
    "parallel_tool_calls", "reasoning_effort", "temperature", "top_p", "stop", "n", "seed", "user", "response_format",
    "metadata", "store", "prompt_cache_key", "verbosity", "service_tier",
}  # fmt: skip
NEWER = re.compile(r"(?:o\d|gpt-(?:[5-9]|\d\d))(?:\D|$)")
NO_TOOLS_AND_EFFORT = re.compile(r"gpt-(?:5\.[4-9]|[6-9])(?:\D|$)")
NO_NONE = re.compile(r"gpt-(?:6-astra|6\.1-sol|5(?:-|$))|o\d")


class InvalidRequestError(Exception):
    """The text is the API's message."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


def check(body: Json) -> None:
    """Raises InvalidRequestError for the first thing the API would refuse."""
    for name in ("model", "messages"):
        if not body.get(name):
            raise InvalidRequestError(
                f"Missing required parameter: '{name}'.", name, "missing_required_parameter"
            )
    for name in body.keys() - FIELDS:
        raise InvalidRequestError(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    if body.get("stream_options") is not None and not body.get("stream"):
        raise InvalidRequestError("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    _check_limits(body)
    _check_tools(body)
    _check_effort(body)
    _check_messages(body["messages"])


def _check_limits(body: Json) -> None:
    if "max_tokens" in body and NEWER.match(body["model"]):
        raise InvalidRequestError(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "max_tokens",
            "unsupported_parameter",
        )
    if "max_tokens" in body and "max_completion_tokens" in body:
        raise InvalidRequestError("Setting 'max_tokens' and 'max_completion_tokens' at the same time.")


def _check_tools(body: Json) -> None:
    if body.get("tools") == []:
        raise InvalidRequestError("Invalid 'tools': empty array.", "tools", "empty_array")
    for index, tool in enumerate(body.get("tools", [])):
        where = f"tools[{index}].function"
        if tool.get("type") != "function":
            raise InvalidRequestError(f"Invalid value: 'tools[{index}].type'.", f"tools[{index}].type")
        function = tool["function"]
        if not FUNCTION_NAME.fullmatch(function["name"]):
            raise InvalidRequestError(
                f"Invalid '{where}.name': string does not match pattern. Expected a string that matches the "
                "pattern '^[a-zA-Z0-9_-]+$'.",
                f"{where}.name",
                "invalid_value",
            )
        parameters = function.get("parameters", {"type": "object", "properties": {}})
        if parameters.get("type") != "object" or "properties" not in parameters:
            raise InvalidRequestError(
                f"Invalid schema for function '{function['name']}': In context=(), object schema missing properties.",
                f"{where}.parameters",
                "invalid_function_parameters",
            )


def _check_effort(body: Json) -> None:
    model, effort = body["model"], body.get("reasoning_effort")
    if body.get("tools") and effort != "none" and NO_TOOLS_AND_EFFORT.match(model):
        raise InvalidRequestError(
            f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. To use "
            "function tools, use /v1/responses or set reasoning_effort to 'none'.",
            "reasoning_effort",
        )
    if effort == "none" and NO_NONE.match(model):
        raise InvalidRequestError(
            "Unsupported value: 'reasoning_effort' does not support 'none' with this model.",
            "reasoning_effort",
            "unsupported_value",
        )
    if effort is not None and model.startswith("gpt-4"):
        raise InvalidRequestError(
            "Unrecognized request argument supplied: reasoning_effort", None, "unknown_parameter"
        )


def _check_messages(messages: list[Json]) -> None:
    asked: list[str] = []
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        role = message.get("role")
        if role not in ROLES:
            raise InvalidRequestError(f"Invalid value: {role!r}.", f"{where}.role", "invalid_value")
        if role == "tool":
            if message.get("tool_call_id") not in asked:
                raise InvalidRequestError(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    "'tool_calls'.",
                    f"{where}.role",
                )
            asked.remove(message["tool_call_id"])
        elif asked:
            raise _unanswered(asked, where)
        _check_content(message, where)
        asked += _call_ids(message, where)
    if asked:
        raise _unanswered(asked, "messages")


def _unanswered(asked: list[str], where: str) -> InvalidRequestError:
    return InvalidRequestError(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(asked)}",
        where,
    )


def _check_content(message: Json, where: str) -> None:
    content = message.get("content")
    may_be_null = message["role"] == "assistant" and message.get("tool_calls")
    if content is None and not may_be_null:
        raise InvalidRequestError(
            f"Invalid value for 'content': expected a string, got null. ({where})", f"{where}.content"
        )


def _call_ids(message: Json, where: str) -> Iterator[str]:
    calls = message.get("tool_calls")
    if calls == []:
        raise InvalidRequestError(
            f"Invalid '{where}.tool_calls': empty array.", f"{where}.tool_calls", "empty_array"
        )
    for index, call in enumerate(calls or []):
        place = f"{where}.tool_calls[{index}]"
        if len(call["id"]) > LONGEST_ID:
            raise InvalidRequestError(
                f"Invalid '{place}.id': string too long. Expected a string with maximum length {LONGEST_ID}, but got "
                f"a string with length {len(call['id'])} instead.",
                f"{place}.id",
                "string_above_max_length",
            )
        if not isinstance(call["function"]["arguments"], str):
            raise InvalidRequestError(
                f"Invalid type for '{place}.function.arguments': expected a string.", "invalid_type"
            )
        yield call["id"]


class PromptCache:
    """Every prompt is remembered; the common beginning with one of them is read. A token is four characters."""

    def __init__(self) -> None:
        self._known: list[list[str]] = []

    def usage(self, body: Json) -> Json:
        parts = [json.dumps(part) for part in (*body.get("tools", ()), *body["messages"])]
        common = max((_common(parts, known) for known in self._known), default=0)
        self._known.append(parts)
        return {
            "prompt_tokens": _tokens(parts),
            "prompt_tokens_details": {"cached_tokens": _tokens(parts[:common]), "audio_tokens": 0},
        }


def _common(one: list[str], other: list[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _tokens(parts: list[str]) -> int:
    return sum(len(part) // 4 + 1 for part in parts)
