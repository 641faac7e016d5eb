"""What the owner types as a key and as a value."""

import re

import pyjson5

from openclaw.settings.environment import value_of
from openclaw.settings.model import ROOT
from openclaw.settings.problems import Key, at
from openclaw.settings.shape import Shape
from openclaw.types.errors import OpenClawError

_STEP = re.compile(
    r"""\.?(?P<name>[^.\[\]"']+)|\[(?P<number>\d+)\]|\.?\[?"(?P<double>[^"]+)"\]?|\.?\[?'(?P<single>[^']+)'\]?"""
)


class SpellingError(OpenClawError):
    pass


def key_named(text: str, tree: object) -> Key:
    """`agents.list[0].model`, `agents.list.0.model`, `agents.defaults.models["openai/gpt-4.1"].alias`.

    Capitals need not be right for keys that there are or may be. `tree`: the config as the file has it.
    """
    key: Key = ()
    shape: Shape | None = ROOT
    for word in _words(text):
        step = _step(word, at(tree, key), shape)
        shape = shape.child(step) if shape is not None else None
        key = (*key, step)
    return key


def _words(text: str) -> list[str]:
    words, place = [], 0
    while place < len(text):
        match = _STEP.match(text, place)
        if match is None:
            break
        words.append(next(word for word in match.groups() if word is not None))
        place = match.end()
    if place != len(text) or not words:
        raise SpellingError(f'{text!r} is no key; write it as gateway.port, or models["with.dots"].alias')
    return words


def _step(word: str, present: object, shape: Shape | None) -> str | int:
    if word.isdecimal() and (isinstance(present, list) or (shape is not None and shape.items)):
        return int(word)
    choices = [
        *(present if isinstance(present, dict) else ()),
        *(shape.fields() if shape is not None else ()),
    ]
    if word in choices:
        return word
    return next((choice for choice in choices if choice.casefold() == word.casefold()), word)


def value_named(text: str, key: Key, *, strict: bool = False) -> object:
    """JSON5 where it is JSON5, else the text itself. `strict`: nothing but JSON5."""
    if strict:
        try:
            return pyjson5.decode(text)
        except pyjson5.Json5DecoderException:
            raise SpellingError(f"{text!r} is no JSON5; a text needs quotes of its own there") from None
    shape: Shape | None = ROOT
    for step in key:
        shape = shape.child(step) if shape is not None else None
    return value_of(text, shape or Shape(raw=True, text=True))
