"""Every secret of the settings, with the key it stands at."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

from openclaw.settings.problems import Key, dotted
from openclaw.settings.references import file_of
from openclaw.types.secrets import SecretRef


def references(settings: BaseModel) -> Iterator[tuple[str, SecretRef]]:
    """Those that are set; one that several parts share is told once for each."""
    yield from _within(settings, ())


def _within(value: object, key: Key) -> Iterator[tuple[str, SecretRef]]:
    if isinstance(value, SecretRef):
        if value.text:
            yield dotted(key), value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _within(getattr(value, name), (*key, str(field.alias or name)))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _within(item, (*key, str(name)))
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _within(item, (*key, place))


def secret_file(reference: SecretRef, environ: Mapping[str, str]) -> Path | None:
    return file_of(reference.text, environ) if reference.text.startswith("file:") else None
