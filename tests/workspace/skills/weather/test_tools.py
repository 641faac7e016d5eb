"""The shipped skill, loaded from the package as the daemon does it."""

import json
from collections.abc import AsyncIterator

import pytest

from openclaw.agent.config import SkillEntry
from openclaw.agent.skills.code import load_code
from openclaw.agent.skills.manifest import Skill, parse_manifest
from openclaw.agent.tools.base import Effect, Tool, ToolError, ToolInputError
from openclaw.bundled import workspace_folder
from openclaw.net.door import Door
from tests.agent.tools.scenes import SCENE
from tests.fakes import FakeOpenMeteo

FOLDER = workspace_folder() / "skills" / "weather"


def get_weather(door: Door, config: dict[str, object]) -> Tool:
    manifest = parse_manifest((FOLDER / "SKILL.md").read_text(), "weather")
    code = load_code(Skill(manifest, FOLDER / "SKILL.md", True), SkillEntry(config=config), door, 60)
    assert code.problems == ()
    (tool,) = code.tools
    return tool


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    door = Door()
    yield door
    await door.aclose()


@pytest.fixture
def tool(door: Door, openmeteo: FakeOpenMeteo) -> Tool:
    return get_weather(door, {"geocodingBaseUrl": openmeteo.url + "/", "forecastBaseUrl": openmeteo.url})


async def weather(tool: Tool, location: str) -> dict[str, object]:
    answer = await tool.run({"location": location}, SCENE)
    assert isinstance(answer, str)
    found: dict[str, object] = json.loads(answer)
    return found


async def test_it_answers_the_fields_of_the_walkthrough(tool: Tool, openmeteo: FakeOpenMeteo) -> None:
    assert await weather(tool, "Sydney") == {
        "location": "Sydney, New South Wales, AU",
        "temperature": 22,
        "feels_like": 20,
        "condition": "Partly cloudy",
        "humidity": 65,
        "wind_kph": 15,
    }
    search, forecast = openmeteo.calls
    assert search.path == "/v1/search"
    assert search.query == {"name": "Sydney", "count": "1", "language": "en", "format": "json"}
    assert forecast.path == "/v1/forecast"
    assert forecast.query["wind_speed_unit"] == "kmh"
    assert forecast.query["latitude"] == "-33.86785"


async def test_a_country_behind_the_name_is_understood(tool: Tool) -> None:
    assert (await weather(tool, "Sydney, Australia"))["temperature"] == 22


async def test_it_may_be_repeated_and_its_schema_is_plain(tool: Tool) -> None:
    assert (tool.name, tool.effect, tool.provenance) == ("get_weather", Effect.READ_ONLY, "tool")
    assert tool.description == "Get current weather for a location."
    properties = tool.schema["properties"]
    assert isinstance(properties, dict)
    assert list(properties) == ["location"]
    assert tool.schema["required"] == ["location"]


@pytest.mark.parametrize("arguments", [{}, {"location": ""}])
async def test_a_location_is_required(tool: Tool, arguments: dict[str, object]) -> None:
    with pytest.raises(ToolInputError, match=r"^ToolInputError: location is required$"):
        await tool.run(arguments, SCENE)


async def test_an_unknown_place_is_told(tool: Tool) -> None:
    with pytest.raises(ToolError, match="no place called 'Atlantis' was found"):
        await tool.run({"location": "Atlantis"}, SCENE)


async def test_a_service_that_fails_is_told_without_the_query(tool: Tool, openmeteo: FakeOpenMeteo) -> None:
    openmeteo.fail(503)

    with pytest.raises(ToolError, match=r"/v1/search: the server answered 503$"):
        await tool.run({"location": "Sydney"}, SCENE)


async def test_a_service_that_is_away_is_told(tool: Tool, openmeteo: FakeOpenMeteo) -> None:
    openmeteo.refuse_connections()

    with pytest.raises(ToolError, match="/v1/search: "):
        await tool.run({"location": "Sydney"}, SCENE)
