"""The log of all channels, for whoever may tell the same thing twice."""

from openclaw.store import phone
from openclaw.store.database import Database, Transaction
from openclaw.types.clock import Clock


class EventStore:
    """Satisfies `types.event_log.EventLog`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def note(self, channel: str, kind: str, ref: str, summary: str) -> bool:
        now = self._clock.now_ms()
        return await self._database.write(lambda tx: note(tx, channel, kind, (ref, summary), now))


def note(tx: Transaction, channel: str, kind: str, what: tuple[str, str], now: int) -> bool:
    """`what`: the provider's id of it, and a line for people."""
    known = tx.execute(
        "SELECT 1 FROM omni_events WHERE ref = ? AND channel = ? AND kind = ?", (what[0], channel, kind)
    ).fetchone()
    if known is not None:
        return False
    phone.happened(tx, channel, kind, what, now)
    return True
