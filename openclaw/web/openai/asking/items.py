"""The request of OpenAI's Responses API as what is asked. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openclaw.web.openai.asking.client_tools import offer
from openclaw.web.openai.asking.conversation import Answered, Asked, Instructed, Resulted, Said, called, tidy
from openclaw.web.openai.asking.reading import Wanted, asked, effort, path, shaped, words
from openclaw.web.openai.asking.shapes import CallItem, MessageItem, OutputItem, ResponseRequest
from openclaw.web.openai.faults import ApiError, unsupported


def read_response_request(body: Mapping[str, Any]) -> Wanted:
    """Raises ApiError."""
    _refuse_unsupported(body)
    request = shaped(body, ResponseRequest)
    said: list[Said] = [Instructed(request.instructions)] if request.instructions else []
    return Wanted(
        request.model, (*said, *_input(request.input)), bool(request.stream),
        offer(_functions(request.tools or ()), request.tool_choice), request.user,
        effort(request.reasoning.effort if request.reasoning else None, "reasoning.effort"),
    )  # fmt: skip


def _refuse_unsupported(body: Mapping[str, Any]) -> None:
    for name in ("previous_response_id", "conversation"):
        if body.get(name):
            raise unsupported(name, "keep a conversation by `user` or the header x-openclaw-session-key")
    for name in ("background", "prompt", "context_management"):
        if body.get(name):
            raise unsupported(name)
    text = body.get("text")
    shape = text.get("format") if isinstance(text, dict) else None
    if isinstance(shape, dict) and shape.get("type") != "text":
        raise unsupported("text.format", "say in the input which form you want")


def _functions(tools: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, object]]:
    for place, tool in enumerate(tools):
        param = f"tools[{place}]"
        if tool.get("type") != "function":
            raise ApiError(400, f"{param}: only tools of the type function are supported", param=param)
        yield param, tool


def _input(given: object) -> Sequence[Said]:
    if isinstance(given, str):
        return [Asked(given)]
    if not isinstance(given, list) or not given:
        raise ApiError(400, "input is text or a list of items", param="input")
    read = [one for place, item in enumerate(given) for one in _item(item, f"input[{place}]")]
    return list(_joined(read))


def _item(item: object, param: str) -> Iterator[Said]:
    if not isinstance(item, dict):
        raise ApiError(400, f"{param} is an object", param=param)
    match item.get("type", "message"):
        case "message":
            yield _message(shaped(item, MessageItem, param), param)
        case "function_call":
            call = shaped(item, CallItem, param)
            yield Answered("", (called(tidy(call.call_id), call.name, call.arguments),))
        case "function_call_output":
            output = shaped(item, OutputItem, param)
            yield Resulted(
                tidy(output.call_id), words(output.output, path(param, "output")), f"{param}.call_id"
            )
        case "reasoning":
            pass  # thoughts of another request; ours stay with us
        case kind:
            raise ApiError(
                400, f"{param}: items of the type {kind!r:.60} are not supported here",
                param=f"{param}.type", code="unsupported_content",
            )  # fmt: skip


def _message(message: MessageItem, param: str) -> Said:
    if message.role == "user":
        return asked(message.content, f"{param}.content")
    text = words(message.content, f"{param}.content")
    match message.role:
        case "system" | "developer":
            return Instructed(text)
        case "assistant":
            return Answered(text)
        case role:
            raise ApiError(400, f"{param}.role: {role!r:.60} is none", param=f"{param}.role")


def _joined(said: Sequence[Said]) -> Iterator[Said]:
    """An answer's words and its calls are items of their own, and one message of a conversation."""
    held: Answered | None = None
    for each in said:
        if isinstance(each, Answered):
            held = each if held is None else Answered(held.text + each.text, (*held.calls, *each.calls))
            continue
        if held is not None:
            yield held
            held = None
        yield each
    if held is not None:
        yield held
