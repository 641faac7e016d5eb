from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from openclaw.bus import Bus
from openclaw.types.errors import StorageFullError
from openclaw.web.api.sessions import session_routes
from openclaw.web.desk import UnknownKeyError
from tests.web.fake_house import MAIN, FakeDesk

PATH = "/v1/sessions/message"


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk(Bus())


@pytest.fixture
async def http(desk: FakeDesk) -> AsyncIterator[AsyncClient]:
    app = Starlette(routes=session_routes(desk))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1") as http:
        yield http


async def test_a_message_is_taken_at_once_and_its_turn_comes_later(http: AsyncClient, desk: FakeDesk) -> None:
    answer = await http.post(PATH, json={"message": "hi", "agentId": "clerk"})

    (asked,) = desk.questions
    assert answer.status_code == 202
    assert answer.json() == {
        "ok": True,
        "messageId": f"webchat:default:{asked.run_id}",
        "runId": asked.run_id,
    }
    assert (asked.message, asked.session_key, asked.agent, asked.client) == ("hi", "main", "clerk", "http")


async def test_the_same_key_again_is_the_same_run(http: AsyncClient, desk: FakeDesk) -> None:
    headers = {"idempotency-key": "k-1"}
    answers = [await http.post(PATH, json={"message": "hi"}, headers=headers) for _ in range(2)]

    assert [answer.json()["runId"] for answer in answers] == ["k-1", "k-1"]
    assert len(desk.questions) == 1


async def test_a_note_starts_no_turn(http: AsyncClient, desk: FakeDesk) -> None:
    answer = await http.post(PATH, json={"message": "the door is open", "sessionKey": MAIN, "run": False})

    assert (answer.status_code, answer.json()) == (202, {"ok": True, "messageId": "m_1", "runId": None})
    assert desk.runs == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "message"),
        ({"message": ""}, "message"),
        ({"message": " \n"}, "message"),
        ({"message": "x" * 100_001}, "message"),
        ({"message": "hi", "sessionKey": ""}, "sessionKey"),
        ({"message": "hi", "run": "no"}, "run"),
        ({"message": "hi", "operator": True}, "operator"),
    ],
)
async def test_what_is_no_message_is_unprocessable(
    http: AsyncClient, desk: FakeDesk, body: dict[str, Any], field: str
) -> None:
    refused = await http.post(PATH, json=body)

    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert desk.questions == []


async def test_an_overlong_key_is_refused(http: AsyncClient) -> None:
    refused = await http.post(PATH, json={"message": "hi"}, headers={"idempotency-key": "k" * 257})

    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("failing", "status"), [(UnknownKeyError("there is no agent 'x'"), 404), (StorageFullError("full"), 503)]
)
async def test_what_cannot_be_taken_is_told(
    http: AsyncClient, desk: FakeDesk, failing: Exception, status: int
) -> None:
    desk.failing = failing

    assert (await http.post(PATH, json={"message": "hi"})).status_code == status
