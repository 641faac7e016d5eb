"""What was spent day by day, and what the telephone was used for."""

from collections.abc import Sequence
from typing import Any

from openclaw.store.database import Database, Transaction
from openclaw.store.usage import CostGroup, CostRow, costs, costs_between, costs_of
from openclaw.types.clock import iso

Day = tuple[str, int, int]
"""Its name, its first moment, and the first one after it."""


class SpendingLedger:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, by: CostGroup, days: Sequence[Day]) -> dict[str, Any]:
        """`{days, rows, total, phone}` of days that follow each other; all of them from the same moment."""
        return await self._database.read(lambda tx: spent(tx, by, days))

    async def senders(self, since: int) -> list[dict[str, Any]]:
        """`{sender, cost}` of those for whom the most was spent from a moment on."""
        return await self._database.read(lambda tx: senders(tx, since))


def spent(tx: Transaction, by: CostGroup, days: Sequence[Day]) -> dict[str, Any]:
    since, until = days[0][1], days[-1][2]
    return {
        "days": [{"day": name, "rows": costs_between(tx, by, start, end)} for name, start, end in days],
        "rows": costs(tx, by, since),
        "total": _total(tx, since, until),
        "phone": {"texts": texts(tx, since), "calls": calls(tx, since)},
    }


def _total(tx: Transaction, since: int, until: int) -> CostRow:
    nothing: CostRow = {"key": "total", "turns": 0, "input": 0, "output": 0, "cacheRead": 0, "cost": 0.0}
    return next(iter(costs_of(tx, [("total", since, until)])), nothing)


def senders(tx: Transaction, since: int, most: int = 3) -> list[dict[str, Any]]:
    rows = tx.execute(
        "SELECT sender, round(sum(cost), 8) AS cost FROM usage WHERE at >= ? AND sender <> '' GROUP BY sender"
        " HAVING sum(cost) > 0 ORDER BY cost DESC, sender LIMIT ?",
        (iso(since), most),
    )
    return [dict(row) for row in rows]


def texts(tx: Transaction, since: int) -> list[dict[str, Any]]:
    rows = tx.execute(
        "SELECT direction, channel, count(*) AS count, sum(segments) AS segments, sum(cost) AS cost FROM twilio_sms"
        " WHERE at >= ? AND from_number <> '' GROUP BY direction, channel ORDER BY direction DESC, channel",
        (iso(since),),
    )
    return [{**dict(row), "cost": round(row["cost"], 8)} for row in rows]


def calls(tx: Transaction, since: int) -> list[dict[str, Any]]:
    """Seconds as they were counted; whoever bills them counts each minute that was begun."""
    rows = tx.execute(
        "SELECT direction, channel, count(*) AS count, sum(coalesce(duration, 0)) AS seconds,"
        " sum((coalesce(duration, 0) + 59) / 60) AS minutes, sum(cost) AS cost FROM twilio_calls"
        " WHERE at >= ? AND from_number <> '' GROUP BY direction, channel ORDER BY direction DESC, channel",
        (iso(since),),
    )
    return [{**dict(row), "cost": round(row["cost"], 8)} for row in rows]
