from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openclaw.channels.voice import placing, reception, switchboard
from tests.channels.voice.house import Phone, open_phone
from tests.fakes import FakeTwilio


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that only cost time here."""
    monkeypatch.setattr(reception, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(switchboard, "QUIET_SECONDS", 0.02)
    monkeypatch.setattr(placing, "LOOKS", (0.0, 0.01))


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


@pytest.fixture
async def phone(tmp_path: Path, twilio: FakeTwilio) -> AsyncIterator[Phone]:
    async with open_phone(tmp_path, twilio) as phone:
        yield phone
