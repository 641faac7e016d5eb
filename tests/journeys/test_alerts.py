"""What the owner is told unasked, in Discord and in his own chat."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import FakeDiscord, FakeSalesmsg, FakeTelegram

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def salesmsg() -> AsyncIterator[FakeSalesmsg]:
    async with FakeSalesmsg() as server:
        yield server


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as server:
        yield server


@pytest.fixture
def config(daemon_config: dict[str, Any], salesmsg: FakeSalesmsg, discord: FakeDiscord) -> dict[str, Any]:
    daemon_config["channels"]["salesmsg"] = {
        "webhookToken": TOKEN,
        "apiToken": next(iter(salesmsg.tokens)),
        "apiRoot": salesmsg.url,
    }
    daemon_config["compliance"] = {"enabled": False}
    daemon_config["ops"] = {"discord": {"webhookUrl": discord.webhook_url}}
    return daemon_config


async def test_the_owner_is_told_what_nobody_asked_about(
    make_daemon: MakeDaemon,
    config: dict[str, Any],
    salesmsg: FakeSalesmsg,
    discord: FakeDiscord,
    telegram: FakeTelegram,
) -> None:
    daemon = make_daemon(config)
    await daemon.start()
    url = daemon.webhook_url

    for _ in range(25):
        assert (await salesmsg.call(url, "wrong", {}))[0] == 403
    await discord.wait_said(1)
    await salesmsg.call(url, TOKEN, salesmsg.received("One", number="+12015550121", message_id=1))
    await salesmsg.wait_sent(1)
    salesmsg.fail(422, "The number is blocked.")
    await salesmsg.call(url, TOKEN, salesmsg.received("Two", number="+12015550122", message_id=2))
    await discord.wait_said(2)
    salesmsg.take_and_drop()
    await salesmsg.call(url, TOKEN, salesmsg.received("Three", number="+12015550123", message_id=3))
    await discord.wait_said(3)
    await telegram.wait_sent(3)
    assert await daemon.stop() == 0

    burst, refused, doubtful = discord.said
    assert "Many requests to /webhooks/salesmsg" in burst
    assert "secret-wrong" in burst
    assert "+12015550122 is given up at once: it answered 422: The number is blocked." in refused
    assert "+12015550123 may have arrived or not" in doubtful
    assert "openclaw outbox resend o_" in doubtful
    assert telegram.texts() == [f"⚠️ {text}" for text in discord.said]
    assert TOKEN not in "".join(discord.said)
