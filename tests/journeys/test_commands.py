"""What people may ask of the house itself: on Telegram, on the command line, and while the model hangs."""

import time
from typing import Any

from tests.conftest import MakeDaemon
from tests.fakes import FakeAnthropic, FakeTelegram
from tests.journeys.watching import user_texts

Json = dict[str, Any]


async def test_a_day_of_commands(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()

    telegram.say("/think high")
    telegram.say("/status")
    await telegram.wait_sent(2)
    assert telegram.texts()[0] == "Thinking: high."
    assert "Thinking: high" in telegram.texts()[1]
    assert anthropic.requests == []

    telegram.say("/verbose what is new?")
    await telegram.wait_sent(3)
    assert telegram.texts()[2] == "ok: what is new?"
    telegram.say("/model nosuch/opus")
    await telegram.wait_sent(4)
    assert "Nearest:" in telegram.texts()[3]

    telegram.say("/new tell me more")
    await telegram.wait_sent(5)
    assert telegram.texts()[4] == "ok: tell me more"
    assert user_texts(anthropic.requests[-1]) == ["tell me more"]
    assert await daemon.stop() == 0

    entry = daemon.sessions_json()["agent:main:main"]
    assert entry["thinkingLevel"] == "high"
    assert "verboseLevel" not in entry
    assert len(daemon.transcripts()) == 1


async def test_stop_takes_effect_within_a_second_while_the_model_hangs(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    held = anthropic.hold()
    telegram.say("think about everything")
    await held.entered.wait()

    asked = time.monotonic()
    telegram.say("Stop!")
    await telegram.wait_sent(1)
    assert time.monotonic() - asked < 1
    assert telegram.texts() == ["Stopped."]

    held.release()
    telegram.say("hello")
    await telegram.wait_sent(2)
    assert telegram.texts()[-1] == "ok: hello"
    assert await daemon.stop() == 0
    assert "[stopped here]" in str(daemon.transcript())


async def test_the_command_line_commands_as_the_owner(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()

    status = await daemon.cli("chat", "/status")
    assert "Conversation: agent:main:main" in status.stdout
    nothing = await daemon.cli("chat", "stop")
    assert "Nothing was under way." in nothing.stdout

    held = anthropic.hold()
    telegram.say("think about everything")
    await held.entered.wait()
    stopped = await daemon.cli("chat", "/stop")
    assert "Stopped: 1." in stopped.stdout
    held.release()
    assert await daemon.stop() == 0


async def test_a_restart_is_acknowledged_and_ends_the_daemon_in_order(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()

    telegram.say("/restart")
    assert await daemon.wait_exit() == 0
    assert telegram.texts() == ["Restarting."]

    await daemon.start()
    telegram.say("back?")
    await telegram.wait_sent(2)
    assert telegram.texts() == ["Restarting.", "ok: back?"]
    assert await daemon.stop() == 0
