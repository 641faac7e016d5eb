"""What is found in another assistant's home, before anything is decided."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from openclaw.types.conversation import Entry, Provenance
from openclaw.types.errors import OpenClawError

Kind = Literal["openclaw", "nanobot", "hermes"]
Outcome = Literal["came over", "adapted", "there already", "left"]
Json = dict[str, Any]


def counted(number: int, one: str, many: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


class MigrationError(OpenClawError):
    """Nothing was done; the text says what to do first."""


@dataclass(frozen=True, slots=True)
class Home:
    kind: Kind
    root: Path


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the report. It never holds a secret."""

    outcome: Outcome
    what: str
    source: str = ""
    """Beneath their home."""
    target: str = ""
    """Beneath our state directory."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class TranscriptFile:
    path: str
    """Beneath their home."""


@dataclass(frozen=True, slots=True)
class TranscriptRows:
    """In a database of theirs, of which there is a copy."""

    path: str
    copy: Path
    session_id: str


Where = TranscriptFile | TranscriptRows


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who is on the other side of a conversation."""

    sender: str
    """`<channel>:<id>`."""
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class FoundSession:
    agent: str
    key: str
    """In our spelling."""
    id: str
    entry: Json
    """For sessions.json."""
    where: Where
    speaker: Speaker
    notes: tuple[str, ...] = ()
    """What was changed in the entry."""


@dataclass(frozen=True, slots=True)
class FoundFolder:
    what: str
    source: Path
    """Absolute: a workspace may lie anywhere."""
    shown: str
    target: str
    """Beneath our state directory."""
    only: frozenset[str] | None = None
    """Of its top; None: everything."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    """Names at its top that stay."""


@dataclass(frozen=True, slots=True)
class FoundSecret:
    name: str
    """Of its file beneath `credentials/secrets`."""
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FoundConfig:
    source: str
    text: str = field(repr=False)
    """Adapted."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What their `.env` says."""
    notes: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundJob:
    source: str
    raw: Json


@dataclass(frozen=True, slots=True)
class FoundList:
    """Whom a channel's account lets in."""

    source: str
    channel: str
    account: str
    ids: tuple[str, ...]


@dataclass(slots=True)
class Findings:
    """All that was found in a home, and what of it stays there."""

    home: Home
    config: FoundConfig | None = None
    secrets: list[FoundSecret] = field(default_factory=list)
    environment: str | None = None
    """Of the file `.env`."""
    profiles: Json | None = field(default=None, repr=False)
    profiles_source: str = ""
    profiles_told: tuple[Told, ...] = ()
    sessions: list[FoundSession] = field(default_factory=list)
    lists: list[FoundList] = field(default_factory=list)
    folders: list[FoundFolder] = field(default_factory=list)
    jobs: list[FoundJob] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    agents: tuple[str, ...] = ("main",)
    """The default one first."""

    def leave(self, what: str, source: str, why: str) -> None:
        self.told.append(Told("left", what, source, "", why))


@dataclass(slots=True)
class Converted:
    """A conversation in our form, with an account of what is not in it."""

    entries: list[Entry] = field(default_factory=list)
    started_at: int = 0
    pictures: dict[str, bytes] = field(default_factory=dict)
    """Path beneath the state directory → content."""
    lines: int = 0
    damaged: list[tuple[int, str]] = field(default_factory=list)
    """Number of the line, and what is wrong with it."""
    left: Counter[str] = field(default_factory=Counter)
    adapted: Counter[str] = field(default_factory=Counter)
