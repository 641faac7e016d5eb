"""What takes long at this moment: for the status at once, for those who watch a few times a second."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import anyio

from openclaw.bus import Bus
from openclaw.types.clock import Clock
from openclaw.types.events import WorkTold
from openclaw.types.ids import new_id
from openclaw.types.progress import Say, WorkKind

PACE_SECONDS = 0.4
LONGEST_WORDS = 200


@dataclass(slots=True)
class _Work:
    id: str
    kind: WorkKind
    title: str
    session_key: str
    begun_at: int
    words: str = ""
    done: int = 0
    total: int = 0
    told: bool = False
    over: bool = False
    failed: bool = False


class WorkBoard:
    """Satisfies `types.progress.Progress`. The work is never held up: what changes faster is told as it is later."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._works: dict[str, _Work] = {}
        self._changed: dict[str, _Work] = {}
        self._news = anyio.Event()

    @contextmanager
    def working(self, kind: WorkKind, title: str, *, session_key: str = "") -> Iterator[Say]:
        work = _Work(new_id("w"), kind, title, session_key, self._clock.now_ms())

        def say(words: str = "", *, done: int = 0, total: int = 0) -> None:
            work.words, work.done, work.total = words[:LONGEST_WORDS], done, total
            self._note(work)

        self._works[work.id] = work
        self._note(work)
        try:
            yield say
        except BaseException:
            work.failed = True
            raise
        finally:
            del self._works[work.id]
            work.over = True
            self._note(work)

    def listing(self) -> Sequence[Mapping[str, object]]:
        """The oldest first."""
        return [shown(self._told(work)) for work in self._works.values()]

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            changed, self._changed = self._changed, {}
            for work in changed.values():
                # What was over before anybody could see it is no news.
                if work.told or not work.over:
                    await self._bus.publish(self._told(work))
                    work.told = True
            await anyio.sleep(PACE_SECONDS)

    def _note(self, work: _Work) -> None:
        self._changed[work.id] = work
        self._news.set()

    def _told(self, work: _Work) -> WorkTold:
        return WorkTold(
            work.id, work.kind, "ended" if work.over else "goes-on" if work.told else "begun", work.title,
            work.begun_at, self._clock.now_ms(), work.session_key, work.words, work.done, work.total, work.failed,
        )  # fmt: skip


def shown(work: WorkTold) -> Mapping[str, object]:
    """Pure. As clients are told of it."""
    told: dict[str, object] = {
        "id": work.work_id,
        "kind": work.kind,
        "phase": work.phase,
        "title": work.title,
    }
    told |= {"startedAt": work.begun_at, "ts": work.at}
    more = {"sessionKey": work.session_key, "text": work.words, "done": work.done, "total": work.total}
    told |= {name: value for name, value in more.items() if value}
    return told | ({"failed": True} if work.failed else {})
