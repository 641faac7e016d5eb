from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openclaw.store.database import Database, open_database
from openclaw.store.ledger import Ledger
from tests.store.made import SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "ledger.sqlite") as database:
        yield database


@pytest.fixture
def ledger(database: Database, clock: SetClock) -> Ledger:
    return Ledger(database, clock, "boot_1")
