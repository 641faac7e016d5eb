"""Keys of the file that no model knows: told once, with the nearest that one does, and otherwise without effect."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from openclaw.settings.original import READ_ELSEWHERE, known_to_original
from openclaw.settings.parts import Raw
from openclaw.settings.problems import Key, Problem, dotted
from openclaw.settings.shape import Shape


@dataclass(slots=True)
class Tidied:
    raw: Raw
    unknown: list[tuple[Key, Shape]] = field(default_factory=list)
    """The keys, each with what may stand beside it."""


def tidied(raw: Raw, shape: Shape) -> Tidied:
    """Without unknown keys and nulls, and with the names the models go by."""
    result = Tidied(raw)
    result.raw = _tidy(raw, shape, (), result)
    return result


def _tidy(value: Any, shape: Shape, key: Key, result: Tidied) -> Any:
    if isinstance(value, list):
        below = [(item, shape.child(at)) for at, item in enumerate(value)]
        return [
            _tidy(item, child, (*key, at), result) if child else item
            for at, (item, child) in enumerate(below)
        ]
    if not isinstance(value, dict) or shape.raw:
        return value
    if not (shape.models or shape.values):
        return value
    kept: dict[str, Any] = {}
    for name, item in value.items():
        alias = shape.alias(name)
        child = shape.child(alias)
        if child is None or (shape.open() and alias not in shape.fields()):
            result.unknown.append(((*key, name), shape))
        if child is not None and item is not None and (alias == name or alias not in value):
            kept[alias] = _tidy(item, child, (*key, name), result)
    return kept


def unknown_keys(unknown: Iterable[tuple[Key, Shape]], root: Shape) -> Iterator[Problem]:
    """A guess for each; one problem for all those that the original would understand."""
    originals: list[Key] = []
    for key, beside in unknown:
        if known_to_original(key):
            originals.append(key)
        elif key[0] not in READ_ELSEWHERE:
            guess = _guess(key, beside, root)
            mend = f"Did you mean {guess}?" if guess else "Check its name, or take it out."
            yield Problem(dotted(key), "warning", "there is no such key; it is ignored", mend)
    if originals:
        yield Problem(
            ", ".join(dotted(key) for key in originals),
            "warning",
            "known to the original OpenClaw, not used here yet",
            "Nothing needs to be done.",
        )


def _guess(key: Key, beside: Shape, root: Shape) -> str:
    name = str(key[-1])
    if likely := nearest(name, beside.fields()):
        return dotted((*key[:-1], likely))
    same = [path for path in _paths(root, ()) if str(path[-1]).casefold() == name.casefold()]
    return dotted(same[0]) if same else ""


def nearest(name: str, names: Iterable[str]) -> str:
    """The likeliest of the names, or ''."""
    by_folded = {other.casefold(): other for other in names}
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.7)
    return by_folded[found[0]] if found else ""


def _paths(shape: Shape, key: Key) -> Iterator[Key]:
    """Every key there is outside maps and lists; the shallow ones first."""
    fields = shape.fields()
    for name in fields:
        yield (*key, name)
    for name, child in fields.items():
        if len(key) < 6:
            yield from _paths(child, (*key, name))
