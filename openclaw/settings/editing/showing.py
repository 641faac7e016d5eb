"""The config as people may see it: no secret in it. Pure but for what stands in the settings already."""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from openclaw.settings.checking.unknown import nearest
from openclaw.settings.loading import Loaded
from openclaw.settings.model import ROOT, Settings
from openclaw.settings.problems import Key, dotted, sounds_secret
from openclaw.settings.shape import Shape
from openclaw.types.errors import OpenClawError
from openclaw.types.secrets import SecretRef

HIDDEN = "***"
_WITH_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")


def shown(loaded: Loaded) -> dict[str, Any]:
    return _dumped(loaded.settings, loaded.resolved)


def shown_defaults() -> dict[str, Any]:
    return _dumped(Settings(), frozenset())


def _dumped(settings: Settings, secrets: Set[str]) -> dict[str, Any]:
    tree: dict[str, Any] = _without(secrets, masked(settings.model_dump(mode="json", by_alias=True)))
    return tree


def _without(secrets: Set[str], value: Any) -> Any:
    """A reference in a field of plain text has become what it stood for."""
    if isinstance(value, dict):
        return {key: _without(secrets, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(secrets, item) for item in value]
    hides = isinstance(value, str) and any(secret in value for secret in secrets if secret)
    return HIDDEN if hides else value


def masked(value: Any, name: str = "") -> Any:
    """Secrets' own fields mask themselves; this is for the maps that no model describes."""
    if isinstance(value, dict):
        return {key: masked(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item, name) for item in value]
    if not isinstance(value, str):
        return value
    return (
        HIDDEN
        if sounds_secret(name) and SecretRef(value).is_plain
        else _WITH_PASSWORD.sub(f"{HIDDEN}@", value)
    )


def shown_at(key: Key, value: object) -> object:
    """What somebody has written at a key; a secret's field shows itself no more than in `shown`."""
    shape: Shape | None = ROOT
    for step in key:
        shape = shape.child(step) if shape is not None else None
    return hidden(value, shape, str(key[-1]) if key else "")


def hidden(value: object, shape: Shape | None, name: str) -> object:
    if isinstance(value, dict):
        return {
            key: hidden(item, shape.child(key) if shape else None, str(key)) for key, item in value.items()
        }
    if isinstance(value, list):
        return [hidden(item, shape.child(at) if shape else None, name) for at, item in enumerate(value)]
    if isinstance(value, str) and (shape is not None and shape.secret) and SecretRef(value).is_plain:
        return HIDDEN
    return masked(value, name)


def value_at(value: Any, key: str) -> Any:
    """Raises OpenClawError with the nearest key there is."""
    shape: Shape | None = ROOT
    for step in key.replace("[", ".").replace("]", "").replace('"', "").split(".") if key else ():
        below = value
        if isinstance(value, dict):
            below = next((value[name] for name in value if name.casefold() == step.casefold()), _Absent)
        elif isinstance(value, list):
            below = value[int(step)] if step.isdecimal() and int(step) < len(value) else _Absent
        else:
            below = _Absent
        if below is _Absent:
            raise OpenClawError(_no_such_key(key, step, value, shape))
        shape = shape.child(int(step) if isinstance(value, list) else step) if shape else None
        value = below
    return value


class _Absent:
    """Nothing stands there, not even null."""


def _no_such_key(key: str, step: str, value: Any, shape: Shape | None) -> str:
    names = list(value) if isinstance(value, dict) else list(shape.fields()) if shape else []
    likely = nearest(step, names)
    return f"{key}: there is no {step!r}. " + (
        f"Did you mean {likely!r}?" if likely else "Look with: openclaw config get"
    )


@dataclass(frozen=True, slots=True)
class Difference:
    key: str
    value: object
    other: object


def differences(tree: object, other: object, key: Key = ()) -> Iterator[Difference]:
    """The smallest places where two trees are not the same; what is absent is null."""
    if isinstance(tree, Mapping) and isinstance(other, Mapping):
        for name in dict.fromkeys((*tree, *other)):
            yield from differences(tree.get(name), other.get(name), (*key, name))
    elif isinstance(tree, list) and isinstance(other, list) and len(tree) == len(other):
        for place, (one, two) in enumerate(zip(tree, other, strict=True)):
            yield from differences(one, two, (*key, place))
    elif tree != other:
        yield Difference(dotted(key), tree, other)


def described(loaded: Loaded) -> dict[str, object]:
    """As the original's `config.get` answers: with what was loaded, and without the text."""
    return {
        "path": str(loaded.paths.config),
        "exists": loaded.source == loaded.paths.config,
        "valid": not any(problem.severity == "error" for problem in loaded.problems),
        "hash": loaded.fingerprint,
        "config": shown(loaded),
        "issues": [
            {"path": each.key, "severity": each.severity, "message": f"{each.text}. {each.mend}"}
            for each in loaded.problems
        ],
    }
