"""The one way into the house: stored first, then announced."""

import logging
from collections.abc import Sequence

from openclaw.bus import Bus
from openclaw.gateway.tracing import Trace, TraceBook
from openclaw.store.ledger import Ledger
from openclaw.types.clock import Clock
from openclaw.types.events import MessageReceived, TraceRecorded
from openclaw.types.messages import Arrival, Inbound, Unusable

logger = logging.getLogger(__name__)


class Intake:
    def __init__(self, ledger: Ledger, bus: Bus, traces: TraceBook, clock: Clock) -> None:
        self._ledger = ledger
        self._bus = bus
        self._traces = traces
        self._clock = clock

    async def deliver(self, arrivals: Sequence[Arrival]) -> None:
        """See `types.channel.Deliver`: when this returns, the events may be acknowledged."""
        at, started = self._clock.now_ms(), self._clock.monotonic()
        fresh = await self._ledger.accept(arrivals)
        await self._announce(fresh, at, (self._clock.monotonic() - started) * 1000)

    async def deliver_webhook(self, arrivals: Sequence[Arrival]) -> None:
        at, started = self._clock.now_ms(), self._clock.monotonic()
        fresh = await self._ledger.accept_webhook(arrivals)
        await self._announce(fresh, at, (self._clock.monotonic() - started) * 1000)

    async def _announce(self, fresh: Sequence[tuple[Arrival, str]], at: int, ms: float) -> None:
        unusable: list[tuple[Trace, Unusable]] = []
        for arrival, trace_id in fresh:
            trace = self._traces.begin(trace_id, at, arrival.channel, arrival.key)
            match arrival.content:
                case Inbound() as message:
                    trace.add("received", at=at, channel=arrival.channel, sender=message.sender.id)
                case Unusable() as content:
                    trace.add("received", at=at, channel=arrival.channel)
                    unusable.append((trace, content))
            trace.add("stored", ms, at=at)
        # Before anything that may be cancelled: a message that is stored must not wait for the next one to wake us.
        if len(unusable) < len(fresh):
            await self._bus.publish(MessageReceived())
        for trace, content in unusable:
            await self._record(trace, content)

    async def _record(self, trace: Trace, content: Unusable) -> None:
        outcome = "dead" if content.dead else "ignored"
        self._traces.close(trace.id)
        record = trace.record(outcome, content.reason, None)
        if content.dead:
            logger.warning(
                "%s is kept but cannot be read: %s; trace %s", record.event, content.reason, record.id
            )
        await self._ledger.save_trace(record)
        await self._bus.publish(TraceRecorded(trace.id, outcome))
