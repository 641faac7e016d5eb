"""What was noted and can be found again: files, the passages they are cut into, and what a search brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from openclaw.types.conversation import Provenance


class Stamp(NamedTuple):
    """By what a file is seen to have changed, without reading it."""

    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Passage:
    """Some lines of a file that belong together."""

    line: int
    """The first, counted from 1."""
    last_line: int
    text: str
    heading: str = ""
    """What it stands under: found as well, and not shown."""
    provenance: Provenance = "memory"
    session: str = ""
    """The conversation in which it was noted, where that is known."""
    at: int | None = None
    """Milliseconds since 1970; None for what does not age."""


@dataclass(frozen=True, slots=True)
class Listing:
    files: Mapping[str, Stamp]
    """By the path that people and the model read."""
    left_out: int = 0
    """Folders and files beyond what is looked at."""


@dataclass(frozen=True, slots=True)
class Reading:
    digest: bytes
    """Of what was read: another one, another content."""
    passages: tuple[Passage, ...] = ()
    resume: str = ""
    """Where the next reading goes on, for files that only grow. Whoever wrote it reads it."""
    appended: bool = False
    """The passages come behind those that are known; otherwise they replace them."""


class NoteSource(Protocol):
    """A folder of notes. Everything blocks."""

    @property
    def identity(self) -> str:
        """Which folder, cut by which rules: when it changes, everything is read anew."""

    def listing(self) -> Listing: ...

    def read(self, path: str, known: Reading | None) -> Reading | None:
        """`known` is the last reading without its passages. None: nothing has changed. Raises OSError."""


@dataclass(frozen=True, slots=True)
class Wanted:
    query: str
    """As somebody wrote it: nothing in it is syntax but double quotes around words that stand together."""
    limit: int
    now: int
    """Milliseconds since 1970: newer notes come before older ones that say as much."""
    session: str | None = None
    """Only what was noted in this conversation."""


@dataclass(frozen=True, slots=True)
class Hit:
    path: str
    passage: Passage
    score: float
    """From 0 to 1."""


@dataclass(frozen=True, slots=True)
class Hits:
    """The best first."""

    hits: tuple[Hit, ...] = ()
    left_out: int = 0
    """Files that were not looked at, being too many."""
