"""A look at long work, for those who do it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from openclaw.types.progress import Say, WorkKind


@dataclass
class RecordedProgress:
    """Satisfies `types.progress.Progress`."""

    said: list[tuple[str, str, int, int]] = field(default_factory=list)
    """Kind, words, how far, of how much; the end says `over`."""
    keys: list[str] = field(default_factory=list)

    @contextmanager
    def working(self, kind: WorkKind, title: str, *, session_key: str = "") -> Iterator[Say]:
        def say(words: str = "", *, done: int = 0, total: int = 0) -> None:
            self.said.append((kind, words, done, total))

        self.keys.append(session_key)
        say(title)
        yield say
        say("over")
