"""DuckDuckGo without a key: the page it serves to browsers without scripts."""

from collections.abc import Sequence
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import anyio.to_thread

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.web.engine import Between, EngineParts, Hit, Search, asked, is_web_address, text
from openclaw.net.fetched import Fetched

BASE_URL = "https://html.duckduckgo.com"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""It shows programs that name themselves nothing but its puzzle."""
CAPTCHA = (
    "DuckDuckGo takes this machine for a robot and wants a puzzle solved. Wait some minutes and search less often; or "
    "the owner sets tools.web.search.provider to brave or searxng."
)
UNREADABLE = "DuckDuckGo answered with a page that holds neither results nor the word that there are none."
_PUZZLES = ("anomaly-modal", "anomaly.js", "challenge-form")
_SPANS = {"pd": "d", "pw": "w", "pm": "m", "py": "y"}
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip


class DuckDuckGo:
    name = "DuckDuckGo"

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    async def search(self, search: Search) -> Sequence[Hit]:
        headers = {"User-Agent": BROWSER, "Accept": "text/html", "Accept-Language": language(search)}
        answer = await asked(self._parts, "/html/", params(search), headers, self.name)
        if _is_puzzle(answer):
            raise ToolError(CAPTCHA)
        if answer.status >= 400:
            raise ToolError(f"DuckDuckGo answered {answer.status}. Try again later.")
        page = await anyio.to_thread.run_sync(read, answer.text)
        if not page.hits and not page.says_none:
            raise ToolError(UNREADABLE)
        return tuple(page.hits[: search.count])


def params(search: Search) -> dict[str, str]:
    match search.freshness:
        case Between(first, last):
            span = f"{first}..{last}"
        case None:
            span = ""
        case known:
            span = _SPANS[known]
    region = f"{search.country}-{search.search_lang[:2] or 'en'}" if search.country else ""
    optional = {"kl": region, "df": span}
    return {"q": search.query, **{name: given for name, given in optional.items() if given}}


def language(search: Search) -> str:
    wanted = search.ui_lang or search.search_lang
    return f"{wanted},en;q=0.5" if wanted else "en"


def read(page: str) -> "ResultPage":
    """Blocks for as long as the page is long."""
    parser = ResultPage()
    parser.feed(page)
    parser.close()
    parser.end()
    return parser


def _is_puzzle(answer: Fetched) -> bool:
    return answer.status in {202, 403} or any(mark in answer.text for mark in _PUZZLES)


class ResultPage(HTMLParser):
    """Finds results by the classes of their parts, wherever these stand: the boxes around them change often."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.hits: list[Hit] = []
        self.says_none = False
        self._depth = 0
        self._advert: int | None = None
        """How deep the advertisement began that we are in."""
        self._part: tuple[str, int] | None = None
        self._words: list[str] = []
        self._title = self._link = self._snippet = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        self._depth += 1
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if "result--ad" in classes and self._advert is None:
            self._advert = self._depth
        if {"no-results", "result--no-result"} & set(classes):
            self.says_none = True
        if self._advert is not None or self._part is not None:
            return
        if "result__a" in classes:
            self.end()
            self._link = target(given.get("href", ""))
            self._begin("title")
        elif "result__snippet" in classes:
            self._begin("snippet")

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self._part is not None and (self._part[1] == self._depth or tag == "a"):
            self._finish()
        if self._advert == self._depth:
            self._advert = None
        self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._part is not None:
            self._words.append(data)

    def end(self) -> None:
        """Of one result: the next begins, or the page is over."""
        if self._part is not None:
            self._finish()
        if self._title and self._link:
            self.hits.append(Hit(self._title, self._link, self._snippet))
        self._title = self._link = self._snippet = ""

    def _begin(self, part: str) -> None:
        self._part, self._words = (part, self._depth), []

    def _finish(self) -> None:
        assert self._part is not None
        words = text("".join(self._words))
        if self._part[0] == "title":
            self._title = words
        elif not self._snippet:
            self._snippet = words
        self._part = None


def target(href: str) -> str:
    """The page that a result leads to, freed from the address that counts clicks; empty for advertisements."""
    address = f"https:{href}" if href.startswith("//") else href
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if (parts.hostname or "duckduckgo.com").endswith("duckduckgo.com"):
        wanted = parse_qs(parts.query).get("uddg", [""])[0]
        return wanted if parts.path == "/l/" and is_web_address(wanted) else ""
    return address if is_web_address(address) else ""
