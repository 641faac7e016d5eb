from httpx import AsyncClient

from tests.web.conftest import TOKEN, Plane


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


async def test_the_status_page_shows_name_version_and_state_and_runs_no_script(plane: Plane) -> None:
    plane.readiness.block("storage_full", "the disk is full <b>")
    async with AsyncClient(base_url=plane.url) as http:
        page = await http.get("/")
        style = await http.get("/ui/status.css")

    assert "OpenClaw" in page.text
    assert "0.1.0" in page.text
    assert "the disk is full &lt;b&gt;" in page.text
    assert "<script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "prefers-color-scheme" in style.text or "light-dark" in style.text
    assert TOKEN not in page.text


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
