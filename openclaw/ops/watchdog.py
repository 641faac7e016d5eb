"""Tells the service manager that work gets done. A process that is merely there tells nothing, and is restarted."""

import logging
from collections.abc import Awaitable, Callable, Mapping

import anyio

from openclaw.ops.notifier import Notifier

logger = logging.getLogger(__name__)

Proof = Callable[[], Awaitable[bool]]
"""True when its part has got on since the last time; a proof that hangs or raises is none."""


class Watchdog:
    """Pings twice in each interval, as long as every proof holds. That it runs at all proves the event loop."""

    def __init__(self, notifier: Notifier, interval_seconds: float, proofs: Mapping[str, Proof]) -> None:
        self._notifier = notifier
        self._interval = interval_seconds
        self._proofs = dict(proofs)
        self._stuck: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Until cancelled."""
        period = self._interval / 2
        due = anyio.current_time()
        while True:
            await self._round()
            # A late round must not shift the ones after it: the service manager counts from ping to ping.
            due = max(due + period, anyio.current_time())
            await anyio.sleep_until(due)

    async def _round(self) -> None:
        held: set[str] = set()

        async def prove(name: str, proof: Proof) -> None:
            try:
                if await proof():
                    held.add(name)
            except Exception:
                logger.exception("the proof that %s gets on failed", name)

        # Half a period: even a slow round leaves the ping inside the interval.
        with anyio.move_on_after(self._interval / 4):
            async with anyio.create_task_group() as proving:
                for name, proof in self._proofs.items():
                    proving.start_soon(prove, name, proof)
        self._report(frozenset(self._proofs) - held)

    def _report(self, stuck: frozenset[str]) -> None:
        if not stuck:
            self._notifier.alive()
        if stuck == self._stuck:
            return
        self._stuck = stuck
        if stuck:
            names = ", ".join(sorted(stuck))
            logger.error("no progress in: %s; the service manager restarts us unless it goes on", names)
            self._notifier.status(f"stuck: {names}")
        else:
            logger.info("all parts get on again")
            self._notifier.status("running")
