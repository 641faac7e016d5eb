"""A SearXNG instance, with JSON switched on or off."""

from tests.fake.http import Answer, FakeServer, HttpRequest


class FakeSearxng(FakeServer):
    """`url` serves as `tools.web.search.baseUrl`."""

    def __init__(self) -> None:
        super().__init__()
        self.json = True
        self.searches: list[HttpRequest] = []
        self.results: list[dict[str, object]] = [
            {
                "title": "Ferries",
                "url": "https://ferries.example.org/",
                "content": "Timetables &amp; prices",
                "engine": "invented",
                "publishedDate": "2026-02-20T00:00:00",
            },
            {
                "title": "A map",
                "url": "https://map.example.org/harbour",
                "content": None,
                "publishedDate": None,
            },
            {"title": "No page", "url": "magnet:?xt=urn:x", "content": "left out"},
        ]

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.searches.append(request)
        if request.path != "/search":
            answer.send(404, b"<h1>Not Found</h1>")
        elif request.query.get("format") == "json" and not self.json:
            answer.send(403, b"<h1>Forbidden</h1>", {"content-type": "text/html"})
        elif not request.query.get("q"):
            answer.send_json(400, {"error": "No query"})
        else:
            found = {
                "query": request.query["q"],
                "number_of_results": 0,
                "results": self.results,
                "answers": [],
            }
            answer.send_json(200, found)
