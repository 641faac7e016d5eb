"""The owner's browsers: letting one in, and signing them out."""

from pydantic import Field

from openclaw.types.clock import iso
from openclaw.web.desk import House, Json
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params


class DashboardLink(Params):
    """Without any."""


class DashboardBrowsers(Params):
    """Without any."""


class DashboardRevoke(Params):
    id: str | None = Field(default=None, min_length=1, max_length=64)
    """None: every browser, and every link that was not opened yet."""


async def offer_link(house: House, _: DashboardLink, __: Caller) -> Json:
    offered = house.logins.offer()
    return {
        "code": offered.code.reveal(),
        "path": f"/#code={offered.code.reveal()}",
        "expiresAt": iso(offered.expires_at),
    }


async def list_browsers(house: House, _: DashboardBrowsers, caller: Caller) -> Json:
    return {
        "browsers": [{**row, "isThis": row["id"] == caller.browser} for row in await house.logins.browsers()]
    }


async def revoke_browsers(house: House, params: DashboardRevoke, _: Caller) -> Json:
    return {"ok": True, "revoked": await house.logins.revoke(params.id)}
