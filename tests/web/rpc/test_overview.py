from typing import Any

import pytest

from openclaw.store.traffic import Traffic
from openclaw.web.desk import Json
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.methods import dispatch
from openclaw.web.rpc.overview import account_row
from tests.web.fake_house import FakeDesk, FakeHouse
from tests.web.fake_office import FakeChannels


async def ask(house: FakeHouse, method: str, **params: Any) -> dict[str, Any]:
    answer = await dispatch(house, OPERATOR, method, params)
    assert isinstance(answer, dict)
    return answer


def state(channel: str, account: str, condition: str, **more: object) -> dict[str, object]:
    return {"channel": channel, "account": account, "condition": condition, "reason": "", **more}


async def test_channels_are_told_by_account_and_the_default_one_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def status(_: FakeDesk) -> Json:
        states = [
            state("telegram", "work", "failing", reason="401"),
            state("telegram", "default", "connected", last_inbound_at=7),
            state("sms", "sales", "starting"),
        ]
        return {"channels": {str(number): each for number, each in enumerate(states)}}

    monkeypatch.setattr(FakeDesk, "status", status)
    house = FakeHouse()
    assert isinstance(house.office.channels, FakeChannels)
    house.office.channels.used = {
        ("telegram", "default"): Traffic(6, 12, 1),
        ("sms", "sales"): Traffic(5),
    }
    house.office.channels.at_rest = [
        state("quo", "default", "disabled"),
        state("sms", "shop", "stopped", reason="no"),
    ]
    answer = await ask(house, "channels.status", probe=False)

    assert answer["channelOrder"] == ["telegram", "sms", "quo"]
    assert answer["channelLabels"] == {"telegram": "Telegram", "sms": "Text messages", "quo": "Quo"}
    (quo,) = answer["channelAccounts"]["quo"]
    assert (quo["condition"], quo["enabled"], quo["lastError"]) == ("disabled", False, None)
    assert answer["channelAccounts"]["sms"][1]["lastError"] == "no"
    assert answer["channelDefaultAccountId"] == {"telegram": "default", "sms": "sales", "quo": "default"}
    assert [row["lastOutboundAt"] for row in answer["channelAccounts"]["telegram"]] == [None, 12]
    assert answer["channelAccounts"]["sms"][0]["lastInboundAt"] == 5
    work, default = answer["channelAccounts"]["telegram"]
    assert (work["connected"], work["running"], work["lastError"]) == (False, True, "401")
    assert (default["connected"], default["lastError"], default["lastInboundAt"]) == (True, None, 7)
    assert answer["channels"]["sms"]["connected"] is False


@pytest.mark.parametrize(
    ("condition", "enabled", "running"),
    [
        ("disabled", False, False),
        ("stopped", True, False),
        ("starting", True, True),
        ("connected", True, True),
    ],
)
def test_a_condition_is_told_in_the_originals_words(condition: str, enabled: bool, running: bool) -> None:
    row = account_row(state("telegram", "default", condition), Traffic())

    assert (row["enabled"], row["running"]) == (enabled, running)


async def test_agents_are_listed_with_the_default_one_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def status(_: FakeDesk) -> Json:
        return {"agents": [{"id": "main", "model": "anthropic/claude-opus-4-6", "tier": ""}]}

    monkeypatch.setattr(FakeDesk, "status", status)
    answer = await ask(FakeHouse(), "agents.list")

    assert answer["defaultId"] == "main"
    assert answer["agents"] == [
        {"id": "main", "model": {"primary": "anthropic/claude-opus-4-6"}, "tier": None}
    ]


async def test_budgets_are_told() -> None:
    assert (await ask(FakeHouse(), "budgets.get"))["budgets"]


async def test_a_house_without_a_telephone_says_so() -> None:
    with pytest.raises(RpcError):
        await ask(FakeHouse(), "streams.list", type="sms")
