"""The first hour on the page, in one go: from the printed link to a text that a gate refuses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from anyio.abc import SocketStream
from playwright.async_api import Browser

from tests.conftest import MakeDaemon
from tests.fake.browser import Page, new_page
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, FakeTwilio
from tests.journeys.test_web_page import seen
from tests.journeys.walking import with_telephone
from tests.journeys.watching import eventually

Json = dict[str, Any]
STRANGER = 555000101


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


@asynccontextmanager
async def translated(daemon: Daemon) -> AsyncIterator[str]:
    """Another address for the same house, as a container's network gives one: it knows neither port nor caller."""

    async def carry(source: SocketStream, target: SocketStream) -> None:
        async for data in source:
            await target.send(data)
        await target.send_eof()

    async def meet(outside: SocketStream) -> None:
        async with outside, await anyio.connect_tcp("127.0.0.1", daemon.port) as inside:
            try:
                async with anyio.create_task_group() as both:
                    both.start_soon(carry, outside, inside)
                    both.start_soon(carry, inside, outside)
            except* (anyio.BrokenResourceError, anyio.ClosedResourceError):
                pass  # a browser goes as it likes

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, meet)
        yield f"http://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}"
        group.cancel_scope.cancel()


async def test_the_first_hour(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
    twilio: FakeTwilio,
    browser: Browser,
) -> None:
    daemon = make_daemon(with_telephone(daemon_config, twilio))
    await daemon.start()
    (said,) = await daemon.wait_said("/#code=")
    async with translated(daemon) as address:
        page = await new_page(browser)
        await page.look()
        await page.goto(f"{address}/#{urlsplit(said.split()[1]).fragment}")
        await page.text("Connected")
        assert await page.eval("location.href") == f"{address}/"

        await _asks_with_a_tool(page, anthropic)
        await _reads_its_trace(page)
        await _lets_a_stranger_in(page, telegram, anthropic)
        await _is_kept_from_a_text(page, twilio)
        assert page.complaints == []
        assert page.strays(address) == []
    assert await daemon.stop() == 0


async def _asks_with_a_tool(page: Page, anthropic: FakeAnthropic) -> None:
    anthropic.call_tool("read", {"path": "USER.md"})
    anthropic.reply("There is **nothing** about you in it yet. Who are you?")
    await page.write(".composer textarea", "What do you know about me?")
    await page.press("Enter")
    await page.until("document.querySelector('.log .reply strong')?.innerText === 'nothing'")
    await page.until(
        "document.querySelector('.log .tool[data-state=done]') && !document.querySelector('.live')"
    )
    await page.click(".log .tool summary")
    await seen(page, "walk-1-chat")


async def _reads_its_trace(page: Page) -> None:
    await page.tab.locator(".said .when a").first.focus()
    await page.press("Enter")
    await page.text("Step by step")
    await page.until(
        "[...document.querySelectorAll('.step-name')].some(each => each.innerText === 'tool: read')"
    )
    await seen(page, "walk-2-trace")


async def _lets_a_stranger_in(page: Page, telegram: FakeTelegram, anthropic: FakeAnthropic) -> None:
    telegram.say("hello?", sender=STRANGER, name="Mara Lind")
    await page.until(
        "document.querySelector('nav a[data-page=channels] .badge')?.innerText.startsWith('1')", 40
    )
    await page.click("nav a[data-page=channels]")
    await page.text("Mara Lind")
    await seen(page, "walk-3-stranger")
    await page.click(".request .primary")
    await page.click("dialog .primary")
    await page.until("document.querySelectorAll('.request').length === 0")
    anthropic.reply("Welcome, Mara.")
    telegram.say("am I in?", sender=STRANGER, name="Mara Lind")
    await eventually(
        lambda: telegram.texts(STRANGER)[-1] == "Welcome, Mara.", lambda: str(telegram.texts(STRANGER))
    )


async def _is_kept_from_a_text(page: Page, twilio: FakeTwilio) -> None:
    await page.click("nav a[data-page=phone]")
    await page.click(".page-head a[href='#/phone/new']")
    await page.write(".compose input[type=tel]", "+1 (201) 555-0146")
    await page.write(".compose textarea", "Are you selling your house on Elm Street?")
    await page.text("This would not be sent")
    await page.until("document.querySelectorAll('.gates li').length === 6")
    assert await page.eval("document.querySelector('.compose .primary').disabled") is True
    await seen(page, "walk-4-refused")
    assert [sent.to for sent in twilio.sent] == []
