"""The config file is edited while the daemon works: what holds at once, what waits, and what a bad edit costs."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, fetch

Json = dict[str, Any]
ANEW = "the config was read anew"


def edited(daemon: Daemon, change: Callable[[Json], object]) -> None:
    """As an editor saves it: another file under the same name."""
    path = daemon.state_dir / "openclaw.json"
    config = json.loads(path.read_text())
    change(config)
    save(path, json.dumps(config, indent=2))


def save(path: Path, text: str) -> None:
    new = path.with_name("openclaw.json.new")
    new.write_text(text)
    new.chmod(0o600)
    new.replace(path)


async def test_a_turn_ends_with_the_settings_it_began_with_and_the_next_has_the_new_ones(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    held = anthropic.hold()
    anthropic.call_tool("session_status", {})
    anthropic.reply("done")

    telegram.say("first")
    await anthropic.wait_requests(1)
    edited(daemon, lambda config: config.update(agents={"defaults": {"maxTokens": 777}}))
    await daemon.wait_said(ANEW)
    held.release()
    await telegram.wait_sent(1)
    telegram.say("second")
    await telegram.wait_sent(2)

    assert [request.body["max_tokens"] for request in anthropic.requests] == [8096, 8096, 777]
    assert "agents.defaults.maxTokens" in daemon.said(ANEW)[0]


async def test_a_message_on_its_way_is_sent_once_while_its_channel_begins_anew(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    held = telegram.hold("sendMessage", after_effect=True)

    telegram.say("first")
    await telegram.wait_calls("sendMessage")
    edited(daemon, lambda config: config["channels"]["telegram"].update(textChunkLimit=2000))
    await daemon.wait_said(ANEW)
    telegram.say("second")
    held.release()
    await telegram.wait_sent(2)

    assert telegram.texts() == ["ok: first", "ok: second"]
    assert len(telegram.called("getMe")) == 2
    assert any("openclaw secrets move" in line for line in daemon.output)


async def test_a_broken_edit_changes_nothing_and_is_told_once(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    path = daemon.state_dir / "openclaw.json"
    sound = path.read_text()

    save(path, sound.replace('"channels"', '"channels" oops', 1))
    await telegram.wait_sent(1)
    (told,) = telegram.texts()
    telegram.say("still there?")
    await telegram.wait_sent(2)
    status = (await daemon.cli("status", "--json")).json()
    bad = sound.replace('"allowFrom": [', '"dmPolicy": "wide", "allowFrom": [', 1)
    save(path, bad)
    await daemon.wait_said("channels.telegram.dmPolicy")
    save(path, sound)
    await daemon.wait_said("can be used again")

    assert "is not taken over: line" in told
    assert telegram.texts()[1] == "ok: still there?"
    assert any("not taken over: line" in words for words in status["problems"])
    assert len(daemon.said("not taken over: line")) <= 2  # the log's line, and the alert's
    await daemon.stop()
    daemon.config = None  # it is not written anew
    save(path, "{ torn")
    await daemon.start()
    telegram.say("and now?")
    await telegram.wait_sent(5)
    assert telegram.texts()[4] == "ok: and now?"


async def test_channels_come_and_go_and_the_others_are_not_touched(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    channels = daemon_config.pop("channels")
    daemon = make_daemon(daemon_config)
    await daemon.start()

    edited(daemon, lambda config: config.update(channels=channels))
    await telegram.wait_calls("getUpdates")
    telegram.say("hello")
    await telegram.wait_sent(1)
    edited(daemon, lambda config: config.update(hooks={"token": "of-the-owners-automations"}))
    await daemon.wait_said("hooks.token")
    woken = {"Authorization": "Bearer of-the-owners-automations", "Content-Type": "application/json"}
    code, _ = await fetch(
        "POST", f"{daemon.webhook_url}/hooks/wake", body=b'{"text": "it rings"}', headers=woken
    )
    begun = len(telegram.called("getMe"))
    edited(daemon, lambda config: config.pop("channels"))
    await daemon.wait_said(ANEW, 3)
    status = (await daemon.cli("status", "--json")).json()

    assert telegram.texts()[0] == "ok: hello"
    assert code in (200, 202)
    assert begun == 1
    assert "telegram" not in status["channels"]


async def test_rotated_secrets_count_without_a_restart(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
    tmp_path: Path,
) -> None:
    token, key = tmp_path / "token", tmp_path / "key"
    for path, text in ((token, telegram.token), (key, anthropic.key)):
        path.write_text(text)
        path.chmod(0o600)
    daemon_config["channels"]["telegram"]["botToken"] = f"file:{token}"
    daemon_config["models"]["providers"]["anthropic"]["apiKey"] = f"file:{key}"
    daemon = make_daemon(daemon_config)
    await daemon.start()
    telegram.say("before")
    await telegram.wait_sent(1)

    anthropic.refused_keys.add(anthropic.key)
    key.write_text("sk-ant-test-an0th3rK3y")
    telegram.say("with another key")
    await telegram.wait_sent(2)
    telegram.token = "8000001:TEST-an0th3rT0ken"
    token.write_text(telegram.token)
    telegram.say("with another token")
    await telegram.wait_sent(3)

    assert telegram.texts() == ["ok: before", "ok: with another key", "ok: with another token"]
    assert "an0th3r" not in "\n".join(daemon.output)


async def test_what_needs_a_restart_is_told_and_nothing_of_it_holds(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    answer = await daemon.cli("config", "set", "webhooks.maxBodyBytes", "4096")
    await daemon.wait_said("after a restart: webhooks.maxBodyBytes")
    said = (await daemon.cli("config", "set", "budgets.perDay", "3")).stdout
    await daemon.wait_said("budgets.perDay")
    diff = (await daemon.cli("config", "diff", "--json")).json()
    status = (await daemon.cli("status", "--json")).json()
    daemon.signal(signal.SIGHUP)
    await daemon.wait_said(ANEW, 3)

    assert "It counts after a restart." in answer.stdout
    assert "takes it at once" in said
    assert [row["key"] for row in diff["running"]] == ["webhooks.maxBodyBytes"]
    assert [(row["cap"], row["limit"]) for row in status["budgets"]] == [("perDay", 3)]
    assert "webhooks.maxBodyBytes waits for a restart" in status["problems"]
