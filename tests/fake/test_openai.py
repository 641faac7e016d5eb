"""The fake Chat Completions API, shown with the vendor's SDK."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx2 import RemoteProtocolError
from openai import APIConnectionError, APIError, APIStatusError, AsyncOpenAI

from tests.fakes import Cut, Failure, FakeOpenAI, Reply, ToolUse, fetch

PARAMETERS = {"type": "object", "properties": {"location": {"type": "string"}}}
WEATHER: Any = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}
USER = {"role": "user", "content": "hi"}


@pytest.fixture
async def client(openai: FakeOpenAI) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key=openai.key, base_url=openai.base_url, max_retries=0) as client:
        yield client


async def final(client: AsyncOpenAI, *messages: dict[str, Any], **more: Any) -> Any:
    """The whole completion, put together by the SDK from a stream."""
    given: Any = messages or (USER,)
    asked = {"model": "gpt-4.1", "messages": given, "tools": [WEATHER], **more}
    async with client.chat.completions.stream(stream_options={"include_usage": True}, **asked) as stream:
        return await stream.get_final_completion()


async def test_an_empty_script_repeats_the_newest_user_text(openai: FakeOpenAI, client: AsyncOpenAI) -> None:
    done = await final(client)

    assert done.choices[0].message.content == "ok: hi"
    assert done.choices[0].finish_reason == "stop"
    assert done.usage.completion_tokens > 0
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens
    assert openai.requests[0].headers["authorization"] == f"Bearer {openai.key}"


async def test_markers_are_taken_off_before_the_text_is_repeated(client: AsyncOpenAI) -> None:
    wrapped = (
        '<<<EXTERNAL_UNTRUSTED_CONTENT id="abc">>>\nSource: telegram\n---\nhello\nthere\n'
        '<<<END_EXTERNAL_UNTRUSTED_CONTENT id="abc">>>'
    )
    done = await final(client, {"role": "user", "content": wrapped})
    assert done.choices[0].message.content == "ok: hello\nthere"


async def test_scripted_answers_come_in_order(openai: FakeOpenAI, client: AsyncOpenAI) -> None:
    openai.reply("thought about it", thinking="Hm.")
    openai.call_tools(
        [("get_weather", {"location": "Sydney"}), ("get_weather", {"location": "Perth"})], "So:"
    )

    first, second = [(await final(client)).choices[0] for _ in range(2)]

    assert first.message.content == "thought about it"
    assert first.message.reasoning_content == "Hm."
    assert second.message.content == "So:"
    assert second.finish_reason == "tool_calls"
    one, other = second.message.tool_calls
    assert one.function.name == "get_weather"
    assert other.function.arguments == '{"location": "Perth"}'
    assert one.id != other.id


async def test_a_request_that_does_not_stream_gets_json(openai: FakeOpenAI, client: AsyncOpenAI) -> None:
    openai.script(Reply("whole", [ToolUse("get_weather", {"location": "Sydney"})]))
    done = await client.chat.completions.create(
        model="gpt-4.1", messages=[{"role": "user", "content": "hi"}], tools=[WEATHER]
    )
    assert done.choices[0].message.content == "whole"
    assert done.choices[0].message.tool_calls is not None
    assert done.usage is not None
    assert done._request_id


async def test_usage_comes_in_a_chunk_of_its_own_only_when_it_is_asked_for(
    openai: FakeOpenAI, client: AsyncOpenAI
) -> None:
    async def chunks(**more: Any) -> list[Any]:
        given: Any = [USER]
        stream = await client.chat.completions.create(model="gpt-4.1", messages=given, stream=True, **more)
        return [chunk async for chunk in stream]

    plain, counted = await chunks(), await chunks(stream_options={"include_usage": True})

    assert [chunk.usage for chunk in plain] == [None] * len(plain)
    assert counted[-1].choices == []
    assert counted[-1].usage.prompt_tokens > 0
    assert len({chunk.id for chunk in counted}) == 1


async def test_failures_carry_code_and_headers(openai: FakeOpenAI, client: AsyncOpenAI) -> None:
    openai.fail(429, headers={"retry-after": "3"}, times=2)
    for _ in range(2):
        with pytest.raises(APIStatusError) as refused:
            await final(client)
        assert (refused.value.status_code, refused.value.code) == (429, "rate_limit_exceeded")
        assert refused.value.response.headers["retry-after"] == "3"
        assert refused.value.request_id
    assert (await final(client)).choices[0].finish_reason == "stop"


async def test_no_key_and_a_refused_key_get_401(openai: FakeOpenAI, client: AsyncOpenAI) -> None:
    url = f"{openai.base_url}/chat/completions"
    assert (await fetch("POST", url, body=b"{}"))[0] == 401
    openai.keyless = True
    assert (await fetch("POST", url, body=b"{}"))[0] == 400
    openai.keyless = False
    openai.refused_keys.add(openai.key)
    with pytest.raises(APIStatusError) as refused:
        await final(client)
    assert (refused.value.status_code, refused.value.code) == (401, "invalid_api_key")


async def test_an_unknown_model_and_an_unknown_address_get_404(
    openai: FakeOpenAI, client: AsyncOpenAI
) -> None:
    openai.models = {"gpt-5"}
    with pytest.raises(APIStatusError) as refused:
        await final(client)
    assert (refused.value.status_code, refused.value.code) == (404, "model_not_found")
    with pytest.raises(APIStatusError) as lost:
        await client.models.list()
    assert lost.value.status_code == 404


@pytest.mark.parametrize("after", ["text", "tool_json"])
async def test_a_stream_that_just_ends_is_noticed_by_nobody(
    openai: FakeOpenAI, client: AsyncOpenAI, after: Any
) -> None:
    openai.cut(after)
    given: Any = [USER]
    stream = await client.chat.completions.create(
        model="gpt-4.1", messages=given, tools=[WEATHER], stream=True
    )
    chunks = [chunk async for chunk in stream]
    assert chunks
    assert all(chunk.choices[0].finish_reason is None for chunk in chunks)


@pytest.mark.parametrize("after", ["text", "tool_json"])
async def test_a_stream_can_be_cut_by_a_broken_connection(
    openai: FakeOpenAI, client: AsyncOpenAI, after: Any
) -> None:
    openai.cut(after, silent=False)
    with pytest.raises((APIConnectionError, RemoteProtocolError)):
        await final(client)


async def test_a_connection_can_be_cut_before_any_event(openai: FakeOpenAI, client: AsyncOpenAI) -> None:
    openai.script(Cut("start"))
    with pytest.raises(APIConnectionError):
        await final(client)


async def test_an_error_in_the_stream_is_raised(openai: FakeOpenAI, client: AsyncOpenAI) -> None:
    openai.error_event("server_error", "The server had an error")
    with pytest.raises(APIError, match="The server had an error") as broken:
        await final(client)
    assert broken.value.code == "server_error"


async def test_requests_under_way_at_once_are_counted(openai: FakeOpenAI, client: AsyncOpenAI) -> None:
    first, second = openai.hold(), openai.hold()
    asking = [asyncio.ensure_future(final(client)) for _ in range(2)]
    await first.entered.wait()
    await second.entered.wait()
    first.release()
    second.release()
    await asyncio.gather(*asking)
    assert openai.peak == 2


async def test_a_function_may_answer(openai: FakeOpenAI, client: AsyncOpenAI) -> None:
    openai.answer_with(lambda body: Failure(503, "", "busy") if body["model"] == "gpt-4.1" else None)
    with pytest.raises(APIStatusError):
        await final(client)
    assert (await final(client, model="gpt-4o")).choices[0].message.content == "ok: hi"


async def test_a_repeated_prefix_is_read_from_the_cache(client: AsyncOpenAI) -> None:
    system = {"role": "system", "content": "You are kind. " * 50}
    first = await final(client, system, USER)
    second = await final(client, system, {"role": "user", "content": "other"})
    assert first.usage.prompt_tokens_details.cached_tokens == 0
    assert 100 < second.usage.prompt_tokens_details.cached_tokens < second.usage.prompt_tokens


def call(name: str = "c1", **more: Any) -> dict[str, Any]:
    function = {"name": "get_weather", "arguments": "{}", **more}
    calls = [{"id": name, "type": "function", "function": function}]
    return {"role": "assistant", "content": None, "tool_calls": calls}


RESULT = {"role": "tool", "tool_call_id": "c1", "content": "22"}


@pytest.mark.parametrize(
    ("messages", "refusal"),
    [
        ([{"role": "robot", "content": "x"}], "Invalid value: 'robot'"),
        ([USER, call(), USER], "did not have response messages: c1"),
        ([USER, call()], "did not have response messages: c1"),
        ([USER, RESULT], "must be a response to a preceeding message"),
        ([USER, call(), RESULT, RESULT], "must be a response to a preceeding message"),
        ([USER, {"role": "assistant", "content": None}], "got null"),
        ([USER, call("c" * 41)], "string too long"),
        ([USER, call(arguments={})], "expected a string"),
    ],
)
async def test_a_history_that_the_api_would_refuse_is_refused(
    client: AsyncOpenAI, messages: list[dict[str, Any]], refusal: str
) -> None:
    with pytest.raises(APIStatusError, match=refusal) as refused:
        await final(client, *messages)
    assert refused.value.status_code == 400


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"model": "gpt-5", "max_tokens": 5}, "max_tokens"),
        ({"model": "gpt-6-sol"}, "reasoning_effort"),
        ({"model": "gpt-6-sol", "reasoning_effort": "low"}, "reasoning_effort"),
        ({"model": "gpt-5", "reasoning_effort": "none"}, "reasoning_effort"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
        (
            {"tools": [{"type": "function", "function": {"name": "a", "parameters": {"type": "object"}}}]},
            "tools[0].function.parameters",
        ),
        ({"extra_body": {"thinking": True}}, "thinking"),
    ],
)
async def test_parameters_that_the_model_does_not_take_are_refused(
    client: AsyncOpenAI, more: dict[str, Any], param: str
) -> None:
    given: Any = [USER]
    asked: dict[str, Any] = {"model": "gpt-4.1", "messages": given, "tools": [WEATHER], **more}
    with pytest.raises(APIStatusError) as refused:
        await client.chat.completions.create(**asked)
    assert (refused.value.status_code, refused.value.param) == (400, param)


async def test_newer_models_call_tools_when_they_need_not_think(client: AsyncOpenAI) -> None:
    done = await final(client, model="gpt-6-sol", reasoning_effort="none", max_completion_tokens=9)
    assert done.choices[0].message.content == "ok: hi"
