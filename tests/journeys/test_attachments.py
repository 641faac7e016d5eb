"""Files that people add to what they say on the page and over the WebSocket."""

import base64
import os
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, FilePayload

from tests.agent.tools.files.yard import png
from tests.conftest import MakeDaemon
from tests.fake.browser import Page, new_page
from tests.fakes import Daemon, FakeAnthropic, Reply
from tests.journeys.test_control import connected, is_final
from tests.journeys.watching import images, user_texts

Json = dict[str, Any]
SHOTS = os.environ.get("OPENCLAW_SCREENSHOTS", "")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
COMPOSER = ".composer textarea"
HAND_OVER = """([kind, name, type, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0))], name, {type}));
  const init = {bubbles: true, cancelable: true};
  const area = document.querySelector('.composer textarea');
  if (kind === 'paste') area.dispatchEvent(new ClipboardEvent('paste', {...init, clipboardData: files}));
  else for (const step of ['dragenter', 'dragover', 'drop'])
    area.dispatchEvent(new DragEvent(step, {...init, dataTransfer: files}));
}"""


def models(anthropic: FakeAnthropic) -> Json:
    provider = {"api": "anthropic-messages", "baseUrl": anthropic.url, "apiKey": anthropic.key}
    return {"models": {"providers": {"anthropic": provider}}}


async def hand_over(page: Page, kind: str, name: str, media_type: str, data: bytes) -> None:
    await page.tab.evaluate(HAND_OVER, [kind, name, media_type, base64.b64encode(data).decode()])


async def seen(page: Page, name: str) -> None:
    if SHOTS:
        for scheme, width in (("light", 390), ("dark", 1280), ("light", 1280)):
            await page.look(width=width, scheme=scheme)
            await page.screenshot(Path(SHOTS) / f"{name}-{scheme}-{width}.png")
        await page.look()


async def test_files_are_picked_pasted_and_dropped_seen_and_sent(
    make_daemon: MakeDaemon, anthropic: FakeAnthropic, browser: Browser
) -> None:
    daemon = make_daemon(models(anthropic))
    await daemon.start()
    page = await _signed_in(daemon, browser)
    await page.tab.set_input_files(
        ".composer input[type=file]",
        [
            FilePayload(name="roof.png", mimeType="image/png", buffer=png(60, 40)),
            FilePayload(name="offer.pdf", mimeType="application/pdf", buffer=PDF),
        ],
    )
    await hand_over(page, "paste", "", "image/png", png(30, 30))
    await hand_over(page, "drop", "notes <b>.md", "text/markdown", b"# tiles\n")
    await hand_over(page, "drop", "huge.bin", "application/octet-stream", bytes(10_000_001))
    await page.text("huge.bin is larger than 10 MB, the most that is taken.")
    await page.until("document.querySelectorAll('.tray li').length === 4")
    await page.until("[...document.querySelectorAll('.tray img')].every(each => each.naturalWidth > 0)")
    await seen(page, "attach-tray")
    assert await page.nameless() == []
    await page.click("button[aria-label='Remove pasted.png']")
    await page.write(COMPOSER, "Which roof is it?")
    anthropic.reply("A **red** one.")
    await page.press("Enter")
    await page.until(
        "document.querySelector('.log .reply strong')?.innerText === 'red' && !document.querySelector('.live')"
    )

    await _what_the_model_was_shown(anthropic, daemon)
    await _what_is_shown_afterwards(page, daemon)
    await _what_is_refused_comes_back(page)
    await seen(page, "attach-sent")
    assert page.complaints == []
    assert page.strays(daemon.url) == []
    assert await daemon.stop() == 0


async def _signed_in(daemon: Daemon, browser: Browser) -> Page:
    (said,) = await daemon.wait_said("/#code=")
    page = await new_page(browser)
    await page.look()
    await page.goto(said.split()[1])
    await page.text("Connected")
    await page.until("document.querySelector('.composer input[type=file]')")
    return page


async def _what_the_model_was_shown(anthropic: FakeAnthropic, daemon: Daemon) -> None:
    (image,) = images(anthropic.requests[0])
    assert image["source"]["data"] == base64.b64encode(png(60, 40)).decode()
    told = user_texts(anthropic.requests[0])[-1]
    kept = {each["path"]: each for each in _files(daemon)}
    assert len(kept) == 3
    for path in kept:
        assert path in told
    assert "Which roof is it?" in told


def _files(daemon: Daemon) -> list[Json]:
    media = daemon.state_dir / "media" / "inbound"
    return [{"path": path.relative_to(daemon.state_dir).as_posix()} for path in media.glob("*/web-*")]


async def _what_is_shown_afterwards(page: Page, daemon: Daemon) -> None:
    await page.until("document.querySelector('.log .said .enclosed img')?.naturalWidth === 60")
    source = await page.eval("document.querySelector('.log .said img').getAttribute('src')")
    assert source.startswith("/api/v1/media/inbound/")
    assert await page.eval("document.querySelector('.log .said .bubble').innerText") == "Which roof is it?"
    papers = "[...document.querySelectorAll('.log .said .paper-name')].map(each => each.innerText)"
    assert await page.eval(papers) == ["offer.pdf", "notes <b>.md"]
    # Of this house's own address nothing but pictures is drawn.
    saved = "fetch(document.querySelectorAll('.log a.paper')[1].href).then(each => each.headers.get('content-type'))"
    assert await page.eval(saved) == "application/octet-stream"


async def _what_is_refused_comes_back(page: Page) -> None:
    """The page does not know all that the house knows."""
    await hand_over(page, "paste", "broken.png", "image/png", png()[:-6])
    await page.until("document.querySelectorAll('.tray li').length === 1")
    await page.write(COMPOSER, "and this?")
    await page.click(".composer .primary")
    await page.text("broken.png: it is a damaged PNG")
    await page.until("document.querySelectorAll('.tray li').length === 1")
    assert await page.eval(f"document.querySelector('{COMPOSER}').value") == "and this?"


async def test_a_crash_loses_no_file(make_daemon: MakeDaemon, anthropic: FakeAnthropic) -> None:
    config = models(anthropic)
    photo = {"mimeType": "image/png", "fileName": "roof.png", "content": base64.b64encode(png(9, 9)).decode()}
    asked = {"sessionKey": "main", "message": "", "idempotencyKey": "r1", "attachments": [photo]}
    doomed = make_daemon(config, env={"OPENCLAW_FAILPOINT": "turn.started:kill"})
    await doomed.start()
    async with connected(doomed) as (client, _):
        await client.send("chat.send", **asked)
        assert await doomed.wait_exit() == -9

    survivor = make_daemon(config)
    await survivor.start()
    anthropic.answer_with(lambda body: Reply("A roof."))
    async with connected(survivor) as (client, _):
        # Whether it is answered depends on who is faster: whoever asked, or the daemon that finds them gone.
        await client.call("chat.send", **asked)
        await client.call("chat.send", sessionKey="main", message="And now?", idempotencyKey="r2")
        await client.until(is_final("r2"))
        history = await client.call("chat.history", sessionKey="main")
    assert await survivor.stop() == 0

    (image,) = images(anthropic.requests[-1])
    assert image["source"]["data"] == photo["content"]
    question, *_, answer = history["messages"]
    assert [block["type"] for block in question["content"]] == ["text", "image"]
    assert answer["content"][0]["text"] == "A roof."
    assert len(_files(survivor)) == 1
