"""What the owner has said so far, and what was there before he was asked."""

from dataclasses import dataclass, field
from pathlib import Path

from openclaw.types.errors import OpenClawError
from openclaw.types.secrets import Secret


class MistakenError(OpenClawError):
    """An answer that cannot be used; its text says why and what can. `anyway`: it may be, all the same."""

    def __init__(self, text: str, *, anyway: bool = False) -> None:
        super().__init__(text)
        self.anyway = anyway


class BackError(Exception):
    """To the question before."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A secret as it was typed: itself, or a reference to it."""

    reference: str
    """Empty where the secret itself was typed."""
    value: Secret


@dataclass(frozen=True, slots=True)
class Key:
    provider: str
    stated: Stated
    model: str
    """`provider/model`: what answers with it."""


@dataclass(frozen=True, slots=True)
class Offline:
    """No model: the built-in one answers."""


@dataclass(frozen=True, slots=True)
class Bot:
    stated: Stated
    name: str = ""
    """Without the @; empty where Telegram was not asked."""


@dataclass(frozen=True, slots=True)
class Answers:
    """None: it stays as it is."""

    key: Key | Offline | None = None
    model: str | None = None
    """What answers, where it was said without a key."""
    name: str | None = None
    bot: Bot | None = None
    owner: str | None = None
    """The number by which Telegram knows the owner."""
    workspace: Path | None = None
    boot: bool | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """As it is before anything is asked."""

    workspace: Path
    provider: str = ""
    """Of the key there is; empty without one."""
    key_from: str = ""
    """Where it comes from, in words."""
    model: str = ""
    """What the file names, `provider/model`."""
    has_fallbacks: bool = False
    """The model is named by an object with fallbacks."""
    name: str = ""
    bot_from: str = ""
    owners: tuple[str, ...] = ()
    """`channels.telegram.allowFrom`."""
    runs_at_boot: bool = False
    obstacle: str = ""
    """Why no service can be installed here."""
    bases: dict[str, str] = field(default_factory=dict)
    """By provider: where its API is reached."""
    telegram_root: str = "https://api.telegram.org"
