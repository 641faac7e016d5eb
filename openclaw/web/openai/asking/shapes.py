"""The requests of OpenAI's two APIs, as far as they are read here. What is not named is passed over."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from openclaw.web.openai.models import PLAIN


class Shape(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="ignore", strict=True, frozen=True)


class FunctionCall(Shape):
    name: str
    arguments: str = ""


class Call(Shape):
    id: str = Field(min_length=1)
    type: str = "function"
    function: FunctionCall


class Message(Shape):
    role: str
    content: Any = None
    """Text, or a list of parts."""
    name: str | None = None
    tool_calls: tuple[Call, ...] | None = Field(default=None, strict=False)
    tool_call_id: str | None = None


class StreamOptions(Shape):
    include_usage: bool | None = None


class Completion(Shape):
    """`POST /v1/chat/completions`."""

    model: str = PLAIN
    messages: tuple[Message, ...] = Field(min_length=1, strict=False)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: tuple[dict[str, Any], ...] | None = Field(default=None, strict=False)
    tool_choice: Any = None
    user: str | None = None
    reasoning_effort: str | None = None


class Reasoning(Shape):
    effort: str | None = None


class ResponseRequest(Shape):
    """`POST /v1/responses`."""

    model: str = PLAIN
    input: Any = Field(default=None)
    """Text, or a list of items."""
    instructions: str | None = None
    stream: bool | None = None
    tools: tuple[dict[str, Any], ...] | None = Field(default=None, strict=False)
    tool_choice: Any = None
    user: str | None = None
    reasoning: Reasoning | None = None


class MessageItem(Shape):
    role: str
    content: Any = None


class CallItem(Shape):
    call_id: str = Field(min_length=1)
    name: str
    arguments: str = ""


class OutputItem(Shape):
    call_id: str = Field(min_length=1)
    output: Any = None
