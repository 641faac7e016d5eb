"""Programs that know OpenAI's API and nothing of us, through OpenAI's own client."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import openai as sdk
import pytest
from openai import AsyncOpenAI

from tests.agent.tools.files.yard import png
from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, Reply, ToolUse, fetch, newest_user_text
from tests.journeys.watching import block_types, eventually, images, user_texts

Json = dict[str, Any]
SCHEMA: Json = {"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}
LAMP: Any = {
    "type": "function",
    "function": {"name": "set_lamp", "description": "Turns the lamp on or off.", "parameters": SCHEMA},
}


@pytest.fixture
async def daemon(make_daemon: MakeDaemon, daemon_config: Json) -> Daemon:
    daemon_config["agents"] = {"list": [{"id": "main"}, {"id": "clerk"}]}
    daemon_config["models"]["retry"] = {"attempts": 2, "initialSeconds": 0.05, "maxSeconds": 0.1}
    made = make_daemon(daemon_config)
    await made.start()
    return made


@pytest.fixture
async def client(daemon: Daemon) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{daemon.url}/v1", api_key=daemon.token, max_retries=0) as made:
        yield made


async def test_chat_completions_as_programs_use_them(
    client: AsyncOpenAI, anthropic: FakeAnthropic, daemon: Daemon
) -> None:
    await _check_models(client)
    await _check_an_answer(client, anthropic)
    await _check_a_session(client, anthropic)
    await _check_a_picture(client, anthropic)
    await _check_a_stream(client, anthropic)
    await _check_tools_without_a_session(client, anthropic)
    await _check_tools_in_a_session(client, anthropic)
    await _check_refusals(client, daemon, anthropic)
    assert daemon.transcripts("clerk") != {}
    assert await daemon.stop() == 0


async def _check_models(client: AsyncOpenAI) -> None:
    listed = [model.id async for model in await client.models.list()]
    assert listed == ["openclaw", "openclaw/default", "openclaw/main", "openclaw/clerk"]
    assert (await client.models.retrieve("openclaw/clerk")).owned_by == "openclaw"
    with pytest.raises(sdk.NotFoundError) as unknown:
        await client.models.retrieve("gpt-4o")
    assert unknown.value.code == "model_not_found"


async def _check_an_answer(client: AsyncOpenAI, anthropic: FakeAnthropic) -> None:
    anthropic.call_tool("session_status", {}, "One moment.")
    anthropic.reply("It is open.")
    answer = await client.chat.completions.create(
        model="openclaw",
        messages=[
            {"role": "system", "content": "Answer in five words."},
            {"role": "user", "content": "I have a door."},
            {"role": "assistant", "content": "Good."},
            {"role": "user", "content": [{"type": "text", "text": "Is it open?"}]},
        ],
    )

    (choice,) = answer.choices
    assert (choice.message.content, choice.finish_reason) == ("It is open.", "stop")
    first, second = anthropic.requests
    assert user_texts(first) == ["I have a door.", "Is it open?"]
    before = first.body["messages"][1]
    assert (before["role"], before["content"][0]["text"]) == ("assistant", "Good.")
    assert first.body["system"][0]["text"].endswith("Answer in five words.")
    assert answer.usage is not None
    # Both requests of the turn.
    assert answer.usage.completion_tokens > len("It is open.") // 4 + 1
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens > answer.usage.prompt_tokens_details.cached_tokens > 0  # type: ignore[operator]
    assert len(second.body["messages"]) == 5


async def _check_a_session(client: AsyncOpenAI, anthropic: FakeAnthropic) -> None:
    first = await client.chat.completions.create(
        model="agent:clerk", user="Ana", messages=[{"role": "user", "content": "stop"}]
    )
    assert first.choices[0].message.content == "ok: stop"  # no command, whoever says it
    again = await client.chat.completions.create(
        model="openclaw",
        user="Ana",
        messages=[
            {"role": "user", "content": "stop"},
            {"role": "assistant", "content": "something that was never said"},
            {"role": "user", "content": "And now?"},
        ],
        extra_headers={"x-openclaw-agent-id": "clerk"},
    )
    assert again.choices[0].message.content == "ok: And now?"
    shown = json.dumps(anthropic.requests[-1].body["messages"])
    assert "never said" not in shown
    assert user_texts(anthropic.requests[-1]) == ["stop", "And now?"]
    third = await client.chat.completions.create(
        model="openclaw",
        messages=[{"role": "user", "content": "Still there?"}],
        extra_headers={"x-openclaw-session-key": "agent:clerk:openai-user:ana"},
    )
    assert third.choices[0].message.content == "ok: Still there?"
    assert user_texts(anthropic.requests[-1]) == ["stop", "And now?", "Still there?"]


async def _check_a_picture(client: AsyncOpenAI, anthropic: FakeAnthropic) -> None:
    data = base64.b64encode(png(4, 4)).decode()
    shown: Any = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    await client.chat.completions.create(
        model="openclaw",
        user="Ana",
        messages=[{"role": "user", "content": [{"type": "text", "text": "Whose door?"}, shown]}],
    )
    (image,) = images(anthropic.requests[-1])
    assert image["source"] == {"type": "base64", "media_type": "image/png", "data": data}
    assert "Whose door?" in user_texts(anthropic.requests[-1])


async def _check_a_stream(client: AsyncOpenAI, anthropic: FakeAnthropic) -> None:
    words = "A door that nobody closes stays open until the wind has other plans."
    anthropic.call_tool("session_status", {}, "One moment.")
    anthropic.reply(words)
    stream = await client.chat.completions.create(
        model="openclaw",
        messages=[{"role": "user", "content": "Tell me."}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]

    texts = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(texts) == f"One moment.\n\n{words}"
    assert len([text for text in texts if text]) > 3
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert (chunks[-1].choices, chunks[-1].usage is not None) == ([], True)
    assert len({chunk.id for chunk in chunks}) == 1


async def _check_tools_without_a_session(client: AsyncOpenAI, anthropic: FakeAnthropic) -> None:
    asked: list[Any] = [{"role": "user", "content": "Light, please."}]
    anthropic.script(Reply("Of course.", [ToolUse("set_lamp", {"on": True}, "toolu_lamp")]))
    first = await client.chat.completions.create(model="openclaw", messages=asked, tools=[LAMP])

    (choice,) = first.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == "Of course."
    (call,) = choice.message.tool_calls or []
    assert call.type == "function"
    assert (call.id, call.function.name) == ("toolu_lamp", "set_lamp")
    assert json.loads(call.function.arguments) == {"on": True}
    offered = [tool for tool in anthropic.requests[-1].body["tools"] if tool["name"] == "set_lamp"]
    assert [tool["input_schema"] for tool in offered] == [SCHEMA]

    anthropic.reply("The lamp is on.")
    answered: Any = choice.message.model_dump(exclude_none=True)
    result: Any = {"role": "tool", "tool_call_id": "toolu_lamp", "content": "on: 60 W"}
    second = await client.chat.completions.create(
        model="openclaw", messages=[*asked, answered, result], tools=[LAMP]
    )
    assert second.choices[0].message.content == "The lamp is on."
    assert block_types(anthropic.requests[-1]) == [
        ("user", ["text"]),
        ("assistant", ["text", "tool_use"]),
        ("user", ["tool_result"]),
    ]
    block = anthropic.requests[-1].body["messages"][-1]["content"][0]
    assert "on: 60 W" in block["content"]
    assert "Source: web" in block["content"]


async def _check_tools_in_a_session(client: AsyncOpenAI, anthropic: FakeAnthropic) -> None:
    anthropic.script(Reply("", [ToolUse("set_lamp", {"on": False}, "toolu_off")]))
    stream = await client.chat.completions.create(
        model="openclaw",
        user="house",
        messages=[{"role": "user", "content": "Dark, please."}],
        tools=[LAMP],
        stream=True,
    )
    choices = [choice async for chunk in stream for choice in chunk.choices]
    (call,) = [call for choice in choices for call in choice.delta.tool_calls or []]
    assert (call.index, call.id, choices[-1].finish_reason) == (0, "toolu_off", "tool_calls")

    anthropic.reply("It is dark.")
    second = await client.chat.completions.create(
        model="openclaw",
        user="house",
        messages=[{"role": "tool", "tool_call_id": "toolu_off", "content": "off"}],
        tools=[LAMP],
    )
    assert second.choices[0].message.content == "It is dark."
    assert "your call of set_lamp" in newest_user_text(anthropic.requests[-1].body)


async def _check_refusals(client: AsyncOpenAI, daemon: Daemon, anthropic: FakeAnthropic) -> None:
    before = len(anthropic.requests)
    hi: list[Any] = [{"role": "user", "content": "hi"}]
    picture = {"type": "image_url", "image_url": {"url": "https://www.example.org/door.png"}}
    refused: list[tuple[Json, str]] = [
        ({"n": 2}, "n"),
        ({"tools": [{**LAMP, "function": {"name": "web_fetch"}}]}, "tools"),
        ({"messages": [{"role": "assistant", "content": "hi"}]}, "messages"),
        ({"messages": [{"role": "user", "content": [picture]}]}, "messages[0].content[0]"),
    ]
    for change, param in refused:
        with pytest.raises(sdk.BadRequestError) as bad:
            await client.chat.completions.create(**{"model": "openclaw", "messages": hi, **change})
        assert bad.value.param == param, bad.value
        assert bad.value.type == "invalid_request_error"
    with pytest.raises(sdk.NotFoundError):
        await client.chat.completions.create(model="gpt-4o", messages=hi)
    with pytest.raises(sdk.AuthenticationError):
        await client.with_options(api_key="wrong").models.list()
    large = json.dumps({"messages": [{"role": "user", "content": "x" * (20 << 20)}]}).encode()
    headers = {"authorization": f"Bearer {daemon.token}"}
    status, body = await fetch("POST", f"{daemon.url}/v1/chat/completions", body=large, headers=headers)
    assert (status, json.loads(body)["error"]["code"]) == (413, "request_too_large")
    assert len(anthropic.requests) == before


async def test_a_program_that_goes_away_stops_its_run_and_a_model_that_is_away_is_503(
    client: AsyncOpenAI, anthropic: FakeAnthropic, daemon: Daemon
) -> None:
    hold = anthropic.pause(1)
    anthropic.reply("A long story that nobody will hear to its very end, alas.")
    stream = await client.chat.completions.create(
        model="openclaw", user="gone", messages=[{"role": "user", "content": "Tell."}], stream=True
    )
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            break
    await stream.close()

    def told() -> bool:
        return any("[stopped here]" in json.dumps(lines) for lines in daemon.transcripts().values())

    await eventually(told, lambda: str(daemon.transcripts()))
    hold.release()
    assert len(anthropic.requests) == 1
    (trace,) = (await daemon.cli("trace", "list", "--json")).json()
    assert trace["reason"] == "client_gone"

    anthropic.fail(400, "invalid_request_error", "tools.0: no such thing")
    with pytest.raises(sdk.BadRequestError) as refused:
        await client.chat.completions.create(model="openclaw", messages=[{"role": "user", "content": "hi"}])
    assert refused.value.code == "model_refused"

    anthropic.fail(529, times=100)
    with anyio.fail_after(30), pytest.raises(sdk.InternalServerError) as away:
        await client.chat.completions.create(model="openclaw", messages=[{"role": "user", "content": "hi"}])
    assert (away.value.status_code, away.value.code) == (503, "paused")


async def test_the_responses_api(client: AsyncOpenAI, anthropic: FakeAnthropic, daemon: Daemon) -> None:
    anthropic.reply("It is open.")
    answer = await client.responses.create(model="openclaw", instructions="Be brief.", input="Is it open?")
    assert (answer.output_text, answer.status) == ("It is open.", "completed")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 0
    assert anthropic.requests[-1].body["system"][0]["text"].endswith("Be brief.")

    lamp: Any = {"type": "function", "strict": None, **LAMP["function"]}
    anthropic.script(Reply("Yes.", [ToolUse("set_lamp", {"on": True}, "toolu_lamp")]))
    events = [
        event
        async for event in await client.responses.create(
            model="openclaw", input=[{"role": "user", "content": "Light!"}], tools=[lamp], stream=True
        )
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[0].type == "response.created"
    last = events[-1]
    assert last.type == "response.completed"
    said, call = last.response.output
    assert said.type == "message"
    assert call.type == "function_call"
    assert (call.call_id, json.loads(call.arguments)) == ("toolu_lamp", {"on": True})

    anthropic.reply("The lamp is on.")
    result = {"type": "function_call_output", "call_id": "toolu_lamp", "output": "60 W"}
    answered = [each.model_dump() for each in last.response.output]
    history: Any = [{"role": "user", "content": "Light!"}, *answered, result]
    second = await client.responses.create(model="openclaw", input=history, tools=[lamp])
    assert second.output_text == "The lamp is on."
    assert block_types(anthropic.requests[-1])[1:] == [
        ("assistant", ["text", "tool_use"]),
        ("user", ["tool_result"]),
    ]
