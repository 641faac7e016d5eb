"""A hook's body, and what it asks of the house. Pure."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from openclaw.types.errors import OpenClawError
from openclaw.web.api.wording import first_wrong
from openclaw.web.hooks.config import HookMapping
from openclaw.web.hooks.templates import rendered, shortened, written

Mode = Literal["now", "next-heartbeat"]
MOST = 20_000
"""Characters of a message."""


class HookError(OpenClawError):
    """The body cannot be used as it is; the text is for who wrote the automation."""


@dataclass(frozen=True, slots=True)
class Waking:
    text: str
    mode: Mode
    agent: str | None = None
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """A turn in a session of its own."""

    message: str
    name: str
    agent: str | None
    deliver: bool
    channel: str
    to: str | None
    model: str | None
    thinking: str | None
    timeout_seconds: float | None
    trusted: bool = False


Call = Waking | Asking
Reading = Callable[[bytes], "Call | None"]
"""Of an address; None for a body that is none of its business. Raises HookError."""


class _Body(BaseModel):
    model_config = ConfigDict(
        defer_build=True, alias_generator=to_camel, extra="forbid", strict=True, frozen=True
    )


class _Wake(_Body):
    text: str = Field(min_length=1, max_length=MOST)
    mode: Mode = "now"


class _Agent(_Body):
    message: str = Field(min_length=1, max_length=MOST)
    name: str = Field(default="hook", max_length=200)
    agent_id: str | None = None
    session_key: str | None = None
    wake_mode: Mode = "now"
    deliver: bool = True
    channel: str = "last"
    to: str | None = None
    model: str | None = None
    thinking: str | None = None
    timeout_seconds: float | None = Field(default=None, gt=0, le=86_400)


Shape = TypeVar("Shape", bound=_Body)


def read_wake(body: bytes) -> Call:
    found = _checked(_Wake, body)
    return Waking(found.text, found.mode)


def read_agent(body: bytes) -> Call:
    found = _checked(_Agent, body)
    if found.session_key is not None:
        raise HookError("sessionKey: leave it out; what a hook asks is answered in a session of its own")
    if found.wake_mode != "now":
        raise HookError("wakeMode: a turn begins now; for the next heartbeat call wake")
    return Asking(
        found.message, found.name, found.agent_id, found.deliver, found.channel, found.to, found.model,
        found.thinking, found.timeout_seconds,
    )  # fmt: skip


def read_mapped(mapping: HookMapping, body: bytes) -> Call | None:
    found = _json(body)
    source = found.get("source") if isinstance(found, dict) else None
    if mapping.match.source is not None and source != mapping.match.source:
        return None
    template = mapping.text_template if mapping.action == "wake" else mapping.message_template
    words = rendered(template, found) if template is not None else shortened(written(found))
    if not words.strip():
        raise HookError("nothing is left of the body: the template names what it does not have")
    trusted = mapping.allow_unsafe_external_content
    if mapping.action == "wake":
        return Waking(words, mapping.wake_mode, mapping.agent_id, trusted)
    return Asking(
        words, mapping.name or mapping.path, mapping.agent_id, mapping.deliver, mapping.channel, mapping.to,
        mapping.model, mapping.thinking, mapping.timeout_seconds, trusted,
    )  # fmt: skip


def _checked(shape: type[Shape], body: bytes) -> Shape:
    try:
        return shape.model_validate(_json(body))
    except ValidationError as error:
        steps, why = first_wrong(error)
        raise HookError(f"{'.'.join(map(str, steps)) or 'body'}: {why}") from None


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise HookError("body: it is no JSON") from None
