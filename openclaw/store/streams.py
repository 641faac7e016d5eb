"""What people have seen of an answer before it was finished: its blocks in the outbox, its preview with the turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from openclaw.store import outbox
from openclaw.store.database import Database, Transaction
from openclaw.types.clock import Clock
from openclaw.types.messages import Address


@dataclass(frozen=True, slots=True)
class Delivered:
    """Nothing of what it holds can be unsent."""

    blocks: Mapping[int, str] = field(default_factory=dict)
    """Number of the turn's model message → the words of it that are in the outbox."""
    parts: int = 0
    """Places among the event's messages that are taken."""
    preview: str | None = None
    """The provider's id of the message that the answer is going to replace."""


class StreamLedger:
    """Raises StorageFullError and StorageBusyError: what is not sent now is sent with the turn's end."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def post(self, run_id: str, inbox_seq: int, drafts: Sequence[outbox.Draft]) -> bool:
        """Put a finished block behind those before it; False when the turn is not open any more."""
        now = self._clock.now_ms()

        def work(tx: Transaction) -> bool:
            if not _is_open(tx, run_id):
                return False
            first = _parts(tx, inbox_seq)
            for number, draft in enumerate(drafts, start=first):
                outbox.insert(tx, replace(draft, number=number), inbox_seq, now)
            return True

        return await self._database.write(work)

    async def keep_preview(self, run_id: str, message_id: str) -> None:
        await self._database.write(lambda tx: keep_preview(tx, run_id, message_id))

    async def delivered(self, run_id: str, inbox_seq: int) -> Delivered:
        return await self._database.read(lambda tx: delivered(tx, run_id, inbox_seq))

    async def is_clear(self, to: Address) -> bool:
        """Whether nothing is on its way to an address: a preview must not overtake it."""
        return await self._database.read(lambda tx: is_clear(tx, to))


def keep_preview(tx: Transaction, run_id: str, message_id: str) -> None:
    tx.execute("UPDATE turns SET preview = ? WHERE run_id = ?", (message_id, run_id))


def delivered(tx: Transaction, run_id: str, inbox_seq: int) -> Delivered:
    blocks: dict[int, str] = {}
    rows = tx.execute(
        "SELECT step, source FROM outbox WHERE inbox_seq = ? AND step IS NOT NULL ORDER BY part", (inbox_seq,)
    )
    for step, source in rows.fetchall():
        blocks[step] = blocks.get(step, "") + source
    row = tx.execute("SELECT preview FROM turns WHERE run_id = ?", (run_id,)).fetchone()
    return Delivered(blocks, _parts(tx, inbox_seq), row[0] if row else None)


def is_clear(tx: Transaction, to: Address) -> bool:
    found = tx.execute(
        "SELECT 1 FROM outbox WHERE state IN ('pending', 'sending') AND channel = ? AND account = ?"
        " AND recipient = ? LIMIT 1",
        (to.channel, to.account, to.chat),
    ).fetchone()
    return found is None


def _is_open(tx: Transaction, run_id: str) -> bool:
    row = tx.execute("SELECT 1 FROM turns WHERE run_id = ? AND state = 'open'", (run_id,)).fetchone()
    return row is not None


def _parts(tx: Transaction, inbox_seq: int) -> int:
    row = tx.execute(
        "SELECT coalesce(max(part), -1) + 1 FROM outbox WHERE inbox_seq = ? AND part >= 0", (inbox_seq,)
    ).fetchone()
    return int(row[0])
