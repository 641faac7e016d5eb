import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from openclaw.web.config import EndpointsConfig
from openclaw.web.desk import Question
from openclaw.web.openai.answers import LARGEST
from openclaw.web.openai.routes import openai_routes
from tests.web.fake_house import NOW, FakeDesk, FakeHouse

HI = {"messages": [{"role": "user", "content": "hi"}]}
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"


async def agrees(desk: FakeDesk, run_id: str) -> None:
    await desk.answer(run_id, "Yes.")


def open_to(house: FakeHouse, endpoints: EndpointsConfig) -> AsyncClient:
    app = Starlette(routes=openai_routes(house, endpoints))
    return AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1")


@pytest.fixture
def house() -> FakeHouse:
    house = FakeHouse()
    house.desk.reply = agrees
    return house


@pytest.fixture
async def http(house: FakeHouse) -> AsyncIterator[AsyncClient]:
    async with open_to(house, EndpointsConfig()) as http:
        yield http


async def asked(http: AsyncClient, house: FakeHouse, body: dict[str, Any], **headers: str) -> Question:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await http.post(CHAT, json=body, headers=named)
    assert answer.status_code == 200, answer.text
    return house.desk.questions[-1]


async def test_a_completion_is_a_question_in_a_conversation_of_its_own(
    http: AsyncClient, house: FakeHouse
) -> None:
    first, second = await asked(http, house, HI), await asked(http, house, {**HI, "model": "openclaw/clerk"})

    assert (first.message, first.agent, first.client) == ("hi", "main", "openai")
    assert first.session_key.startswith("agent:main:openai:")
    assert second.session_key.startswith("agent:clerk:openai:")
    assert first.run_id != second.run_id
    assert first.brought is not None


async def test_what_a_request_says_besides_goes_along(http: AsyncClient, house: FakeHouse) -> None:
    function = {"name": "set_lamp", "parameters": {"type": "object"}}
    body = {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "a"},
            *HI["messages"],
        ],
        "tools": [{"type": "function", "function": function}],
        "tool_choice": "required",
        "user": "Ana",
        "reasoning_effort": "high",
    }

    question = await asked(http, house, body, x_openclaw_agent_id="clerk")

    assert question.brought is not None
    assert question.brought.instructions.startswith("Be brief.\n\nYou must call")
    assert [tool.name for tool in question.brought.tools] == ["set_lamp"]
    assert json.loads(question.brought.lines)["content"] == "a"
    assert (question.session_key, question.agent) == ("agent:clerk:openai-user:ana", "clerk")
    assert question.settings == {"thinkingLevel": "high"}


async def test_the_session_header_comes_first(http: AsyncClient, house: FakeHouse) -> None:
    question = await asked(http, house, {**HI, "user": "ana"}, x_openclaw_session_key="agent:clerk:main")

    assert (question.session_key, question.agent) == ("agent:clerk:main", "clerk")


async def test_the_answers_have_the_forms_of_their_apis(http: AsyncClient) -> None:
    completion = (await http.post(CHAT, json=HI)).json()
    response = (await http.post(RESPONSES, json={"input": "hi", "instructions": "Be brief."})).json()
    streamed = (await http.post(RESPONSES, json={"input": "hi", "stream": True})).text

    assert completion["id"].startswith("chatcmpl_")
    assert completion["choices"][0]["message"]["content"] == "Yes."
    assert (response["id"][:5], response["instructions"]) == ("resp_", "Be brief.")
    assert response["output"][0]["content"][0]["text"] == "Yes."
    assert streamed.startswith("event: response.created\n")


async def test_a_tool_of_our_name_is_refused(http: AsyncClient, house: FakeHouse) -> None:
    def offering(name: str) -> dict[str, Any]:
        return {**HI, "tools": [{"type": "function", "function": {"name": name}}]}

    ours, denied = (
        await http.post(CHAT, json=offering("get_weather")),
        await http.post(CHAT, json=offering("exec")),
    )

    assert (ours.status_code, ours.json()["error"]["param"]) == (400, "tools")
    assert denied.status_code == 200  # ours, but not for this agent


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"{", 400), (b"x" * (LARGEST + 1), 413), (b'{"messages": [], "model": "gpt-4o"}', 400)],
)
async def test_a_body_that_is_none_is_refused(
    http: AsyncClient, house: FakeHouse, content: bytes, status: int
) -> None:
    refused = await http.post(CHAT, content=content)

    assert refused.status_code == status
    assert refused.json()["error"].keys() == {"message", "type", "param", "code"}
    assert house.desk.questions == []


async def test_the_agents_are_listed_as_models(http: AsyncClient) -> None:
    listed = (await http.get("/v1/models")).json()
    one = (await http.get("/v1/models/openclaw%2Fclerk")).json()

    assert [model["id"] for model in listed["data"]] == [
        "openclaw", "openclaw/default", "openclaw/main", "openclaw/clerk",
    ]  # fmt: skip
    assert one == {"id": "openclaw/clerk", "object": "model", "created": NOW // 1000, "owned_by": "openclaw"}
    assert (await http.get("/v1/models/gpt-4o")).json()["error"]["code"] == "model_not_found"
