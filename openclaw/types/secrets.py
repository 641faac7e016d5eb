"""Secrets are references until they are used, and never show themselves."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that does not print. `reveal()` is the only way to it."""

    _value: str

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)


@dataclass(frozen=True, slots=True)
class SecretRef:
    """What the config holds: `env:NAME`, `file:/path`, `op://…`, `keychain:…`, `exec:…`, or the plain value itself."""

    _text: str

    @property
    def text(self) -> str:
        """For the resolver. A plain value is a secret too."""
        return self._text

    @property
    def is_plain(self) -> bool:
        return not self._text.startswith(("env:", "file:", "op://", "keychain:", "exec:"))

    def __repr__(self) -> str:
        return "***" if self.is_plain else self._text

    __str__ = __repr__


class Resolver(Protocol):
    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        """The value now; `fresh` after a provider refused the cached one. Raises SecretError."""
