from typing import Any

import pytest

from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR, Caller
from openclaw.web.rpc.methods import dispatch
from tests.web.fake_house import FakeHouse
from tests.web.fake_office import FakeConfig


async def ask(house: FakeHouse, method: str, caller: Caller = OPERATOR, **params: Any) -> dict[str, Any]:
    return dict(await dispatch(house, caller, method, params))  # type: ignore[arg-type]


async def test_the_file_is_shown_to_whoever_may_change_it() -> None:
    house = FakeHouse()
    told = await ask(house, "config.get")
    assert (told["raw"], told["hash"], told["runningHash"]) == ("{}\n", "f1", "")
    reader = await ask(house, "config.get", Caller(frozenset({"operator.read"})))
    assert "raw" not in reader
    assert (await ask(house, "config.schema"))["generatedAt"] > 0


async def test_it_is_written_as_a_whole_or_by_a_patch() -> None:
    house = FakeHouse()
    await ask(house, "config.set", raw="{a: 1}", baseHash="f1")
    await ask(house, "config.patch", raw="{a: null}", baseHash="f2", note="why", restartDelayMs=2000)
    await ask(house, "config.apply", raw="{a: 2}", baseHash="f3", sessionKey="main", restartDelayMs=0)
    config = house.office.config
    assert isinstance(config, FakeConfig)
    assert config.written == [("{a: 1}", "f1"), ("{a: null}", "f2"), ("{a: 2}", "f3")]
    with pytest.raises(RpcError, match="must have required property 'baseHash'"):
        await ask(house, "config.patch", raw="{}")


async def test_a_change_may_be_tried_without_being_made() -> None:
    house = FakeHouse()
    assert (await ask(house, "config.check", raw="{a: 1}"))["raw"] == "{a: 1}"
    assert (await ask(house, "config.check", patch="{a: null}"))["raw"] == "{a: null}"
    assert isinstance(house.office.config, FakeConfig)
    assert house.office.config.written == []


async def test_three_writes_a_minute_for_each_device_or_address() -> None:
    house = FakeHouse()
    here, there = (Caller(OPERATOR.scopes, address=each) for each in ("127.0.0.1", "203.0.113.7"))
    for _ in range(3):
        await ask(house, "config.set", here, raw="{}")
    with pytest.raises(RpcError) as refused:
        await ask(house, "config.patch", here, raw="{}", baseHash="f1")
    assert refused.value.code == "UNAVAILABLE"
    assert 50_000 < int(str(refused.value.shape()["retryAfterMs"])) <= 60_000
    await ask(house, "config.set", there, raw="{}")
    await ask(house, "config.get", here)
