"""Where the config holds secrets: which are references, and which stand there for everybody to read. Pure.

For others: `plaintext_secrets(loaded.written)` names what should be moved; `ops.safekeeping.check.check_all(loaded)`
tries every secret that there is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from openclaw.settings.model import ROOT
from openclaw.settings.problems import Key, Problem, Raw, dotted, sounds_secret
from openclaw.settings.references import is_original_reference, is_reference, original_reference
from openclaw.settings.shape import Shape
from openclaw.settings.sources.config import SecretsConfig, secrets_config
from openclaw.types.secrets import SecretRef

MADE_HERE: frozenset[Key] = frozenset({("gateway", "auth", "token")})
"""The first start writes it there; it opens nothing but this house, to whoever may read the file already."""
_FREE_MAPS = frozenset({"headers", "env"})
_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Stated:
    """One secret, where it stands."""

    key: Key
    text: str = field(repr=False)
    """A reference, or the secret itself."""
    trouble: str = ""
    """Why a reference cannot be understood at all."""

    @property
    def is_plain(self) -> bool:
        return not self.trouble and SecretRef(self.text).is_plain

    @property
    def name(self) -> str:
        return dotted(self.key)


def stated_secrets(written: Raw) -> list[Stated]:
    """`written`: the config as it was read, or as `Loaded.written` has it."""
    return list(_found(written, ROOT, (), secrets_config(written)))


def plaintext_secrets(written: Raw) -> tuple[str, ...]:
    """The keys of the secrets that stand there as text, the gateway's own token left out."""
    found = stated_secrets(written)
    return tuple(each.name for each in found if each.is_plain and each.key not in MADE_HERE)


def plaintext_problem(written: Raw) -> Problem | None:
    """All of them as one warning."""
    names = plaintext_secrets(written)
    if not names:
        return None
    several = len(names) > 1
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    text = f"{'these stand' if several else 'this stands'} in the file as plain text, and in each copy of it"
    return Problem(shown, "warning", text, "Run: openclaw secrets move")


def _found(value: Any, shape: Shape | None, key: Key, sources: SecretsConfig) -> Iterator[Stated]:
    if isinstance(value, Mapping) and is_original_reference(value) and key[:1] != ("secrets",):
        named, why = original_reference(value, sources)
        yield Stated(key, named or "", why)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _found(item, _child(shape, str(name)), (*key, str(name)), sources)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _found(item, shape.child(place) if shape is not None else None, (*key, place), sources)
    elif isinstance(value, str) and value and _is_one(value, shape, key):
        yield Stated(key, value)


def _child(shape: Shape | None, name: str) -> Shape | None:
    return shape.child(shape.alias(name)) if shape is not None else None


def _is_one(text: str, shape: Shape | None, key: Key) -> bool:
    if is_reference(text):
        return True
    if "${" in text or shape is None:
        return False
    if len(key) > 1 and key[-2] in _FREE_MAPS:
        # Most of what stands in these is none, whatever its field could hold.
        return sounds_secret(key[-1]) and len(text) >= _SHORTEST
    return shape.secret
