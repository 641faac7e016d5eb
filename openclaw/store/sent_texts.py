"""Texts that have left, for the stream that tells of them."""

from collections.abc import Mapping
from typing import Any

from openclaw.store.consents import subject_of
from openclaw.store.database import Database, Transaction
from openclaw.types.messages import Address


class SentTexts:
    def __init__(self, database: Database, numbers: Mapping[str, str]) -> None:
        """`numbers`: account → the number it sends from."""
        self._database = database
        self._numbers = numbers

    async def one(self, outbox_id: str) -> list[dict[str, Any]]:
        """Empty when it has not left."""
        return self._shown(await self._database.read(lambda tx: one(tx, outbox_id)))

    async def newest(self, limit: int) -> list[dict[str, Any]]:
        """The oldest first."""
        return self._shown(await self._database.read(lambda tx: newest(tx, limit)))

    async def besides(self, to: Address, since: int, limit: int) -> list[tuple[int, str]]:
        """When and what was sent there that answered nothing, the oldest first. `since`: milliseconds since 1970."""
        return await self._database.read(lambda tx: besides(tx, to, since, limit))

    def _shown(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**row, "from": self._numbers.get(row["account"], "")} for row in rows]


_COLUMNS = "SELECT id, account, recipient, text, purpose, provider_id, trace_id, sent_at FROM outbox"


def one(tx: Transaction, outbox_id: str) -> list[dict[str, Any]]:
    return [dict(row) for row in tx.execute(f"{_COLUMNS} WHERE state = 'sent' AND id = ?", (outbox_id,))]


def newest(tx: Transaction, limit: int) -> list[dict[str, Any]]:
    rows = tx.execute(
        f"{_COLUMNS} WHERE state = 'sent' AND channel = 'sms' ORDER BY seq DESC LIMIT ?", (limit,)
    )
    return [dict(row) for row in rows][::-1]


def besides(tx: Transaction, to: Address, since: int, limit: int) -> list[tuple[int, str]]:
    # By way of the dealings, which are in order for each number.
    rows = tx.execute(
        "SELECT dealings.at, outbox.text FROM dealings JOIN outbox ON outbox.id = dealings.ref"
        " WHERE dealings.number = ? AND dealings.channel = ? AND dealings.account = ? AND dealings.at > ?"
        " AND dealings.direction = 'out' AND outbox.state = 'sent'"
        " AND outbox.purpose IN ('message', 'api', 'owner', 'campaign') ORDER BY dealings.at DESC LIMIT ?",
        (subject_of(to.chat), to.channel, to.account, since, limit),
    )
    return [(row[0], row[1]) for row in rows][::-1]
