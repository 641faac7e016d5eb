"""The config's text without its secrets, and the secrets of another text put back into it. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Set
from pathlib import Path

from openclaw.settings.editing.edits import Edit, EditError, Put, Take, applied
from openclaw.settings.editing.showing import HIDDEN
from openclaw.settings.editing.veil import unveiled, veiled
from openclaw.settings.file import UnreadableError, parse
from openclaw.settings.problems import Key, at, dotted

_KEPT = re.compile(r"""file:([^"'\n]+/credentials/secrets\.json)(?=#)""")


def without_secrets(text: str, secrets: Set[str]) -> tuple[str, tuple[str, ...]]:
    """The text with what stands for each secret, and the keys that they were at. Raises UnreadableError."""
    veil = veiled(text, secrets)
    return veil, tuple(dotted(key) for key in _hidden(parse(veil.encode())))


def with_secrets_of(text: str, present: str) -> tuple[str, tuple[str, ...]]:
    """Each secret as the present text has it; where it has none, the key is taken out, and its name returned."""
    tree = parse(text.encode())
    try:
        known = parse(present.encode())
    except UnreadableError:
        known = {}
    edits: list[Edit] = []
    missing: list[str] = []
    # From the end: taking an item out of a list moves those behind it.
    for key in reversed(list(_hidden(tree))):
        value = at(known, key)
        if isinstance(value, str) and HIDDEN not in value:
            edits.append(Put(key, value))
        else:
            edits.append(Take(key))
            missing.append(dotted(key))
    try:
        # No secret is hidden any more; comments that were come back as they are.
        return unveiled(applied(text, edits), present if known else "{}", frozenset()), tuple(
            reversed(missing)
        )
    except EditError as error:
        raise UnreadableError(str(error)) from None


def at_home(text: str, ours: Path, is_ours: Callable[[Path], bool]) -> str:
    """References into the secrets file of the house that a text comes from, as references into this one's.

    Such a file is named by its whole path, and a house may have another here. `is_ours`: not one that is to stay.
    """
    quoted = json.dumps(str(ours), ensure_ascii=False)[1:-1]

    def renamed(found: re.Match[str]) -> str:
        return f"file:{quoted}" if is_ours(Path(found[1])) else found[0]

    return _KEPT.sub(renamed, text)


def _hidden(value: object, key: Key = ()) -> Iterator[Key]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _hidden(item, (*key, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _hidden(item, (*key, place))
    elif isinstance(value, str) and HIDDEN in value:
        yield key
