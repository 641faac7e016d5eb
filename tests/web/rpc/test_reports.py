from typing import Any

import pytest

from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.methods import dispatch
from tests.web.fake_house import FakeHouse
from tests.web.fake_office import FakeChannels, FakeSpending


async def ask(house: FakeHouse, method: str, **params: Any) -> dict[str, Any]:
    answer = await dispatch(house, OPERATOR, method, params)
    assert isinstance(answer, dict)
    return answer


async def test_spending_is_told_by_day_with_the_budgets() -> None:
    house = FakeHouse()
    spending = house.office.spending
    assert isinstance(spending, FakeSpending)

    week = await ask(house, "usage.daily", by="channel", days=7)
    assert [day["day"] for day in week["days"]] == ["2026-11-21"]
    assert [budget["cap"] for budget in week["budgets"]] == ["perDay", "perTurn"]
    await ask(house, "usage.daily")
    assert spending.asked == [("channel", 7), ("agent", None)]


@pytest.mark.parametrize("params", [{"days": 0}, {"days": 367}, {"by": "day"}, {"by": "; DROP TABLE usage"}])
async def test_a_span_or_a_column_that_is_none_is_refused(params: dict[str, Any]) -> None:
    with pytest.raises(RpcError, match=r"invalid usage\.daily params"):
        await ask(FakeHouse(), "usage.daily", **params)


async def test_a_channel_is_started_anew() -> None:
    house = FakeHouse()
    channels = house.office.channels
    assert isinstance(channels, FakeChannels)

    assert await ask(house, "channels.restart", channel="telegram") == {
        "ok": True, "channel": "telegram", "accountId": "default",
    }  # fmt: skip
    assert channels.restarted == [("telegram", "default")]
    with pytest.raises(RpcError, match="no channel pigeon is at work") as refused:
        await ask(house, "channels.restart", channel="pigeon")
    assert refused.value.details == {"code": "NOT_FOUND"}
