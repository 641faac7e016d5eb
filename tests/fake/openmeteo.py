"""Open-Meteo's two services, with one city: Sydney, 22 °C, feels like 20, partly cloudy, 65 %, 15 km/h."""

from collections import deque
from dataclasses import dataclass

from tests.fake.http import PATIENCE, Answer, FakeServer, Hold, HttpRequest

SYDNEY = {
    "id": 2147714,
    "name": "Sydney",
    "latitude": -33.86785,
    "longitude": 151.20732,
    "country_code": "AU",
    "country": "Australia",
    "admin1": "New South Wales",
    "timezone": "Australia/Sydney",
    "population": 4627345,
}
NOW: dict[str, object] = {
    "temperature_2m": 22.0,
    "apparent_temperature": 20.0,
    "weather_code": 2,
    "relative_humidity_2m": 65,
    "wind_speed_10m": 15.0,
    "is_day": 1,
}
UNITS = {
    "temperature_2m": "°C",
    "apparent_temperature": "°C",
    "weather_code": "wmo code",
    "relative_humidity_2m": "%",
    "wind_speed_10m": "km/h",
    "is_day": "",
}


@dataclass(frozen=True, slots=True)
class Lookup:
    path: str
    query: dict[str, str]
    at: float


class FakeOpenMeteo(FakeServer):
    """`url` serves as the base of both: `/v1/search` and `/v1/forecast`."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Lookup] = []
        self._failures: list[int] = []
        self._holds: deque[Hold] = deque()

    def hold(self) -> Hold:
        """The next request waits, then gets the answer it would have got."""
        hold = Hold()
        self._holds.append(hold)
        return hold

    def fail(self, status: int = 503, times: int = 1) -> None:
        self._failures += [status] * times

    async def wait_calls(self, count: int, timeout: float = PATIENCE) -> list[Lookup]:
        def seen() -> str:
            return f"{len(self.calls)} of {count} calls came: {[call.path for call in self.calls]}"

        await self.wait_until(lambda: len(self.calls) >= count, seen, timeout)
        return self.calls

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.calls.append(Lookup(request.path, request.query, request.at))
        self.changed()
        if self._holds:
            await self._holds.popleft().wait()
        if self._failures:
            answer.send_json(self._failures.pop(0), {"error": True, "reason": "The service is overloaded"})
        elif request.path.endswith("/search"):
            answer.send_json(200, _search(request.query))
        elif request.path.endswith("/forecast"):
            _forecast(request.query, answer)
        else:
            answer.send_json(404, {"error": True, "reason": "Not Found"})


def _search(query: dict[str, str]) -> dict[str, object]:
    """An unknown place has no `results` at all."""
    found = query.get("name", "").strip().lower() == "sydney"
    return {"results": [SYDNEY], "generationtime_ms": 0.5} if found else {"generationtime_ms": 0.5}


def _forecast(query: dict[str, str], answer: Answer) -> None:
    if "latitude" not in query or "longitude" not in query:
        answer.send_json(400, {"error": True, "reason": "Value of type 'Float' required for key 'latitude'."})
        return
    wanted = [name for name in query.get("current", "").split(",") if name]
    unknown = [name for name in wanted if name not in NOW]
    if unknown:
        reason = f"Data corrupted at path ''. Cannot initialize from invalid String value {unknown[0]}."
        answer.send_json(400, {"error": True, "reason": reason})
        return
    answer.send_json(
        200,
        {
            "latitude": float(query["latitude"]),
            "longitude": float(query["longitude"]),
            "timezone": query.get("timezone", "GMT"),
            "current_units": {
                "time": "iso8601",
                "interval": "seconds",
                **{name: UNITS[name] for name in wanted},
            },
            "current": {"time": "2026-02-27T09:00", "interval": 900, **{name: NOW[name] for name in wanted}},
        },
    )
