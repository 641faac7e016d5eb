from pathlib import Path
from typing import Any

import pytest

from openclaw.types.events import DeviceAsked, DeviceSettled
from openclaw.web.devices.records import DeviceFacts
from openclaw.web.rpc.devices import device_told
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR, Caller
from openclaw.web.rpc.methods import dispatch
from tests.web.fake_house import FakeHouse

DEVICE = DeviceFacts("d1", "key", "linux", "cli", "cli")


async def ask(house: FakeHouse, method: str, caller: Caller = OPERATOR, **params: Any) -> dict[str, Any]:
    return dict(await dispatch(house, caller, method, params))  # type: ignore[arg-type]


@pytest.fixture
def house(tmp_path: Path) -> FakeHouse:
    return FakeHouse(tmp_path)


async def test_a_device_from_its_request_to_its_removal(house: FakeHouse) -> None:
    request, _ = await house.office.devices.ask(DEVICE, "operator", ["operator.read"], "203.0.113.7")
    listed = await ask(house, "device.pair.list")
    assert [each["requestId"] for each in listed["pending"]] == [request.request_id]
    done = await ask(house, "device.pair.approve", requestId=request.request_id)
    assert done["device"]["scopes"] == ["operator.read"]
    house.office.presence.enter("c1", {"deviceId": "d1"})
    (paired,) = (await ask(house, "device.pair.list"))["paired"]
    assert (paired["deviceId"], paired["connected"]) == ("d1", True)

    rotated = await ask(house, "device.token.rotate", deviceId="d1", role="operator")
    assert (len(rotated["token"]), rotated["scopes"]) == (43, ["operator.read"])
    assert (await ask(house, "device.token.revoke", deviceId="d1"))["revokedAtMs"] > 0
    assert await ask(house, "device.pair.remove", deviceId="d1") == {"deviceId": "d1"}
    assert (await ask(house, "device.pair.list"))["paired"] == []


async def test_a_token_is_made_by_nobody_who_has_less(house: FakeHouse) -> None:
    await house.office.devices.pair_silently(DEVICE, "operator", ["operator.admin", "operator.read"])
    pairer = Caller(frozenset({"operator.pairing", "operator.read"}))
    for scopes in ({}, {"scopes": ["operator.admin"]}):
        with pytest.raises(RpcError, match=r"missing scope: operator\.admin"):
            await ask(house, "device.token.rotate", pairer, deviceId="d1", **scopes)
    narrow = await ask(house, "device.token.rotate", pairer, deviceId="d1", scopes=["operator.read"])
    assert narrow["scopes"] == ["operator.read"]


async def test_what_is_not_there_is_said_to_be_that(house: FakeHouse) -> None:
    for method in ("device.pair.approve", "device.pair.reject"):
        with pytest.raises(RpcError, match="no device asks under 'x'"):
            await ask(house, method, requestId="x")
    for method in ("device.pair.remove", "device.token.rotate", "device.token.revoke"):
        with pytest.raises(RpcError, match="no device is paired under 'x'"):
            await ask(house, method, deviceId="x")


def test_only_those_who_may_decide_are_told() -> None:
    asked = device_told(DeviceAsked("pair_1", "d1", {"requestId": "pair_1"}))
    assert (asked.name, asked.scope, asked.payload) == (
        "device.pair.requested", "operator.pairing", {"requestId": "pair_1"},
    )  # fmt: skip
    settled = device_told(DeviceSettled("", "d1", "removed", 7))
    assert settled.payload == {"requestId": None, "deviceId": "d1", "decision": "removed", "ts": 7}
    assert settled.scope == "operator.pairing"
