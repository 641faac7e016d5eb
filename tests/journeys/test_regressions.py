"""Faults that the original had, each by the numbers of its reports; judged by what people, providers and files show."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import (
    Daemon,
    Failure,
    FakeAnthropic,
    FakeOpenMeteo,
    FakeTelegram,
    Reply,
    Script,
    ToolUse,
    fetch,
    newest_user_text,
)
from tests.journeys.watching import (
    OWNER,
    block_types,
    drop_old_polls,
    eventually,
    user_texts,
    wait_output,
    wait_readyz,
)

Json = dict[str, Any]
FRIEND = 55510101
SECRET = "a-webhook-secret-of-32-characters"


# -- acknowledged too early ---------------------------------------------------------------------------------------


async def test_77000_a_reply_is_not_lost_when_the_update_was_confirmed_before_it_was_sent(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    telegram.fail("sendMessage", 502, "Bad Gateway", times=1)
    daemon = make_daemon(daemon_config)
    await daemon.start()
    await telegram.wait_confirmed(telegram.say("hello"))
    await wait_output(daemon, "tried again in")
    await daemon.kill()
    assert telegram.texts() == []

    await daemon.start()
    await telegram.wait_sent(1)
    assert await daemon.stop() == 0
    assert telegram.texts() == ["ok: hello"]
    assert len(anthropic.requests) == 1, "the answer was kept, not asked for again"


async def test_113315_44930_a_message_whose_offset_was_confirmed_survives_a_crash(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    asked = anthropic.hold()
    await telegram.wait_confirmed(telegram.say("hello"))
    await daemon.kill()
    asked.release()
    assert not telegram.updates, "Telegram gives it to nobody again"

    await daemon.start()
    await telegram.wait_sent(1)
    assert telegram.texts() == ["ok: hello"]


async def test_42157_a_webhook_that_was_answered_200_survives_a_crash(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon_config["channels"]["telegram"] |= {
        "webhookUrl": "https://bot.example.org/webhooks/telegram",
        "webhookSecret": SECRET,
    }
    daemon = make_daemon(daemon_config)
    await daemon.start()
    await telegram.wait_calls("setWebhook")
    asked = anthropic.hold()
    posted = telegram.post_update(
        f"{daemon.webhook_url}/webhooks/telegram", telegram.message("hello"), SECRET
    )
    assert await posted == 200
    await daemon.kill()
    asked.release()

    await daemon.start()
    await telegram.wait_sent(1)
    assert telegram.texts() == ["ok: hello"]


# -- answered again -----------------------------------------------------------------------------------------------


async def test_122886_39088_51182_78264_what_was_answered_is_not_answered_again_after_a_restart(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    """Neither from updates that are given again, nor from the outbox, nor from the transcript."""
    daemon = make_daemon(daemon_config)
    await daemon.start()
    first = telegram.say("first")
    await telegram.wait_sent(1)
    assert await daemon.stop() == 0

    drop_old_polls(telegram)
    before = len(telegram.called("getUpdates"))
    telegram.ignore_offset()  # as a server that has lost the confirmation
    await daemon.start()
    calls = await telegram.wait_calls("getUpdates", before + 2)
    assert calls[before].params["offset"] == first + 1
    telegram.say("second")
    await telegram.wait_sent(2)
    assert await daemon.stop() == 0

    assert telegram.polls[:2] == [[first]] * 2, "it was given again"
    assert telegram.texts() == ["ok: first", "ok: second"]
    assert [user_texts(request) for request in anthropic.requests] == [["first"], ["first", "second"]]


# -- conversations that the model refuses for ever ----------------------------------------------------------------


async def test_10310_9958_9769_5857_a_kill_during_a_tool_leaves_no_call_without_its_result(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
    openmeteo: FakeOpenMeteo,
) -> None:
    """The fake model is as strict as the real one: an unpaired call is refused with 400."""
    anthropic.answer_with(_asks_for_the_weather)
    daemon = make_daemon(daemon_config)
    await daemon.start()
    running = openmeteo.hold()
    telegram.say("weather")
    await running.entered.wait()
    await daemon.kill()

    await daemon.start()
    await telegram.wait_sent(1)
    telegram.say("thanks")
    await telegram.wait_sent(2)
    assert await daemon.stop() == 0
    assert telegram.texts() == ["22 degrees", "ok: thanks"]
    assert block_types(anthropic.requests[-1]) == [
        ("user", ["text"]),
        ("assistant", ["tool_use"]),
        ("user", ["tool_result"]),
        ("assistant", ["text"]),
        ("user", ["text"]),
    ]
    kinds = [line.get("role") for line in daemon.transcript()]
    assert kinds == [None, "user", "assistant", "tool", "assistant", "user", "assistant"]


def _asks_for_the_weather(body: Json) -> Script | None:
    if body["messages"][-1]["content"][0]["type"] == "tool_result":
        return Reply("22 degrees")
    if newest_user_text(body) == "weather":
        return Reply(calls=[ToolUse("get_weather", {"location": "Sydney"})])
    return None


async def test_15037_a_conversation_that_the_model_refuses_blocks_no_other(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    """A refusal of the request says nothing against the key that all conversations share."""
    daemon_config["session"] = {"dmScope": "per-channel-peer"}
    daemon_config["channels"]["telegram"]["allowFrom"] = [OWNER, FRIEND]
    anthropic.answer_with(_refuses_poison)
    daemon = make_daemon(daemon_config)
    await daemon.start()
    for number in range(4):
        telegram.say(f"poison {number}")
        telegram.say(f"hello {number}", sender=FRIEND)
    await telegram.wait_sent(8)
    telegram.say("healed")
    await telegram.wait_sent(9)

    assert telegram.texts(FRIEND) == [f"ok: hello {number}" for number in range(4)]
    *refused, healed = telegram.texts(OWNER)
    assert len(refused) == 4
    assert all("openclaw trace t_" in text for text in refused)
    assert healed == "ok: healed"


def _refuses_poison(body: Json) -> Script | None:
    if newest_user_text(body).startswith("poison"):
        return Failure(
            400, "invalid_request_error", "messages.1: tool_use ids were found without tool_result"
        )
    return None


# -- files that a crash has cut off -------------------------------------------------------------------------------


async def test_69846_half_a_line_in_a_transcript_is_no_crash_loop(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    telegram.say("one")
    await telegram.wait_sent(1)
    telegram.say("two")
    await telegram.wait_sent(2)
    assert await daemon.stop() == 0
    (path,) = _sessions(daemon).glob("*.jsonl")
    *lines, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], lines[1][:30] + b"\n", *lines[2:], last[: len(last) // 2]]))

    await daemon.start()
    telegram.say("three")
    await telegram.wait_sent(3)
    assert await daemon.stop() == 0
    assert telegram.texts() == ["ok: one", "ok: two", "ok: three"]
    assert user_texts(anthropic.requests[-1]) == ["one", "two", "three"]


async def test_77783_an_empty_sessions_json_is_made_again(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    telegram.say("one")
    await telegram.wait_sent(1)
    assert await daemon.stop() == 0
    before = daemon.sessions_json()["agent:main:main"]
    (_sessions(daemon) / "sessions.json").write_bytes(b"")

    await daemon.start()
    telegram.say("two")
    await telegram.wait_sent(2)
    assert await daemon.stop() == 0
    assert user_texts(anthropic.requests[-1]) == ["one", "two"]
    after = daemon.sessions_json()["agent:main:main"]
    assert after["sessionId"] == before["sessionId"]
    assert after["inputTokens"] > before["inputTokens"]


# -- sleep, wake and the network ----------------------------------------------------------------------------------


async def test_63966_the_port_opens_although_the_channels_server_never_answers(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    silent = telegram.hold("getMe")
    daemon = make_daemon(daemon_config)
    await daemon.start()
    await silent.entered.wait()
    await wait_readyz(daemon, 200)
    answer = await daemon.cli("chat", "are you there?")
    assert "ok: are you there?" in answer.stdout, answer
    telegram.say("hello")
    silent.release()
    await telegram.wait_sent(1)
    assert telegram.texts() == ["ok: hello"]


async def test_87356_a_lost_network_ends_nothing_and_comes_back_by_itself(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    asked = anthropic.hold()
    telegram.say("on the way")
    await asked.entered.wait()
    for provider in (telegram, anthropic):
        provider.refuse_connections()
    await wait_output(daemon, "telegram is failing")
    telegram.say("meanwhile")
    assert (await fetch("GET", f"{daemon.url}/healthz"))[0] == 200

    for provider in (telegram, anthropic):
        provider.accept_connections()
    await telegram.wait_sent(2, timeout=20)
    await wait_output(daemon, "telegram is back")
    assert telegram.texts() == ["ok: on the way", "ok: meanwhile"]
    assert await daemon.stop() == 0


async def test_13002_a_port_that_is_held_is_told_with_its_holder_and_free_after_a_kill(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    with socket.create_server(("127.0.0.1", daemon.port)):
        await daemon.start(ready=False)
        assert await daemon.wait_exit() == 1
    assert any(f"port {daemon.port}" in line and f"pid {os.getpid()}" in line for line in daemon.output)

    await daemon.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
    await reader.readuntil(b"}")  # and the client keeps its connection
    await daemon.kill()
    await daemon.start()
    telegram.say("hello")
    await telegram.wait_sent(1)
    assert telegram.texts() == ["ok: hello"]
    writer.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only /proc shows whether a process is stopped")
async def test_62308_a_frozen_process_goes_on_with_connections_that_have_died_meanwhile(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    """What sleep and App Nap do: no timer runs, and the poll's connection is gone on waking."""
    telegram.fail("sendMessage", 429, parameters={"retry_after": 1})
    daemon = make_daemon(daemon_config)
    await daemon.start()
    telegram.say("before")
    await telegram.wait_calls("sendMessage")
    daemon.signal(signal.SIGSTOP)
    await eventually(lambda: _state(daemon) == "T", lambda: f"its state is {_state(daemon)}")
    for provider in (telegram, anthropic):
        provider.refuse_connections()
        provider.accept_connections()
    telegram.say("asleep")
    daemon.signal(signal.SIGCONT)
    await telegram.wait_sent(2)
    telegram.say("awake")
    await telegram.wait_sent(3)
    assert sorted(telegram.texts()) == ["ok: asleep", "ok: awake", "ok: before"]


def _state(daemon: Daemon) -> str:
    """As the kernel names it: T is stopped."""
    return Path(f"/proc/{daemon.pid}/stat").read_text().rpartition(")")[2].split()[0]


def _sessions(daemon: Daemon) -> Path:
    return daemon.state_dir / "agents" / "main" / "sessions"
