import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openclaw.gateway.phone.desk import FieldError, NotSetUpError
from openclaw.types.errors import OpenClawError, StorageFullError
from openclaw.web.api.bodies import LARGEST, Body, answering, checked, said


class Wish(Body):
    wish: str


async def posted(content: bytes, failure: Exception | None = None) -> tuple[int, dict[str, str]]:
    async def take(request: Request) -> Response:
        if failure is not None:
            raise failure
        return said({"wish": (await checked(request, Wish)).wish})

    app = Starlette(routes=[Route("/", answering(take), methods=["POST"])])
    async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1") as http:
        answer = await http.post("/", content=content)
    return answer.status_code, answer.json()


async def test_a_body_is_checked() -> None:
    assert await posted(b'{"wish":"tea"}') == (200, {"wish": "tea"})
    assert await posted(b"tea") == (422, {"error": "body: it is no JSON", "field": "body"})
    assert (await posted(b'{"wish":1}'))[1]["field"] == "wish"
    assert (await posted(b'{"wish":"tea","sugar":true}'))[1]["field"] == "sugar"
    assert (await posted(b"\xff\xfe"))[0] == 422


async def test_a_body_that_is_too_large_is_not_read_to_its_end() -> None:
    assert (await posted(b" " * (LARGEST + 1)))[0] == 413


@pytest.mark.parametrize(
    ("failure", "status"),
    [(FieldError("to", "no"), 422), (NotSetUpError("none"), 503), (StorageFullError("full"), 503),
     (OSError(28, "No space left on device"), 503), (OpenClawError("broken"), 500)],
)  # fmt: skip
async def test_each_refusal_has_its_code_and_its_words(failure: Exception, status: int) -> None:
    code, answer = await posted(b"{}", failure)
    assert code == status
    assert answer["error"]
