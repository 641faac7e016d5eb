"""Every page for those who cannot see it, or only just: in both colour schemes, wide and narrow."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from openclaw.types.events import ApprovalRequested, ToolProgressed, ToolStarted, TurnStarted, WorkTold
from openclaw.web.browser.static import UI
from tests.conftest import MakeDaemon
from tests.fake.axe import script, violations
from tests.fake.browser import Page, new_page
from tests.fakes import FakeTwilio
from tests.journeys.house_books import live_a_month
from tests.journeys.phone_books import CALL, write_past
from tests.journeys.walking import link_to, with_telephone
from tests.web.conftest import Plane, serving
from tests.web.fake_house import MAIN

PAGES = re.findall(r'name: "(\w+)"', (UI / "pages.js").read_text())
DETAILS = ("phone/new", f"phone/calls/{CALL}", "jobs/new", "agents/main/tools", "settings/file")
Json = dict[str, Any]


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


async def busy(plane: Plane, page: Page) -> None:
    """Whatever the conversation may show at a time."""
    await page.until("document.querySelector('.composer textarea')")
    await page.write(".composer textarea", "Is it warm?")
    await page.press("Enter")
    await page.until("!document.querySelector('.composer .tools button').hidden")
    run, bus = plane.house.desk.questions[0].run_id, plane.house.bus
    await bus.publish(TurnStarted(run, MAIN, "main"))
    await bus.publish(ToolStarted(run, MAIN, "c1", "get_weather", {"location": "Sydney"}))
    await bus.publish(ToolProgressed(run, MAIN, "c1", "get_weather", "asking", 3_000))
    await bus.publish(WorkTold("w_1", "compaction", "goes-on", "Summing up", 1, 9_000, MAIN, "", 1, 3))
    await bus.publish(ApprovalRequested("mitorake", "main", MAIN, "message (send): telegram:1", 1, 2))
    await page.text("Summing up")
    await page.text("message (send): telegram:1")


async def looked_through(page: Page, name: str) -> None:

    await page.until("!document.querySelector('.loading') && document.querySelector('h1')")
    # A page that could not be shown would keep nobody out either.
    assert (
        await page.eval("document.querySelector('main .notice[role=alert]:not([hidden])')?.innerText") is None
    ), name
    # What fades in has its colours only then.
    await page.until(
        "document.getAnimations().every(each => each.effect.getTiming().iterations === Infinity)"
    )

    assert await violations(page) == [], name

    await page.look(scheme="dark", width=390)
    assert await violations(page, "color-contrast", "scrollable-region-focusable") == [], f"{name}, dark"
    await page.look()


async def test_a_busy_conversation_keeps_nobody_out(browser: Browser, tmp_path: Path) -> None:
    script()
    async with serving(folder=tmp_path) as plane:
        page = await new_page(browser)
        await page.look()
        await page.goto(plane.url)
        await page.text("not signed in")
        await looked_through(page, "signing in")
        await page.goto(f"{plane.url}/#code={plane.house.logins.offer().code.reveal()}")
        await page.text("Connected")
        await busy(plane, page)
        await looked_through(page, "chat")


async def test_no_page_keeps_anybody_out(
    make_daemon: MakeDaemon, daemon_config: Json, twilio: FakeTwilio, browser: Browser
) -> None:
    script()
    daemon = make_daemon(with_telephone(daemon_config, twilio))
    await write_past(daemon.state_dir)
    await live_a_month(daemon.state_dir)
    await daemon.start()
    page = await new_page(browser)
    await page.look()
    await page.goto(await link_to(daemon))
    await page.text("Connected")
    assert len(PAGES) >= 11
    for place in (*PAGES[1:], *DETAILS):
        await page.goto(f"{daemon.url}/#/{place}")
        name = place.partition("/")[0]
        await page.until(f"document.querySelector('.page-{name} h1')")
        await looked_through(page, place)
    assert await page.eval("location.hash") == f"#/{DETAILS[-1]}"
    assert await daemon.stop() == 0
