"""The fake Messages API, shown with the vendor's SDK."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from anthropic import APIConnectionError, APIStatusError, AsyncAnthropic
from httpx2 import RemoteProtocolError

from tests.fakes import Cut, Failure, FakeAnthropic, Reply, ToolUse, fetch

WEATHER: Any = {"name": "get_weather", "description": "Weather now", "input_schema": {"type": "object"}}


@pytest.fixture
async def claude(anthropic: FakeAnthropic) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(api_key=anthropic.key, base_url=anthropic.url, max_retries=0) as client:
        yield client


def ask(claude: AsyncAnthropic, *messages: dict[str, Any], **more: Any) -> Any:
    given: Any = messages or ({"role": "user", "content": "hi"},)
    return claude.messages.stream(
        model="claude-sonnet-4-6", max_tokens=100, messages=given, tools=[WEATHER], **more
    )


async def final(claude: AsyncAnthropic, *messages: dict[str, Any], **more: Any) -> Any:
    async with ask(claude, *messages, **more) as stream:
        return await stream.get_final_message()


async def test_an_empty_script_repeats_the_newest_user_text(
    anthropic: FakeAnthropic, claude: AsyncAnthropic
) -> None:
    reply = await final(claude)
    assert reply.content[0].text == "ok: hi"
    assert reply.stop_reason == "end_turn"
    assert reply.usage.output_tokens > 0
    assert anthropic.requests[0].headers["authorization"] == f"Bearer {anthropic.key}"
    assert anthropic.requests[0].at <= anthropic.requests[0].ended_at


async def test_markers_are_taken_off_before_the_text_is_repeated(claude: AsyncAnthropic) -> None:
    wrapped = (
        '<<<EXTERNAL_UNTRUSTED_CONTENT id="abc">>>\nSource: telegram\n---\nhello\nthere\n'
        '<<<END_EXTERNAL_UNTRUSTED_CONTENT id="abc">>>'
    )
    reply = await final(claude, {"role": "user", "content": wrapped})
    assert reply.content[0].text == "ok: hello\nthere"


async def test_scripted_answers_come_in_order(anthropic: FakeAnthropic, claude: AsyncAnthropic) -> None:
    anthropic.reply("thought about it", thinking="Hm.")
    anthropic.call_tools(
        [("get_weather", {"location": "Sydney"}), ("get_weather", {"location": "Perth"})], "So:"
    )

    first, second = await final(claude), await final(claude)

    assert [block.type for block in first.content] == ["thinking", "text"]
    assert [block.type for block in second.content] == ["text", "tool_use", "tool_use"]
    assert second.content[2].input == {"location": "Perth"}
    assert second.content[1].id != second.content[2].id
    assert second.stop_reason == "tool_use"


async def test_a_request_that_does_not_stream_gets_json(
    anthropic: FakeAnthropic, claude: AsyncAnthropic
) -> None:
    anthropic.reply("whole")
    reply = await claude.messages.create(
        model="claude-sonnet-4-6", max_tokens=10, messages=[{"role": "user", "content": "hi"}]
    )
    assert reply.content[0].type == "text"
    assert reply.content[0].text == "whole"
    assert reply._request_id


async def test_failures_carry_type_and_headers(anthropic: FakeAnthropic, claude: AsyncAnthropic) -> None:
    anthropic.fail(429, headers={"retry-after": "3"}, times=2)
    for _ in range(2):
        with pytest.raises(APIStatusError) as refused:
            await final(claude)
        assert (refused.value.status_code, refused.value.type) == (429, "rate_limit_error")
        assert refused.value.response.headers["retry-after"] == "3"
        assert refused.value.request_id
    assert (await final(claude)).stop_reason == "end_turn"


async def test_no_key_and_a_refused_key_get_401(anthropic: FakeAnthropic, claude: AsyncAnthropic) -> None:
    assert (await fetch("POST", f"{anthropic.url}/v1/messages", body=b"{}"))[0] == 401
    anthropic.refused_keys.add(anthropic.key)
    with pytest.raises(APIStatusError) as refused:
        await final(claude)
    assert refused.value.status_code == 401


async def test_a_stream_cut_in_a_text_ends_silently_without_a_stop_reason(
    anthropic: FakeAnthropic, claude: AsyncAnthropic
) -> None:
    anthropic.cut("text")
    reply = await final(claude)
    assert reply.content[0].text
    assert reply.stop_reason is None


async def test_a_stream_cut_in_a_call_ends_silently_with_an_empty_input(
    anthropic: FakeAnthropic, claude: AsyncAnthropic
) -> None:
    anthropic.cut("tool_json")
    reply = await final(claude)
    assert reply.content[0].input == {}
    assert reply.stop_reason is None


@pytest.mark.parametrize("after", ["text", "tool_json"])
async def test_a_stream_can_be_cut_by_a_broken_connection(
    anthropic: FakeAnthropic, claude: AsyncAnthropic, after: Any
) -> None:
    anthropic.cut(after, silent=False)
    with pytest.raises(RemoteProtocolError):
        await final(claude)


async def test_a_connection_can_be_cut_before_any_event(
    anthropic: FakeAnthropic, claude: AsyncAnthropic
) -> None:
    anthropic.script(Cut("start"))
    with pytest.raises(APIConnectionError):
        await final(claude)


async def test_an_error_event_in_the_stream_is_raised_with_status_200(
    anthropic: FakeAnthropic, claude: AsyncAnthropic
) -> None:
    anthropic.error_event("overloaded_error")
    with pytest.raises(APIStatusError) as broken:
        await final(claude)
    assert (broken.value.status_code, broken.value.type) == (200, "overloaded_error")


async def test_requests_under_way_at_once_are_counted(
    anthropic: FakeAnthropic, claude: AsyncAnthropic
) -> None:
    first, second = anthropic.hold(), anthropic.hold()
    asking = [asyncio.ensure_future(final(claude)) for _ in range(2)]
    await first.entered.wait()
    await second.entered.wait()
    first.release()
    second.release()
    await asyncio.gather(*asking)
    assert anthropic.peak == 2


async def test_a_function_may_answer(anthropic: FakeAnthropic, claude: AsyncAnthropic) -> None:
    anthropic.answer_with(lambda body: Reply(f"{len(body['messages'])} messages"))
    assert (await final(claude)).content[0].text == "1 messages"


async def test_tokens_are_counted_without_asking_the_model(
    anthropic: FakeAnthropic, claude: AsyncAnthropic
) -> None:
    counted = await claude.messages.count_tokens(
        model="claude-sonnet-4-6", messages=[{"role": "user", "content": "hi"}]
    )
    assert counted.input_tokens > 0
    assert anthropic.requests == []


async def test_a_repeated_prefix_is_read_from_the_cache(claude: AsyncAnthropic) -> None:
    system = [{"type": "text", "text": "You are kind. " * 50, "cache_control": {"type": "ephemeral"}}]
    first = await final(claude, system=system)
    second = await final(claude, {"role": "user", "content": "other"}, system=system)
    assert first.usage.cache_creation_input_tokens > 100
    assert first.usage.cache_read_input_tokens == 0
    assert second.usage.cache_read_input_tokens == first.usage.cache_creation_input_tokens


USER = {"role": "user", "content": "hi"}
CALL = {
    "role": "assistant",
    "content": [{"type": "tool_use", "id": "t1", "name": "get_weather", "input": {}}],
}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "22"}


@pytest.mark.parametrize(
    ("messages", "refusal"),
    [
        ([CALL], "first message must use"),
        ([USER, CALL, USER], "without `tool_result` blocks immediately after: t1"),
        ([USER, {"role": "user", "content": [RESULT]}], "unexpected `tool_use_id`"),
        ([USER, CALL, {"role": "user", "content": [RESULT, RESULT]}], "single result"),
        (
            [USER, CALL, {"role": "user", "content": [{"type": "text", "text": "x"}, RESULT]}],
            "immediately after",
        ),
        ([USER, CALL, {"role": "user", "content": [RESULT]}, CALL, USER], "must be unique"),
        ([USER, {"role": "assistant", "content": "I think"}], "prefill"),
        ([{"role": "user", "content": " "}], "non-whitespace"),
        ([{"role": "user", "content": []}], "non-empty content"),
    ],
)
async def test_a_broken_history_is_refused_in_the_apis_words(
    claude: AsyncAnthropic, messages: list[dict[str, Any]], refusal: str
) -> None:
    with pytest.raises(APIStatusError, match=refusal) as refused:
        await final(claude, *messages)
    assert refused.value.status_code == 400


async def test_a_whole_history_is_accepted(claude: AsyncAnthropic) -> None:
    results = {"role": "user", "content": [RESULT, {"type": "text", "text": "and now?"}]}
    reply = await final(claude, USER, CALL, results)
    assert reply.content[0].text == "ok: and now?"


async def test_scripts_can_be_mixed(anthropic: FakeAnthropic, claude: AsyncAnthropic) -> None:
    anthropic.script(
        Failure(529, "overloaded_error", "Overloaded"), Reply(calls=[ToolUse("f", {}, "toolu_x")])
    )
    with pytest.raises(APIStatusError):
        await final(claude)
    assert (await final(claude)).content[0].id == "toolu_x"
