"""The runs that somebody asked for over the control plane and waits for."""

from collections import OrderedDict
from dataclasses import dataclass

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


class Runs:
    """Those that wait, and the last thousand that ended: what a repeated request may still ask about."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[str, Run] = {}
        self._ended: OrderedDict[str, Run] = OrderedDict()

    def expect(self, run_id: str, session_key: str) -> Run:
        """The run of this id, begun if nobody has asked for it yet."""
        if known := self.find(run_id):
            return known
        run = self._waiting[run_id] = Run(run_id, session_key, self._clock.now_ms())
        return run

    def forget(self, run_id: str) -> None:
        """It could not be begun: asking again is a new beginning."""
        self._waiting.pop(run_id, None)

    def find(self, run_id: str) -> Run | None:
        return self._waiting.get(run_id) or self._ended.get(run_id)

    def is_awaited(self, run_id: str) -> bool:
        return run_id in self._waiting

    def finished(self, event: TurnFinished) -> None:
        run = self._waiting.pop(event.run_id, None)
        if run is not None:
            run.ended = event
            run.ended_at = self._clock.now_ms()
            self._ended[event.run_id] = run
            if len(self._ended) > KEPT:
                self._ended.popitem(last=False)
