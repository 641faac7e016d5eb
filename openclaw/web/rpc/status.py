"""How the house is, with what the original's command line shows of it besides."""

from pydantic import ConfigDict

from openclaw.web.desk import House, Json
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params
from openclaw.web.rpc.sessions import agent_of

RECENT = 10
TASKS = {"total": 0, "active": 0, "terminal": 0, "failures": 0, "byStatus": {}, "byRuntime": {}}
AUDIT = {"total": 0, "warnings": 0, "errors": 0, "byCode": {}}
"""The original's background tasks; there are none here."""


class Status(Params):
    """Anything besides is taken, as by the original."""

    model_config = ConfigDict(extra="ignore")

    include_channel_summary: bool | None = None
    include_cli_projection: bool | None = None
    """Asked by the original's command line, for which `sessions` is more than a number."""


async def get_status(house: House, params: Status, _: Caller) -> Json:
    status = await house.desk.status()
    if params.include_cli_projection is None and params.include_channel_summary is None:
        return status
    plate = house.desk.nameplate()
    listed = await house.desk.sessions(limit=100_000, agent=None, search=None)
    agents = [str(name) for name in house.office.agents] or [plate.default_agent]
    rows = [{"key": each["key"], "updatedAt": each.get("updatedAt")} for each in listed]
    rows = [{**row, "agentId": agent_of(str(row["key"])), "kind": "direct"} for row in rows]
    by_agent = [_of_agent(agent, rows) for agent in agents]
    return {
        **status,
        "runtimeVersion": plate.version,
        "heartbeat": {"defaultAgentId": plate.default_agent, "agents": []},
        "channelSummary": [],
        "queuedSystemEvents": [],
        "degradedSecretOwners": [],
        "tasks": TASKS,
        "taskAudit": AUDIT,
        "sessions": {
            "paths": [plate.sessions_path],
            "count": len(rows),
            "defaults": {"model": plate.model, "contextTokens": plate.context_tokens},
            "recent": rows[:RECENT],
            "byAgent": by_agent,
        },
    }


def _of_agent(agent: str, rows: list[dict[str, object]]) -> Json:
    own = [row for row in rows if row["agentId"] == agent]
    return {"agentId": agent, "path": None, "count": len(own), "recent": own[:RECENT]}
