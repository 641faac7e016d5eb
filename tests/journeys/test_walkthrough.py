"""One message from Telegram to Claude and back, followed at every place where it can be seen from outside."""

import re
from typing import Any

from tests.conftest import MakeDaemon
from tests.fakes import FakeAnthropic, FakeOpenMeteo, FakeTelegram

QUESTION = "What's the weather like in Sydney?"
ANSWER = "It's currently **22°C** (feels like 20°C) and partly cloudy in Sydney."
OWNER = 821071206


async def test_the_weather_in_sydney(
    make_daemon: MakeDaemon,
    daemon_config: dict[str, Any],
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
    openmeteo: FakeOpenMeteo,
) -> None:
    """The seed's walkthrough: two requests, one tool, one reply, four transcript lines, counters, a trace."""
    daemon_config["agents"] = {
        "defaults": {"model": "anthropic/claude-sonnet-4-6", "userTimezone": "Australia/Sydney"}
    }
    anthropic.call_tool("get_weather", {"location": "Sydney"})
    anthropic.reply(ANSWER)
    daemon = make_daemon(daemon_config)
    await daemon.start()

    telegram.say(QUESTION)
    (sent,) = await telegram.wait_sent(1)

    assert sent.parse_mode == "HTML"
    assert "22°C" in sent.text
    (call,) = telegram.called("sendMessage")
    assert "<b>22°C</b>" in call.params["text"]
    assert [call.method for call in telegram.calls if call.method == "sendChatAction"]
    first, second = anthropic.requests
    _check_first_request(first.body)
    _check_second_request(first.body, second.body)

    assert await daemon.stop() == 0
    _check_transcript(daemon.transcript())
    entry = daemon.sessions_json()["agent:main:main"]
    assert entry["sessionId"] == daemon.transcript()[0]["id"]
    assert entry["channel"] == entry["lastChannel"] == "telegram"
    assert entry["lastTo"] == str(OWNER)
    assert entry["model"] == "anthropic/claude-sonnet-4-6"
    assert entry["inputTokens"] > 0
    assert entry["outputTokens"] > 0
    assert entry["totalTokens"] > entry["outputTokens"]
    assert entry["contextTokens"] >= 200_000

    trace = (await daemon.cli("trace", "last", "--json")).json()
    names = [span["name"] for span in trace["spans"]]
    assert [name for name in names if name not in {"prompt", "model", "queued"}] == [
        "received", "stored", "authorised", "session", "llm", "tool", "llm", "transcript", "send",
    ]  # fmt: skip
    asked = [span for span in trace["spans"] if span["name"] == "llm"]
    assert all({"model", "input", "output", "cacheRead", "cost"} <= span.keys() for span in asked)
    tool = next(span for span in trace["spans"] if span["name"] == "tool")
    assert (tool["tool"], tool["ok"]) == ("get_weather", True)
    assert trace["outcome"] == "answered"
    assert trace["session"] == "agent:main:main"


def _check_first_request(body: dict[str, Any]) -> None:
    assert body["model"] == "claude-sonnet-4-6"
    assert body["max_tokens"] == 8096
    assert body["stream"] is True
    assert body["system"][0]["cache_control"] == {"type": "ephemeral"}
    system = body["system"][0]["text"]
    for expected in (
        '<skill name="weather">', "<available_skills>", "AGENTS.md", "SOUL.md", "TOOLS.md", "USER.md", "IDENTITY.md",
        "Australia/Sydney", "anthropic/claude-sonnet-4-6", "get_weather",
    ):  # fmt: skip
        assert expected in system, expected
    (tool,) = [tool for tool in body["tools"] if tool["name"] == "get_weather"]
    assert tool["input_schema"]["properties"]["location"]["type"] == "string"
    assert tool["input_schema"]["required"] == ["location"]
    (message,) = body["messages"]
    assert message["role"] == "user"
    text = message["content"][-1]["text"]
    marker = re.fullmatch(
        r'<<<EXTERNAL_UNTRUSTED_CONTENT id="([0-9a-f]+)">>>\n(Source: [^\n]*)\n(.*)\n'
        r'<<<END_EXTERNAL_UNTRUSTED_CONTENT id="\1">>>',
        text,
        re.DOTALL,
    )
    assert marker is not None, text
    assert QUESTION in marker[3]
    assert "the owner" in marker[2]


def _check_second_request(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert second["system"] == first["system"]
    assert second["tools"] == first["tools"]
    assert second["messages"][0] == first["messages"][0]
    assistant, results = second["messages"][1:]
    (call,) = [block for block in assistant["content"] if block["type"] == "tool_use"]
    assert (call["name"], call["input"]) == ("get_weather", {"location": "Sydney"})
    (result,) = [block for block in results["content"] if block["type"] == "tool_result"]
    assert result["tool_use_id"] == call["id"]
    for field in ("location", "temperature", "feels_like", "condition", "humidity", "wind_kph"):
        assert field in str(result["content"])
    assert "22" in str(result["content"])


def _check_transcript(lines: list[dict[str, Any]]) -> None:
    header, asked, called, ran, answered = lines
    assert (header["type"], header["version"], header["key"]) == ("session", 1, "agent:main:main")
    assert (asked["role"], asked["content"], asked["from"]) == ("user", QUESTION, f"telegram:{OWNER}")
    assert asked["trace"].startswith("t_")
    assert (called["role"], called["content"][-1]["type"]) == ("assistant", "tool_use")
    assert called["model"] == "anthropic/claude-sonnet-4-6"
    assert {"input", "output", "cacheRead", "cacheWrite", "cost"} <= called["usage"].keys()
    assert called["usage"]["cost"] > 0
    assert (ran["role"], ran["content"][0]["type"]) == ("tool", "tool_result")
    assert ran["content"][0]["tool_use_id"] == called["content"][-1]["id"]
    assert (answered["role"], answered["content"]) == ("assistant", ANSWER)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"]) for line in lines)
    assert all(line["id"].startswith("m_") for line in lines[1:])


async def test_the_next_turn_replays_the_first_byte_for_byte(
    make_daemon: MakeDaemon, daemon_config: dict[str, Any], telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    """What was sent once is sent again unchanged, also after a restart, so that the provider's cache is hit."""
    daemon = make_daemon(daemon_config)
    await daemon.start()
    telegram.say("one")
    await telegram.wait_sent(1)
    telegram.say("two")
    await telegram.wait_sent(2)
    await daemon.stop()
    await daemon.start()
    telegram.say("three")
    await telegram.wait_sent(3)

    first, second, third = (_without_cache_marks(request.body["messages"]) for request in anthropic.requests)
    assert second[: len(first)] == first
    assert third[: len(second)] == second
    marked = [
        number
        for number, message in enumerate(anthropic.requests[2].body["messages"])
        if any("cache_control" in block for block in message["content"])
    ]
    assert marked == [len(third) - 2]  # the last earlier turn


def _without_cache_marks(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            **message,
            "content": [{k: v for k, v in b.items() if k != "cache_control"} for b in message["content"]],
        }
        for message in messages
    ]
