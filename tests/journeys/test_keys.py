"""Several keys and several models: what is tried, what people notice, and what `openclaw models status` shows."""

from typing import Any

import pytest

from openclaw.types.clock import SystemClock
from tests.conftest import MakeDaemon
from tests.fakes import Daemon, Failure, FakeAnthropic, FakeTelegram, free_ports

Json = dict[str, Any]
A, B = "sk-ant-test-k3yOfTheF1rstWorkspace0000", "sk-ant-test-k3yOfTheS3c0ndWorkspace000"
LIMITED = Failure(429, "rate_limit_error", "slow down", {"retry-after": "300"})


@pytest.fixture
def two_keys(daemon_config: Json) -> Json:
    del daemon_config["models"]["providers"]["anthropic"]["apiKey"]
    daemon_config["models"]["retry"] = {"initialSeconds": 0.05, "maxSeconds": 0.1}
    daemon_config["models"]["probe"] = {"everySeconds": 0.3}
    daemon_config["auth"] = {
        "profiles": {"anthropic:a": {"apiKey": A}, "anthropic:b": {"apiKey": B}},
        "order": {"anthropic": ["anthropic:a", "anthropic:b"]},
    }
    return daemon_config


async def newest_llm_span(daemon: Daemon) -> Json:
    trace = (await daemon.cli("trace", "last", "--json")).json()
    spans: list[Json] = [span for span in trace["spans"] if span["name"] == "llm"]
    return spans[-1]


async def states(daemon: Daemon) -> dict[str, str]:
    status = (await daemon.cli("models", "status", "--json")).json()
    return {profile["id"]: profile["state"] for profile in status["profiles"]}


async def test_a_limited_key_is_left_for_the_next_and_rests_over_a_restart(
    make_daemon: MakeDaemon, two_keys: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    anthropic.key_failures[A] = LIMITED
    daemon = make_daemon(two_keys)
    await daemon.start()

    telegram.say("hello?")
    await telegram.wait_sent(1)
    span = await newest_llm_span(daemon)
    before = await states(daemon)
    await daemon.stop()
    stopped = await states(daemon)
    await daemon.start()
    telegram.say("again")
    await telegram.wait_sent(2)
    status = (await daemon.cli("models", "status", "--json")).json()

    assert telegram.texts() == ["ok: hello?", "ok: again"]
    assert [(each["profile"], each["fault"]) for each in span["tried"]] == [("anthropic:a", "rate_limited")]
    assert span["profile"] == "anthropic:b"
    assert before == stopped == {"anthropic:a": "cooling", "anthropic:b": "ok"}
    assert len(anthropic.requests) == 3
    assert status["profiles"][0]["until"] > SystemClock().now_ms() + 200_000
    kept = (daemon.state_dir / "agents" / "main" / "agent" / "auth-profiles.json").read_text()
    assert A not in kept
    assert B not in kept


async def test_when_all_keys_rest_people_are_told_once_and_answered_when_one_is_back(
    make_daemon: MakeDaemon, two_keys: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    two_keys["models"]["retry"]["deadlineSeconds"] = 0.5
    soon = Failure(429, "rate_limit_error", "slow down", {"retry-after": "1"})
    anthropic.key_failures |= {A: soon, B: soon}
    daemon = make_daemon(two_keys)
    await daemon.start()

    telegram.say("hello?")
    await telegram.wait_sent(1)
    cooling = await states(daemon)
    anthropic.key_failures.clear()
    await telegram.wait_sent(2)

    assert cooling == {"anthropic:a": "cooling", "anthropic:b": "cooling"}
    told, answer = telegram.texts()
    assert "cannot reach my language model" in told
    assert answer == "ok: hello?"
    assert "ok" in (await states(daemon)).values()


async def test_an_overloaded_model_thinks_less_and_the_trace_shows_each_step(
    make_daemon: MakeDaemon, two_keys: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    two_keys["agents"] = {"defaults": {"thinkingDefault": "high"}}
    anthropic.fail(529, times=4)
    daemon = make_daemon(two_keys)
    await daemon.start()

    telegram.say("hello?")
    await telegram.wait_sent(1)
    span = await newest_llm_span(daemon)

    assert [each["thinking"] for each in span["tried"]] == ["high", "medium", "low", "minimal"]
    assert {each["fault"] for each in span["tried"]} == {"overloaded"}
    assert span["thinking"] == "off"
    assert (await states(daemon))["anthropic:a"] == "ok"


async def test_another_provider_stands_in_for_one_that_is_gone(
    make_daemon: MakeDaemon, two_keys: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    (port,) = free_ports(1)
    two_keys["models"]["providers"]["gone"] = {
        "api": "anthropic-messages",
        "baseUrl": f"http://127.0.0.1:{port}",
        "apiKey": "sk-gone",
    }
    fallbacks = ["anthropic/claude-haiku-4-5"]
    two_keys["agents"] = {"defaults": {"model": {"primary": "gone/large", "fallbacks": fallbacks}}}
    daemon = make_daemon(two_keys)
    await daemon.start()

    telegram.say("hello?")
    await telegram.wait_sent(1)
    span = await newest_llm_span(daemon)

    assert telegram.texts()[0] == "ok: hello?"
    assert (span["model"], span["insteadOf"], span["because"]) == (
        "anthropic/claude-haiku-4-5",
        "gone/large",
        "unreachable",
    )
    assert {each["model"] for each in span["tried"]} == {"gone/large"}
