from collections.abc import AsyncIterator

import pytest

from tests.fakes import FakeWhatsApp


@pytest.fixture
async def whatsapp() -> AsyncIterator[FakeWhatsApp]:
    async with FakeWhatsApp() as fake:
        yield fake
