"""Transcript lines: entries of a conversation to JSON and back. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import orjson

from openclaw.types.clock import iso, parse_iso
from openclaw.types.conversation import (
    AssistantMessage,
    Block,
    Compaction,
    Entry,
    Note,
    Picture,
    Provenance,
    RedactedThinking,
    Text,
    Thinking,
    ToolCall,
    ToolMessage,
    ToolResult,
    Usage,
    UserMessage,
)

_PROVENANCES: frozenset[str] = frozenset(get_args(Provenance))


def header(session_id: str, key: str, agent: str, now: int) -> bytes:
    return _line(
        {"type": "session", "version": 1, "id": session_id, "key": key, "agent": agent, "timestamp": iso(now)}
    )


def encode(entry: Entry) -> bytes:
    """One line with its newline."""
    return _line(_written(entry))


def encode_all(entries: Sequence[Entry]) -> str:
    return b"".join(encode(entry) for entry in entries).decode()


def decode(line: bytes) -> Entry | None:
    """None for a line that is no part of the conversation. Raises ValueError when it is not ours."""
    data = orjson.loads(line)
    if not isinstance(data, dict):
        raise ValueError("a transcript line must be an object")
    try:
        return _read(data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a line that cannot be read: {error!r}") from error


def _line(data: dict[str, object]) -> bytes:
    try:
        return orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        return orjson.dumps(_carried(data), option=orjson.OPT_APPEND_NEWLINE)


def _carried(value: object) -> object:
    """What a model or a tool may say and a line cannot hold: half a surrogate pair, a number beyond 64 bits."""
    match value:
        case str():
            return value.encode(errors="replace").decode()
        case int() if not -(2**63) <= value < 2**64:
            return str(value)
        case Mapping():
            return {_carried(str(name)): _carried(item) for name, item in value.items()}
        case list() | tuple():
            return [_carried(item) for item in value]
        case _:
            return value


def _written(entry: Entry) -> dict[str, object]:
    match entry:
        case UserMessage():
            return {
                "role": "user",
                "content": _shown(entry.text, entry.pictures),
                "timestamp": iso(entry.at),
                "id": entry.id,
                "from": entry.sender,
                "trace": entry.trace,
                "provenance": entry.provenance,
                **({"name": entry.sender_name} if entry.sender_name else {}),
            }
        case AssistantMessage():
            return {
                "role": "assistant",
                "content": _content(entry.blocks),
                "timestamp": iso(entry.at),
                "id": entry.id,
                "model": entry.model,
                "usage": _usage(entry.usage),
            }
        case ToolMessage():
            return {
                "role": "tool",
                "content": [_result(result) for result in entry.results],
                "timestamp": iso(entry.at),
                "id": entry.id,
            }
        case Note():
            return {
                "role": "user",
                "kind": "note",
                "from": entry.sender,
                "content": entry.text,
                "timestamp": iso(entry.at),
                "id": entry.id,
                "provenance": entry.provenance,
            }
        case Compaction():
            return {
                "type": "compaction",
                "summary": entry.summary,
                "firstKept": entry.first_kept,
                "tokensBefore": entry.tokens_before,
                "timestamp": iso(entry.at),
                "id": entry.id,
                **({"provenance": entry.provenance} if entry.provenance != "stranger" else {}),
            }


def _content(blocks: Sequence[Block]) -> object:
    if all(isinstance(block, Text) for block in blocks):
        return "".join(block.text for block in blocks if isinstance(block, Text))
    return [_block(block) for block in blocks]


def _block(block: Block) -> dict[str, object]:
    match block:
        case Text():
            return {"type": "text", "text": block.text}
        case Thinking():
            return {"type": "thinking", "thinking": block.thinking, "signature": block.signature}
        case RedactedThinking():
            return {"type": "redacted_thinking", "data": block.data}
        case ToolCall():
            call: dict[str, object] = {
                "type": "tool_use",
                "id": block.id,
                "name": block.name,
                "input": dict(block.arguments),
            }
            return {**call, "malformed": block.malformed} if block.malformed else call


def _result(result: ToolResult) -> dict[str, object]:
    return {
        "type": "tool_result",
        "tool_use_id": result.call_id,
        "content": _shown(result.content, result.pictures),
        **({"is_error": True} if result.failed else {}),
        **({"provenance": result.provenance} if result.provenance != "tool" else {}),
    }


def _shown(text: str, pictures: Sequence[Picture]) -> object:
    """Text alone stays text."""
    if not pictures:
        return text
    images = [
        {"type": "image", "source": {"type": "file", "path": each.path, "media_type": each.media_type}}
        for each in pictures
    ]
    return [{"type": "text", "text": text}, *images]


def _usage(usage: Usage) -> dict[str, object]:
    return {
        "input": usage.input,
        "output": usage.output,
        "cacheRead": usage.cache_read,
        "cacheWrite": usage.cache_write,
        "cost": round(usage.cost, 8),
    }


def _read(data: dict[str, Any]) -> Entry | None:
    kind = data.get("type") or data.get("kind") or data.get("role")
    if kind not in {"user", "note", "assistant", "tool", "compaction"}:
        return None
    name, at = _string(data["id"]), parse_iso(data["timestamp"])
    match kind:
        case "user":
            text, pictures = _read_shown(data["content"])
            return UserMessage(
                name,
                at,
                text,
                _string(data.get("from", "unknown")),
                _provenance(data.get("provenance"), "stranger"),
                _string(data.get("trace", "")),
                _string(data.get("name", "")),
                pictures,
            )
        case "note":
            provenance = _provenance(data.get("provenance"), "stranger")
            return Note(name, at, _string(data["content"]), _string(data["from"]), provenance)
        case "assistant":
            usage = _read_usage(data.get("usage") or {})
            return AssistantMessage(name, at, _blocks(data["content"]), _string(data.get("model", "")), usage)
        case "tool":
            return ToolMessage(name, at, tuple(_read_result(item) for item in data["content"]))
        case _:
            first_kept, tokens = _string(data["firstKept"]), int(data.get("tokensBefore", 0))
            provenance = _provenance(data.get("provenance"), "stranger")
            return Compaction(name, at, _string(data["summary"]), first_kept, tokens, provenance)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} must be text")
    return value


def _provenance(value: object, otherwise: Provenance) -> Provenance:
    return value if value in _PROVENANCES else otherwise  # type: ignore[return-value]


def _blocks(content: object) -> tuple[Block, ...]:
    if isinstance(content, str):
        return (Text(content),) if content else ()
    if not isinstance(content, list):
        raise TypeError("content must be text or a list")
    return tuple(_read_block(item) for item in content)


def _read_block(item: dict[str, Any]) -> Block:
    match item["type"]:
        case "text":
            return Text(_string(item["text"]))
        case "thinking":
            return Thinking(_string(item["thinking"]), _string(item["signature"]))
        case "redacted_thinking":
            return RedactedThinking(_string(item["data"]))
        case "tool_use":
            if not isinstance(item["input"], dict):
                raise TypeError("a tool's input must be an object")
            malformed = _string(item.get("malformed", ""))
            return ToolCall(_string(item["id"]), _string(item["name"]), item["input"], malformed)
        case other:
            raise TypeError(f"an unknown block {other!r}")


def _read_result(item: dict[str, Any]) -> ToolResult:
    text, pictures = _read_shown(item["content"])
    return ToolResult(
        _string(item["tool_use_id"]),
        text,
        bool(item.get("is_error")),
        _provenance(item.get("provenance"), "tool"),
        pictures,
    )


def _read_shown(content: object) -> tuple[str, tuple[Picture, ...]]:
    if not isinstance(content, list):
        return _string(content), ()
    texts = [_string(item["text"]) for item in content if item["type"] == "text"]
    sources = [item["source"] for item in content if item["type"] == "image"]
    if not sources or len(texts) + len(sources) < len(content):
        raise TypeError("a list holds texts and images, else the text stands alone")
    return "".join(texts), tuple(
        Picture(_string(source["path"]), _string(source["media_type"])) for source in sources
    )


def _read_usage(data: dict[str, Any]) -> Usage:
    return Usage(
        int(data.get("input", 0)),
        int(data.get("output", 0)),
        int(data.get("cacheRead", 0)),
        int(data.get("cacheWrite", 0)),
        float(data.get("cost", 0.0)),
    )
