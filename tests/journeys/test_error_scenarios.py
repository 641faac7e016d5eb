"""What may go wrong between a message and its answer, as people see it, and as the trace tells it afterwards.

Several keys and thinking levels are tried in test_keys.py.
"""

from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import Cut, Daemon, Failure, FakeAnthropic, FakeTelegram, Reply, ToolUse

Json = dict[str, Any]
OVERFLOW = Failure(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum")
LONG = "the sky is blue " * 4_000


@pytest.fixture
def hasty(daemon_config: Json) -> Json:
    daemon_config["models"]["retry"] = {"attempts": 3, "initialSeconds": 0.05, "maxSeconds": 0.1}
    return daemon_config


async def trace_of_last(daemon: Daemon) -> Json:
    trace: Json = (await daemon.cli("trace", "last", "--json")).json()
    return trace


def spans(trace: Json, name: str) -> list[Json]:
    return [span for span in trace["spans"] if span["name"] == name]


async def test_a_conversation_that_is_too_long_is_summed_up_and_the_message_answered(
    make_daemon: MakeDaemon, hasty: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(hasty)
    await daemon.start()
    for number in range(1, 5):
        anthropic.reply("Yes.")
        telegram.say(LONG)
        await telegram.wait_sent(number)

    overflowed = iter([OVERFLOW])
    anthropic.answer_with(lambda body: next(overflowed, None) if newest(body) == "and now?" else None)
    telegram.say("and now?")
    await telegram.wait_sent(5)

    assert telegram.texts()[-1] == "ok: and now?"
    trace = await trace_of_last(daemon)
    first, second = spans(trace, "llm")
    assert [each["fault"] for each in first["tried"]] == ["overflow"]
    assert "tried" not in second
    assert [span["compacted"] for span in spans(trace, "upkeep")] == [True]
    assert "compaction" in [line.get("type") for line in daemon.transcript()]


async def test_what_no_summary_makes_short_enough_is_answered_in_a_new_conversation(
    make_daemon: MakeDaemon, hasty: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(hasty)
    await daemon.start()
    for number in range(1, 5):
        anthropic.reply("Yes.")
        telegram.say(LONG)
        await telegram.wait_sent(number)
    asked = len(anthropic.requests)

    overflowed = iter([OVERFLOW, OVERFLOW])
    anthropic.answer_with(lambda body: next(overflowed, None) if newest(body) == "and now?" else None)
    telegram.say("and now?")
    await telegram.wait_sent(6)

    told, answer = telegram.texts()[-2:]
    assert "I begin a new one; the old one is kept" in told
    assert answer == "ok: and now?"
    assert len(anthropic.requests[-1].body["messages"]) == 1
    assert len(anthropic.requests) > asked + 2
    assert [span["rule"] for span in spans(await trace_of_last(daemon), "reset")] == ["overflow"]
    folder = daemon.state_dir / "agents" / "main" / "sessions"
    (kept,) = folder.glob("*.jsonl.reset.*")
    assert LONG in kept.read_text()


async def test_wrong_arguments_of_a_tool_are_corrected_by_the_model(
    make_daemon: MakeDaemon, hasty: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    anthropic.call_tool("get_weather", {"city": "Sydney"})
    anthropic.call_tool("get_weather", {"location": "Sydney"})
    anthropic.reply("22 degrees.")
    daemon = make_daemon(hasty)
    await daemon.start()

    telegram.say("weather?")
    await telegram.wait_sent(1)

    assert telegram.texts() == ["22 degrees."]
    trace = await trace_of_last(daemon)
    assert [(span["tool"], span["ok"]) for span in spans(trace, "tool")] == [
        ("get_weather", False),
        ("get_weather", True),
    ]
    assert "ToolInputError" in str(anthropic.requests[1].body["messages"][-1])


async def test_arguments_that_are_no_json_are_told_to_the_model(
    make_daemon: MakeDaemon, hasty: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    anthropic.script(Reply(calls=[ToolUse("get_weather", '{"location": Sydney')]))
    anthropic.call_tool("get_weather", {"location": "Sydney"})
    anthropic.reply("22 degrees.")
    daemon = make_daemon(hasty)
    await daemon.start()

    telegram.say("weather?")
    await telegram.wait_sent(1)

    assert telegram.texts() == ["22 degrees."]
    refused = anthropic.requests[1].body["messages"][-1]["content"][0]
    assert refused["is_error"] is True
    assert '{"location": Sydney' in str(refused["content"])
    assert [span["ok"] for span in spans(await trace_of_last(daemon), "tool")] == [False, True]


async def test_a_stream_that_breaks_off_is_asked_again_and_the_trace_says_so(
    make_daemon: MakeDaemon, hasty: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    anthropic.script(Cut("text"))
    daemon = make_daemon(hasty)
    await daemon.start()

    telegram.say("hello?")
    await telegram.wait_sent(1)

    assert telegram.texts() == ["ok: hello?"]
    (span,) = spans(await trace_of_last(daemon), "llm")
    assert [each["fault"] for each in span["tried"]] == ["cut_off"]


async def test_a_model_that_says_nothing_is_told_of_in_words(
    make_daemon: MakeDaemon, hasty: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    anthropic.script(Reply(""))
    daemon = make_daemon(hasty)
    await daemon.start()

    telegram.say("hello?")
    (sent,) = await telegram.wait_sent(1)

    assert "the model returned nothing" in sent.text
    trace = await trace_of_last(daemon)
    assert (trace["outcome"], trace["reason"]) == ("answered", "empty")


def newest(body: Json) -> str:
    """The words of the newest message, without their wrapping."""
    text = str(body["messages"][-1]["content"])
    return "and now?" if "and now?" in text and LONG[:40] not in text else ""
