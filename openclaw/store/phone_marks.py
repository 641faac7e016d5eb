"""What is remembered of the telephone for good: a mark is set once, and nothing takes it back."""

from openclaw.store.database import Database, Transaction
from openclaw.types.clock import Clock, iso


class PhoneMarks:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, name: str, value: str = "") -> str:
        """The value that holds: the first one that was ever kept under this name."""
        now = self._clock.now_ms()
        return await self._database.write(lambda tx: keep(tx, name, value, now))

    async def find(self, name: str) -> str | None:
        return await self._database.read(lambda tx: find(tx, name))


def keep(tx: Transaction, name: str, value: str, now: int) -> str:
    tx.execute(
        "INSERT OR IGNORE INTO phone_marks (name, value, at) VALUES (?, ?, ?)", (name, value, iso(now))
    )
    known = find(tx, name)
    assert known is not None
    return known


def find(tx: Transaction, name: str) -> str | None:
    row = tx.execute("SELECT value FROM phone_marks WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None
