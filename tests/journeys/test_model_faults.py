"""A model that refuses, breaks off, stays away, or calls tools wrongly: what people and the model are told."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import (
    Cut,
    Daemon,
    ErrorEvent,
    Failure,
    FakeAnthropic,
    FakeTelegram,
    ModelRequest,
    Reply,
    Script,
    ToolUse,
)
from tests.journeys.skills import install_skill

Json = dict[str, Any]
OVERLOADED = Failure(529, "overloaded_error", "Overloaded")
NEVER = "This sentence was never"

PASSING: dict[str, list[Script]] = {
    "limited": [Failure(429, "rate_limit_error", "slow down", {"retry-after": "1"})],
    "overloaded twice": [OVERLOADED, OVERLOADED],
    "a gateway in between": [Failure(502, "api_error", "Bad gateway")],
    "an error in the stream": [ErrorEvent(text=NEVER)],
    "cut before anything": [Cut("start")],
    "cut in a text, silently": [Cut("text", text=NEVER)],
    "cut in a text": [Cut("text", silent=False, text=NEVER)],
    "cut in a call": [Cut("tool_json")],
    "cut in a call, after an error": [OVERLOADED, Cut("tool_json", silent=False)],
}


@pytest.fixture
def patient(daemon_config: Json) -> Json:
    """Three attempts without much waiting, then a look every third of a second."""
    daemon_config["models"] |= {
        "retry": {"attempts": 3, "initialSeconds": 0.05, "maxSeconds": 0.1},
        "probe": {"everySeconds": 0.3, "forMinutes": 2},
    }
    return daemon_config


async def test_a_fault_that_passes_is_answered_once_and_never_with_half_an_answer(
    make_daemon: MakeDaemon, patient: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(patient)
    await daemon.start()

    for number, (name, faults) in enumerate(PASSING.items(), start=1):
        asked = len(anthropic.requests)
        anthropic.script(*faults)
        telegram.say(name)
        await telegram.wait_sent(number)
        tries = anthropic.requests[asked:]
        assert len(tries) == len(faults) + 1, name
        assert all(said_in(each) == said_in(tries[0]) for each in tries), name
        if name == "limited":
            assert tries[1].at - tries[0].at >= 1

    assert await daemon.stop() == 0
    assert telegram.texts() == [f"ok: {name}" for name in PASSING]
    said = [line["content"] for line in daemon.transcript() if line.get("role") == "assistant"]
    assert said == telegram.texts()
    assert NEVER not in json.dumps([each.body for each in anthropic.requests])


async def test_a_model_that_stays_away_is_told_of_once_and_answers_when_it_is_back(
    make_daemon: MakeDaemon, patient: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    anthropic.script(*[OVERLOADED] * 7)
    daemon = make_daemon(patient)
    await daemon.start()

    telegram.say("hello?")
    await telegram.wait_sent(2)
    telegram.say("and now?")
    await telegram.wait_sent(3)
    assert await daemon.stop() == 0

    told, *answers = telegram.texts()
    assert "cannot reach my language model" in told
    assert "2 minutes" in told
    assert answers == ["ok: hello?", "ok: and now?"]
    assert len(anthropic.requests) == 9
    roles = [line["role"] for line in daemon.transcript() if line.get("kind") != "note" and "role" in line]
    assert roles == ["user", "assistant", "user", "assistant"]


async def test_a_wait_for_the_model_goes_on_over_a_restart_without_a_second_notice(
    make_daemon: MakeDaemon, patient: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    anthropic.refuse_connections()
    daemon = make_daemon(patient)
    await daemon.start()
    telegram.say("hello?")
    await telegram.wait_sent(1)
    assert await daemon.stop() == 0
    await daemon.start()
    await daemon.wait_said("no answer for", 2)

    anthropic.accept_connections()
    await telegram.wait_sent(2)
    await daemon.stop()

    assert len(telegram.sent) == 2
    assert telegram.texts()[1] == "ok: hello?"


async def test_a_model_that_never_comes_back_ends_the_turn_with_a_closing_line(
    make_daemon: MakeDaemon, patient: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    patient["models"]["probe"] = {"everySeconds": 0.2, "forMinutes": 0.02}
    anthropic.refuse_connections()
    daemon = make_daemon(patient)
    await daemon.start()
    telegram.say("hello?")
    waiting, closing = await telegram.wait_sent(2)
    assert "cannot reach" in waiting.text
    assert "unanswered" in closing.text

    trace = (await daemon.cli("trace", "last", "--json")).json()
    assert (trace["outcome"], trace["reason"]) == ("dead", "model_unavailable")
    assert states_of(daemon) == [("dead", "model_unavailable")]

    anthropic.accept_connections()
    telegram.say("again")
    await telegram.wait_sent(3)
    assert telegram.texts()[2] == "ok: again"


async def test_a_refused_key_can_be_replaced_while_a_message_waits(
    make_daemon: MakeDaemon, patient: Json, telegram: FakeTelegram, anthropic: FakeAnthropic, tmp_path: Path
) -> None:
    old, kept = "sk-ant-test-0ldK3yTh4tW4sR3v0kedY3st3rday", tmp_path / "anthropic-key"
    kept.write_text(old)
    kept.chmod(0o600)
    anthropic.refused_keys.add(old)
    patient["models"]["providers"]["anthropic"]["apiKey"] = f"file:{kept}"
    daemon = make_daemon(patient)
    await daemon.start()

    telegram.say("hello?")
    await telegram.wait_sent(1)
    (told, *_) = await daemon.wait_said("HTTP 401")
    assert "auth" in told
    kept.write_text(anthropic.key)
    await telegram.wait_sent(2)
    await daemon.stop()

    assert telegram.texts()[1] == "ok: hello?"
    assert not daemon.said(old)
    assert not daemon.said(anthropic.key)


async def test_a_refused_request_costs_one_line_and_the_session_lives_on(
    make_daemon: MakeDaemon, patient: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    anthropic.fail(400, message="messages.0: this cannot be read")
    daemon = make_daemon(patient)
    await daemon.start()

    telegram.say("odd one")
    (told,) = await telegram.wait_sent(1)
    telegram.say("plain one")
    await telegram.wait_sent(2)

    assert "refused the request" in told.text
    assert len(anthropic.requests) == 2
    assert telegram.texts()[1] == "ok: plain one"
    listed = (await daemon.cli("trace", "list", "--json")).json()
    outcomes = [(row["outcome"], row["id"] in told.text) for row in listed]
    assert outcomes == [("answered", False), ("dead", True)]
    shown = (await daemon.cli("trace", listed[1]["id"], "--json")).json()
    assert "this cannot be read" in shown["reason"]


TOOLS = '''
import time
import anyio

async def echo(text: str, seconds: float = 0) -> str:
    """Say it again, after a while."""
    await anyio.sleep(seconds)
    return text

async def hang() -> str:
    """Never ends."""
    await anyio.sleep_forever()

def block() -> str:
    """Never ends either, and cannot be cancelled."""
    while True:
        time.sleep(60)

def fail() -> str:
    """Breaks."""
    raise ZeroDivisionError("a bug of its author")
'''


CALLS: list[tuple[str, Json, str]] = [
    ("echo", {"text": "slow", "seconds": 0.4}, "slow"),
    ("get_weather", {}, "ToolInputError: location is required"),
    ("no_such_tool", {"x": 1}, "There is no tool named 'no_such_tool'."),
    ("fail", {}, "fail failed: ZeroDivisionError: a bug of its author"),
    ("hang", {}, "hang took longer than 1 s and was stopped."),
    ("block", {}, "block took longer than 1 s and was stopped."),
    (
        "echo",
        {"text": "quick", "loud": True},
        "ToolInputError: there is no argument loud; there is text, seconds",
    ),
    ("get_weather", {"location": "Atlantis"}, "no place called 'Atlantis' was found"),
    ("echo", {"text": "quick"}, "quick"),
]


async def test_what_goes_wrong_with_a_tool_is_told_to_the_model_in_the_order_of_its_calls(
    make_daemon: MakeDaemon, patient: Json, telegram: FakeTelegram, anthropic: FakeAnthropic, tmp_path: Path
) -> None:
    install_skill(tmp_path / "home", patient, "trials", TOOLS)
    patient["tools"] = {"timeoutSeconds": 1}
    anthropic.call_tools((name, arguments) for name, arguments, _ in CALLS)
    anthropic.call_tool("get_weather", {"location": "Sydney"})
    anthropic.reply("done")
    daemon = make_daemon(patient)
    await daemon.start()

    telegram.say("try everything")
    await telegram.wait_sent(1)

    results = results_in(anthropic, 1)
    asked = [block["id"] for block in anthropic.requests[1].body["messages"][-2]["content"]]
    assert [each["tool_use_id"] for each in results] == asked
    for each, (_, _, told) in zip(results, CALLS, strict=True):
        assert told in text_of(each)
        assert each.get("is_error", False) == (told not in {"slow", "quick"})
    (corrected,) = results_in(anthropic, 2)
    assert '"temperature":22' in text_of(corrected).replace(" ", "")
    assert telegram.texts() == ["done"]
    # A thread that nothing can stop does not keep the daemon from ending.
    assert await daemon.stop() == 0


def said_in(request: ModelRequest) -> Json:
    """All but how much to think: an overloaded model is asked to think less."""
    return {name: value for name, value in request.body.items() if name not in {"thinking", "output_config"}}


def results_in(anthropic: FakeAnthropic, number: int) -> list[Json]:
    content = anthropic.requests[number].body["messages"][-1]["content"]
    return [block for block in content if block["type"] == "tool_result"]


def text_of(result: Json) -> str:
    return str(result["content"])


async def test_a_model_that_calls_tools_for_ever_is_stopped_at_the_limit(
    make_daemon: MakeDaemon, patient: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    patient["agents"] = {"defaults": {"maxIterations": 3}}
    again = Reply(calls=[ToolUse("get_weather", {"location": "Sydney"})])
    daemon = make_daemon(patient)
    await daemon.start()
    anthropic.script(again, again, again)

    telegram.say("look, and look again")
    (sent,) = await telegram.wait_sent(1)
    assert "3 steps" in sent.text
    assert len(anthropic.requests) == 3

    telegram.say("go on")
    await telegram.wait_sent(2)
    assert telegram.texts()[1] == "ok: go on"


def states_of(daemon: Daemon) -> list[Any]:
    with sqlite3.connect(f"file:{daemon.state_dir / 'ledger.sqlite'}?mode=ro", uri=True) as ledger:
        found = ledger.execute("SELECT state, reason FROM inbox ORDER BY received_at").fetchall()
    ledger.close()
    return found
