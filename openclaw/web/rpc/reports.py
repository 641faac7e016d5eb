"""What a person looks at day by day, and what he does about it: spending, and channels that are started anew."""

from pydantic import Field

from openclaw.store.usage import CostGroup
from openclaw.web.desk import House, Json
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params


class UsageDaily(Params):
    by: CostGroup = "agent"
    days: int | None = Field(default=None, ge=1, le=366)
    """Today is the last of them; without it, this month so far."""


class ChannelsRestart(Params):
    channel: str = Field(min_length=1, max_length=64)
    account_id: str = Field(default="default", min_length=1, max_length=64)


async def daily_usage(house: House, params: UsageDaily, _: Caller) -> Json:
    return {
        **await house.office.spending.daily(params.by, params.days),
        "budgets": await house.desk.budgets(),
    }


async def restart_channel(house: House, params: ChannelsRestart, _: Caller) -> Json:
    house.office.channels.restart(params.channel, params.account_id)
    return {"ok": True, "channel": params.channel, "accountId": params.account_id}
