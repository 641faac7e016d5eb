"""What was spent, as the owner looks at it."""

from datetime import tzinfo
from typing import Literal

from openclaw.store.ledger import Ledger
from openclaw.store.usage import CostGroup, CostRow
from openclaw.types.calendar import days_until


async def costs(
    ledger: Ledger, by: CostGroup | Literal["day"], days: int, now: int, zone: tzinfo
) -> list[CostRow]:
    """Of the last `days` days of the owner's, today included: the dearest first; days in their order."""
    calendar = days_until(now, days, zone)
    if by == "day":
        return await ledger.costs_of([(f"{day:%Y-%m-%d}", start, end) for day, start, end in calendar])
    return await ledger.costs(by, calendar[0][1])


async def total_cost(ledger: Ledger, days: int, now: int, zone: tzinfo) -> CostRow:
    """Turns that went over midnight, or through two models, count once."""
    calendar = days_until(now, days, zone)
    nothing: CostRow = {"turns": 0, "input": 0, "output": 0, "cacheRead": 0, "cost": 0.0}
    rows = await ledger.costs_of([("total", calendar[0][1], calendar[-1][2])])
    return rows[0] if rows else {"key": "total", **nothing}
