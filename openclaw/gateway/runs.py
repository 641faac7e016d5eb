"""The runs that somebody asked for over the control plane and waits for."""

from collections import OrderedDict
from dataclasses import dataclass, field

import anyio

from openclaw.types.clock import Clock
from openclaw.types.events import TurnFinished

KEPT = 1000


@dataclass(slots=True)
class Run:
    run_id: str
    session_key: str
    started_at: int
    ended: TurnFinished | None = None
    ended_at: int = 0
    done: anyio.Event = field(default_factory=anyio.Event)


class Runs:
    """Bounded: the last thousand, which is what a repeated request may still ask about."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._runs: OrderedDict[str, Run] = OrderedDict()

    def expect(self, run_id: str, session_key: str) -> Run:
        run = self._runs[run_id] = Run(run_id, session_key, self._clock.now_ms())
        while len(self._runs) > KEPT:
            self._runs.popitem(last=False)
        return run

    def find(self, run_id: str) -> Run | None:
        return self._runs.get(run_id)

    def is_awaited(self, run_id: str) -> bool:
        return run_id in self._runs

    def finished(self, event: TurnFinished) -> None:
        run = self._runs.get(event.run_id)
        if run is not None and run.ended is None:
            run.ended = event
            run.ended_at = self._clock.now_ms()
            run.done.set()
