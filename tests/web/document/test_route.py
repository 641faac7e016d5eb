from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openclaw.web.document.route import with_document


async def answer(_: Request) -> Response:
    return Response()


async def test_the_document_is_served_and_describes_itself_beside_the_others() -> None:
    app = Starlette(routes=with_document([Route("/healthz", answer)]))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1") as http:
        found = (await http.get("/openapi.json")).json()

    assert found["openapi"] == "3.1.0"
    assert set(found["paths"]) == {"/healthz", "/openapi.json"}
