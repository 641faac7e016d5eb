"""A request's JSON as what is asked: the parts that both APIs have, and chat completions. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from openclaw.web.api.wording import first_wrong
from openclaw.web.openai.asking.client_tools import Offer, offer
from openclaw.web.openai.asking.conversation import (
    Answered,
    Asked,
    Enclosed,
    Instructed,
    Resulted,
    Said,
    called,
    tidy,
)
from openclaw.web.openai.asking.shapes import Completion, Message, Shape
from openclaw.web.openai.faults import ApiError, unsupported

EFFORTS: Mapping[str, str] = {
    "none": "off",
    **{name: name for name in ("minimal", "low", "medium", "high", "xhigh")},
}
_WORDS = frozenset({"text", "input_text", "output_text"})
_PICTURES = frozenset({"image_url", "input_image"})

Shaped = TypeVar("Shaped", bound=Shape)


@dataclass(frozen=True, slots=True)
class Wanted:
    model: str
    said: tuple[Said, ...]
    stream: bool
    offer: Offer = field(default_factory=Offer)
    user: str | None = None
    thinking: str | None = None
    """A thinking level of ours."""
    include_usage: bool = False


def parsed(data: bytes) -> dict[str, Any]:
    """Raises ApiError."""
    try:
        body = orjson.loads(data)
        orjson.dumps(body)  # nested deeper than it could be written down again
    except orjson.JSONDecodeError:
        raise ApiError(400, "the body is no JSON") from None
    except TypeError:
        raise ApiError(400, "the body is nested too deeply") from None
    if not isinstance(body, dict):
        raise ApiError(400, "the body must be a JSON object")
    return body


def shaped(body: Mapping[str, Any], shape: type[Shaped], within: str = "") -> Shaped:
    """Raises ApiError that names the first thing that does not fit."""
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        place, why = first_wrong(error)
        param = path(within, *place)
        raise ApiError(400, f"{param}: {why}", param=param) from None


def path(within: str, *steps: int | str) -> str:
    """`messages[2].content`."""
    for step in steps:
        within += f"[{step}]" if isinstance(step, int) else f".{step}" if within else step
    return within


def effort(name: str | None, param: str) -> str | None:
    """Raises ApiError."""
    if name is None:
        return None
    if name not in EFFORTS:
        raise ApiError(400, f"{param} is one of {', '.join(EFFORTS)}", param=param)
    return EFFORTS[name]


def words(content: object, param: str) -> str:
    """The text of a message. Raises ApiError for parts that are none."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise ApiError(400, f"{param} is text or a list of parts", param=param)
    return "\n\n".join(_text(part, path(param, place)) for place, part in enumerate(content))


def asked(content: object, param: str, name: str = "") -> Asked:
    """What a user says and shows. Raises ApiError."""
    if not isinstance(content, list):
        return Asked(words(content, param), name)
    texts: list[str] = []
    enclosed: list[Enclosed] = []
    for place, part in enumerate(content):
        where = path(param, place)
        if isinstance(part, dict) and part.get("type") in _PICTURES:
            enclosed.append(Enclosed(_url(part.get("image_url"), where), where))
        else:
            texts.append(_text(part, where))
    return Asked("\n\n".join(texts), name, tuple(enclosed))


def _url(image: object, param: str) -> str:
    """Chat completions have it in an object, responses as it is."""
    url = image.get("url") if isinstance(image, dict) else image
    if not isinstance(url, str):
        raise ApiError(400, f"{param} holds no image_url", param=param)
    return url


def _text(part: object, param: str) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    text = part.get("refusal" if kind == "refusal" else "text") if isinstance(part, dict) else None
    if kind in _WORDS or kind == "refusal":
        if isinstance(text, str):
            return text
        raise ApiError(400, f"{param} holds no text", param=param)
    raise ApiError(
        400, f"{param}: parts of the type {kind!r:.60} are not supported here; send text",
        param=param, code="unsupported_content",
    )  # fmt: skip


# -- chat completions -------------------------------------------------------------------------------------


def read_completion(body: Mapping[str, Any]) -> Wanted:
    """Raises ApiError."""
    _refuse_unsupported(body)
    request = shaped(body, Completion)
    offered = offer(_functions(request.tools or ()), request.tool_choice)
    said = [one for place, each in enumerate(request.messages) for one in _said(each, f"messages[{place}]")]
    options = request.stream_options
    return Wanted(
        request.model, tuple(said), bool(request.stream), offered, request.user,
        effort(request.reasoning_effort, "reasoning_effort"), bool(options and options.include_usage),
    )  # fmt: skip


def _refuse_unsupported(body: Mapping[str, Any]) -> None:
    """What would change the answer. Sampling, limits and hints are passed over."""
    if body.get("n") not in (None, 1):
        raise ApiError(400, "n is 1: a turn has one answer", param="n", code="unsupported_parameter")
    for name in ("functions", "function_call"):
        if body.get(name):
            raise unsupported(name, "use tools")
    for name in ("stop", "audio", "logprobs", "top_logprobs", "web_search_options"):
        if body.get(name):
            raise unsupported(name)
    if body.get("modalities") not in (None, [], ["text"]):
        raise unsupported("modalities")
    shape = body.get("response_format")
    if shape is not None and (not isinstance(shape, dict) or shape.get("type") != "text"):
        raise unsupported("response_format", "say in the messages which form you want")


def _functions(tools: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, object]]:
    for place, tool in enumerate(tools):
        param = f"tools[{place}]"
        if tool.get("type") != "function":
            raise ApiError(400, f"{param}: only tools of the type function are supported", param=param)
        yield f"{param}.function", tool.get("function")


def _said(message: Message, param: str) -> Iterator[Said]:
    if message.role == "user":
        yield asked(message.content, f"{param}.content", message.name or "")
        return
    text = words(message.content, f"{param}.content")
    match message.role:
        case "system" | "developer":
            yield Instructed(text)
        case "assistant":
            calls = (
                called(tidy(c.id), c.function.name, c.function.arguments) for c in message.tool_calls or ()
            )
            yield Answered(text, tuple(calls))
        case "tool":
            if not message.tool_call_id:
                raise ApiError(400, f"{param}.tool_call_id is missing", param=f"{param}.tool_call_id")
            yield Resulted(tidy(message.tool_call_id), text, f"{param}.tool_call_id")
        case role:
            raise ApiError(400, f"{param}.role: {role!r:.60} is none", param=f"{param}.role")
