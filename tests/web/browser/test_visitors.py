import pytest
from httpx import AsyncClient
from websockets.exceptions import ConnectionClosed

from openclaw.web.browser.visitors import recognising
from tests.web.conftest import CONNECT, Client, Plane

BROWSER = {
    **{key: value for key, value in CONNECT.items() if key != "auth"},
    "client": {"id": "openclaw-control-ui", "version": "1", "platform": "web", "mode": "ui"},
}


async def cookie(plane: Plane) -> str:
    token = await plane.house.logins.redeem(plane.house.logins.offer().code.reveal(), "Firefox")
    assert token is not None
    return f"openclaw_{plane.port}={token.reveal()}"


async def refused(client: Client) -> str:
    answer = await client.call("connect", BROWSER)
    assert answer["ok"] is False
    return str(answer["error"]["code"])


async def test_a_signed_in_page_has_the_operators_scopes_and_may_narrow_them(plane: Plane) -> None:
    shown = await cookie(plane)
    async with plane.socket("/ws", cookie=shown, origin=plane.url) as client:
        hello = await client.call("connect", BROWSER)
        assert "operator.admin" in hello["payload"]["auth"]["scopes"]
        (row,) = (await client.call("dashboard.browsers"))["payload"]["browsers"]
        assert (row["id"], row["isThis"]) == ("web_1", True)
    async with plane.socket(cookie=shown, origin=plane.url) as client:
        hello = await client.call("connect", BROWSER | {"scopes": ["operator.read"]})
        assert hello["payload"]["auth"]["scopes"] == ["operator.read"]


async def test_without_the_cookie_or_without_a_page_nobody_is_recognised(plane: Plane) -> None:
    shown = await cookie(plane)
    for headers in ({"origin": plane.url}, {"cookie": shown}, {"cookie": f"{shown}x", "origin": plane.url}):
        async with plane.socket(**headers) as client:
            assert await refused(client) == "NOT_PAIRED"


async def test_a_wrong_token_is_not_made_good_by_the_cookie(plane: Plane) -> None:
    async with plane.socket(cookie=await cookie(plane), origin=plane.url) as client:
        answer = await client.call("connect", BROWSER | {"auth": {"token": "wrong"}})
    assert answer["error"]["details"]["code"] == "AUTH_TOKEN_MISMATCH"


async def test_who_is_signed_out_is_cut_off_at_once(plane: Plane) -> None:
    async with plane.socket(cookie=await cookie(plane), origin=plane.url) as client:
        assert (await client.call("connect", BROWSER))["ok"]
        async with plane.operator() as other:
            done = await other.call("dashboard.revoke", {"id": "web_1"})
            assert done["payload"] == {"ok": True, "revoked": 1}
            with pytest.raises(ConnectionClosed) as closed:
                await client.event("nothing more comes")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.reason == "signed out"
            assert (await other.call("health"))["ok"]


async def test_a_page_may_read_and_change_things_over_http_only_as_itself(plane: Plane) -> None:
    async with AsyncClient(base_url=plane.url, headers={"cookie": await cookie(plane)}) as http:
        assert (await http.get("/nope", headers={"sec-fetch-site": "same-origin"})).status_code == 404
        assert (await http.get("/nope", headers={"sec-fetch-site": "same-site"})).status_code == 401
        assert (await http.post("/nope")).status_code == 401
        assert (await http.post("/nope", headers={"origin": plane.url})).status_code == 404
        assert (await http.post("/nope", headers={"origin": "null"})).status_code == 403


async def test_a_cookie_of_nobody_locks_nobody_out(plane: Plane) -> None:
    browser = {"cookie": f"openclaw_{plane.port}=old", "origin": plane.url}
    async with AsyncClient(base_url=plane.url, headers=browser) as http:
        for _ in range(12):
            assert (await http.get("/nope")).status_code == 401
    assert await recognising(plane.house.logins)({"host": "127.0.0.1", **browser}, True) is None
