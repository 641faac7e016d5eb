from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest

from openclaw.types.errors import OpenClawError
from openclaw.types.events import ApprovalRequested, ApprovalResolved
from openclaw.web.desk import Json, UnknownKeyError
from openclaw.web.rpc.approvals import approval_told
from openclaw.web.rpc.broadcast import Broadcast, Listener
from openclaw.web.rpc.feed import Feed
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller, Scope
from openclaw.web.rpc.methods import dispatch
from openclaw.web.rpc.runs import Accepted
from tests.gateway.harness import open_house, said
from tests.gateway.test_approvals import asked, letter
from tests.web.desks import desk_of
from tests.web.fake_house import MAIN, NOW, FakeHouse

REQUESTED = ApprovalRequested("mitorake", "main", MAIN, "message (send): telegram:1", NOW, NOW + 600_000)
RESOLVED = ApprovalResolved("mitorake", "approved", "telegram:821071206", NOW)


def caller(*scopes: Scope) -> Caller:
    return Caller(frozenset(scopes), client="openclaw-control-ui")


async def ask(house: FakeHouse, method: str, who: Caller, **params: Any) -> Json:
    answer = await dispatch(house, who, method, params)
    assert not isinstance(answer, Accepted)
    return answer


async def test_who_holds_the_scope_lists_and_decides() -> None:
    house, who = FakeHouse(), caller("operator.approvals")

    listed = await ask(house, "exec.approval.list", who)
    assert isinstance(listed["approvals"], list)
    assert [row["id"] for row in listed["approvals"]] == ["mitorake"]
    done = await ask(house, "exec.approval.resolve", who, id="mitorake", decision="allow-once")
    assert done["state"] == "approved"
    await ask(house, "exec.approval.resolve", who, id="mitorake", decision="deny")
    by = "operator:openclaw-control-ui"
    assert house.desk.decided == [("mitorake", True, by), ("mitorake", False, by)]


async def test_writing_is_not_deciding() -> None:
    with pytest.raises(RpcError) as refused:
        await ask(
            FakeHouse(), "exec.approval.resolve", caller("operator.write"), id="mitorake", decision="deny"
        )
    assert refused.value.code == "FORBIDDEN"


@pytest.mark.parametrize(
    "params",
    [
        {"id": "mitorake", "decision": "allow-always"},
        {"id": "mitorake", "decision": "allow-once", "approved": True},
        {"id": "mitorake"},
        {"id": "nonesuch", "decision": "deny"},
    ],
)
async def test_a_wrong_answer_is_none(params: dict[str, Any]) -> None:
    house = FakeHouse()
    with pytest.raises(RpcError) as refused:
        await ask(house, "exec.approval.resolve", caller("operator.approvals"), **params)
    assert refused.value.code == "INVALID_REQUEST"
    assert house.desk.decided == []


def test_the_originals_shapes_are_told() -> None:
    assert approval_told(REQUESTED).payload == {
        "id": "mitorake",
        "request": {"command": "message (send): telegram:1", "agentId": "main", "sessionKey": MAIN},
        "createdAtMs": NOW,
        "expiresAtMs": NOW + 600_000,
    }
    assert approval_told(RESOLVED).payload == {
        "id": "mitorake",
        "decision": "allow-once",
        "outcome": "approved",
        "resolvedBy": "telegram:821071206",
        "ts": NOW,
    }


async def test_only_those_who_may_decide_are_told() -> None:
    told = Broadcast(FakeHouse())
    decides = Listener(Caller(frozenset({"operator.approvals"}), connection="a"), Feed(1_000_000))
    reads = Listener(Caller(frozenset({"operator.read"}), connection="b"), Feed(1_000_000))
    with told.joined(decides), told.joined(reads):
        await told.see(REQUESTED)
        await told.see(RESOLVED)
        seen = [orjson.loads(await decides.feed.next() or "") for _ in range(2)]
        with anyio.move_on_after(0) as scope:
            await reads.feed.next()
    assert scope.cancelled_caught
    assert [frame["event"] for frame in seen] == ["exec.approval.requested", "exec.approval.resolved"]
    assert all("seq" not in frame for frame in seen), "others count on, and miss nothing"


async def test_the_real_desk_shows_what_waits_and_decides_it_once(state_dir: Path) -> None:
    async with open_house(state_dir) as house, house.working():
        desk, tool = desk_of(house), letter(house, "Hello Ben")
        await house.receive(said("Write to Ben."))
        name = await asked(house)
        (row,) = await desk.approvals(settled=False)
        assert (row["id"], row["state"], row["tool"], row["kind"]) == (name, "pending", "message", "send")
        assert row["arguments"] == '{"message":"Hello Ben","target":"telegram:821071208"}'

        done = await desk.decide_approval(name, allow=True, by="operator:cli")
        assert (done["state"], done["decidedBy"]) == ("approved", "operator:cli")
        with pytest.raises(OpenClawError, match="approved already"):
            await desk.decide_approval(name, allow=False, by="operator:cli")
        with pytest.raises(UnknownKeyError):
            await desk.decide_approval("nonesuch", allow=True, by="operator:cli")
        await house.settled()
        assert tool.runs == 1
        assert await desk.approvals(settled=False) == []
        assert [each["id"] for each in await desk.approvals(settled=True)] == [name]
