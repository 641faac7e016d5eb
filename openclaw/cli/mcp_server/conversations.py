"""Conversations of the house as an MCP client is shown them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

MESSAGE_CHARACTERS = 8_000
Json = Mapping[str, Any]
_SHOWN = (
    "agentId",
    "kind",
    "displayName",
    "channel",
    "lastChannel",
    "lastTo",
    "updatedAt",
    "model",
    "totalTokens",
)


def conversation(row: Json) -> Json:
    """Of a row of `sessions.list`, or an entry of `sessions.get` with its key."""
    return {"sessionKey": row["key"]} | {
        name: row[name] for name in _SHOWN if row.get(name) not in (None, "")
    }


def messages(lines: Sequence[Json], before: str | None, limit: int) -> Json:
    """The newest messages of a transcript, oldest first. `before`: the id of one to go on from, towards the past."""
    found = [line for line in lines if line.get("role") or line.get("type") == "compaction"]
    if before is not None:
        places = [place for place, line in enumerate(found) if line.get("id") == before]
        found = found[: places[0]] if places else []
    shown = found[-limit:]
    answer: dict[str, object] = {"messages": [_message(line) for line in shown]}
    if len(found) > len(shown):
        answer["before"] = shown[0].get("id")
    return answer


def _message(line: Json) -> Json:
    role = str(line.get("kind") or line.get("role") or line.get("type"))
    facts = {
        name: line[name] for name in ("id", "timestamp", "from", "model", "provenance") if line.get(name)
    }
    said = line.get("content") if "content" in line else line.get("summary", "")
    return {"role": role, **facts, "text": _cut(_text(said))}


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = (
        [_block(block) for block in content if isinstance(block, Mapping)]
        if isinstance(content, list)
        else []
    )
    return "\n".join(part for part in parts if part)


def _block(block: Json) -> str:
    match block.get("type"):
        case "text":
            return str(block.get("text", ""))
        case "tool_use":
            return f"[calls {block.get('name')}]"
        case "tool_result":
            return f"[{'failed' if block.get('is_error') else 'answered'}] {_text(block.get('content'))}"
        case "image":
            return "[an image]"
        case _:
            return ""  # what a model thinks is its own


def _cut(text: str) -> str:
    over = len(text) - MESSAGE_CHARACTERS
    return text if over <= 0 else f"{text[:MESSAGE_CHARACTERS]}\n[{over:,} more characters]"
