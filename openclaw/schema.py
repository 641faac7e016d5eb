"""What every part's config model is made of."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from openclaw.types.secrets import SecretRef


class ConfigPart(BaseModel):
    """camelCase in the file, snake_case here. Unknown keys are ignored by the model: settings warns of them."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        arbitrary_types_allowed=True,
    )


def _reference(value: object) -> object:
    if isinstance(value, str):
        return SecretRef(value)
    if isinstance(value, dict) and {"source", "id"} <= value.keys():
        return SecretRef(_from_original(value))
    if isinstance(value, SecretRef):
        return value
    raise ValueError("a secret is text: the value itself, or env:, file:, op://, keychain: or exec:")


def _from_original(ref: dict[str, Any]) -> str:
    """The original's SecretRef object: {source: env|file|exec, provider, id}."""
    source, name = str(ref["source"]), str(ref["id"])
    if source not in {"env", "file"}:  # what `secrets.providers` knows has become a text of ours before
        raise ValueError(
            f"a secret of source {source!r} cannot be read here; use env:, file:, op://, keychain: or exec:"
        )
    return f"{source}:{name}"


SecretField = Annotated[SecretRef, BeforeValidator(_reference), PlainSerializer(repr, return_type=str)]
"""A key, token or password in the config: kept as a reference, resolved when it is used."""


def _ids(value: object) -> object:
    if isinstance(value, str | int) and not isinstance(value, bool):
        value = [value]
    if isinstance(value, list | tuple):
        return tuple(str(item).strip() for item in value)
    return value


Ids = Annotated[tuple[str, ...], BeforeValidator(_ids)]
"""Sender ids; numbers in the file are read as text."""

OwnPort = Annotated[int | None, Field(ge=1, le=65535)]
"""Where a channel's webhooks are served; None: with all others, at `webhooks.port`."""
