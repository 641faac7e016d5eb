from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import anyio
import pytest

from openclaw.llm.anthropic import AnthropicModel, provider
from openclaw.llm.chat import ChatModel, Delta, Endpoint, Message, ModelError, Request, ToolSpec
from openclaw.types.conversation import Text, Thinking, ToolCall
from openclaw.types.secrets import Secret
from tests.fake.anthropic_script import end_events, event, start_event
from tests.fake.http import Answer
from tests.fakes import FakeAnthropic
from tests.llm.asking import RawServer, ask

REQUEST = Request(
    model="claude-opus-4-6",
    system="You help.",
    messages=(Message("user", (Text("What's the weather like in Sydney?"),)),),
    tools=(ToolSpec("get_weather", "The weather.", {"type": "object"}),),
    context="It is Saturday.",
    headers={"x-openclaw-agent": "main"},
)


@asynccontextmanager
async def opened(url: str, key: str = FakeAnthropic.key, **headers: str) -> AsyncIterator[ChatModel]:
    model = await provider.open(Endpoint("anthropic", url, Secret(key), headers))
    try:
        yield model
    finally:
        await model.aclose()


async def failing(url: str, key: str = FakeAnthropic.key) -> ModelError:
    async with opened(url, key) as model:
        with pytest.raises(ModelError) as raised:
            await ask(model, REQUEST)
    return raised.value


async def test_a_streamed_answer_arrives_whole(anthropic: FakeAnthropic) -> None:
    anthropic.reply("It's 22°C and mostly sunny in Sydney today.", thinking="They ask for the weather.")

    async with opened(anthropic.url) as model:
        reply, deltas = await ask(model, REQUEST)

    assert reply.text == "It's 22°C and mostly sunny in Sydney today."
    assert isinstance(reply.blocks[0], Thinking)
    assert reply.blocks[0].signature
    assert (reply.stop, reply.model) == ("end", "anthropic/claude-opus-4-6")
    assert reply.request_id.startswith("req_")
    assert reply.usage.output > 0
    assert reply.usage.cache_write > 0
    assert "".join(delta.text for delta in deltas if delta.kind == "text") == reply.text
    assert "".join(delta.text for delta in deltas if delta.kind == "thinking") == "They ask for the weather."


async def test_the_request_has_the_form_of_the_messages_api(anthropic: FakeAnthropic) -> None:
    async with opened(anthropic.url, **{"x-team": "kitchen"}) as model:
        await ask(model, REQUEST)

    sent = anthropic.requests[0]
    assert sent.body == {
        "model": "claude-opus-4-6",
        "max_tokens": 8096,
        "stream": True,
        "tools": [{"name": "get_weather", "description": "The weather.", "input_schema": {"type": "object"}}],
        "system": [
            {"type": "text", "text": "You help.", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "It is Saturday."},
        ],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "What's the weather like in Sydney?"}]}
        ],
    }
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["x-openclaw-agent"] == "main"
    assert sent.headers["x-team"] == "kitchen"
    assert sent.headers["anthropic-version"]


async def test_a_proxy_gets_the_key_in_both_headers(anthropic: FakeAnthropic) -> None:
    async with opened(anthropic.url) as model:
        await ask(model, REQUEST)

    headers = anthropic.requests[0].headers
    assert headers["authorization"] == f"Bearer {FakeAnthropic.key}"
    assert headers["x-api-key"] == FakeAnthropic.key


async def test_the_vendor_gets_the_key_once_and_the_environment_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-from-elsewhere")

    async with opened("", "sk-ours") as model:
        assert isinstance(model, AnthropicModel)
        client = model._client
        assert client.base_url.host == "api.anthropic.com"
        assert client.api_key == "sk-ours"
        assert "X-Api-Key" not in client.default_headers


async def test_a_tool_call_brings_its_arguments(anthropic: FakeAnthropic) -> None:
    anthropic.call_tool("get_weather", {"location": "Sydney", "days": [1, 2]}, id="toolu_01Abc")

    async with opened(anthropic.url) as model:
        reply, _ = await ask(model, REQUEST)

    assert reply.blocks == (ToolCall("toolu_01Abc", "get_weather", {"location": "Sydney", "days": [1, 2]}),)
    assert reply.stop == "tool_use"


async def test_the_connection_is_kept_for_the_next_message(anthropic: FakeAnthropic) -> None:
    async with opened(anthropic.url) as model:
        await ask(model, REQUEST)
        await ask(model, REQUEST)

        assert len(anthropic._connections) == 1


@pytest.mark.parametrize("silent", [True, False])
@pytest.mark.parametrize("after", ["start", "text", "tool_json"])
async def test_a_stream_that_is_cut_is_never_an_answer(
    anthropic: FakeAnthropic, after: Any, silent: bool
) -> None:
    anthropic.cut(after, silent=silent)

    error = await failing(anthropic.url)

    assert error.fault == ("unreachable" if after == "start" else "cut_off")
    assert error.passing


@pytest.mark.parametrize(
    ("kind", "fault"), [("overloaded_error", "overloaded"), ("invalid_request_error", "invalid")]
)
async def test_an_error_event_is_never_an_answer(anthropic: FakeAnthropic, kind: str, fault: str) -> None:
    anthropic.error_event(kind)

    assert (await failing(anthropic.url)).fault == fault


@pytest.mark.parametrize(
    ("status", "kind", "message", "fault"),
    [
        (400, "invalid_request_error", "tools.0: bad", "invalid"),
        (400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum", "overflow"),
        (401, "authentication_error", "invalid x-api-key", "auth"),
        (402, "billing_error", "pay first", "billing"),
        (403, "permission_error", "not yours", "auth"),
        (404, "not_found_error", "model: x", "invalid"),
        (413, "request_too_large", "too large", "overflow"),
        (500, "api_error", "oh", "overloaded"),
        (529, "overloaded_error", "Overloaded", "overloaded"),
    ],
)
async def test_a_refusal_is_told_by_kind(
    anthropic: FakeAnthropic, status: int, kind: str, message: str, fault: str
) -> None:
    anthropic.fail(status, kind, message)

    error = await failing(anthropic.url)

    assert error.fault == fault
    assert f"HTTP {status}: {message}" in error.detail
    assert "req_" in error.detail
    assert len(anthropic.requests) == 1


async def test_the_wait_that_is_asked_for_is_passed_on(anthropic: FakeAnthropic) -> None:
    anthropic.fail(429, headers={"retry-after": "12"})

    error = await failing(anthropic.url)

    assert (error.fault, error.retry_after) == ("rate_limited", 12)


async def test_a_wrong_key_is_refused(anthropic: FakeAnthropic) -> None:
    anthropic.refused_keys.add("sk-wrong")

    error = await failing(anthropic.url, "sk-wrong")

    assert error.fault == "auth"
    assert "sk-wrong" not in str(error)


async def test_nobody_there_is_unreachable(anthropic: FakeAnthropic) -> None:
    url = anthropic.url
    anthropic.refuse_connections()

    assert (await failing(url)).fault == "unreachable"


async def test_a_page_instead_of_a_stream_names_the_setting() -> None:
    async def play(answer: Answer) -> None:
        answer.send(200, b"<html>Log in to this network</html>", {"content-type": "text/html"})

    async with RawServer(play) as server:
        error = await failing(server.url)

    assert error.fault == "invalid"
    assert "text/html" in error.detail
    assert "baseUrl" in error.detail


async def test_a_key_does_not_follow_a_redirect(anthropic: FakeAnthropic) -> None:
    async def play(answer: Answer) -> None:
        answer.send(307, b"", {"location": f"{anthropic.url}/v1/messages"})

    async with RawServer(play) as server:
        error = await failing(server.url)

    assert error.fault == "invalid"
    assert anthropic.url in error.detail
    assert anthropic.requests == []


@pytest.mark.parametrize("data", [b"{half", b"\xff\xfe", b"[1]"])
async def test_an_event_that_is_no_object_is_a_broken_stream(data: bytes) -> None:
    async def play(answer: Answer) -> None:
        answer.start(200, {"content-type": "text/event-stream"})
        await answer.write(start_event("msg_1", "x", {"input_tokens": 1}))
        await answer.write(b"event: content_block_start\ndata: " + data + b"\n\n")
        answer.finish()

    async with RawServer(play) as server:
        assert (await failing(server.url)).fault == "cut_off"


async def test_events_may_come_a_byte_at_a_time_and_without_names() -> None:
    block = {"index": 0, "content_block": {"type": "text", "text": "Zoë 🌊"}}
    events = start_event("msg_1", "x", {"input_tokens": 1}) + event("content_block_start", block)
    events += event("content_block_stop", {"index": 0}) + end_events("end_turn", {"output_tokens": 2})
    nameless = b"\n".join(line for line in events.split(b"\n") if not line.startswith(b"event:"))

    async def play(answer: Answer) -> None:
        answer.start(200, {"content-type": "text/event-stream"})
        for byte in nameless:
            await answer.write(bytes([byte]))
        answer.finish()

    async with RawServer(play) as server, opened(server.url) as model:
        reply, _ = await ask(model, REQUEST)

    assert reply.text == "Zoë 🌊"


async def test_a_turn_that_is_cancelled_lets_go_of_its_request() -> None:
    gone = anyio.Event()

    async def play(answer: Answer) -> None:
        answer.start(200, {"content-type": "text/event-stream"})
        await answer.write(start_event("msg_1", "x", {"input_tokens": 1}))
        await answer.write(
            event("content_block_start", {"index": 0, "content_block": {"type": "text", "text": "Well"}})
        )
        try:
            while True:
                await answer.write(event("ping", {}))
                await anyio.lowlevel.checkpoint()
        except ConnectionError:
            gone.set()

    async with RawServer(play) as server, opened(server.url) as model:
        async with anyio.create_task_group() as group:

            async def stop(delta: Delta) -> None:
                group.cancel_scope.cancel()

            group.start_soon(model.ask, REQUEST, stop)
        with anyio.fail_after(5):
            await gone.wait()


async def test_a_watcher_that_fails_is_not_taken_for_the_model(anthropic: FakeAnthropic) -> None:
    anthropic.reply("It's warm.")

    async def fail(delta: Delta) -> None:
        raise ValueError("our own bug")

    async with opened(anthropic.url) as model:
        with pytest.raises(ValueError, match="our own bug"):
            await model.ask(REQUEST, fail)
        reply, _ = await ask(model, REQUEST)

    assert reply.text.startswith("ok:")


async def test_turns_at_once_share_a_client(anthropic: FakeAnthropic) -> None:
    texts: list[str] = []
    hold = anthropic.hold()

    async def one(model: ChatModel, number: int) -> None:
        reply, _ = await ask(
            model, replace(REQUEST, messages=(Message("user", (Text(f"number {number}"),)),))
        )
        texts.append(reply.text)

    async with opened(anthropic.url) as model, anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(one, model, number)
        await anthropic.wait_requests(20)
        hold.release()

    assert sorted(texts) == sorted(f"ok: number {number}" for number in range(20))


async def test_warming_loads_the_library_off_the_loop() -> None:
    await provider.warm()
    await provider.warm()
