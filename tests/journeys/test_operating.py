"""What an operator does over the control plane besides talking: devices, the config, messages by hand, upkeep."""

import json
from typing import Any

import anyio

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram
from tests.journeys.test_control import Client, connected, introduction, opened
from tests.web.devices.signing import SigningDevice

DEVICE = SigningDevice()


async def entering(daemon: Daemon, client: Client, **auth: str) -> dict[str, Any]:
    asked = {**introduction(daemon, 4, **auth), "scopes": ["operator.read"]}
    return await client.call("connect", **DEVICE.signed(asked, client.nonce))


async def test_the_house_is_operated(
    make_daemon: MakeDaemon, daemon_config: dict[str, Any], telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    async with connected(daemon) as (client, _):
        await _sends_by_hand(client, telegram)
        await _changes_the_config(client, daemon)
        await _sums_up(client, anthropic)
        assert (await client.call("agents.files.get", agentId="main", name="SOUL.md"))["file"]["content"]
        assert (await client.call("logs.tail", limit=5))["size"] > 0
        assert (await client.call("skills.status"))["skills"]
    async with opened(daemon) as client:
        token = (await entering(daemon, client))["auth"]["deviceToken"]
    kept = await anyio.Path(daemon.state_dir / "devices" / "paired.json").read_text()
    assert DEVICE.id in kept
    assert token not in kept

    await daemon.stop()
    await daemon.start()
    async with opened(daemon) as client:
        assert (await entering(daemon, client, token=token))["auth"]["scopes"] == ["operator.read"]


async def _sends_by_hand(client: Client, telegram: FakeTelegram) -> None:
    sent = await client.call("send", to="1001", channel="telegram", message="by hand", idempotencyKey="k1")
    assert (sent["status"], sent["channel"]) == ("sent", "telegram")
    (message,) = telegram.sent
    assert (message.text, sent["messageId"]) == ("by hand", str(message.message_id))


async def _changes_the_config(client: Client, daemon: Daemon) -> None:
    before = await client.call("config.get")
    assert daemon.token not in json.dumps(before)
    await client.call("config.patch", raw="{budgets: {perDay: 5}}", baseHash=before["hash"])
    refused = await client.answer(
        await client.send("config.patch", raw="{gateway: {bind: 'lan'}}", baseHash=before["hash"])
    )
    assert refused["ok"] is False
    after = await client.call("config.get")
    assert (after["parsed"]["budgets"], after["runningHash"]) == ({"perDay": 5}, before["runningHash"])


async def _sums_up(client: Client, anthropic: FakeAnthropic) -> None:
    for number in range(3):
        anthropic.reply(f"answer {number}")
        request = await client.send("agent", message=f"question {number}", idempotencyKey=f"r{number}")
        await client.answer(request)
        assert (await client.answer(request))["ok"]
    patched = await client.call("sessions.patch", key="main", label="home", thinkingLevel="low")
    assert (patched["entry"]["label"], patched["entry"]["thinkingLevel"]) == ("home", "low")
    anthropic.reply("All that was said.")
    done = await client.call("sessions.compact", key="main")
    assert (done["ok"], done["compacted"]) == (True, True), done
    described = (await client.call("sessions.describe", key="main"))["session"]
    assert (described["label"], described["compactionCount"]) == ("home", 1)
