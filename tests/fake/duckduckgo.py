"""DuckDuckGo's page for browsers without scripts."""

from html import escape
from urllib.parse import quote

from tests.fake.http import Answer, FakeServer, HttpRequest

HEAD = (
    "<!DOCTYPE html><html><head><title>search at DuckDuckGo</title></head><body>"
    '<div class="serp__results"><div id="links" class="results">'
)
FOOT = (
    '<div class="nav-link"><form action="/html/" method="post"><input type="submit" value="Next"></form></div>'
    "</div></div></div></body></html>"
)
PUZZLE = (
    '<html><body><form id="challenge-form" action="//duckduckgo.com/anomaly.js?sv=html&amp;cc=botnet" method="POST">'
    '<div class="anomaly-modal__title">Unfortunately, bots use DuckDuckGo too.</div></form></body></html>'
)
NONE = '<div class="result results_links result--no-result"><div class="no-results">No results.</div></div>'


def result(title: str, url: str, snippet: str) -> str:
    """`title` and `snippet` are HTML."""
    href = f"//duckduckgo.com/l/?uddg={quote(url, safe='')}&amp;rut=0f1e2d"
    return (
        '<div class="result results_links results_links_deep web-result "><div class="links_main result__body">'
        f'<h2 class="result__title"><a rel="nofollow" class="result__a" href="{href}">{title}</a></h2>'
        f'<div class="result__extras"><a class="result__url" href="{href}"> {escape(url)} </a></div>'
        f'<a class="result__snippet" href="{href}">{snippet}</a><div class="clear"></div></div></div>'
    )


def advert(title: str) -> str:
    href = "https://duckduckgo.com/y.js?ad_domain=shop.example.net&amp;ad_provider=x"
    return (
        '<div class="result results_links result--ad "><div class="links_main"><h2 class="result__title">'
        f'<a class="result__a" href="{href}">{title}</a></h2><br>'
        f'<a class="result__snippet" href="{href}">Buy</a></div></div>'
    )


class FakeDuckDuckGo(FakeServer):
    """`url` serves as `tools.web.search.baseUrl`."""

    def __init__(self) -> None:
        super().__init__()
        self.searches: list[HttpRequest] = []
        self.suspicious = False
        self.body = [
            advert("Boats for sale"),
            result(
                "Tokyo <b>weather</b>",
                "https://weather.example.org/tokyo?a=1&b=2",
                "11 &deg;C &amp; <b>clear</b>",
            ),
            result("Tokyo &mdash; a city", "https://city.example.org/", "Fourteen million people."),
        ]

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.searches.append(request)
        html = {"content-type": "text/html; charset=UTF-8"}
        if request.path != "/html/":
            answer.send(404, b"Not Found")
        elif self.suspicious:
            answer.send(202, PUZZLE.encode(), html)
        else:
            answer.send(200, "\n".join([HEAD, *self.body, FOOT]).encode(), html)
