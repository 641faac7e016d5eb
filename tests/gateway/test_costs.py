from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from openclaw.gateway.costs import costs, total_cost
from openclaw.store.ledger import Ledger
from openclaw.store.turning import Ending
from openclaw.store.usage import UsageRow
from openclaw.types.conversation import Usage
from tests.store.made import SetClock, arrival, open_ledger, trace

SYDNEY = ZoneInfo("Australia/Sydney")


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=SYDNEY).timestamp() * 1000)


NOW = at("2026-02-27T12:00")


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with open_ledger(tmp_path / "ledger.sqlite", SetClock(NOW)) as ledger:
        yield ledger


async def spend(ledger: Ledger, *costs: tuple[str, str, str, float]) -> None:
    """When, by which agent, in which turn, how much."""
    rows = [
        UsageRow(at(when), agent, "m", "telegram", f"agent:{agent}:main", turn, Usage(10, 2, 7, 1, cost))
        for when, agent, turn, cost in costs
    ]
    await ledger.accept([arrival(1)])
    (event,) = await ledger.accepted(1)
    await ledger.end(Ending(event.seq, "answered", "", trace(event.trace_id), usage=rows))


async def test_costs_are_grouped_the_dearest_first(ledger: Ledger) -> None:
    await spend(
        ledger,
        ("2026-02-27T09:00", "main", "t_1", 0.1),
        ("2026-02-27T09:01", "main", "t_1", 0.2),
        ("2026-02-27T09:02", "work", "t_2", 0.5),
        ("2026-01-01T09:00", "main", "t_0", 9.0),
    )

    assert await costs(ledger, "agent", 30, NOW, SYDNEY) == [
        {"key": "work", "turns": 1, "input": 10, "output": 2, "cacheRead": 7, "cost": 0.5},
        {"key": "main", "turns": 1, "input": 20, "output": 4, "cacheRead": 14, "cost": 0.3},
    ]
    by_session = await costs(ledger, "session", 60, NOW, SYDNEY)
    assert [row["key"] for row in by_session] == ["agent:main:main", "agent:work:main"]
    assert [row["cost"] for row in await costs(ledger, "model", 1, NOW, SYDNEY)] == [0.8]
    assert [row["key"] for row in await costs(ledger, "channel", 1, NOW, SYDNEY)] == ["telegram"]


async def test_days_are_the_owners_and_a_turn_over_midnight_counts_once_in_all(ledger: Ledger) -> None:
    await spend(
        ledger,
        ("2026-02-25T23:59", "main", "t_1", 0.1),
        ("2026-02-26T00:00", "main", "t_1", 0.2),
        ("2026-02-27T00:30", "main", "t_2", 0.4),
    )

    by_day = await costs(ledger, "day", 3, NOW, SYDNEY)

    assert [(row["key"], row["turns"], row["cost"]) for row in by_day] == [
        ("2026-02-25", 1, 0.1),
        ("2026-02-26", 1, 0.2),
        ("2026-02-27", 1, 0.4),
    ]
    total = await total_cost(ledger, 3, NOW, SYDNEY)
    assert (total["key"], total["turns"], total["cost"]) == ("total", 2, 0.7)
    assert (await total_cost(ledger, 1, NOW, SYDNEY))["cost"] == 0.4


async def test_nothing_spent_is_no_row(ledger: Ledger) -> None:
    assert await costs(ledger, "day", 30, NOW, SYDNEY) == []
    assert await costs(ledger, "agent", 30, NOW, SYDNEY) == []
    assert (await total_cost(ledger, 30, NOW, SYDNEY))["turns"] == 0
