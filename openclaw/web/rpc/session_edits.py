"""What may be changed about a conversation: its settings, its length, its being there."""

import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal

from pydantic import Field

from openclaw.llm.thinking import LEVELS
from openclaw.types.ids import new_id
from openclaw.web.desk import House, Json, Question
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params
from openclaw.web.rpc.runs import end_of
from openclaw.web.rpc.sessions import session_row

COMPACTION_SECONDS = 300.0


class _OneSession(Params):
    key: str = Field(min_length=1, max_length=512)


class SessionsDescribe(_OneSession):
    agent_id: str | None = None


class SessionsPatch(_OneSession):
    """What is not named stays; null takes it away. Whatever would let programs do more is for the file to say."""

    label: str | None = Field(default=None, min_length=1, max_length=64)
    model: str | None = Field(default=None, min_length=1, max_length=256)
    thinking_level: str | None = Field(default=None, max_length=16)
    verbose_level: Literal["on", "full", "off"] | None = None
    reasoning_level: Literal["on", "off", "stream"] | None = None
    response_usage: Literal["off", "tokens", "full", "on"] | None = None
    send_policy: Literal["allow", "deny"] | None = None
    group_activation: Literal["mention", "always"] | None = None
    exec_host: Literal["sandbox"] | None = None
    exec_security: Literal["deny"] | None = None
    exec_ask: Literal["always"] | None = None

    def changes(self) -> dict[str, object]:
        return self.model_dump(by_alias=True, exclude_unset=True, exclude={"key", "model"})


class SessionsDelete(_OneSession):
    delete_transcript: bool | None = None
    emit_lifecycle_hooks: bool | None = None


class SessionsCompact(_OneSession):
    instructions: str = Field(default="", max_length=4_000)


class SessionsUsage(Params):
    key: str | None = Field(default=None, min_length=1, max_length=512)
    start_date: date | None = Field(default=None, strict=False)
    end_date: date | None = Field(default=None, strict=False)
    limit: int = Field(default=50, ge=1, le=1000)
    mode: str | None = None
    utc_offset: str | None = None
    include_context_weight: bool | None = None


async def describe_session(house: House, params: SessionsDescribe, _: Caller) -> Json:
    key, entry = house.office.sessions.entry(params.key)
    return {"session": session_row({"key": key, **entry}, house.desk.nameplate().main_session_key)}


async def patch_session(house: House, params: SessionsPatch, _: Caller) -> Json:
    level = params.thinking_level
    if level is not None and level not in LEVELS:
        raise RpcError("INVALID_REQUEST", f"thinkingLevel {level!r} is not known (use {'|'.join(LEVELS)})")
    model = params.model if "model" in params.model_fields_set else ""
    told = await house.office.sessions.patch(params.key, params.changes(), model)
    return {"path": house.desk.nameplate().sessions_path, **told}


async def delete_session(house: House, params: SessionsDelete, _: Caller) -> Json:
    return await house.office.sessions.delete(params.key)


async def compact_session(house: House, params: SessionsCompact, caller: Caller) -> Json:
    """In the conversation's own lane, as `/compact` is: after what is under way, and durable."""
    key, before = house.office.sessions.entry(params.key)
    words = f"/compact {params.instructions}".strip()
    state = await house.desk.ask(Question(new_id("run"), words, key, client=caller.client))
    ended = await end_of(house, state.run_id, COMPACTION_SECONDS)
    if ended is None or ended.status == "in_flight":
        raise RpcError(
            "AGENT_TIMEOUT", "it is still being summed up; sessions.describe tells when it is done"
        )
    _, after = house.office.sessions.entry(key)
    done = after.get("compactionCount", 0) != before.get("compactionCount", 0)
    told: dict[str, object] = {"ok": True, "key": key, "compacted": done, "reason": ended.text or ended.error}
    return told | {"tokensBefore": before.get("totalTokens"), "tokensAfter": after.get("totalTokens")}


async def session_usage(house: House, params: SessionsUsage, _: Caller) -> Json:
    today = datetime.now(UTC).date()
    end = min(params.end_date or today, today)
    start = params.start_date or end
    if params.start_date is None and params.end_date is None:
        start = date.fromordinal(max(1, today.toordinal() - 29))
    if start > end:
        raise RpcError("INVALID_REQUEST", "startDate lies after endDate")
    days = today.toordinal() - start.toordinal() + 1
    if end < today:
        raise RpcError("INVALID_REQUEST", "usage is told up to today; ask by startDate alone")
    told = await house.desk.costs(by="session", days=days)
    rows = _rows(told)
    wanted = house.office.sessions.entry(params.key)[0] if params.key is not None else None
    kept = [row for row in rows if wanted in (None, row["key"])][: params.limit]
    return {
        "updatedAt": time.time_ns() // 1_000_000,
        "startDate": start.isoformat(),
        "endDate": end.isoformat(),
        "sessions": [{"key": row["key"], "usage": usage_of(row)} for row in kept],
        "totals": usage_of(totals(kept)),
    }


def usage_of(row: Mapping[str, Any]) -> Json:
    """Pure. A row of the contract as the original calls its counts."""
    tokens = {name: row.get(name, 0) for name in ("input", "output", "cacheRead", "cacheWrite")}
    # What comes out of the cache is part of the input.
    counted = tokens["input"] + tokens["output"]
    return {**tokens, "totalTokens": counted, "totalCost": row.get("cost", 0.0), "turns": row.get("turns", 0)}


def totals(rows: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Pure."""
    names = ("input", "output", "cacheRead", "cacheWrite", "cost", "turns")
    return {name: sum(row.get(name, 0) for row in rows) for name in names}


def _rows(told: Json) -> list[Mapping[str, Any]]:
    rows = told["rows"]
    assert isinstance(rows, list | tuple)
    return list(rows)
