"""Work that takes long, as whoever does it tells of it."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

WorkKind = Literal["compaction", "memory", "backfill"]
WorkPhase = Literal["begun", "goes-on", "ended"]


class Say(Protocol):
    def __call__(self, words: str = "", *, done: int = 0, total: int = 0) -> None:
        """How far it is. Contract: never waits, never raises; called from the event loop as often as one likes."""


class Progress(Protocol):
    def working(self, kind: WorkKind, title: str, *, session_key: str = "") -> AbstractContextManager[Say]:
        """Around the work. What it raises goes on, and the work counts as failed."""


class Unwatched:
    """Where nobody looks on."""

    def working(self, kind: WorkKind, title: str, *, session_key: str = "") -> AbstractContextManager[Say]:
        return nullcontext(say_nothing)


def say_nothing(words: str = "", *, done: int = 0, total: int = 0) -> None:
    pass
