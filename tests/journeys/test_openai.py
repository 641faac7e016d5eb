"""The walkthrough again, with a model that is reached through OpenAI's Chat Completions API."""

import json
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import FakeOpenAI, FakeOpenMeteo, FakeTelegram

QUESTION = "What's the weather like in Sydney?"
ANSWER = "It's currently **22°C** (feels like 20°C) and partly cloudy in Sydney."


@pytest.fixture
def openai_config(telegram: FakeTelegram, openai: FakeOpenAI, openmeteo: FakeOpenMeteo) -> dict[str, Any]:
    weather = {"geocodingBaseUrl": openmeteo.url, "forecastBaseUrl": openmeteo.url}
    return {
        "agents": {"defaults": {"model": "openai/gpt-5.2", "userTimezone": "Australia/Sydney"}},
        "channels": {
            "telegram": {"botToken": telegram.token, "apiRoot": telegram.url, "allowFrom": [821071206]}
        },
        "models": {"providers": {"openai": {"baseUrl": openai.base_url, "apiKey": openai.key}}},
        "skills": {"entries": {"weather": {"config": weather}}},
    }


async def test_the_weather_in_sydney_by_a_model_of_openai_s(
    make_daemon: MakeDaemon, openai_config: dict[str, Any], telegram: FakeTelegram, openai: FakeOpenAI
) -> None:
    openai.call_tool("get_weather", {"location": "Sydney"}, id="call_1")
    openai.reply(ANSWER)
    daemon = make_daemon(openai_config)
    await daemon.start()

    telegram.say(QUESTION)
    (sent,) = await telegram.wait_sent(1)

    assert "22°C" in sent.text
    first, second = (request.body for request in openai.requests)
    _check_requests(first, second)
    assert openai.requests[0].headers["authorization"] == f"Bearer {openai.key}"

    trace = (await daemon.cli("trace", "last", "--json")).json()
    asked = [span for span in trace["spans"] if span["name"] == "llm"]
    assert [span["stop"] for span in asked] == ["tool_use", "end"]
    assert asked[1]["cacheRead"] > 0
    assert trace["outcome"] == "answered"

    assert await daemon.stop() == 0
    _, question, called, ran, answered = daemon.transcript()
    assert question["content"] == QUESTION
    assert called["content"][-1]["type"] == "tool_use"
    assert called["model"] == "openai/gpt-5.2"
    assert called["usage"]["cost"] > 0
    assert ran["content"][0]["tool_use_id"] == called["content"][-1]["id"] == "call_1"
    assert answered["content"] == ANSWER


def _check_requests(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert first["model"] == "gpt-5.2"
    assert first["stream_options"] == {"include_usage": True}
    assert [message["role"] for message in first["messages"]] == ["system", "user"]
    assert '<skill name="weather">' in first["messages"][0]["content"]
    assert QUESTION in first["messages"][1]["content"]
    assert second["tools"] == first["tools"]
    assert second["messages"][:2] == first["messages"]
    called, result = second["messages"][2:]
    (call,) = called["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"location": "Sydney"}
    assert (result["role"], result["tool_call_id"]) == ("tool", call["id"])
    assert "22" in result["content"]


async def test_a_model_server_on_this_machine_needs_no_key(
    make_daemon: MakeDaemon, openai_config: dict[str, Any], telegram: FakeTelegram, openai: FakeOpenAI
) -> None:
    openai.keyless = True
    openai.thought_field = "reasoning"
    openai.counts_usage = False
    openai.reply("Warm.", thinking="They ask for the weather.")
    openai_config["models"]["providers"] = {
        "ollama": {"api": "openai-completions", "baseUrl": openai.base_url}
    }
    openai_config["agents"]["defaults"]["model"] = "ollama/Qwen3:8b"
    daemon = make_daemon(openai_config)
    await daemon.start()

    telegram.say(QUESTION)
    (sent,) = await telegram.wait_sent(1)

    assert sent.text == "Warm."
    (request,) = openai.requests
    assert request.body["model"] == "Qwen3:8b"
    assert "authorization" not in request.headers
    assert await daemon.stop() == 0
    assert daemon.sessions_json()["agent:main:main"]["totalTokens"] > 500
