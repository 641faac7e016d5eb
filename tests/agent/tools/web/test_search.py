from collections.abc import AsyncIterator

import pytest

from openclaw.agent.tools.base import Act, Effect, Kind, ToolError, ToolInputError
from openclaw.agent.tools.web.cache import TtlCache
from openclaw.agent.tools.web.config import WebSearchConfig
from openclaw.agent.tools.web.engine import Between, Hit
from openclaw.agent.tools.web.search import SearchTool, engine, freshness, rendered
from openclaw.net.door import Door
from openclaw.schema import ConfigPart
from openclaw.types.secrets import SecretRef
from tests.agent.tools.scenes import SCENE
from tests.agent.tools.web.engines import Keys
from tests.fakes import FakeBrave
from tests.gateway.scripted import ControlledClock


@pytest.fixture
async def fake() -> AsyncIterator[FakeBrave]:
    async with FakeBrave() as fake:
        yield fake


@pytest.fixture
def clock() -> ControlledClock:
    return ControlledClock()


@pytest.fixture
async def tool(fake: FakeBrave, clock: ControlledClock) -> AsyncIterator[SearchTool]:
    config = WebSearchConfig(
        provider="brave", base_url=fake.url, api_key=SecretRef("env:K"), max_results=3, timeout_seconds=2
    )
    door = Door()
    kept: TtlCache[tuple[Hit, ...]] = TtlCache(900, 100, len, clock)
    yield SearchTool(config, engine(config, door, Keys(K=fake.key)), kept)
    await door.aclose()


async def test_the_weather_in_tokyo(tool: SearchTool, fake: FakeBrave) -> None:
    assert await tool.run({"query": "current weather Tokyo"}, SCENE) == (
        "Brave Search, 2 results for 'current weather Tokyo':\n\n"
        "1. Weather in Tokyo today\n"
        "   https://weather.example.org/tokyo?unit=c&day=0\n"
        "   2 hours ago · Tokyo: 11 °C, clear sky. Wind & rain later.\n\n"
        "2. Tokyo, the next ten days\n"
        "   https://forecast.example.org/jp/tokyo\n"
        "   Mild."
    )
    assert fake.searches[0].query["count"] == "3"


async def test_what_it_is_to_the_policy(tool: SearchTool) -> None:
    assert tool.act({"query": " who  won? "}, SCENE) == Act(Kind.SEARCH, "Brave Search", "who won?")
    assert (tool.name, tool.effect, tool.provenance) == ("web_search", Effect.READ_ONLY, "web")
    assert list(tool.schema["properties"]) == [  # type: ignore[call-overload]
        "query", "count", "country", "search_lang", "ui_lang", "freshness",
    ]  # fmt: skip
    assert tool.schema["required"] == ["query"]


async def test_the_same_search_is_made_once_in_a_quarter_of_an_hour(
    tool: SearchTool, fake: FakeBrave, clock: ControlledClock
) -> None:
    first = await tool.run({"query": "tokyo"}, SCENE)
    assert await tool.run({"query": " tokyo "}, SCENE) == first
    assert len(fake.searches) == 1
    await tool.run({"query": "tokyo", "count": 1}, SCENE)
    await tool.run({"query": "tokyo", "country": "JP"}, SCENE)
    assert len(fake.searches) == 3
    clock.advance(900)
    await tool.run({"query": "tokyo"}, SCENE)
    assert len(fake.searches) == 4


async def test_a_failure_is_not_remembered(tool: SearchTool, fake: FakeBrave) -> None:
    fake.limit()
    with pytest.raises(ToolError, match="too many"):
        await tool.run({"query": "tokyo"}, SCENE)

    assert "1. Weather" in await tool.run({"query": "tokyo"}, SCENE)


async def test_nothing_found_is_said(tool: SearchTool, fake: FakeBrave) -> None:
    fake.results = []

    assert await tool.run({"query": "qqq"}, SCENE) == (
        "Brave Search found nothing for 'qqq'. Try other or fewer words."
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "query is required"),
        ({"query": ""}, "query is required"),
        ({"query": 5}, "query must be a string"),
        ({"query": "x" * 401}, "of at least 1 characters and of at most 400 characters"),
        ({"query": "x", "count": 11}, "count must be an integer ≥ 1 and ≤ 10, not 11"),
        ({"query": "x", "count": 0}, "count must be an integer ≥ 1 and ≤ 10, not 0"),
        ({"query": "x", "country": "Germany"}, "country must be two letters such as DE, not 'germany'"),
        ({"query": "x", "search_lang": "German!"}, "search_lang must be a code such as de"),
        ({"query": "x", "ui_lang": "german"}, "ui_lang must be a code such as de-DE"),
        ({"query": "x", "freshness": "recent"}, "freshness must be pd, pw, pm, py or two days"),
        ({"query": "x", "site": "example.org"}, "there is no argument site; there is query, count"),
    ],
)
async def test_a_wrong_argument_is_explained(
    tool: SearchTool, arguments: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ToolInputError) as refused:
        tool.act(arguments, SCENE)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("", None),
        ("pd", "pd"),
        ("week", "pw"),
        ("2026-01-01to2026-01-31", Between("2026-01-01", "2026-01-31")),
        ("2026-01-01to2026-01-01", Between("2026-01-01", "2026-01-01")),
    ],
)
def test_freshness_is_a_span_or_two_days(given: str, read: object) -> None:
    assert freshness(given) == read


@pytest.mark.parametrize("given", ["2026-02-01to2026-01-01", "2026-02-30to2026-03-01", "2026-01-01", "p1d"])
def test_freshness_that_is_no_time_is_refused(given: str) -> None:
    with pytest.raises(ToolInputError, match=f"not '{given}'"):
        freshness(given)


def test_a_long_excerpt_is_cut_and_a_title_never_missing() -> None:
    listed = rendered("q", [Hit("", "https://example.org/", "x" * 600)], "Engine")

    assert "1. https://example.org/\n" in listed
    assert listed.endswith("x" * 499 + "…")


@pytest.mark.parametrize(
    ("provider", "name"), [("duckduckgo", "DuckDuckGo"), ("searxng", "SearXNG"), (None, "DuckDuckGo")]
)
def test_every_engine_can_be_chosen(provider: str | None, name: str) -> None:
    config = WebSearchConfig.model_validate({"provider": provider})
    assert isinstance(config, ConfigPart)
    assert engine(config, Door(), Keys()).name == name
