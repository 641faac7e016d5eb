"""axe-core: what a page does to those who cannot see it, or only just."""

import os
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.fake.browser import Page

PACKAGE = "axe-core@4.14.1"
GRAVE = {"serious", "critical"}
RUN = """async (rules) => {
  // What nobody reads is not made: it takes most of the time.
  const options = {resultTypes: ['violations'], preload: false, selectors: false};
  if (rules.length) options.runOnly = {type: 'rule', values: rules};
  const {violations} = await axe.run(document, options);
  return violations.map(({id, impact, help, nodes}) =>
    ({id, impact, help, nodes: nodes.map(({html, failureSummary}) => `${html.slice(0, 200)} ${failureSummary}`)}));
}"""


def script() -> Path:
    """The test is skipped where it is not installed, unless it is asked for."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "openclaw-tests" / "axe"
    path = cache / "node_modules" / "axe-core" / "axe.min.js"
    if path.exists():
        return path
    missing = f"axe-core is missing: npm install --prefix {cache} {PACKAGE}"
    if os.environ.get("OPENCLAW_REQUIRE_AXE"):
        pytest.fail(missing)
    pytest.skip(missing)


async def violations(page: Page, *rules: str) -> list[dict[str, Any]]:
    """Serious and critical ones. `rules`: only these."""
    if not await page.eval("typeof axe === 'object'"):
        await page.eval(f"{await anyio.Path(script()).read_text()}; 0")
    found: list[dict[str, Any]] = await page.tab.evaluate(RUN, list(rules))
    return [each for each in found if each["impact"] in GRAVE]
