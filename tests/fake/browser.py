"""A real Chromium without a window, driven over its debugging protocol: what a person would see and press."""

import asyncio
import base64
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
from websockets.asyncio.client import ClientConnection, connect

Json = dict[str, Any]
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # the tests may run as root, where it cannot work; it only sees pages of ours
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
WATCH_POLICY = """
addEventListener("securitypolicyviolation", ({violatedDirective, blockedURI}) =>
    console.error(`policy: ${violatedDirective} ${blockedURI}`));
"""
CONTROLS = {"button", "checkbox", "combobox", "link", "searchbox", "slider", "switch", "tab", "textbox"}
KEYS = {"Enter": ("Enter", "\r"), "Tab": ("Tab", ""), "Escape": ("Escape", "")}


def program() -> str:
    """Skips the test where there is no browser, unless one is asked for."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("OPENCLAW_REQUIRE_BROWSER"):
            pytest.fail("no Chromium is installed: apt-get install chromium")
        pytest.skip("no Chromium is installed")
    return found


class Link:
    """Commands and their answers over one socket; events go to whoever listens."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._count = 0
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self.pages: dict[str, Page] = {}

    async def send(self, method: str, session: str | None = None, **params: Any) -> Json:
        self._count += 1
        answer = self._waiting[self._count] = asyncio.get_running_loop().create_future()
        command: Json = {"id": self._count, "method": method, "params": params}
        await self._socket.send(json.dumps(command | ({"sessionId": session} if session else {})))
        told = await answer
        if "error" in told:
            raise AssertionError(f"{method}: {told['error']['message']}")
        result: Json = told["result"]
        return result

    async def run(self) -> None:
        async for text in self._socket:
            told = json.loads(text)
            if "id" in told:
                waiting = self._waiting.pop(told["id"])
                if not waiting.done():
                    waiting.set_result(told)
            elif page := self.pages.get(told.get("sessionId", "")):
                page.see(told["method"], told["params"])


@dataclass
class Page:
    link: Link
    session: str
    complaints: list[str] = field(default_factory=list)
    """Errors on the console, exceptions nobody caught, reports of the content policy."""
    requests: list[str] = field(default_factory=list)

    async def open(self) -> None:
        self.link.pages[self.session] = self
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self._send(f"{domain}.enable")
        await self._send("Page.addScriptToEvaluateOnNewDocument", source=WATCH_POLICY)

    async def goto(self, url: str) -> None:
        told = await self._send("Page.navigate", url=url)
        assert "errorText" not in told, f"{url}: {told['errorText']}"

    async def eval(self, script: str) -> Any:
        told = await self._send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, f"{script}: {told['exceptionDetails']}"
        return told["result"].get("value")

    async def until(self, script: str, timeout: float = 10) -> Any:
        """The value of the expression once it is true; looked at with every frame that is drawn."""
        look = f"new Promise(done => {{ const look = () => {{ const found = {script}; "
        look += "if (found) done(found); else setTimeout(look, 16); }; look(); })"
        try:
            with anyio.fail_after(timeout):
                return await self.eval(look)
        except TimeoutError:
            text = await self.eval("document.body.innerText")
            raise AssertionError(f"never came true: {script}\n{self.complaints}\n{text}") from None

    async def text(self, words: str, timeout: float = 10) -> None:
        """Until a person can read it."""
        await self.until(f"document.body?.innerText.includes({json.dumps(words)})", timeout)

    async def click(self, selector: str) -> None:
        await self.until(f"document.querySelector({json.dumps(selector)})")
        await self.eval(f"document.querySelector({json.dumps(selector)}).click()")

    async def write(self, selector: str, words: str) -> None:
        await self.until(f"document.querySelector({json.dumps(selector)})")
        await self.eval(f"document.querySelector({json.dumps(selector)}).focus()")
        await self._send("Input.insertText", text=words)

    async def press(self, key: str) -> None:
        code, text = KEYS[key]
        for kind in ("keyDown", "keyUp"):
            await self._send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=code,
                text=text if kind == "keyDown" else "",
            )

    async def look(self, *, width: int = 1280, height: int = 860, scheme: str = "light") -> None:
        """How large the window is, and which colours the machine prefers."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        await self._send("Emulation.setDeviceMetricsOverride", **size)
        await self._send(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
        )

    async def screenshot(self, path: Path) -> None:
        shot = await self._send("Page.captureScreenshot", format="png")
        await anyio.Path(path).write_bytes(base64.b64decode(shot["data"]))

    async def nameless(self) -> list[Json]:
        """What a screen reader would meet without knowing what it is for."""
        nodes = (await self._send("Accessibility.getFullAXTree"))["nodes"]
        return [
            node
            for node in nodes
            if not node["ignored"]
            and node["role"]["value"] in CONTROLS
            and not node.get("name", {}).get("value", "").strip()
        ]

    def see(self, method: str, params: Json) -> None:
        match method:
            case "Runtime.consoleAPICalled" if params["type"] in {"error", "warning", "assert"}:
                self.complaints.append(
                    " ".join(str(each.get("value", each.get("description"))) for each in params["args"])
                )
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                self.complaints.append(details.get("exception", {}).get("description", details["text"]))
            case "Log.entryAdded" if params["entry"]["level"] in {"error", "warning"}:
                self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"].partition("#")[0])
            case "Network.webSocketCreated":
                self.requests.append(params["url"])
            case _:
                pass

    async def _send(self, method: str, **params: Any) -> Json:
        return await self.link.send(method, self.session, **params)


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Link]:
    """`folder` holds its profile."""
    process = await asyncio.create_subprocess_exec(
        program(), *FLAGS, f"--user-data-dir={folder}",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        env={"HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
    )  # fmt: skip
    try:
        async with connect(await _address(process), proxy=None, max_size=None) as socket:
            link = Link(socket)
            reading = asyncio.ensure_future(link.run())
            try:
                yield link
                await link.send("Browser.close")
            finally:
                reading.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    said = []
    with anyio.fail_after(20):
        async for line in process.stderr:
            said.append(line.decode(errors="replace"))
            if "DevTools listening on " in said[-1]:
                return said[-1].split(" on ", 1)[1].strip()
    raise AssertionError("Chromium did not start:\n" + "".join(said))


async def new_page(link: Link) -> Page:
    """In a context of its own: with cookies and storage of nobody else."""
    context = (await link.send("Target.createBrowserContext"))["browserContextId"]
    target = await link.send("Target.createTarget", url="about:blank", browserContextId=context)
    attached = await link.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
    page = Page(link, attached["sessionId"])
    await page.open()
    return page
