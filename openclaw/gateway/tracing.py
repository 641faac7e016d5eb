"""The trace of one event, span by span, while it is on its way."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from openclaw.store.inbox import InboxRow
from openclaw.store.traces import Span, TraceRecord
from openclaw.types.clock import Clock, iso

KEPT = 4096


def span(name: str, at: int, ms: float, **facts: object) -> Span:
    return {"name": name, "at": iso(at), "ms": round(ms, 3), **facts}


class Trace:
    def __init__(self, trace_id: str, at: int, channel: str, event: str, clock: Clock) -> None:
        self.id = trace_id
        self._at = at
        self._channel = channel
        self._event = event
        self._clock = clock
        self._spans: list[Span] = []

    def add(self, name: str, ms: float = 0.0, *, at: int | None = None, **facts: object) -> None:
        self._spans.append(span(name, self._clock.now_ms() if at is None else at, ms, **facts))

    @contextmanager
    def timed(self, name: str, **facts: object) -> Iterator[dict[str, object]]:
        """A span around the block, also when it fails; what failed is a fact."""
        at, started = self._clock.now_ms(), self._clock.monotonic()
        try:
            yield facts
        except BaseException as error:
            facts["error"] = str(error) or type(error).__name__
            raise
        finally:
            self._spans.append(span(name, at, (self._clock.monotonic() - started) * 1000, **facts))

    def record(self, outcome: str, reason: str, session_key: str | None) -> TraceRecord:
        """What was collected so far; later spans are added to the row."""
        spans, self._spans = self._spans, []
        return TraceRecord(self.id, self._at, self._channel, self._event, session_key, outcome, reason, spans)


class TraceBook:
    """The traces of events between their arrival and their turn."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.now_ms()
        self._open: OrderedDict[str, Trace] = OrderedDict()

    def begin(self, trace_id: str, at: int, channel: str, event: str) -> Trace:
        trace = self._open[trace_id] = Trace(trace_id, at, channel, event, self._clock)
        if len(self._open) > KEPT:
            self._open.popitem(last=False)
        return trace

    def find(self, row: InboxRow) -> Trace:
        """The event's trace; begun here when an earlier life of the daemon began it, or the house itself the event."""
        known = self._open.get(row.trace_id)
        if known is not None:
            return known
        trace = self.begin(row.trace_id, row.received_at, row.channel, row.key)
        trace.add("received", at=row.received_at, channel=row.channel, sender=row.event.sender.id)
        earlier = {"restarted": True} if row.received_at < self._since else {}
        trace.add("stored", at=row.received_at, **earlier)
        return trace

    def under_way(self, trace_id: str) -> Trace | None:
        """None for an event that has its end, or that nobody traces."""
        return self._open.get(trace_id)

    def close(self, trace_id: str) -> None:
        self._open.pop(trace_id, None)
