"""Moving in from another assistant, and talking on where the conversation was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import FakeAnthropic, FakeTelegram
from tests.migrate import houses

QUESTION = "And tomorrow?"


def joined(telegram: FakeTelegram, anthropic: FakeAnthropic) -> dict[str, Any]:
    """The original's config, with the fakes in place of the world."""
    return {
        "gateway": {"mode": "local", "auth": {"mode": "token", "token": "original-token-invented"}},
        "channels": {
            "telegram": {
                "botToken": telegram.token,
                "apiRoot": telegram.url,
                "allowFrom": [houses.OWNER],
                "streaming": {"mode": "off"},
            }
        },
        "models": {"providers": {"anthropic": {"api": "anthropic-messages", "baseUrl": anthropic.url}}},
        "agents": {
            "defaults": {"model": {"primary": "anthropic/claude-opus-4-6"}},
            "entries": {"main": {"default": True}},
        },
    }


def told(request: Any) -> str:
    return json.dumps(request.body["messages"], ensure_ascii=False)


@pytest.mark.parametrize("make", [houses.original, houses.modern])
async def test_talk_goes_on_where_it_was_with_the_original(
    make: Callable[[Path], Path],
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
    make_daemon: MakeDaemon,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(houses, "KEY", anthropic.key)
    monkeypatch.setitem(houses.PROFILES["profiles"]["anthropic:default"], "key", anthropic.key)
    theirs = make(tmp_path / "theirs/.openclaw")
    houses.put(theirs / "openclaw.json", joined(telegram, anthropic))
    daemon = make_daemon()
    daemon.home.mkdir()

    moved = await daemon.cli("migrate", str(theirs), "--json")
    assert moved.code == 0, moved.stderr
    assert anthropic.key not in moved.stdout
    await daemon.start()
    telegram.say(QUESTION)
    (sent,) = await telegram.wait_sent(1)

    (request,) = await anthropic.wait_requests(1)
    assert "What's the weather like in Sydney?" in told(request)
    assert "toolu_01Abc" in told(request)
    assert "It's 22 °C in Sydney." in told(request)
    assert QUESTION in told(request)
    assert sent.chat == int(houses.OWNER)
    lines = daemon.transcripts()[houses.SESSION]
    assert [line["role"] for line in lines[1:]] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
        "assistant",
    ]
    jobs = (await daemon.cli("cron", "list", "--json")).json()
    assert "Morning" in json.dumps(jobs)
    assert (await daemon.cli("migrate", str(theirs))).code == 1  # while it runs


@pytest.mark.parametrize(("make", "name"), [(houses.nanobot, ".nanobot"), (houses.hermes, ".hermes")])
async def test_talk_goes_on_where_it_was_with_a_peer(
    make: Callable[[Path], Path],
    name: str,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
    daemon_config: dict[str, Any],
    make_daemon: MakeDaemon,
    tmp_path: Path,
) -> None:
    theirs = make(tmp_path / "theirs" / name)
    daemon = make_daemon({**daemon_config, "session": {"dmScope": "per-channel-peer"}})

    moved = await daemon.cli("migrate", str(theirs))
    assert moved.code == 0, moved.stderr
    await daemon.start()
    telegram.say(QUESTION)
    await telegram.wait_sent(1)

    (request,) = await anthropic.wait_requests(1)
    assert "What's the weather like in Sydney?" in told(request)
    assert "call_1" in told(request)
    assert QUESTION in told(request)
    assert "The dentist is Dr Example" in json.dumps(request.body["system"])
