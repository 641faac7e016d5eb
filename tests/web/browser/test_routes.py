import pytest
from httpx import AsyncClient

from openclaw.types.errors import StorageFullError
from tests.web.conftest import Plane
from tests.web.fake_browsers import FakeBrowsers


def offered(plane: Plane) -> str:
    return plane.house.logins.offer().code.reveal()


async def test_a_code_becomes_a_cookie_that_opens_what_the_token_opens(plane: Plane) -> None:
    code = offered(plane)
    async with AsyncClient(base_url=plane.url, headers={"origin": plane.url}) as http:
        assert (await http.get("/nope")).status_code == 401
        answer = await http.post("/login", json={"code": code})
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
        assert "HttpOnly; SameSite=Strict" in answer.headers["set-cookie"]
        assert answer.headers["cache-control"] == "no-store"
        assert (await http.get("/nope")).status_code == 404
        again = await http.post("/login", json={"code": code})

    assert (again.status_code, again.json()["error"]["type"]) == (403, "code_not_valid")
    assert "openclaw dashboard" in again.json()["error"]["message"]


async def test_signing_out_ends_this_browser_and_no_other(plane: Plane) -> None:
    async with AsyncClient(base_url=plane.url, headers={"origin": plane.url}) as one:
        async with AsyncClient(base_url=plane.url, headers={"origin": plane.url}) as other:
            for http in (one, other):
                assert (await http.post("/login", json={"code": offered(plane)})).status_code == 200
            kept = dict(one.cookies)
            assert (await one.post("/logout")).status_code == 200
            assert dict(one.cookies) == {}
            assert (
                await one.get("/nope", headers={"cookie": "; ".join(map("=".join, kept.items()))})
            ).status_code == 401
            assert (await other.get("/nope")).status_code == 404


async def test_a_browser_that_signs_in_again_is_still_one(plane: Plane) -> None:
    async with AsyncClient(base_url=plane.url, headers={"origin": plane.url}) as http:
        for _ in range(2):
            assert (await http.post("/login", json={"code": offered(plane)})).status_code == 200
        assert (await http.get("/nope")).status_code == 404
    assert len(await plane.house.logins.browsers()) == 1


async def test_another_page_cannot_sign_a_browser_in_or_out(plane: Plane) -> None:
    foreign = {"origin": "http://127.0.0.1:3000"}
    async with AsyncClient(base_url=plane.url) as http:
        code = offered(plane)
        assert (await http.post("/login", json={"code": code}, headers=foreign)).status_code == 403
        assert (await http.post("/login", json={"code": code})).status_code == 200
        assert (await http.post("/logout", headers=foreign)).status_code == 403
        assert (await http.post("/logout")).status_code == 401
        assert len(await plane.house.logins.browsers()) == 1


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"code": 7}', b"\xff", b'{"code": "' + b"q" * 9000 + b'"}']
)
async def test_what_is_no_code_is_said_to_be_that(plane: Plane, body: bytes) -> None:
    async with AsyncClient(base_url=plane.url) as http:
        assert (await http.post("/login", content=body)).status_code == 400


async def test_guessing_is_stopped_and_does_not_keep_out_the_owners_programs(plane: Plane) -> None:
    async with AsyncClient(base_url=plane.url) as http:
        browser = {"origin": plane.url}
        for _ in range(10):
            assert (await http.post("/login", json={"code": "guess"}, headers=browser)).status_code == 403
        locked = await http.post("/login", json={"code": offered(plane)}, headers=browser)
        assert (locked.status_code, locked.json()["error"]["type"]) == (429, "rate_limited")
        assert int(locked.headers["retry-after"]) > 290
    async with plane.operator() as client:
        assert (await client.call("health"))["ok"]


async def test_a_full_disk_is_told(plane: Plane) -> None:
    full = FakeBrowsers(failing=StorageFullError("the disk is full"))
    plane.house.logins._browsers = full
    async with AsyncClient(base_url=plane.url) as http:
        answer = await http.post("/login", json={"code": offered(plane)})
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, "the disk is full")


async def test_behind_tls_the_cookie_never_leaves_it(plane: Plane) -> None:
    host = plane.url.removeprefix("http://")
    async with AsyncClient(base_url=plane.url) as http:
        answer = await http.post(
            "/login", json={"code": offered(plane)}, headers={"origin": f"https://{host}"}
        )
    assert answer.headers["set-cookie"].endswith("; Secure")
