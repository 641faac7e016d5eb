"""Tools that a request offers: they run in the program that asks. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from openclaw.types.messages import ClientTool
from openclaw.web.openai.faults import ApiError, unsupported

MOST = 128
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MUST_CALL = "You must call one of the asking program's tools before you answer."
MUST_CALL_THIS = "You must call the tool {name} before you answer."


@dataclass(frozen=True, slots=True)
class Offer:
    tools: tuple[ClientTool, ...] = ()
    instruction: str = ""
    """For the model: which of them it has to call."""


def offer(functions: Iterable[tuple[str, object]], choice: object) -> Offer:
    """`functions`: each with its path in the request. Raises ApiError."""
    tools: dict[str, ClientTool] = {}
    for param, function in functions:
        tool = _tool(param, function)
        if tool.name in tools:
            raise ApiError(400, f"{param}.name: {tool.name} is there twice", param=f"{param}.name")
        tools[tool.name] = tool
    if len(tools) > MOST:
        raise ApiError(400, f"tools: there are at most {MOST}", param="tools")
    return _chosen(tuple(tools.values()), choice)


def _tool(param: str, function: object) -> ClientTool:
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(function, dict) or not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ApiError(400, f"{param}.name is 1 to 64 letters, digits, _ and -", param=f"{param}.name")
    description, schema = function.get("description") or "", function.get("parameters")
    if not isinstance(description, str):
        raise ApiError(400, f"{param}.description is text", param=f"{param}.description")
    if schema is None:
        schema = {"type": "object", "properties": {}}
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        raise ApiError(400, f"{param}.parameters is the schema of an object", param=f"{param}.parameters")
    return ClientTool(name, description, {"type": "object", **schema})


def _chosen(tools: tuple[ClientTool, ...], choice: object) -> Offer:
    """A provider is not made to call: a turn that thinks, or has tools of ours to use first, could not then."""
    match choice:
        case None | "auto":
            return Offer(tools)
        case "none":
            return Offer()
        case "required" if tools:
            return Offer(tools, MUST_CALL)
        case {"type": "function", "function": {"name": str(name)}} | {"type": "function", "name": str(name)}:
            only = tuple(tool for tool in tools if tool.name == name)
            if only:
                return Offer(only, MUST_CALL_THIS.format(name=name))
            raise ApiError(400, f"tool_choice: {name!r:.80} is none of the tools", param="tool_choice")
        case "required":
            raise ApiError(400, "tool_choice: there are no tools", param="tool_choice")
        case _:
            raise unsupported("tool_choice", "use auto, none, required, or name one function")
