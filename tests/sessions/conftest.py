from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openclaw.store.ledger import Ledger
from tests.sessions.living import Disk
from tests.store.made import SetClock, open_ledger


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def ledger(tmp_path: Path, clock: SetClock) -> AsyncIterator[Ledger]:
    async with open_ledger(tmp_path / "ledger.sqlite", clock) as ledger:
        yield ledger


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)
