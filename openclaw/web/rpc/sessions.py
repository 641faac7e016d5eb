"""The sessions as the original's clients expect them listed."""

import time

from openclaw.web.desk import House, Json
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params, SessionsList


class SessionsSubscribe(Params):
    """Without any."""


async def subscribe(_: House, __: SessionsSubscribe, ___: Caller) -> Json:
    # Whoever may read is told of every `sessions.changed` from the first moment.
    return {"subscribed": True}


async def list_sessions(house: House, params: SessionsList, _: Caller) -> Json:
    plate, offset = house.desk.nameplate(), params.offset or 0
    end = offset + params.limit
    # One more than asked for tells whether there are more.
    entries = await house.desk.sessions(
        limit=end + 1, agent=params.agent_id, search=params.search or params.label
    )
    now = time.time_ns() // 1_000_000
    if params.active_minutes:
        since = now - params.active_minutes * 60_000
        entries = [entry for entry in entries if _updated(entry) >= since]
    rows = [session_row(entry, plate.main_session_key) for entry in entries[offset:end]]
    if params.include_last_message:
        said = await house.desk.last_words([str(row["key"]) for row in rows])
        rows = [{**row, "lastMessagePreview": said.get(str(row["key"]), "")} for row in rows]
    provider, _slash, model = plate.model.rpartition("/")
    return {
        "ts": now,
        "path": plate.sessions_path,
        "count": len(rows),
        "limitApplied": params.limit,
        "hasMore": len(entries) > end,
        "nextOffset": end if len(entries) > end else None,
        "defaults": {"modelProvider": provider, "model": model, "contextTokens": plate.context_tokens},
        "sessions": rows,
    }


def session_row(entry: Json, main_key: str) -> Json:
    key = str(entry.get("key", ""))
    return {
        "kind": kind_of(key),
        "agentId": agent_of(key),
        "isMain": key == main_key,
        "displayName": str(entry.get("displayName") or key),
        **entry,
    }


def agent_of(key: str) -> str:
    parts = key.split(":", 2)
    return parts[1] if parts[0] == "agent" and len(parts) == 3 else "main"


def kind_of(key: str) -> str:
    """`agent:<id>:<channel>:group:<chat>` is a group's; everything else is one person's."""
    match key.split(":"):
        case ["global"]:
            return "global"
        case ["agent", _, _, "group" | "channel" as kind, _, *_]:
            return "group" if kind == "group" else "channel"
        case ["agent", _, *_]:
            return "direct"
        case _:
            return "unknown"


def _updated(entry: Json) -> float:
    updated = entry.get("updatedAt")
    return updated if isinstance(updated, int | float) else 0
