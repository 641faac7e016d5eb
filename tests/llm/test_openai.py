from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import anyio
import pytest

from openclaw.llm.chat import ChatModel, Delta, Endpoint, Message, ModelError, Request, ToolSpec
from openclaw.llm.openai import OpenAIModel, provider
from openclaw.types.conversation import Text, Thinking, ToolCall
from openclaw.types.secrets import Secret
from tests.fake.http import Answer
from tests.fake.openai_script import DONE, chunk
from tests.fakes import FakeOpenAI
from tests.llm.asking import RawServer, ask

REQUEST = Request(
    model="gpt-4.1",
    system="You help.",
    messages=(Message("user", (Text("What's the weather like in Sydney?"),)),),
    tools=(ToolSpec("get_weather", "The weather.", {"type": "object"}),),
    context="It is Saturday.",
    headers={"x-openclaw-agent": "main"},
)
HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "x"}
STREAM = {"content-type": "text/event-stream"}


@asynccontextmanager
async def opened(url: str, key: str = FakeOpenAI.key, **headers: str) -> AsyncIterator[ChatModel]:
    model = await provider.open(Endpoint("openai", url, Secret(key), headers))
    try:
        yield model
    finally:
        await model.aclose()


async def failing(url: str, key: str = FakeOpenAI.key, request: Request = REQUEST) -> ModelError:
    async with opened(url, key) as model:
        with pytest.raises(ModelError) as raised:
            await ask(model, request)
    return raised.value


async def test_a_streamed_answer_arrives_whole(openai: FakeOpenAI) -> None:
    openai.reply("It's 22°C and mostly sunny in Sydney today.", thinking="They ask for the weather.")

    async with opened(openai.base_url) as model:
        reply, deltas = await ask(model, REQUEST)

    assert reply.text == "It's 22°C and mostly sunny in Sydney today."
    assert isinstance(reply.blocks[0], Thinking)
    assert (reply.stop, reply.model) == ("end", "openai/gpt-4.1")
    assert reply.request_id.startswith("req_")
    assert min(reply.usage.input, reply.usage.output) > 0
    assert "".join(delta.text for delta in deltas if delta.kind == "text") == reply.text
    assert "".join(delta.text for delta in deltas if delta.kind == "thinking") == "They ask for the weather."


async def test_the_request_has_the_form_of_the_api(openai: FakeOpenAI) -> None:
    async with opened(f"{openai.base_url}/", **{"x-team": "kitchen"}) as model:
        await ask(model, REQUEST)

    sent = openai.requests[0]
    parameters = {"type": "object", "properties": {}}
    function = {"name": "get_weather", "description": "The weather.", "parameters": parameters}
    assert sent.body == {
        "model": "gpt-4.1",
        "max_tokens": 8096,
        "stream": True,
        "stream_options": {"include_usage": True},
        "tools": [{"type": "function", "function": function}],
        "messages": [
            {"role": "system", "content": "You help.\n\nIt is Saturday."},
            {"role": "user", "content": "What's the weather like in Sydney?"},
        ],
    }
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["authorization"] == f"Bearer {FakeOpenAI.key}"
    assert sent.headers["x-openclaw-agent"] == "main"
    assert sent.headers["x-team"] == "kitchen"


async def test_without_an_address_it_is_the_vendor_s_and_the_environment_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-elsewhere")

    async with opened("", "sk-ours") as model:
        assert isinstance(model, OpenAIModel)
        assert str(model._client.base_url) == "https://api.openai.com/v1/"
        assert model._client.headers["authorization"] == "Bearer sk-ours"


async def test_a_server_on_this_machine_is_asked_without_a_key_and_past_any_proxy(
    openai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    openai.keyless = True

    async with opened(openai.base_url, "") as model:
        await ask(model, REQUEST)

    assert "authorization" not in openai.requests[0].headers


async def test_a_tool_call_brings_its_arguments(openai: FakeOpenAI) -> None:
    openai.call_tool("get_weather", {"location": "Sydney", "days": [1, 2]}, "Let me look.", id="call_1")

    async with opened(openai.base_url) as model:
        reply, _ = await ask(model, REQUEST)

    call = ToolCall("call_1", "get_weather", {"location": "Sydney", "days": [1, 2]})
    assert reply.blocks == (Text("Let me look."), call)
    assert reply.stop == "tool_use"


async def test_a_prefix_that_comes_again_is_counted_as_cached(openai: FakeOpenAI) -> None:
    more = (*REQUEST.messages, Message("assistant", (Text("Warm."),)), Message("user", (Text("And Perth?"),)))

    async with opened(openai.base_url) as model:
        first, _ = await ask(model, REQUEST)
        second, _ = await ask(model, replace(REQUEST, messages=more))

    assert first.usage.cache_read == 0
    assert second.usage.cache_read == first.usage.prompt
    assert second.usage.input > 0


async def test_the_connection_is_kept_for_the_next_message(openai: FakeOpenAI) -> None:
    async with opened(openai.base_url) as model:
        await ask(model, REQUEST)
        await ask(model, REQUEST)

        assert len(openai._connections) == 1


@pytest.mark.parametrize("silent", [True, False])
@pytest.mark.parametrize("after", ["start", "text", "tool_json"])
async def test_a_stream_that_is_cut_is_never_an_answer(openai: FakeOpenAI, after: Any, silent: bool) -> None:
    openai.cut(after, silent=silent)

    error = await failing(openai.base_url)

    assert error.fault == ("unreachable" if after == "start" else "cut_off")
    assert error.passing


async def test_an_error_in_the_stream_is_never_an_answer(openai: FakeOpenAI) -> None:
    openai.error_event("server_error", "it broke")

    error = await failing(openai.base_url)

    assert (error.fault, error.detail) == ("overloaded", "it broke")


@pytest.mark.parametrize(
    ("status", "code", "message", "fault"),
    [
        (400, "", "bad tools", "invalid"),
        (400, "context_length_exceeded", "too long", "overflow"),
        (401, "invalid_api_key", "Incorrect API key provided", "auth"),
        (402, "", "pay first", "billing"),
        (403, "", "not yours", "auth"),
        (404, "model_not_found", "no such model", "invalid"),
        (429, "insufficient_quota", "You exceeded your current quota", "billing"),
        (500, "", "oh", "overloaded"),
        (503, "", "busy", "overloaded"),
    ],
)
async def test_a_refusal_is_told_by_kind(
    openai: FakeOpenAI, status: int, code: str, message: str, fault: str
) -> None:
    openai.fail(status, code, message)

    error = await failing(openai.base_url)

    assert error.fault == fault
    assert f"HTTP {status}: {message}" in error.detail
    assert "req_" in error.detail
    assert len(openai.requests) == 1


@pytest.mark.parametrize("header", [("retry-after", "12"), ("x-ratelimit-reset-requests", "12s")])
async def test_the_wait_that_is_asked_for_is_passed_on(openai: FakeOpenAI, header: tuple[str, str]) -> None:
    openai.fail(429, headers=dict([header]))

    error = await failing(openai.base_url)

    assert (error.fault, error.retry_after) == ("rate_limited", 12)


async def test_an_address_that_lacks_its_end_names_the_setting(openai: FakeOpenAI) -> None:
    error = await failing(openai.url)

    assert error.fault == "invalid"
    assert "models.providers.*.baseUrl: /chat/completions is added to it" in error.detail


async def test_what_is_no_address_is_told(openai: FakeOpenAI) -> None:
    with pytest.raises(ModelError, match="is no address") as raised:
        async with opened("http://127.0.0.1:port/v1"):
            pass

    assert raised.value.fault == "invalid"


async def test_nobody_there_is_unreachable(openai: FakeOpenAI) -> None:
    url = openai.base_url
    openai.refuse_connections()

    assert (await failing(url)).fault == "unreachable"


async def test_who_does_not_begin_in_time_is_unreachable(openai: FakeOpenAI) -> None:
    hold = openai.hold()

    error = await failing(openai.base_url, request=replace(REQUEST, begin_within=0.05))
    hold.release()

    assert (error.fault, "did not begin" in error.detail) == ("unreachable", True)


async def test_a_model_that_calls_tools_only_unthinking_is_asked_so_from_then_on(openai: FakeOpenAI) -> None:
    request = replace(REQUEST, model="gpt-6-sol")

    async with opened(openai.base_url) as model:
        for _ in range(2):
            await ask(model, request)
        await ask(model, replace(request, tools=()))

    efforts = [sent.body.get("reasoning_effort") for sent in openai.requests]
    assert efforts == [None, "none", "none", None]
    assert all("max_completion_tokens" in sent.body for sent in openai.requests)


async def test_how_much_to_think_is_asked_for_and_given_up_where_it_is_refused(openai: FakeOpenAI) -> None:
    async with opened(openai.base_url) as model:
        await ask(model, replace(REQUEST, model="gpt-5", thinking="high"))
        await ask(model, replace(REQUEST, model="gpt-5", thinking="off"))
        reply, _ = await ask(model, replace(REQUEST, model="gpt-4o", thinking="high"))

    efforts = [sent.body.get("reasoning_effort") for sent in openai.requests]
    assert efforts == ["high", "none", "minimal", "high", "none", None]
    assert reply.text.startswith("ok:")


async def test_a_model_that_cannot_call_tools_here_says_so(openai: FakeOpenAI) -> None:
    error = await failing(openai.base_url, request=replace(REQUEST, model="gpt-6-astra"))

    assert error.fault == "invalid"
    assert "/v1/responses" in error.detail
    assert len(openai.requests) == 2


@pytest.mark.parametrize(
    ("kind", "body", "fault", "words"),
    [
        ("text/html", b"<html>Log in to this network</html>", "invalid", "text/html, not with a stream"),
        ("application/json", b'{"choices": []}', "invalid", "baseUrl"),
        (
            "application/json",
            b'{"error": {"code": 502, "message": "no provider"}}',
            "overloaded",
            "no provider",
        ),
    ],
)
async def test_what_is_no_stream_is_no_answer(kind: str, body: bytes, fault: str, words: str) -> None:
    async def play(answer: Answer) -> None:
        answer.send(200, body, {"content-type": kind})

    async with RawServer(play) as server:
        error = await failing(server.url)

    assert error.fault == fault
    assert words in error.detail


async def test_a_key_does_not_follow_a_redirect(openai: FakeOpenAI) -> None:
    async def play(answer: Answer) -> None:
        answer.send(307, b"", {"location": f"{openai.base_url}/chat/completions"})

    async with RawServer(play) as server:
        error = await failing(server.url)

    assert error.fault == "invalid"
    assert openai.base_url in error.detail
    assert openai.requests == []


@pytest.mark.parametrize("data", [b"{half", b"\xff\xfe", b"[1]"])
async def test_a_chunk_that_is_no_object_is_a_broken_stream(data: bytes) -> None:
    async def play(answer: Answer) -> None:
        answer.start(200, STREAM)
        await answer.write(chunk(HEAD, {"content": "Well"}))
        await answer.write(b"data: " + data + b"\n\n")
        answer.finish()

    async with RawServer(play) as server:
        assert (await failing(server.url)).fault == "cut_off"


@pytest.mark.parametrize(
    "end",
    [
        DONE,
        b"",  # no [DONE], but a clean end
        DONE.rstrip(),  # no empty line behind it
        DONE + chunk(HEAD, {"content": " and more"}),
    ],
)
async def test_a_finished_reply_may_end_in_every_way(end: bytes) -> None:
    async def play(answer: Answer) -> None:
        answer.start(200, STREAM)
        await answer.write(chunk(HEAD, {"content": "Warm."}) + chunk(HEAD, {}, "stop"))
        if end:
            await answer.write(end)
        answer.finish()

    async with RawServer(play) as server, opened(server.url) as model:
        assert (await ask(model, REQUEST))[0].text == "Warm."


@pytest.mark.parametrize("open", [True, False])
async def test_after_done_it_does_not_matter_how_the_stream_goes_on(open: bool) -> None:
    left = anyio.Event()

    async def play(answer: Answer) -> None:
        answer.start(200, STREAM)
        await answer.write(chunk(HEAD, {"content": "Warm."}) + chunk(HEAD, {}, "stop") + DONE)
        await (left.wait() if open else answer.cut())

    async with RawServer(play) as server, opened(server.url) as model:
        with anyio.fail_after(5):
            reply, _ = await ask(model, REQUEST)
        left.set()

    assert reply.text == "Warm."


async def test_a_turn_that_is_cancelled_lets_go_of_its_request() -> None:
    gone = anyio.Event()

    async def play(answer: Answer) -> None:
        answer.start(200, STREAM)
        await answer.write(chunk(HEAD, {"content": "Well"}))
        try:
            while True:
                await answer.write(b": PROCESSING\n\n")
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


async def test_a_watcher_that_fails_is_not_taken_for_the_model(openai: FakeOpenAI) -> None:
    openai.reply("It's warm.")

    async def fail(delta: Delta) -> None:
        raise ValueError("our own bug")

    async with opened(openai.base_url) as model:
        with pytest.raises(ValueError, match="our own bug"):
            await model.ask(REQUEST, fail)
        reply, _ = await ask(model, REQUEST)

    assert reply.text.startswith("ok:")


async def test_turns_at_once_share_a_client(openai: FakeOpenAI) -> None:
    texts: list[str] = []
    hold = openai.hold()

    async def one(model: ChatModel, number: int) -> None:
        asked = replace(REQUEST, messages=(Message("user", (Text(f"number {number}"),)),))
        texts.append((await ask(model, asked))[0].text)

    async with opened(openai.base_url) as model, anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(one, model, number)
        await openai.wait_requests(20)
        hold.release()

    assert sorted(texts) == sorted(f"ok: number {number}" for number in range(20))


async def test_warming_loads_the_library_off_the_loop() -> None:
    await provider.warm()
