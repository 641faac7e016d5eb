from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from openclaw.web.document.openapi import document, served


async def answer(_: Request) -> Response:
    return Response()


async def talk(_: WebSocket) -> None: ...


ROUTES = [
    WebSocketRoute("/ws", talk),
    Route("/healthz", answer),
    Route("/api/v1/phone/authorized-numbers", answer, methods=["GET"]),
    Route("/api/v1/phone/authorized-numbers", answer, methods=["POST"]),
    Route("/api/v1/phone/authorized-numbers/{number:path}", answer, methods=["DELETE"]),
    Route("/new/thing", answer, methods=["GET"]),
]


def test_what_is_served_is_named_by_method_and_path() -> None:
    assert list(served(ROUTES)) == [
        ("GET", "/healthz"),
        ("GET", "/api/v1/phone/authorized-numbers"),
        ("POST", "/api/v1/phone/authorized-numbers"),
        ("DELETE", "/api/v1/phone/authorized-numbers/{number}"),
        ("GET", "/new/thing"),
    ]


def test_bodies_are_those_that_the_routes_check() -> None:
    found = document(ROUTES)
    post = found["paths"]["/api/v1/phone/authorized-numbers"]["post"]

    body = post["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/NumberBody"}
    schema = found["components"]["schemas"]["NumberBody"]
    assert (schema["required"], schema["additionalProperties"]) == (["number"], False)
    assert schema["properties"]["number"]["pattern"].startswith("^\\+")
    assert list(post["responses"]) == [
        "200", "201", "401", "403", "408", "413", "421", "422", "429", "500", "503",
    ]  # fmt: skip


def test_what_is_open_says_so_and_the_rest_asks_for_a_token() -> None:
    found = document(ROUTES)

    assert found["security"] == [{"bearer": []}]
    assert found["paths"]["/healthz"]["get"]["security"] == []
    assert "401" not in found["paths"]["/healthz"]["get"]["responses"]
    listing = found["paths"]["/api/v1/phone/authorized-numbers"]["get"]
    assert "security" not in listing
    assert "408" not in listing["responses"]


def test_a_route_without_words_is_not_hidden() -> None:
    assert document(ROUTES)["paths"]["/new/thing"]["get"]["summary"] == ""


def test_every_reference_leads_somewhere() -> None:
    found = document(ROUTES)
    known = {f"#/components/schemas/{name}" for name in found["components"]["schemas"]}

    assert references(found) <= known


def references(value: object) -> set[str]:
    match value:
        case {"$ref": str(target)}:
            return {target}
        case dict():
            return set().union(*map(references, value.values()))
        case list():
            return set().union(*map(references, value))
        case _:
            return set()
