"""The web page: from the request to the first paint, and until a page shows what it is for."""

import json
import re
import tempfile
import time
from pathlib import Path

from openclaw.web.browser.static import UI
from tests.bench.house import ground
from tests.bench.report import Figure
from tests.fake.browser import Page, chromium, new_page

NAMES = re.findall(r'name: "(\w+)"', (UI / "pages.js").read_text())
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
SHOWN = "document.querySelector('.page-{name} h1') && !document.querySelector('.page .loading')"


async def first_paint(times: int = 5) -> list[Figure]:
    """Each time in a page of its own; what the browser has kept of our files it asks for anew."""
    with tempfile.TemporaryDirectory() as folder:
        async with ground() as house, chromium(Path(folder)) as browser:
            await house.daemon.start()
            page = await new_page(browser)
            said = (await house.daemon.cli("dashboard")).stdout
            await page.goto(next(word for word in said.split() if "/#code=" in word))
            await page.text("Connected")
            figures = []
            for name in NAMES:
                painted, shown = [], []
                for _ in range(times):
                    begun = time.perf_counter()
                    painted.append(
                        await _visited(page, f"{house.daemon.url}/?{time.time_ns()}#/{name}", name)
                    )
                    shown.append((time.perf_counter() - begun) * 1000)
                note = f"shows what it is for after {sorted(shown)[len(shown) // 2]:.0f} ms"
                figures.append(Figure(f"first paint of {name}", painted, "ms", note=note))
    return figures


async def _visited(page: Page, url: str, name: str) -> float:
    await page.goto(url)
    await page.until(f"location.href === {json.dumps(url)} && {SHOWN.format(name=name)}")
    return float(await page.until(PAINTED))
