"""What the doctor says of the house, and what can be done about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Level = Literal["ok", "info", "warn", "error"]
LEVELS: tuple[Level, ...] = ("ok", "info", "warn", "error")


@dataclass(frozen=True, slots=True)
class Narrow:
    """Files and folders that are nobody's business but the owner's."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Put:
    """A key of the config gets another value."""

    key: tuple[str | int, ...]
    value: str | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakeOut:
    """A key of the config that has no effect is taken out."""

    key: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class RestoreConfig:
    """The last config that could be read takes the place of one that cannot; that one is kept beside it."""


@dataclass(frozen=True, slots=True)
class ClearLock:
    """The name of a process that is gone is taken out of the lock's file."""


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Transcripts and indexes are brought in line with the ledger, as at every start."""

    transcripts: tuple[tuple[Path, str], ...] = ()
    """Those that are hurt, each with its session key as far as it is known."""


@dataclass(frozen=True, slots=True)
class Adopt:
    """Conversations that no index names are listed again."""

    transcripts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class RescueLedger:
    """A ledger that cannot be read is kept under another name; the newest good copy takes its place."""


Mend = Narrow | Put | TakeOut | RestoreConfig | ClearLock | Reconcile | Adopt | RescueLedger


@dataclass(frozen=True, slots=True)
class Finding:
    id: str
    level: Level
    what: str
    why: str = ""
    """Why it matters to the owner."""
    command: str = ""
    """What mends it: a command, or what to do in words."""
    mend: Mend | None = None
    """What `--fix` does; None: only a person can."""


def worst(findings: Iterable[Finding]) -> Level:
    return max((each.level for each in findings), key=LEVELS.index, default="ok")


def exit_code(findings: Iterable[Finding]) -> int:
    """0 all is well, 1 warnings, 2 errors."""
    return {"ok": 0, "info": 0, "warn": 1, "error": 2}[worst(findings)]
