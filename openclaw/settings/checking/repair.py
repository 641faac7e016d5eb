"""From what the file says to settings that can be used: a bad value costs its own part and nothing else."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from openclaw.settings.model import ROOT, Settings
from openclaw.settings.problems import (
    Key,
    Problem,
    Raw,
    at,
    dotted,
    part_of,
    sounds_secret,
    stands,
    switch_off,
)
from openclaw.settings.shape import Shape

_ROUNDS = 20
_MEANS = {
    "model_type": "it must be an object, { … }",
    "dict_type": "it must be an object, { … }",
    "tuple_type": "it must be a list, [ … ]",
    "list_type": "it must be a list, [ … ]",
    "string_type": 'it must be a text, "…"',
    "bool_type": "it must be true or false",
    "bool_parsing": "it must be true or false",
    "int_type": "it must be a whole number",
    "int_parsing": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_type": "it must be a number",
    "float_parsing": "it must be a number",
    "is_instance_of": "it must be a text or a reference",
    "missing": "it is missing",
}


def usable(raw: Raw, variables: Mapping[Key, str]) -> tuple[Settings, list[Problem]]:
    """`variables`: which of the environment's variables set a key, so that the right one is named."""
    problems: list[Problem] = []
    for _ in range(_ROUNDS):
        try:
            return Settings.model_validate(raw), problems
        except ValidationError as invalid:
            wrong = [_wrong(error, raw, variables) for error in invalid.errors(include_url=False)]
        problems += _unique([problem for _, problem in wrong])
        raw = switch_off(raw, [part_of(key) for key, _ in wrong if key])
    # What is still wrong stands in no part of its own: each of the file's sections answers for itself.
    good = {name: value for name, value in raw.items() if _stands(name, value)}
    for name in sorted(raw.keys() - good.keys()):
        problems.append(
            Problem(name, "error", "it cannot be used; its defaults are", "Mend what is told above.")
        )
    return Settings.model_validate(good), problems


def _stands(name: str, value: object) -> bool:
    try:
        Settings.model_validate({name: value})
    except ValidationError:
        return False
    return True


def _unique(problems: list[Problem]) -> list[Problem]:
    """Of the branches of one choice only the first complaint is told."""
    return list({problem.key: problem for problem in reversed(problems)}.values())[::-1]


def _wrong(error: Any, raw: Raw, variables: Mapping[Key, str]) -> tuple[Key, Problem]:
    place, missing = _place(error["loc"], raw), error["type"] == "missing"
    key = (*place, str(error["loc"][-1])) if missing else place
    said = _MEANS.get(error["type"]) or _plain(str(error["msg"]))
    said = said if missing else f"{_shown(place, at(raw, place))}: {said}"
    variable = next((name for end in range(len(key), 0, -1) if (name := variables.get(key[:end]))), None)
    mend = f"Set the variable {variable} rightly." if variable else f"Mend {dotted(key)}."
    consequence = part_of(place).consequence
    return place, Problem(dotted(key), "error", f"{said}. {consequence.rstrip('.')}", mend)


def _plain(said: str) -> str:
    said = said.removeprefix("Value error, ").replace("Input should", "it must")
    return f"{said[:1].lower()}{said[1:]}"


def _place(location: tuple[int | str, ...], raw: Raw) -> Key:
    """Where the error stands in the file: pydantic's names of alternatives are no keys."""
    place: Key = ()
    here: object = raw
    for step in location:
        if stands(here, step):
            place = (*place, step)
            here = at(here, (step,))
    return place


def _shown(key: Key, value: object) -> str:
    if _is_secret(key):
        return "what stands there (not shown)"
    if isinstance(value, dict | list):
        return "this object" if isinstance(value, dict) else "this list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _is_secret(key: Key) -> bool:
    shape: Shape | None = ROOT
    for step in key:
        shape = shape.child(step) if shape is not None else None
    if shape is None or shape.secret or shape.raw:
        return True
    return "headers" in key or any(sounds_secret(step) for step in key[-1:])
