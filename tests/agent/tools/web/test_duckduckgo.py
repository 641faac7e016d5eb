from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.web.duckduckgo import DuckDuckGo, language, params, read, target
from openclaw.agent.tools.web.engine import Between, Hit, Search
from tests.agent.tools.web.engines import parts
from tests.fake.duckduckgo import FOOT, HEAD, NONE, advert, result
from tests.fakes import FakeDuckDuckGo


@pytest.fixture
async def fake() -> AsyncIterator[FakeDuckDuckGo]:
    async with FakeDuckDuckGo() as fake:
        yield fake


async def test_results_come_without_advertisements_and_without_click_counters(fake: FakeDuckDuckGo) -> None:
    async with parts(fake.url) as made:
        found = await DuckDuckGo(made).search(Search("current weather Tokyo", 5, "us"))

    assert list(found) == [
        Hit("Tokyo weather", "https://weather.example.org/tokyo?a=1&b=2", "11 °C & clear"),
        Hit("Tokyo — a city", "https://city.example.org/", "Fourteen million people."),
    ]
    assert fake.searches[0].query == {"q": "current weather Tokyo", "kl": "us-en"}
    assert fake.searches[0].headers["user-agent"].startswith("Mozilla/5.0")


async def test_no_more_results_than_wanted(fake: FakeDuckDuckGo) -> None:
    async with parts(fake.url) as made:
        assert len(await DuckDuckGo(made).search(Search("x", 1))) == 1


async def test_nothing_found_is_no_error(fake: FakeDuckDuckGo) -> None:
    fake.body = [NONE]
    async with parts(fake.url) as made:
        assert list(await DuckDuckGo(made).search(Search("x", 5))) == []


async def test_a_puzzle_and_an_unknown_page_are_told(fake: FakeDuckDuckGo) -> None:
    fake.body = ["<p>A new design</p>"]
    async with parts(fake.url) as made:
        with pytest.raises(ToolError, match="neither results nor the word that there are none"):
            await DuckDuckGo(made).search(Search("x", 5))
        fake.suspicious = True
        with pytest.raises(ToolError, match="takes this machine for a robot"):
            await DuckDuckGo(made).search(Search("x", 5))
    async with parts(f"{fake.url}/wrong") as made:
        with pytest.raises(ToolError, match="DuckDuckGo answered 404"):
            await DuckDuckGo(made).search(Search("x", 5))


def test_every_wish_is_passed_on() -> None:
    assert params(Search("x", 3, "de", "de", "de-DE", "pw")) == {"q": "x", "kl": "de-de", "df": "w"}
    assert (
        params(Search("x", 3, freshness=Between("2026-01-01", "2026-01-31")))["df"]
        == "2026-01-01..2026-01-31"
    )
    assert language(Search("x", 3, ui_lang="de-DE", search_lang="fr")) == "de-DE,en;q=0.5"
    assert language(Search("x", 3)) == "en"


@pytest.mark.parametrize(
    ("href", "page"),
    [
        ("//duckduckgo.com/l/?uddg=https%3A%2F%2Fexample.org%2F%3Fa%3D1&rut=0f", "https://example.org/?a=1"),
        ("https://duckduckgo.com/l/?uddg=http%3A%2F%2Fexample.org%2F", "http://example.org/"),
        ("https://example.org/direct", "https://example.org/direct"),
        ("//example.org/direct", "https://example.org/direct"),
        ("https://duckduckgo.com/y.js?ad_domain=example.net", ""),
        ("//duckduckgo.com/l/?uddg=javascript%3Aalert(1)", ""),
        ("//duckduckgo.com/l/?uddg=https%3A%2F%2Fexample.org%2F%0A2.%20Forged", ""),
        ("/html/?q=more", ""),
        ("javascript:alert(1)", ""),
        ("https://[::1", ""),
        ("", ""),
    ],
)
def test_where_a_result_leads(href: str, page: str) -> None:
    assert target(href) == page


@pytest.mark.parametrize(
    "page",
    [
        '<a class="result__a" href="https://example.org/">Title</a><td class="result__snippet">Words</td>',
        '<a class="x result__a y" href="https://example.org/"><b>Tit</b>le</a><div>'
        '<span class="result__snippet">Wor<i>ds',
        '<div class=result><h2><a href=https://example.org/ class=result__a>Title<br></a></h2></span></div>'
        '<p class="result__snippet">Words',
        HEAD + advert("No") + advert("No") + result("Title", "https://example.org/", "Words") + advert("No") + FOOT,
    ],
)  # fmt: skip
def test_results_are_found_in_whatever_boxes_they_stand(page: str) -> None:
    assert read(page).hits == [Hit("Title", "https://example.org/", "Words")]


def test_a_result_may_have_no_excerpt() -> None:
    page = result("A", "https://a.example.org/", "").replace("result__snippet", "other")
    found = read(HEAD + page + result("B", "https://b.example.org/", "words") + FOOT).hits

    assert found == [Hit("A", "https://a.example.org/", ""), Hit("B", "https://b.example.org/", "words")]


SCRAPS = [
    "<div class='result--ad'>", "</div>", "<a class='result__a' href='//e.org'>", "</a>", "<b class='result__snippet'>",
    "<br>", "</", "<!--", "x", "&#0;", "<p", "'",
]  # fmt: skip


@given(st.lists(st.sampled_from(SCRAPS), max_size=40).map("".join))
def test_no_page_breaks_the_reader(page: str) -> None:
    for hit in read(page).hits:
        assert hit.title
        assert hit.url == "https://e.org"
