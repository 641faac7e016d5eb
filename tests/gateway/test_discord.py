import logging
from collections.abc import AsyncIterator

import pytest

from openclaw.gateway.discord import LONGEST, LONGEST_WAIT_SECONDS, Discord, content, wait_seconds
from openclaw.net.door import Door
from openclaw.net.fetched import Fetched
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Secret, SecretRef
from tests.fakes import FakeDiscord


class Secrets:
    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        if not reference.is_plain:
            raise SecretError(f"{reference.text} is not there")
        return Secret(reference.text)


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as server:
        yield server


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    made = Door()
    yield made
    await made.aclose()


async def test_an_alert_is_said_and_nobody_is_pinged(discord: FakeDiscord, door: Door) -> None:
    assert await Discord(door, Secrets(), SecretRef(discord.webhook_url)).tell("@everyone the disk is full")

    assert discord.bodies == [{"content": "@everyone the disk is full", "allowed_mentions": {"parse": []}}]


async def test_a_limited_alert_is_said_when_discord_allows_it(discord: FakeDiscord, door: Door) -> None:
    discord.limit(0.01)

    assert await Discord(door, Secrets(), SecretRef(discord.webhook_url)).tell("down")
    assert (discord.asked, discord.said) == (2, ["down"])


async def test_it_gives_up_after_three_tries_and_raises_nothing(discord: FakeDiscord, door: Door) -> None:
    for _ in range(5):
        discord.limit(0)

    assert not await Discord(door, Secrets(), SecretRef(discord.webhook_url)).tell("down")
    assert discord.asked == 3


@pytest.mark.parametrize(
    "url", ["{url}/api/webhooks/1/other", "http://127.0.0.1:1/x", "no address", "env:GONE"]
)
async def test_a_wrong_address_is_logged_without_the_address(
    discord: FakeDiscord, door: Door, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert not await Discord(door, Secrets(), SecretRef(url.format(url=discord.url))).tell("down")

    assert caplog.records
    assert "webhooks/1" not in caplog.text
    assert discord.asked <= 1


def test_a_long_text_is_cut() -> None:
    cut = str(content("x" * (LONGEST + 1))["content"])

    assert len(cut) == LONGEST
    assert cut.endswith("…")
    assert content("x" * LONGEST)["content"] == "x" * LONGEST


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b'{"retry_after": 1.5}', 1.5),
        (b"{}", 4.0),
        (b"", 4.0),
        (b"[]", 4.0),
        (b'{"retry_after": 1e9}', LONGEST_WAIT_SECONDS),
        (b'{"retry_after": -3}', 0.0),
        (b'{"retry_after": true}', 4.0),
    ],
)
def test_it_waits_as_long_as_discord_asks(body: bytes, seconds: float) -> None:
    assert wait_seconds(Fetched("", 429, {}, body), 2) == seconds


async def test_an_address_that_is_gone_is_looked_up_once_more(discord: FakeDiscord, door: Door) -> None:
    class Rotated(Secrets):
        async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
            return Secret(discord.webhook_url if fresh else f"{discord.webhook_url}-of-yesterday")

    assert await Discord(door, Rotated(), SecretRef("x")).tell("down")
    assert discord.said == ["down"]
