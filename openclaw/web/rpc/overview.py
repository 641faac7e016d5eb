"""The house at a glance: its channels, agents, budgets and streams, in the original's shapes where it has them."""

import time
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from openclaw.store.traffic import Traffic
from openclaw.web.desk import House, Json
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params

LABELS = {
    "telegram": "Telegram", "whatsapp": "WhatsApp", "sms": "Text messages", "voice": "Telephone",
    "salesmsg": "SalesMsg", "quo": "Quo",
}  # fmt: skip
DEFAULT = "default"


class ChannelsStatus(Params):
    probe: bool | None = None
    timeout_ms: float | None = None


class AgentsList(Params):
    """Without any."""


class BudgetsGet(Params):
    """Without any."""


class StreamsList(Params):
    type: str = Field(min_length=1, max_length=64)
    limit: int = Field(default=100, ge=1, le=1000)


async def channels_status(house: House, _: ChannelsStatus, __: Caller) -> Json:
    status = await house.desk.status()
    states, traffic = status.get("channels"), await house.office.channels.traffic()
    accounts: dict[str, list[Json]] = {}
    at_work = list(states.values()) if isinstance(states, Mapping) else []
    for each in (*at_work, *house.office.channels.idle()):
        used = traffic.get((each["channel"], each["account"]), Traffic())
        accounts.setdefault(each["channel"], []).append(account_row(each, used))
    order = list(accounts)
    return {
        "ts": time.time_ns() // 1_000_000,
        "channelOrder": order,
        "channelLabels": {name: LABELS.get(name, name) for name in order},
        "channels": {name: rows[0] for name, rows in accounts.items()},
        "channelAccounts": accounts,
        "channelDefaultAccountId": {name: _first(rows) for name, rows in accounts.items()},
    }


def account_row(state: Mapping[str, Any], used: Traffic) -> Json:
    """Pure."""
    condition, reason = state["condition"], state.get("reason") or ""
    return {
        "accountId": state["account"],
        "enabled": condition != "disabled",
        "configured": True,
        "running": condition in {"starting", "connected", "failing"},
        "connected": condition == "connected",
        "condition": condition,
        "since": state.get("since"),
        "lastError": reason or state.get("last_error") or None,
        "lastErrorAt": state.get("last_error_at"),
        "lastInboundAt": state.get("last_inbound_at") or used.heard_at,
        "lastOutboundAt": used.said_at,
        "waiting": used.waiting,
    }


def _first(rows: list[Json]) -> object:
    names = [row["accountId"] for row in rows]
    return DEFAULT if DEFAULT in names else names[0]


async def list_agents(house: House, _: AgentsList, __: Caller) -> Json:
    status, plate = await house.desk.status(), house.desk.nameplate()
    agents = status.get("agents")
    rows = [
        {"id": each["id"], "model": {"primary": each["model"]}, "tier": each["tier"] or None}
        for each in (agents if isinstance(agents, list | tuple) else ())
    ]
    return {"defaultId": plate.default_agent, "mainKey": "main", "scope": "per-sender", "agents": rows}


async def get_budgets(house: House, _: BudgetsGet, __: Caller) -> Json:
    return {"budgets": await house.desk.budgets()}


async def list_stream(house: House, params: StreamsList, _: Caller) -> Json:
    return {"type": params.type, "lines": await house.desk.phone().stream(params.type, params.limit)}
