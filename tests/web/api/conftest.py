from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from openclaw.web.api.phone import phone_routes
from openclaw.web.api.streams import stream_routes
from tests.gateway.phone.switchboard import Telephone


@pytest.fixture
def telephone(tmp_path: Path) -> Telephone:
    return Telephone(tmp_path)


@pytest.fixture
async def http(telephone: Telephone) -> AsyncIterator[AsyncClient]:
    app = Starlette(routes=[*phone_routes(telephone.desk), *stream_routes(telephone.desk)])
    async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1") as http:
        yield http
