from functools import partial

import pytest

from openclaw.store import usage
from openclaw.store.database import Database
from openclaw.store.usage import UsageRow
from openclaw.types.clock import iso
from openclaw.types.conversation import Usage
from tests.store.made import KEY, NOW


def row(at: int, cost: float) -> UsageRow:
    return UsageRow(at, "main", "anthropic/claude", "telegram", KEY, "t_1", Usage(10, 2, 7, 1, cost))


async def test_cost_is_counted_from_a_moment_on(database: Database) -> None:
    for at, cost in [(NOW - 1, 4.0), (NOW, 0.5), (NOW + 1, 0.25)]:
        await database.write(partial(usage.insert, row=row(at, cost)))

    assert await database.read(lambda tx: usage.cost_since(tx, NOW)) == pytest.approx(0.75)
    assert await database.read(lambda tx: usage.cost_since(tx, NOW - 1)) == pytest.approx(4.75)


async def test_nothing_costs_nothing(database: Database) -> None:
    cost = await database.read(lambda tx: usage.cost_since(tx, 0))
    assert (cost, type(cost)) == (0.0, float)


async def test_a_row_holds_all_that_costs_are_grouped_by(database: Database) -> None:
    await database.write(lambda tx: usage.insert(tx, row(NOW, 0.002)))

    found = await database.read(lambda tx: tuple(tx.execute("SELECT * FROM usage").fetchone()))
    assert found == (iso(NOW), "main", "anthropic/claude", "telegram", KEY, "t_1", 10, 2, 7, 1, 0.002, "llm")
