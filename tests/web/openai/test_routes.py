import subprocess
import sys

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from openclaw.web.config import EndpointConfig, EndpointsConfig
from openclaw.web.openai.routes import openai_routes
from tests.web.fake_house import FakeHouse

OFF = EndpointConfig(enabled=False)
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"


@pytest.mark.parametrize(
    ("endpoints", "there"),
    [
        (EndpointsConfig(), {CHAT, RESPONSES, "/v1/models"}),
        (EndpointsConfig(chat_completions=OFF), {RESPONSES, "/v1/models"}),
        (EndpointsConfig(responses=OFF), {CHAT, "/v1/models"}),
        (EndpointsConfig(chat_completions=OFF, responses=OFF), set()),
    ],
)
async def test_what_is_switched_off_is_not_there(endpoints: EndpointsConfig, there: set[str]) -> None:
    app = Starlette(routes=openai_routes(FakeHouse(), endpoints))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1") as http:
        found = {
            path for path in (CHAT, RESPONSES, "/v1/models") if (await http.get(path)).status_code != 404
        }

    assert found == there


def test_a_start_does_not_load_what_answers() -> None:
    loads = "import sys, openclaw.web.openai.routes; print('openclaw.web.openai.answers' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
