"""The weather of this moment from Open-Meteo: one request to find the place, one for its weather."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from openclaw.agent.tools.base import ToolError
from openclaw.net.door import Door, Params

EFFECTS = {"get_weather": "read-only"}
ORIGINS = ("https://geocoding-api.open-meteo.com", "https://api.open-meteo.com")

_GEOCODING, _FORECAST = ORIGINS
_CURRENT = {
    "temperature_2m": "temperature",
    "apparent_temperature": "feels_like",
    "relative_humidity_2m": "humidity",
    "weather_code": "condition",
    "wind_speed_10m": "wind_kph",
}
_CONDITIONS = {  # WMO code table 4677, as far as Open-Meteo uses it
    0: "Clear sky",
    1: "Mainly clear",
    2: "Partly cloudy",
    3: "Overcast",
    45: "Fog",
    48: "Freezing fog",
    51: "Light drizzle",
    53: "Drizzle",
    55: "Dense drizzle",
    56: "Light freezing drizzle",
    57: "Freezing drizzle",
    61: "Light rain",
    63: "Rain",
    65: "Heavy rain",
    66: "Light freezing rain",
    67: "Freezing rain",
    71: "Light snow",
    73: "Snow",
    75: "Heavy snow",
    77: "Snow grains",
    80: "Light showers",
    81: "Showers",
    82: "Violent showers",
    85: "Light snow showers",
    86: "Snow showers",
    95: "Thunderstorm",
    96: "Thunderstorm with light hail",
    99: "Thunderstorm with hail",
}


async def get_weather(
    location: Annotated[
        str, Field(min_length=1, max_length=200, description="City, with country or region if needed")
    ],
    http: Door,
    config: Mapping[str, object],
) -> dict[str, object]:
    """Get current weather for a location."""
    place = await _find(location.strip(), http, _base(config, "geocodingBaseUrl", _GEOCODING))
    weather = await _current(place, http, _base(config, "forecastBaseUrl", _FORECAST))
    return {"location": _full_name(place), **weather}


def _base(config: Mapping[str, object], key: str, otherwise: str) -> str:
    return str(config.get(key) or otherwise).rstrip("/")


async def _find(location: str, http: Door, base: str) -> Mapping[str, object]:
    """The service knows plain names only: of `Portland, Oregon` the second half chooses among the Portlands."""
    places = await _search(location, 1, http, base)
    name, comma, rest = location.partition(",")
    if not places and comma and name.strip():
        places = await _search(name.strip(), 10, http, base)
        wanted = rest.strip().casefold()
        places = [place for place in places if wanted in _regions(place)] or places
    if not places:
        raise ToolError(
            f"no place called {location!r} was found; check the spelling, or name a larger place nearby"
        )
    return places[0]


async def _search(name: str, count: int, http: Door, base: str) -> list[Mapping[str, object]]:
    params: Params = {"name": name, "count": count, "language": "en", "format": "json"}
    answer = await http.get_json(f"{base}/v1/search", params)
    results = answer.get("results", []) if isinstance(answer, dict) else None
    if not isinstance(results, list) or not all(map(_is_place, results)):
        raise ToolError("the place search gave an answer that makes no sense; try again later")
    return results


def _is_place(result: object) -> bool:
    return (
        isinstance(result, dict)
        and isinstance(result.get("name"), str)
        and all(isinstance(result.get(key), int | float) for key in ("latitude", "longitude"))
    )


def _regions(place: Mapping[str, object]) -> set[str]:
    return {str(place.get(key, "")).casefold() for key in ("admin1", "admin2", "country", "country_code")}


def _full_name(place: Mapping[str, object]) -> str:
    parts = [str(place[key]) for key in ("name", "admin1", "country_code") if place.get(key)]
    return ", ".join(dict.fromkeys(parts))


async def _current(place: Mapping[str, object], http: Door, base: str) -> dict[str, object]:
    params = {
        "latitude": str(place["latitude"]),
        "longitude": str(place["longitude"]),
        "current": "temperature_2m,apparent_temperature,relative_humidity_2m,weather_code,wind_speed_10m",
        "wind_speed_unit": "kmh",
    }
    answer = await http.get_json(f"{base}/v1/forecast", params)
    found = answer.get("current") if isinstance(answer, dict) else None
    values = found if isinstance(found, dict) else {}
    missing = [name for name in _CURRENT if not isinstance(values.get(name), int | float)]
    if missing:
        raise ToolError(f"the weather service left out {', '.join(missing)}; try again later")
    weather = {name: _number(values[source]) for source, name in _CURRENT.items()}
    code = weather["condition"]
    return {
        "temperature": weather["temperature"],
        "feels_like": weather["feels_like"],
        "condition": _CONDITIONS.get(int(code), f"Unknown (WMO code {code})"),
        "humidity": weather["humidity"],
        "wind_kph": weather["wind_kph"],
    }


def _number(value: float) -> float:
    return int(value) if float(value).is_integer() else value
