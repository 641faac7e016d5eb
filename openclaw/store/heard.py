"""What people have said that is not, or not only, a message to be answered: in a group, or changed afterwards."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import orjson

from openclaw.store.database import Transaction
from openclaw.store.inbox import InboxRow, read_row
from openclaw.types.messages import Inbound

T = TypeVar("T")


class Access(Protocol):
    def __call__(self, work: Callable[[Transaction], T]) -> Awaitable[T]:
        """In one transaction."""


class HeardLedger:
    def __init__(self, read: Access, write: Access) -> None:
        self._read = read
        self._write = write

    async def overheard(self, session_key: str, limit: int) -> list[InboxRow]:
        return await self._read(lambda tx: overheard(tx, session_key, limit))

    async def called(self, session_key: str, album: str, sender: str) -> bool:
        return await self._read(lambda tx: called(tx, session_key, album, sender))

    async def said(self, edit: InboxRow) -> InboxRow | None:
        return await self._read(lambda tx: said(tx, edit))

    async def of_run(self, run_id: str) -> InboxRow | None:
        return await self._read(lambda tx: of_run(tx, run_id))

    async def reword(self, seq: int, event: Inbound) -> bool:
        return await self._write(lambda tx: reword(tx, seq, event))


def overheard(tx: Transaction, session_key: str, limit: int) -> list[InboxRow]:
    """The newest that nobody has told the model of, the oldest of them first."""
    rows = tx.execute(
        "SELECT * FROM inbox WHERE session_key = ? AND reason = 'not_addressed' AND event IS NOT NULL"
        " ORDER BY seq DESC LIMIT ?",
        (session_key, limit),
    )
    return [read_row(row) for row in rows][::-1]


ALBUM_LOOK = 100
"""An album's messages come close together."""


def called(tx: Transaction, session_key: str, album: str, sender: str) -> bool:
    """Whether this sender's album has called the assistant already."""
    row = tx.execute(
        "SELECT 1 FROM (SELECT event, state, reason FROM inbox WHERE session_key = ? AND event IS NOT NULL"
        " ORDER BY seq DESC LIMIT ?) WHERE json_extract(event, '$.album') = ?"
        " AND json_extract(event, '$.sender.id') = ? AND state IN ('queued', 'running', 'answered', 'merged')",
        (session_key, ALBUM_LOOK, album, sender),
    ).fetchone()
    return row is not None


def said(tx: Transaction, edit: InboxRow) -> InboxRow | None:
    """What its sender changes, as long as its words are kept. Numbers of messages are unique in one chat alone."""
    return _one(
        tx.execute(
            "SELECT * FROM inbox WHERE session_key = ? AND event IS NOT NULL AND state <> 'accepted'"
            " AND json_extract(event, '$.message_id') = ? AND coalesce(json_extract(event, '$.edit'), 0) = 0"
            " AND channel = ? AND account = ? AND json_extract(event, '$.sender.id') = ?"
            " ORDER BY seq DESC LIMIT 1",
            (edit.session_key, edit.event.message_id, edit.channel, edit.account, edit.event.sender.id),
        ).fetchone()
    )


def of_run(tx: Transaction, run_id: str) -> InboxRow | None:
    query = "SELECT * FROM inbox WHERE run_id = ? AND event IS NOT NULL"
    return _one(tx.execute(query, (run_id,)).fetchone())


def reword(tx: Transaction, seq: int, event: Inbound) -> bool:
    """What is known of a message that the model has not read; how it came stays in `raw`. False: it has."""
    cursor = tx.execute(
        "UPDATE inbox SET event = ? WHERE seq = ? AND (state = 'queued' OR reason = 'not_addressed')",
        (orjson.dumps(event).decode(), seq),
    )
    return bool(cursor.rowcount)


def _one(row: Any) -> InboxRow | None:
    return read_row(row) if row is not None else None
