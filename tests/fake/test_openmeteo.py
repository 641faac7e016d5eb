from tests.fakes import FakeOpenMeteo, fetch


async def test_sydney_is_known_and_other_places_are_not(openmeteo: FakeOpenMeteo) -> None:
    _, found = await fetch("GET", f"{openmeteo.url}/v1/search?name=Sydney&count=1")
    _, unknown = await fetch("GET", f"{openmeteo.url}/v1/search?name=Atlantis&count=1")
    _, now = await fetch(
        "GET",
        f"{openmeteo.url}/v1/forecast?latitude=-33.9&longitude=151.2&current=temperature_2m,weather_code",
    )
    assert b'"country_code": "AU"' in found
    assert b"results" not in unknown
    assert b'"temperature_2m": 22.0, "weather_code": 2' in now
    assert [call.query.get("name") for call in openmeteo.calls] == ["Sydney", "Atlantis", None]
