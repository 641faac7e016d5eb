from typing import Any

import pytest

from openclaw.types.clock import parse_iso
from openclaw.web.desk import Json
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR, Caller
from openclaw.web.rpc.methods import dispatch
from openclaw.web.rpc.runs import Accepted
from tests.web.fake_house import FakeHouse


async def ask(house: FakeHouse, method: str, who: Caller = OPERATOR, **params: Any) -> Json:
    answer = await dispatch(house, who, method, params)
    assert not isinstance(answer, Accepted)
    return answer


async def test_a_link_signs_a_browser_in_that_is_then_listed_and_revoked() -> None:
    house = FakeHouse()
    link = await ask(house, "dashboard.link")
    assert link["path"] == f"/#code={link['code']}"
    assert parse_iso(str(link["expiresAt"])) > 0

    assert await house.logins.redeem(str(link["code"]), "Firefox") is not None

    assert await ask(house, "dashboard.browsers", Caller(OPERATOR.scopes, browser="web_1")) == {
        "browsers": [
            {
                "id": "web_1",
                "name": "Firefox",
                "signedInAt": "2026-11-21T02:29:02.000Z",
                "seenAt": "2026-11-21T02:29:02.000Z",
                "isThis": True,
            }
        ]
    }
    with pytest.raises(RpcError, match="no browser 'web_7'"):
        await ask(house, "dashboard.revoke", id="web_7")
    assert await ask(house, "dashboard.revoke") == {"ok": True, "revoked": 1}
    assert await ask(house, "dashboard.browsers") == {"browsers": []}
