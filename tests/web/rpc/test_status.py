from typing import Any

from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.methods import dispatch
from tests.web.fake_house import MAIN, NAMEPLATE, FakeHouse


async def ask(**params: Any) -> dict[str, Any]:
    return dict(await dispatch(FakeHouse(), OPERATOR, "status", params))  # type: ignore[arg-type]


async def test_our_own_status_is_short() -> None:
    assert await ask() == {"version": NAMEPLATE.version, "model": NAMEPLATE.model, "channels": []}
    assert await ask(somethingNewer=True) == await ask()


async def test_the_originals_command_line_is_told_what_it_shows() -> None:
    told = await ask(includeChannelSummary=False, includeCliProjection=True)
    sessions = told["sessions"]
    assert (sessions["count"], sessions["recent"][0]["key"]) == (2, MAIN)
    assert sessions["defaults"] == {"model": NAMEPLATE.model, "contextTokens": 200_000}
    assert [(each["agentId"], each["count"]) for each in sessions["byAgent"]] == [("main", 2)]
    assert told["tasks"]["total"] == told["taskAudit"]["total"] == 0
