"""What was said in a conversation, as the original's clients read it, and words put into it without a turn."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from pydantic import Field

from openclaw.types.clock import parse_iso
from openclaw.types.ids import new_id
from openclaw.web.desk import House, Json, Question, UnknownKeyError
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params

MOST_BYTES = 6 << 20
"""Of all messages of an answer."""
LARGEST = 1 << 20
"""Of one message; a larger one is named and left out."""
PREVIEW, PREVIEW_CHARACTERS = 12, 240


class ChatHistory(Params):
    session_key: str = Field(min_length=1, max_length=512)
    limit: int = Field(default=200, ge=1, le=1000)


class ChatInject(Params):
    session_key: str = Field(min_length=1, max_length=512)
    message: str = Field(min_length=1, max_length=100_000)
    label: str | None = Field(default=None, max_length=100)


class SessionsPreview(Params):
    keys: list[str] = Field(min_length=1, max_length=64)
    limit: int = Field(default=PREVIEW, ge=1, le=50)
    max_chars: int = Field(default=PREVIEW_CHARACTERS, ge=20, le=2000)


class SessionsResolve(Params):
    key: str | None = Field(default=None, min_length=1, max_length=512)
    session_id: str | None = Field(default=None, min_length=1, max_length=128)
    label: str | None = Field(default=None, min_length=1, max_length=64)
    agent_id: str | None = None
    spawned_by: str | None = None


async def chat_history(house: House, params: ChatHistory, _: Caller) -> Json:
    try:
        found = await house.desk.history(params.session_key, params.limit)
    except UnknownKeyError:
        # Nothing has been said yet: a client opens its page with this.
        return {
            "sessionKey": params.session_key,
            "sessionId": None,
            "messages": [],
            "hasMore": False,
            "totalMessages": 0,
        }
    every = list(messages(_lines(found)))
    kept, total = fitting(every[-params.limit :], MOST_BYTES), found["total"]
    assert isinstance(total, int)
    entry = found.get("entry")
    levels = entry if isinstance(entry, Mapping) else {}
    return {
        "sessionKey": found["key"],
        "sessionId": found["sessionId"],
        "messages": kept,
        "hasMore": len(kept) < total,
        "totalMessages": total,
        "thinkingLevel": levels.get("thinkingLevel"),
        "verboseLevel": levels.get("verboseLevel"),
    }


async def inject(house: House, params: ChatInject, caller: Caller) -> Json:
    words = f"[{params.label}] {params.message}" if params.label else params.message
    question = Question(new_id("run"), words, params.session_key, client=caller.client)
    return {"ok": True, "messageId": await house.desk.note(question)}


async def preview_sessions(house: House, params: SessionsPreview, _: Caller) -> Json:
    previews = [await _preview(house, key, params) for key in params.keys]
    return {"ts": time.time_ns() // 1_000_000, "previews": previews}


async def _preview(house: House, key: str, params: SessionsPreview) -> Json:
    try:
        # A message of a tool says nothing that is shown here.
        found = await house.desk.history(key, 4 * params.limit)
    except UnknownKeyError:
        return {"key": key, "status": "missing", "items": []}
    said = [(each["role"], text_of(each)) for each in messages(_lines(found))]
    items = [
        {"role": role, "text": text if len(text) <= params.max_chars else f"{text[: params.max_chars - 1]}…"}
        for role, text in said
        if text
    ]
    return {"key": found["key"], "status": "ok" if items else "empty", "items": items[-params.limit :]}


async def resolve_session(house: House, params: SessionsResolve, _: Caller) -> Json:
    """The full key of a session that is named by its key, its id or its label."""
    asked = [params.key, params.session_id, params.label]
    if sum(each is not None for each in asked) != 1:
        raise RpcError("INVALID_REQUEST", "name the session by one of key, sessionId and label")
    if params.key is not None:
        return {"ok": True, "key": (await house.desk.history(params.key, 1))["key"]}
    field, wanted = ("sessionId", params.session_id) if params.session_id else ("label", params.label)
    entries = await house.desk.sessions(limit=100_000, agent=params.agent_id, search=None)
    keys = [entry["key"] for entry in entries if entry.get(field) == wanted]
    if len(keys) != 1:
        what = f"{len(keys)} sessions have" if keys else "there is no session with"
        raise RpcError("INVALID_REQUEST", f"{what} the {field} {wanted!r}", {"code": "NOT_FOUND"})
    return {"ok": True, "key": keys[0]}


# -- lines as messages ---------------------------------------------------------------------------------------


def messages(lines: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Pure. Of a transcript's lines those that are part of the conversation."""
    for line in lines:
        if line.get("type") == "compaction":
            yield _message("system", line["summary"], line)
        elif line.get("role") == "tool":
            yield from (_result(result, line) for result in line["content"])
        elif line.get("role") in {"user", "assistant"}:
            more = {
                name: line[name]
                for name in ("model", "usage", "from", "name", "provenance", "kind", "trace")
                if name in line
            }
            yield {**_message(line["role"], line["content"], line), **more}


def _message(role: str, content: object, line: Mapping[str, Any]) -> dict[str, Any]:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return {"id": line.get("id"), "role": role, "content": blocks, "timestamp": parse_iso(line["timestamp"])}


def _result(result: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, Any]:
    told = {**_message("toolResult", result["content"], line), "toolCallId": result["tool_use_id"]}
    return {**told, "isError": True} if result.get("is_error") else told


def text_of(message: Mapping[str, Any]) -> str:
    if message["role"] == "toolResult":
        return ""
    return " ".join(
        " ".join(str(block["text"]) for block in message["content"] if block["type"] == "text").split()
    )


def fitting(every: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Pure. The newest that fit, in their order."""
    kept: list[dict[str, Any]] = []
    for message in reversed(every):
        size = len(orjson.dumps(message))
        if size > LARGEST:
            left_out = f"[{size:,} bytes are not shown here; openclaw sessions show has them]"
            message = {**message, "content": [{"type": "text", "text": left_out}]}
            size = len(left_out)
        if (most := most - size) < 0:
            break
        kept.append(message)
    return kept[::-1]


def _lines(session: Json) -> list[dict[str, Any]]:
    lines = session["lines"]
    assert isinstance(lines, list)
    return lines
