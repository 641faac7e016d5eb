"""The page on which the owner sees who may come in, in a real browser over the real control plane."""

import os
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator

from tests.fake.browser import Page, new_page
from tests.web.conftest import CONNECT, Plane, serving
from tests.web.devices.signing import SigningDevice

SHOTS = os.environ.get("OPENCLAW_SCREENSHOTS", "")
ELSEWHERE = {"X_Forwarded_For": "203.0.113.7"}
NAME = "Mara\u202e <b>phone</b>"
BROWSERS = [
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Linux"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPhone"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
    ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
    ("curl/8.5.0", "curl/8.5.0"),
    ("", "A browser"),
]


async def seen(page: Page, name: str) -> None:
    if SHOTS:
        for scheme, width in (("light", 1280), ("dark", 390)):
            await page.look(width=width, scheme=scheme)
            await page.screenshot(Path(SHOTS) / f"{name}-{scheme}.png")
        await page.look()


async def knock(plane: Plane, device: SigningDevice) -> dict[str, Any]:
    """The answer to a device that comes from elsewhere."""
    client = {"id": "openclaw-ios", "version": "1", "platform": "ios", "mode": "ui", "displayName": NAME}
    asked = {**CONNECT, "client": client, "scopes": ["operator.read", "operator.write"]}
    async with plane.socket(**ELSEWHERE) as socket:
        return await socket.call("connect", device.signed(asked, socket.nonce))


async def answer(page: Page, row: Locator, button: str) -> None:
    await row.get_by_role("button", name=button).click()
    await page.tab.locator("dialog").get_by_role("button", name=button).click()


async def test_who_comes_in_is_seen_let_in_and_shut_out(browser: Browser, tmp_path: Path) -> None:
    async with serving(folder=tmp_path) as plane:
        other = plane.house.logins.offer().code.reveal()
        await plane.house.logins.redeem(other, BROWSERS[2][0])
        page = await new_page(browser)
        await page.look()
        await page.goto(f"{plane.url}/#code={plane.house.logins.offer().code.reveal()}")
        await page.text("Connected")
        device = SigningDevice()
        assert (await knock(plane, device))["error"]["code"] == "NOT_PAIRED"
        await page.until(
            "document.querySelector('nav a[data-page=access] .badge')?.innerText.startsWith('1')"
        )

        await page.click("nav a[data-page=access]")
        await page.text("wants to read everything, talk with the assistant and send")
        asking, browsers, devices = (page.tab.locator(".page-access section").nth(n) for n in range(3))
        assert "Mara⟨U+202E⟩ <b>phone</b>" in await asking.inner_text()
        await seen(page, "access")
        await answer(page, asking.locator("li"), "Let in")
        await page.until("document.querySelector('.page-access section').hidden")
        assert await page.eval("document.querySelector('nav a[data-page=access] .badge').hidden")
        await page.text("may read everything, talk with the assistant and send")
        assert (await knock(plane, device))["ok"]

        await answer(page, devices.locator("li"), "Shut out")
        await page.text("None was let in.")
        assert (await knock(plane, device))["error"]["code"] == "NOT_PAIRED"

        rows = browsers.locator("li")
        assert await rows.count() == 2
        assert await rows.filter(has_text="this one").get_by_role("button").count() == 0
        await answer(page, rows.filter(has_text="Firefox on Windows"), "Sign out")
        await page.until("!document.querySelector('.page-access').innerText.includes('Firefox')")
        assert len(await plane.house.logins.browsers()) == 1
        assert page.complaints == []
        assert page.strays(plane.url) == []


async def test_a_browser_is_named_as_its_owner_calls_it(browser: Browser) -> None:
    async with serving() as plane:
        page = await new_page(browser)
        await page.goto(plane.url)
        await page.text("not signed in")
        found = await page.eval(
            "(async (every) => { const { named } = await import('/ui/pages/access.js'); return every.map(named); })"
            f"({[agent for agent, _ in BROWSERS]})"
        )
        assert found == [name for _, name in BROWSERS]
