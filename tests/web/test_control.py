from collections.abc import AsyncIterator
from dataclasses import replace

import anyio
from httpx import ASGITransport, AsyncClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openclaw.web.config import ControlUiConfig, GatewayConfig
from openclaw.web.control import control_app
from tests.web.conftest import TOKEN, Plane, serving
from tests.web.fake_house import NAMEPLATE


async def test_probes_are_open_and_readiness_tells_its_reasons(plane: Plane) -> None:
    async with AsyncClient(base_url=plane.url) as http:
        assert (await http.get("/healthz")).json()["ok"] is True
        assert (await http.get("/readyz")).json() == {"ready": True, "reasons": []}
        plane.readiness.block("draining", "the daemon was asked to stop")
        waiting = await http.get("/readyz")
        plane.readiness.clear("draining")
        assert (await http.get("/readyz")).status_code == 200

    assert waiting.status_code == 503
    assert waiting.json()["reasons"] == [{"name": "draining", "reason": "the daemon was asked to stop"}]


async def test_without_the_token_nothing_else_exists(plane: Plane) -> None:
    async with AsyncClient(base_url=plane.url) as http:
        for path in ("/v1/models", "/nope", "/healthz/", "/ui"):
            refused = await http.get(path)
            assert refused.status_code == 401, path
            assert refused.json()["error"].keys() == {"message", "type"}
        wrong = await http.get("/nope", headers={"authorization": "Bearer wrong"})
        basic = await http.get("/nope", headers={"authorization": f"Basic {TOKEN}"})
        missing = await http.get("/nope", headers={"authorization": f"Bearer {TOKEN}"})
        never = await http.get("/healthz", params={"token": TOKEN})

    assert (wrong.status_code, basic.status_code, missing.status_code, never.status_code) == (
        401,
        401,
        404,
        200,
    )
    assert missing.json() == {"error": {"message": "not found", "type": "not_found"}}


async def test_the_page_is_open_to_everybody_and_holds_nothing_of_the_house(plane: Plane) -> None:
    async with AsyncClient(base_url=plane.url) as http:
        page = await http.get("/")
        script = await http.get("/ui/shell.js")

    assert (page.status_code, script.status_code) == (200, 200)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "require-trusted-types-for 'script'" in script.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    for secret in (TOKEN, NAMEPLATE.state_dir, NAMEPLATE.version):
        assert secret not in page.text


async def test_without_the_page_nobody_signs_in_and_no_cookie_counts() -> None:
    async with serving(GatewayConfig(control_ui=ControlUiConfig(enabled=False))) as plane:
        code = plane.house.logins.offer().code.reveal()
        token = await plane.house.logins.redeem(code, "a browser")
        assert token is not None
        shown = {"cookie": f"openclaw_{plane.port}={token.reveal()}"}
        async with AsyncClient(base_url=plane.url, headers=shown) as http:
            assert (await http.get("/")).status_code == 404
            assert (await http.post("/login", json={"code": code})).status_code == 404
            assert (await http.get("/nope")).status_code == 401


async def test_a_foreign_name_or_page_is_refused_before_the_token_is_looked_at(plane: Plane) -> None:
    bearer = {"authorization": f"Bearer {TOKEN}"}
    async with AsyncClient(base_url=plane.url, headers=bearer) as http:
        rebound = await http.get("/healthz", headers={"host": "rebound.example.org"})
        foreign = await http.post("/v1/models", headers={"origin": "https://evil.example.org"})
        own = await http.post("/nope", headers={"origin": plane.url})

    assert (rebound.status_code, rebound.json()["error"]["type"]) == (421, "host_not_allowed")
    assert (foreign.status_code, foreign.json()["error"]["type"]) == (403, "origin_not_allowed")
    assert own.status_code == 404


async def test_too_many_wrong_tokens_are_answered_with_when_to_come_back(plane: Plane) -> None:
    async with AsyncClient(base_url=plane.url, headers={"x-forwarded-for": "203.0.113.7"}) as http:
        for _ in range(10):
            await http.get("/nope", headers={"authorization": "Bearer guess"})
        locked = await http.get("/nope", headers={"authorization": f"Bearer {TOKEN}"})
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) > 290


async def test_a_wrong_method_is_said_to_be_that(plane: Plane) -> None:
    async with AsyncClient(base_url=plane.url) as http:
        assert (await http.post("/healthz")).status_code == 405


async def echo(request: Request) -> Response:
    return Response(await request.body())


async def test_a_refused_method_is_told_with_all_that_there_are(plane: Plane) -> None:
    routes = [Route("/thing", echo, methods=["GET"]), Route("/thing", echo, methods=["PUT"])]
    transport = ASGITransport(control_app(plane.control, routes))
    async with AsyncClient(transport=transport, base_url=plane.url) as http:
        refused = await http.post("/thing", headers={"authorization": f"Bearer {TOKEN}"})

    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, PUT")


async def test_a_body_that_does_not_come_is_answered_and_not_waited_for(plane: Plane) -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b"slow"
        await anyio.sleep_forever()

    gate = replace(plane.control.gate, body_seconds=0.05)
    app = control_app(replace(plane.control, gate=gate), [Route("/thing", echo, methods=["POST"])])
    async with AsyncClient(transport=ASGITransport(app), base_url=plane.url) as http:
        with anyio.fail_after(2):
            late = await http.post("/thing", content=half(), headers={"authorization": f"Bearer {TOKEN}"})

    assert (late.status_code, late.json()["error"]["type"]) == (408, "too_slow")
    assert late.headers["connection"] == "close"
