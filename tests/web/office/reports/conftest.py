from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openclaw.store.database import Database, open_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "ledger.sqlite") as opened:
        yield opened
