import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.web.engine import Between, Hit, Search
from openclaw.agent.tools.web.searxng import Searxng, params
from tests.agent.tools.web.engines import parts
from tests.fakes import FakeSearxng


async def test_results_come_with_title_address_and_plain_words() -> None:
    async with FakeSearxng() as fake, parts(f"{fake.url}/") as made:
        found = await Searxng(made).search(Search("ferries", 5))

    assert list(found) == [
        Hit("Ferries", "https://ferries.example.org/", "Timetables & prices", "2026-02-20T00:00:00"),
        Hit("A map", "https://map.example.org/harbour", ""),
    ]
    assert fake.searches[0].query == {"q": "ferries", "format": "json"}


async def test_no_more_results_than_wanted() -> None:
    async with FakeSearxng() as fake, parts(fake.url) as made:
        assert len(await Searxng(made).search(Search("ferries", 1))) == 1


def test_every_wish_is_passed_on() -> None:
    assert params(Search("x", 3, "de", "en", freshness="pm")) == {
        "q": "x",
        "format": "json",
        "language": "en-DE",
        "time_range": "month",
    }
    assert params(Search("x", 3, "de", "pt-br"))["language"] == "pt-br"
    assert "language" not in params(Search("x", 3, "de"))
    with pytest.raises(ToolError, match="SearXNG knows no dates"):
        params(Search("x", 3, freshness=Between("2026-01-01", "2026-01-31")))


async def test_what_the_owner_must_set_is_said() -> None:
    async with parts("") as made:
        with pytest.raises(ToolError, match=r"set tools\.web\.search\.baseUrl"):
            await Searxng(made).search(Search("x", 3))
    async with FakeSearxng() as fake:
        fake.json = False
        async with parts(fake.url) as made:
            with pytest.raises(ToolError, match=r"add `json` to search\.formats"):
                await Searxng(made).search(Search("x", 3))
        async with parts(f"{fake.url}/wrong") as made:
            with pytest.raises(ToolError, match=r"SearXNG answered 404; is tools\.web\.search\.baseUrl"):
                await Searxng(made).search(Search("x", 3))
