"""`hooks.*`: what the owner's automations may start."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from openclaw.schema import ConfigPart, Ids, SecretField

RESERVED = frozenset({"wake", "agent"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _prefix(value: str) -> str:
    path = "/" + value.strip("/")
    if path == "/" or not all(_NAME.fullmatch(part) for part in path[1:].split("/")):
        raise ValueError("a path is like /hooks; it cannot be / itself")
    return path


class HookMatch(ConfigPart):
    path: str | None = None
    """The last part of the address; without it the mapping's id."""
    source: str | None = None
    """Only bodies whose `source` is this."""


class HookMapping(ConfigPart):
    """An address for a program that cannot be told what to send: its body is put into words here."""

    id: str | None = None
    match: HookMatch = HookMatch()
    action: Literal["wake", "agent"] = "agent"
    wake_mode: Literal["now", "next-heartbeat"] = "now"
    name: str | None = None
    agent_id: str | None = None
    message_template: str | None = Field(default=None, min_length=1)
    """For `agent`. Without it the body as it is."""
    text_template: str | None = Field(default=None, min_length=1)
    """For `wake`."""
    deliver: bool = True
    channel: str = "last"
    to: str | None = None
    model: str | None = None
    thinking: str | None = None
    timeout_seconds: float | None = Field(default=None, gt=0, le=86_400)
    allow_unsafe_external_content: bool = False
    """Its words have the owner's own authority."""

    @property
    def path(self) -> str:
        return self.match.path or self.id or ""

    @model_validator(mode="after")
    def _has_an_address(self) -> "HookMapping":
        if not _NAME.fullmatch(self.path) or self.path in RESERVED:
            raise ValueError(
                "id or match.path is required: letters, digits, . _ and -, and neither wake nor agent"
            )
        return self


class HooksConfig(ConfigPart):
    enabled: bool = True
    token: SecretField | None = None
    """Without one no hook is served."""
    path: Annotated[str, AfterValidator(_prefix)] = "/hooks"
    allowed_agent_ids: Ids = ()
    """Agents that a caller may name; none: any. `*` is any as well."""
    mappings: tuple[HookMapping, ...] = ()
