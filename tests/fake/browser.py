"""A real Chromium without a window, driven by playwright: what a person would see and press."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from playwright.async_api import Browser, ConsoleMessage, Error, WebSocket, async_playwright
from playwright.async_api import Page as Tab

Json = dict[str, Any]
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",)
WATCH_POLICY = """
addEventListener("securitypolicyviolation", ({violatedDirective, blockedURI}) =>
    console.error(`policy: ${violatedDirective} ${blockedURI}`));
"""
CONTROLS = {"button", "checkbox", "combobox", "link", "searchbox", "slider", "switch", "tab", "textbox"}
SECONDS = 20.0


def program() -> str:
    """Skips the test where there is no browser, unless one is asked for."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("OPENCLAW_REQUIRE_BROWSER"):
            pytest.fail("no Chromium is installed: apt-get install chromium")
        pytest.skip("no Chromium is installed")
    return found


@dataclass
class Page:
    tab: Tab
    """Playwright's own, for what is asked once only."""
    complaints: list[str] = field(default_factory=list)
    """Errors on the console, exceptions nobody caught, reports of the content policy."""
    requests: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.tab.on("console", self._hear)
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("request", lambda request: self.requests.append(request.url.partition("#")[0]))
        self.tab.on("websocket", self._meet)

    async def goto(self, url: str) -> None:
        await self.tab.goto(url, wait_until="commit")

    async def eval(self, script: str) -> Any:
        """The value of the expression; what it promises is awaited."""
        return await self.tab.evaluate(script)

    async def until(self, script: str, timeout: float = SECONDS) -> Any:
        """The value of the expression once it is true, also across a page that loads anew."""
        # Playwright's own waiting evaluates strings in the page again and again, which our content policy forbids.
        look = f"new Promise(done => {{ const look = () => {{ const found = {script}; "
        look += "if (found) done(found); else setTimeout(look, 16); }; look(); })"
        try:
            with anyio.fail_after(timeout):
                while True:
                    try:
                        return await self.eval(look)
                    except Error as error:
                        if "context was destroyed" not in str(error):
                            raise
        except TimeoutError:
            text = await self.eval("document.body?.innerText")
            raise AssertionError(f"never came true: {script}\n{self.complaints}\n{text}") from None

    async def text(self, words: str, timeout: float = SECONDS) -> None:
        """Until a person can read it."""
        await self.until(f"document.body?.innerText.includes({json.dumps(words)})", timeout)

    async def click(self, selector: str) -> None:
        """As a hand does: once it is seen, at rest and not covered."""
        await self.tab.locator(selector).first.click(timeout=SECONDS * 1000)

    async def write(self, selector: str, words: str) -> None:
        """Adds to what stands there."""
        await self.tab.locator(selector).first.focus(timeout=SECONDS * 1000)
        await self.tab.keyboard.insert_text(words)

    async def press(self, key: str) -> None:
        """`Enter`, `Escape`, `Shift+Tab`, `a`."""
        await self.tab.keyboard.press(key)

    async def look(self, *, width: int = 1280, height: int = 860, scheme: str = "light") -> None:
        """How large the window is, and which colours the machine prefers."""
        await self.tab.set_viewport_size({"width": width, "height": height})
        await self.tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    async def screenshot(self, path: Path) -> None:
        await self.tab.screenshot(path=path)

    async def nameless(self) -> list[Json]:
        """What a screen reader would meet without knowing what it is for."""
        session = await self.tab.context.new_cdp_session(self.tab)
        nodes = (await session.send("Accessibility.getFullAXTree"))["nodes"]
        await session.detach()
        return [
            node
            for node in nodes
            if not node["ignored"]
            and node["role"]["value"] in CONTROLS
            and not node.get("name", {}).get("value", "").strip()
        ]

    def strays(self, url: str) -> list[str]:
        """What was asked of anybody but the house at this address."""
        own = (f"{url}/", f"{url.replace('http', 'ws', 1)}/", f"blob:{url}/")
        return [asked for asked in self.requests if not asked.startswith(own)]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self.complaints.append(f"{message.text} {message.location.get('url', '')}".strip())

    def _meet(self, socket: WebSocket) -> None:
        self.requests.append(socket.url)


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Browser]:
    """`folder` is its home."""
    path = program()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=FLAGS,
            chromium_sandbox=False,  # the tests may run as root, where it cannot work; it only sees pages of ours
            env={"HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        )
        try:
            yield browser
        finally:
            await browser.close()


async def new_page(browser: Browser) -> Page:
    """In a context of its own: with cookies and storage of nobody else."""
    context = await browser.new_context()
    await context.add_init_script(WATCH_POLICY)
    page = Page(await context.new_page())
    page.watch()
    return page
