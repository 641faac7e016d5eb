from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.methods import dispatch
from tests.web.conftest import Plane
from tests.web.fake_house import FakeHouse


async def ask(house: FakeHouse, method: str, **params: Any) -> dict[str, Any]:
    return dict(await dispatch(house, OPERATOR, method, params))  # type: ignore[arg-type]


async def test_the_log_is_tailed(tmp_path: Path) -> None:
    await anyio.Path(tmp_path / "gateway.log").write_text("one\ntwo\n")
    told = await ask(FakeHouse(tmp_path), "logs.tail", limit=1)
    assert (told["lines"], told["cursor"], told["truncated"]) == (["two"], 8, True)


async def test_who_is_here_is_a_list_on_the_wire_and_told_to_the_others(plane: Plane) -> None:
    async with plane.operator(client={**CLIENT, "displayName": "Ana"}) as first:
        async with plane.operator(client={**CLIENT, "mode": "ui"}):
            came = await first.event("presence")
            assert [each["mode"] for each in came["payload"]["presence"]] == ["gateway", "cli", "ui"]
            assert came["stateVersion"]["presence"] > 1
            listed = (await first.call("system-presence"))["payload"]
            assert [each["host"] for each in listed[1:]] == ["Ana", "cli"]
        left = await first.event("presence")
        assert len(left["payload"]["presence"]) == 2
        assert (await first.call("last-heartbeat"))["payload"] is None


CLIENT = {"id": "cli", "version": "1.0.0", "platform": "linux", "mode": "cli"}


async def test_a_message_is_sent_by_hand() -> None:
    house = FakeHouse()
    told = await ask(house, "send", to="1001", channel="telegram", message="hi", idempotencyKey="k1")
    assert (told["runId"], told["messageId"], told["channel"]) == ("k1", "77", "telegram")
    with pytest.raises(RpcError, match="chat not found") as refused:
        await ask(house, "send", to="nobody", message="hi", idempotencyKey="k2")
    assert refused.value.code == "UNAVAILABLE"
    for wrong in ({"message": "  "}, {"message": "hi", "mediaUrl": "https://example.org/a.png"}):
        with pytest.raises(RpcError, match="invalid send params"):
            await ask(house, "send", to="1001", idempotencyKey="k3", **wrong)


async def test_who_is_asked_about_programs() -> None:
    assert (await ask(FakeHouse(), "exec.approvals.get"))["resolvedDefaults"]["askFallback"] == "deny"


async def test_the_rules_of_programs_are_taken_as_they_are_and_changed_elsewhere() -> None:
    house = FakeHouse()
    shown = await ask(house, "exec.approvals.get")
    assert await ask(house, "exec.approvals.set", file=shown["file"], baseHash=shown["hash"]) == shown
    assert await ask(house, "exec.approvals.set", file={"version": 1, "agents": {"main": {}}}) == shown
    for file in (
        {"version": 1, "defaults": {**shown["file"]["defaults"], "security": "deny"}},
        {"version": 1, "agents": {"main": {"allowlist": [{"pattern": "/bin/rm"}]}}},
    ):
        with pytest.raises(RpcError, match=r"openclaw config set tools\.exec\.s") as refused:
            await ask(house, "exec.approvals.set", file=file)
        assert refused.value.details is not None
        assert refused.value.details["code"] == "PROTECTED"
    with pytest.raises(RpcError, match="changed meanwhile"):
        await ask(house, "exec.approvals.set", file=shown["file"], baseHash="older")
