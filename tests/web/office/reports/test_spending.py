from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from openclaw.store.database import Database
from openclaw.store.spending import SpendingLedger
from openclaw.store.usage import UsageRow, insert
from openclaw.types.conversation import Usage
from openclaw.web.office.reports.spending import SpendingBook
from tests.store.made import KEY, SetClock

SYDNEY = ZoneInfo("Australia/Sydney")


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=SYDNEY).timestamp() * 1000)


async def daily(database: Database, days: int | None) -> Any:
    clock = SetClock(at("2026-04-05T12:00"))
    return await SpendingBook(SpendingLedger(database), clock, lambda: (SYDNEY, "Australia/Sydney")).daily(
        "model", days
    )


async def test_days_are_the_owners_own_also_when_the_clock_is_turned_back(database: Database) -> None:
    rows = [
        UsageRow(at(when), "main", "m", "telegram", KEY, when, Usage(cost=cost))
        for when, cost in (("2026-03-31T23:59", 4.0), ("2026-04-04T23:59", 1.0), ("2026-04-05T00:01", 0.5))
    ]
    for row in rows:
        await database.write(partial(insert, row=row))

    two = await daily(database, 2)
    assert [(day["day"], sum(row["cost"] for row in day["rows"])) for day in two["days"]] == [
        ("2026-04-04", 1.0),
        ("2026-04-05", 0.5),
    ]
    assert (two["by"], two["timezone"], two["total"]["cost"]) == ("model", "Australia/Sydney", 1.5)


async def test_without_a_number_it_is_the_month_so_far(database: Database) -> None:
    month = await daily(database, None)
    assert [day["day"] for day in month["days"]] == [f"2026-04-0{day}" for day in range(1, 6)]
