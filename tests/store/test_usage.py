from functools import partial

import pytest

from openclaw.store import usage
from openclaw.store.database import Database
from openclaw.store.usage import UsageRow
from openclaw.types.clock import iso
from openclaw.types.conversation import Usage
from tests.store.made import KEY, NOW


def row(at: int, cost: float) -> UsageRow:
    return UsageRow(
        at, "main", "anthropic/claude", "telegram", KEY, "t_1", Usage(10, 2, 7, 1, cost), sender="telegram:1"
    )


async def test_cost_is_counted_from_a_moment_on(database: Database) -> None:
    for at, cost in [(NOW - 1, 4.0), (NOW, 0.5), (NOW + 1, 0.25)]:
        await database.write(partial(usage.insert, row=row(at, cost)))

    assert await database.read(lambda tx: usage.cost_since(tx, NOW)) == pytest.approx(0.75)
    assert await database.read(lambda tx: usage.cost_since(tx, NOW - 1)) == pytest.approx(4.75)


async def test_nothing_costs_nothing(database: Database) -> None:
    cost = await database.read(lambda tx: usage.cost_since(tx, 0))
    assert (cost, type(cost)) == (0.0, float)


async def test_what_was_spent_is_read_oldest_first(database: Database) -> None:
    for at, cost in [(NOW + 1, 0.25), (NOW - 1, 4.0), (NOW, 0.5)]:
        await database.write(partial(usage.insert, row=row(at, cost)))

    found = await database.read(lambda tx: usage.spent_since(tx, NOW))
    assert found == [usage.Spent(NOW, "telegram:1", 0.5), usage.Spent(NOW + 1, "telegram:1", 0.25)]


async def test_costs_count_each_turn_once(database: Database) -> None:
    for at, cost in [(NOW, 0.5), (NOW + 1, 0.25)]:
        await database.write(partial(usage.insert, row=row(at, cost)))
    whole = {"turns": 1, "input": 20, "output": 4, "cacheRead": 14, "cost": 0.75}

    assert await database.read(lambda tx: usage.costs(tx, "session", NOW)) == [{"key": KEY, **whole}]
    spans = [("before", 0, NOW), ("now", NOW, NOW + 2), ("after", NOW + 2, NOW + 9)]
    assert await database.read(lambda tx: usage.costs_of(tx, spans)) == [{"key": "now", **whole}]


async def test_a_row_holds_all_that_costs_are_grouped_by(database: Database) -> None:
    await database.write(lambda tx: usage.insert(tx, row(NOW, 0.002)))

    found = await database.read(lambda tx: tuple(tx.execute("SELECT * FROM usage").fetchone()))
    assert found == (
        iso(NOW),
        "main",
        "anthropic/claude",
        "telegram",
        KEY,
        "t_1",
        10,
        2,
        7,
        1,
        0.002,
        "llm",
        "telegram:1",
    )
