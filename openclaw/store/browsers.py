"""The browsers that are signed in. Of what each one shows only the hash is kept."""

from contextlib import suppress
from dataclasses import dataclass

from openclaw.store.database import Database, Transaction
from openclaw.types.clock import Clock
from openclaw.types.errors import StorageBusyError, StorageFullError
from openclaw.types.ids import new_id

DAY_MS = 86_400_000
IDLE_MS = 30 * DAY_MS
"""A browser that has not been here for so long signs in anew."""
SEEN_AGAIN_MS = DAY_MS // 24
"""How exactly it is known when one was here last: not every request is worth a write."""
MOST = 32
"""At once; one more signs out the one that was away longest."""


@dataclass(frozen=True, slots=True)
class BrowserRow:
    id: str
    name: str
    """What it calls itself."""
    signed_in_at: int
    seen_at: int


class BrowserLedger:
    """Signing in and out raises StorageFullError and StorageBusyError."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def sign_in(self, sha256: str, name: str) -> tuple[BrowserRow, list[str]]:
        """The browser, and those that had to give way to it."""
        now = self._clock.now_ms()
        row = BrowserRow(new_id("web"), name, now, now)
        return row, await self._database.write(lambda tx: insert(tx, row, sha256))

    async def find(self, sha256: str) -> BrowserRow | None:
        now = self._clock.now_ms()
        row = await self._database.read(lambda tx: by_hash(tx, sha256, now))
        if row is not None and now - row.seen_at > SEEN_AGAIN_MS:
            # Nobody is signed out because there is no room to note that he was here.
            with suppress(StorageFullError, StorageBusyError):
                await self._database.write(lambda tx: seen(tx, row.id, now))
        return row

    async def listing(self) -> list[BrowserRow]:
        now = self._clock.now_ms()
        return await self._database.read(lambda tx: signed_in(tx, now))

    async def sign_out(self, browser_id: str | None) -> list[str]:
        """None: all of them. Returns whom that concerned."""
        return await self._database.write(lambda tx: delete(tx, browser_id))


def insert(tx: Transaction, row: BrowserRow, sha256: str) -> list[str]:
    tx.execute("DELETE FROM browsers WHERE seen_at <= ?", (row.seen_at - IDLE_MS,))
    tx.execute(
        "INSERT INTO browsers (id, sha256, name, signed_in_at, seen_at) VALUES (?, ?, ?, ?, ?)",
        (row.id, sha256, row.name, row.signed_in_at, row.seen_at),
    )
    too_many = "SELECT id FROM browsers ORDER BY seen_at DESC, rowid DESC LIMIT -1 OFFSET ?"
    gone = [str(each["id"]) for each in tx.execute(too_many, (MOST,)).fetchall()]
    for browser_id in gone:
        tx.execute("DELETE FROM browsers WHERE id = ?", (browser_id,))
    return gone


def by_hash(tx: Transaction, sha256: str, now: int) -> BrowserRow | None:
    row = tx.execute(
        "SELECT * FROM browsers WHERE sha256 = ? AND seen_at > ?", (sha256, now - IDLE_MS)
    ).fetchone()
    return BrowserRow(row["id"], row["name"], row["signed_in_at"], row["seen_at"]) if row else None


def seen(tx: Transaction, browser_id: str, now: int) -> None:
    tx.execute("UPDATE browsers SET seen_at = ? WHERE id = ?", (now, browser_id))


def signed_in(tx: Transaction, now: int) -> list[BrowserRow]:
    return [
        BrowserRow(row["id"], row["name"], row["signed_in_at"], row["seen_at"])
        for row in tx.execute(
            "SELECT * FROM browsers WHERE seen_at > ? ORDER BY seen_at DESC, rowid DESC", (now - IDLE_MS,)
        )
    ]


def delete(tx: Transaction, browser_id: str | None) -> list[str]:
    where, values = ("", ()) if browser_id is None else (" WHERE id = ?", (browser_id,))
    gone = [str(row["id"]) for row in tx.execute(f"SELECT id FROM browsers{where}", values).fetchall()]  # noqa: S608
    tx.execute(f"DELETE FROM browsers{where}", values)  # noqa: S608 - the two clauses stand above
    return gone
