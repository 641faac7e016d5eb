"""Brave's web search, with its header, its limits and its words."""

from collections.abc import Mapping, Sequence

from tests.fake.http import Answer, FakeServer, HttpRequest

TOKYO: Sequence[Mapping[str, object]] = (
    {
        "title": "Weather in <strong>Tokyo</strong> today",
        "url": "https://weather.example.org/tokyo?unit=c&day=0",
        "description": "<strong>Tokyo</strong>: 11 &deg;C, clear sky. Wind &amp; rain later.",
        "age": "2 hours ago",
    },
    {
        "title": "Tokyo, the next ten days",
        "url": "https://forecast.example.org/jp/tokyo",
        "description": "Mild.",
    },
)


class FakeBrave(FakeServer):
    """`url` serves as `tools.web.search.baseUrl`."""

    def __init__(self, key: str = "brave-key-0001") -> None:
        super().__init__()
        self.key = key
        self.results = list(TOKYO)
        self.searches: list[HttpRequest] = []
        self._failures: list[tuple[int, dict[str, object], dict[str, str]]] = []

    def limit(self, retry_after: int | None = None) -> None:
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        self._failures.append((429, _error("RATE_LIMITED", "Request rate limit exceeded for plan."), headers))

    def fail(self, status: int, code: str, detail: str) -> None:
        self._failures.append((status, _error(code, detail), {}))

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.searches.append(request)
        self.changed()
        if request.path != "/res/v1/web/search":
            answer.send_json(404, _error("RESOURCE_NOT_FOUND", "Not found"))
        elif self._failures:
            status, body, headers = self._failures.pop(0)
            answer.send_json(status, body, headers)
        elif request.headers.get("x-subscription-token") != self.key:
            answer.send_json(
                422, _error("SUBSCRIPTION_TOKEN_INVALID", "The provided subscription token is invalid.")
            )
        else:
            count = int(request.query.get("count", 20))
            query = {"original": request.query["q"], "more_results_available": True}
            answer.send_json(
                200, {"type": "search", "query": query, "web": {"results": self.results[:count]}}
            )


def _error(code: str, detail: str) -> dict[str, object]:
    return {"type": "ErrorResponse", "error": {"code": code, "detail": detail, "status": 0}}
