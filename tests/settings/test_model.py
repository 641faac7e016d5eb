"""`config/openclaw.json5` is held to the models: every key, its true default, and nothing else."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import pyjson5
import pytest
from pydantic import BaseModel

from openclaw import bundled
from openclaw.settings.model import ROOT, Settings
from openclaw.settings.shape import Shape

DOCUMENT = (bundled.config_folder() / "openclaw.json5").read_text()
EXAMPLES = {
    "models.providers.*.models.*.id",
    "models.providers.*.models.*.cost",
    "agents.list.*.id",
    "bindings.*.agentId",
    "bindings.*.match",
    "hooks.mappings.*.id",
    "hooks.mappings.*.messageTemplate",
    "models.providers.*.models",
    "tools.media.audio.models.*.provider",
    "tools.media.audio.models.*.model",
    "secrets.providers.*.source",
}
"""Keys without a default, or whose default would leave nothing to show."""


def uncommented(text: str) -> str:
    """The blocks that are not there by default: `//` right before them, or before their indented lines."""
    return re.sub(r"(?m)^(\s*)//(?=\S|  )", r"\1", text)


def default_of(shape: Shape) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for model in shape.models:
        for name, field in model.model_fields.items():
            value = None if field.is_required() else field.get_default(call_default_factory=True)
            merged[field.alias or name] = plain(value)
    return merged


def plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    return list(value) if isinstance(value, tuple) else value


def documented(value: object, shape: Shape, key: str = "") -> Iterator[tuple[str, object, Shape]]:
    """Every object of the document for which there is a model."""
    if isinstance(value, list) and shape.items:
        for item in value:
            yield from documented(item, shape.items, f"{key}.*")
    if not isinstance(value, dict):
        return
    if shape.models:
        yield key, value, shape
    for name, item in value.items():
        child = shape.child(name)
        if child is not None:
            yield from documented(item, child, f"{key}.{'*' if shape.values else name}")


ALL = pyjson5.decode(uncommented(DOCUMENT))
PARTS = list(documented(ALL, ROOT))


def test_the_document_as_it_stands_is_the_defaults() -> None:
    written = pyjson5.decode(DOCUMENT)
    assert Settings.model_validate(drop_nulls(written)) == Settings()


def drop_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: drop_nulls(item) for name, item in value.items() if item is not None}
    return value


@pytest.mark.parametrize(("key", "value", "shape"), PARTS, ids=[key or "root" for key, _, _ in PARTS])
def test_a_part_documents_every_key_and_no_other(key: str, value: dict[str, Any], shape: Shape) -> None:
    assert set(value) == set(shape.fields())


@pytest.mark.parametrize(("key", "value", "shape"), PARTS, ids=[key or "root" for key, _, _ in PARTS])
def test_a_part_shows_the_true_defaults(key: str, value: dict[str, Any], shape: Shape) -> None:
    truth = default_of(shape)
    for name, shown in value.items():
        child = shape.fields()[name]
        if isinstance(shown, dict | list) and any(
            part and part.models for part in (child, child.values, child.items)
        ):
            continue  # a part of its own, or entries that are examples
        if f"{key}.{name}".strip(".") not in EXAMPLES and not is_example(key):
            assert shown == truth[name], f"{key}.{name}"


def is_example(key: str) -> bool:
    return key.endswith((".match", ".peer"))


SAID_IN_WORDS = {"SmsAccount", "TelegramAccount", "WhatsAppAccount", "ModelChoice"}
"""The keys of an account are those of its channel; a model is either its name or an object."""


def test_every_model_is_documented_somewhere() -> None:
    shown = {model.__name__ for _, _, shape in PARTS for model in shape.models}

    assert {model.__name__ for model in models_below(Settings)} - shown == SAID_IN_WORDS


def models_below(model: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> set[type[BaseModel]]:
    seen = set() if seen is None else seen
    if model not in seen:
        seen.add(model)
        for field in model.model_fields.values():
            for found in inside(field.annotation):
                models_below(found, seen)
    return seen


def inside(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from inside(argument)


def test_a_channel_of_a_stranger_keeps_its_block() -> None:
    settings = Settings.model_validate({"channels": {"matrix": {"homeserver": "https://example.org"}}})

    assert settings.channels.other("matrix") == {"homeserver": "https://example.org"}
    assert settings.channels.other("irc") is None
