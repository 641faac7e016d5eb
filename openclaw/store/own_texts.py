"""Which texts to a number are the house's own."""

from openclaw.compliance.blast import body_key
from openclaw.store.consents import subject_of
from openclaw.store.database import Database, Transaction

LOOKED_THROUGH = 50
"""The newest to a number; what is told of later than that is told of by its id."""


class OwnTextLog:
    """Satisfies `types.receipts.OwnTexts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def wrote(self, channel: str, number: str, provider_id: str, text: str) -> bool:
        return await self._database.read(lambda tx: wrote(tx, (channel, number), provider_id, text))


def wrote(tx: Transaction, to: tuple[str, str], provider_id: str, text: str) -> bool:
    """The words count as well: the provider may tell of a text before its answer has told us the id."""
    channel, number = to
    rows = tx.execute(
        "SELECT outbox.provider_id, outbox.text FROM dealings JOIN outbox ON outbox.id = dealings.ref"
        " WHERE dealings.number = ? AND dealings.channel = ? AND dealings.direction = 'out'"
        " ORDER BY dealings.at DESC, dealings.seq DESC LIMIT ?",
        (subject_of(number), channel, LOOKED_THROUGH),
    ).fetchall()
    return any(row["provider_id"] == provider_id or body_key(row["text"]) == body_key(text) for row in rows)
