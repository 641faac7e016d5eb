"""One-time codes that wait for a daemon to start. Of each only the hash is kept."""

from openclaw.store.database import Database, Transaction
from openclaw.types.clock import Clock

MOST = 16
"""At once; the one that ends first gives way."""


class LoginCodes:
    """Keeping and taking raise StorageFullError and StorageBusyError."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, sha256: str, expires_at: int) -> None:
        now = self._clock.now_ms()
        await self._database.write(lambda tx: insert(tx, sha256, expires_at, now))

    async def take(self, sha256: str) -> bool:
        """Whether it was there and still counts; it is gone then."""
        now = self._clock.now_ms()
        # Most codes that are asked for were never here: those cost no write.
        if not await self._database.read(lambda tx: is_there(tx, sha256)):
            return False
        return await self._database.write(lambda tx: delete(tx, sha256, now))

    async def clear(self) -> None:
        await self._database.write(lambda tx: tx.execute("DELETE FROM login_codes"))


def insert(tx: Transaction, sha256: str, expires_at: int, now: int) -> None:
    tx.execute("DELETE FROM login_codes WHERE expires_at <= ?", (now,))
    tx.execute("INSERT INTO login_codes (sha256, expires_at) VALUES (?, ?)", (sha256, expires_at))
    surplus = "SELECT sha256 FROM login_codes ORDER BY expires_at DESC, rowid DESC LIMIT -1 OFFSET ?"
    tx.execute(f"DELETE FROM login_codes WHERE sha256 IN ({surplus})", (MOST,))  # noqa: S608 - stands above


def is_there(tx: Transaction, sha256: str) -> bool:
    return tx.execute("SELECT 1 FROM login_codes WHERE sha256 = ?", (sha256,)).fetchone() is not None


def delete(tx: Transaction, sha256: str, now: int) -> bool:
    row = tx.execute("DELETE FROM login_codes WHERE sha256 = ? RETURNING expires_at", (sha256,)).fetchone()
    return row is not None and row[0] > now
