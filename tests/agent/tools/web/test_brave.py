from collections.abc import AsyncIterator

import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.web.brave import Brave, params
from openclaw.agent.tools.web.engine import Between, Hit, Search
from tests.agent.tools.web.engines import Keys, parts
from tests.fakes import FakeBrave

TOKYO = Search("current weather Tokyo", 5)


@pytest.fixture
async def fake() -> AsyncIterator[FakeBrave]:
    async with FakeBrave() as fake:
        yield fake


async def test_results_come_with_title_address_and_plain_words(fake: FakeBrave) -> None:
    async with parts(f"{fake.url}/", key=fake.key, keys=Keys(**{fake.key: fake.key})) as made:
        found = await Brave(made).search(TOKYO)

    assert list(found) == [
        Hit(
            "Weather in Tokyo today",
            "https://weather.example.org/tokyo?unit=c&day=0",
            "Tokyo: 11 °C, clear sky. Wind & rain later.",
            "2 hours ago",
        ),
        Hit("Tokyo, the next ten days", "https://forecast.example.org/jp/tokyo", "Mild."),
    ]
    assert fake.searches[0].headers["x-subscription-token"] == fake.key
    assert fake.searches[0].query == {"q": "current weather Tokyo", "count": "5"}


async def test_a_search_without_results_is_no_error(fake: FakeBrave) -> None:
    fake.results = []
    async with parts(fake.url, Keys(K=fake.key), "env:K") as made:
        assert list(await Brave(made).search(TOKYO)) == []


def test_every_wish_is_passed_on() -> None:
    search = Search("x", 3, "de", "de", "de-DE", Between("2026-01-01", "2026-01-31"))

    assert params(search) == {
        "q": "x",
        "count": 3,
        "country": "DE",
        "search_lang": "de",
        "ui_lang": "de-DE",
        "freshness": "2026-01-01to2026-01-31",
    }
    assert params(Search("x", 3, freshness="pw"))["freshness"] == "pw"


async def test_a_key_that_was_replaced_is_read_again(fake: FakeBrave) -> None:
    keys = Keys(K="the old key")
    async with parts(fake.url, keys, "env:K") as made:
        engine = Brave(made)
        with pytest.raises(ToolError, match=r"refused the key in tools\.web\.search\.apiKey \(422\)"):
            await engine.search(TOKYO)
        keys.values["K"] = fake.key
        assert len(await engine.search(TOKYO)) == 2

    assert len(fake.searches) == 3, "a key that is still the same is not tried twice"
    assert keys.fresh == [False, True, False, True]


async def test_a_missing_or_unreadable_key_says_what_to_set(fake: FakeBrave) -> None:
    async with parts(fake.url) as made:
        with pytest.raises(ToolError, match="set BRAVE_API_KEY"):
            await Brave(made).search(TOKYO)
    async with parts(fake.url, key="env:NOT_THERE") as made:
        with pytest.raises(ToolError, match="cannot be read: env:NOT_THERE is not set"):
            await Brave(made).search(TOKYO)
    assert fake.searches == []


async def test_limits_and_complaints_are_told(fake: FakeBrave) -> None:
    fake.limit(retry_after=2)
    fake.fail(422, "VALIDATION", "count must be at most 20")
    fake.fail(403, "OPTION_NOT_IN_PLAN", "no")
    async with parts(fake.url, Keys(K=fake.key), "env:K") as made:
        with pytest.raises(ToolError, match="Brave Search takes no more searches for 2 s"):
            await Brave(made).search(TOKYO)
        with pytest.raises(ToolError, match="Brave Search answered 422: count must be at most 20"):
            await Brave(made).search(TOKYO)
        with pytest.raises(ToolError, match=r"refused the key .*\(403\)"):
            await Brave(made).search(TOKYO)
