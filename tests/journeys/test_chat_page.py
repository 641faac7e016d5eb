"""The page of the conversation, in a real browser, for those who wait and for those who have no mouse."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser

from openclaw.types.events import (
    ApprovalRequested,
    TextDelta,
    ToolFinished,
    ToolProgressed,
    ToolStarted,
    TurnStarted,
    WorkTold,
)
from tests.fake.browser import Page, new_page
from tests.web.conftest import Plane, serving
from tests.web.fake_house import MAIN

SHOTS = os.environ.get("OPENCLAW_SCREENSHOTS", "")
FOCUSED = """(({activeElement: at}) => at === document.body || at.tagName === 'MAIN' ? '' :
  (at.getAttribute('aria-label') || at.innerText || '').trim())(document)"""


async def signed_in(plane: Plane, browser: Browser) -> Page:
    page = await new_page(browser)
    await page.look()
    await page.goto(f"{plane.url}/#code={plane.house.logins.offer().code.reveal()}")
    await page.text("Connected")
    await page.until("document.activeElement.tagName === 'TEXTAREA'")
    return page


async def seen(page: Page, name: str) -> None:
    if SHOTS:
        for scheme, width in (("light", 390), ("dark", 1280), ("light", 1280)):
            await page.look(width=width, scheme=scheme)
            await page.screenshot(Path(SHOTS) / f"{name}-{scheme}-{width}.png")
        await page.look()


async def test_what_takes_long_says_so_while_it_lasts(browser: Browser, tmp_path: Path) -> None:
    async with serving(folder=tmp_path) as plane:
        bus, page = plane.house.bus, await signed_in(plane, browser)
        await page.write("textarea", "Build it.")
        await page.press("Enter")
        await page.until("!document.querySelector('.composer .tools button').hidden")
        run = plane.house.desk.questions[0].run_id

        await bus.publish(TurnStarted(run, MAIN, "main"))
        await bus.publish(ToolStarted(run, MAIN, "c1", "exec", {"command": "make all"}))
        await bus.publish(ToolProgressed(run, MAIN, "c1", "exec", "[ 61%] linking <b>roof</b>", 72_000))
        await page.text("running for 1 min 12 s")
        assert (
            await page.eval("document.querySelector('.tool-said').innerText") == "[ 61%] linking <b>roof</b>"
        )
        await bus.publish(ToolProgressed(run, MAIN, "c1", "exec", "", 73_000))
        await page.text("running for 1 min 13 s")

        summing = WorkTold(
            "w_1", "compaction", "goes-on", "Summing up the earlier conversation", 1_000, 15_000, MAIN, done=2, total=5
        )  # fmt: skip
        await bus.publish(summing)
        await bus.publish(WorkTold("w_2", "backfill", "begun", "Looking for missed texts", 1_000, 3_000))
        await bus.publish(WorkTold("w_3", "memory", "begun", "Theirs", 1_000, 2_000, "agent:main:other"))
        await page.until("document.querySelectorAll('.work').length === 2")
        await page.text("2 of 5")
        assert await page.eval("document.querySelector('.work progress').value") == 2
        assert "Theirs" not in await page.eval("document.body.innerText")
        await seen(page, "long-work")
        await bus.publish(replace(summing, phase="ended"))
        await page.until("document.querySelectorAll('.work').length === 1")
        await bus.publish(ToolFinished(run, MAIN, "c1", "exec", "built", failed=False))
        await page.until(
            "document.querySelector('.tool[data-state=done]') && !document.querySelector('.tool-said')"
        )
        assert page.complaints == []


async def tabbed(page: Page, to: str, most: int = 40) -> None:
    """Presses Tab until the focus is there, as somebody without a mouse does, and sees where it is."""
    for _ in range(most):
        await page.press("Tab")
        if to in await page.eval(FOCUSED):
            ring = "getComputedStyle(document.activeElement).outlineStyle !== 'none'"
            assert await page.eval(ring) or to == "Message", f"nobody sees that {to} has the focus"
            return
    pytest.fail(f"{to} is not reached by Tab")


async def test_a_conversation_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    async with serving(folder=tmp_path) as plane:
        desk, bus, page = plane.house.desk, plane.house.bus, await signed_in(plane, browser)
        await page.tab.keyboard.type("Is it")
        await page.press("Shift+Enter")
        await page.tab.keyboard.type("warm?")
        await page.press("Enter")
        await page.until("!document.querySelector('.composer .tools button').hidden")
        (question,) = desk.questions
        assert question.message == "Is it\nwarm?"

        run = question.run_id
        await bus.publish(TurnStarted(run, MAIN, "main"))
        await bus.publish(ToolStarted(run, MAIN, "c1", "get_weather", {"location": "Sydney"}))
        await bus.publish(ToolFinished(run, MAIN, "c1", "get_weather", "22 degrees", failed=False))
        await bus.publish(TextDelta(run, MAIN, "It is warm."))
        await bus.publish(ApprovalRequested("mitorake", "main", MAIN, "message (send): telegram:1", 1, 2))
        await page.text("It is warm.")
        await page.text("message (send): telegram:1")
        await tabbed(page, "Skip to the page")
        await page.press("Enter")
        await tabbed(page, "get_weather")
        await page.press("Enter")
        await page.text("22 degrees")
        await tabbed(page, "Yes, this once")
        await page.press("Enter")
        await page.until("!document.querySelector('.asked .notice')")
        assert desk.decided == [("mitorake", True, "operator:openclaw-control-ui")]
        await tabbed(page, "Attach files")
        await tabbed(page, "Message")
        await tabbed(page, "Stop")
        await page.press("Enter")
        await page.until("document.activeElement")
        await tabbed(page, "Model")
        await tabbed(page, "Thinking")
        await desk.end(run, "It is warm.")
        await page.until("!document.querySelector('.live')")
        assert page.complaints == []
