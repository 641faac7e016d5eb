"""Conversations as OpenAI's chat API has them, in which other assistants keep theirs, as entries of ours. Pure."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from openclaw.migrate.original.messages import call_id
from openclaw.migrate.records import Converted, Speaker
from openclaw.sessions.transcript import pair_tools
from openclaw.types.conversation import (
    AssistantMessage,
    Block,
    Compaction,
    Text,
    Thinking,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)


@dataclass(frozen=True, slots=True)
class Said:
    number: int
    """Of its line or row."""
    at: int
    message: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chat:
    said: tuple[Said, ...]
    model: str = ""
    started_at: int = 0
    summary: str = ""
    """Of what stands before `first_kept`."""
    first_kept: int = 0
    """An index of `said`."""
    lines: int = 0
    damaged: tuple[tuple[int, str], ...] = field(default=())


def converted(chat: Chat, speaker: Speaker) -> Converted:
    result = Converted(lines=chat.lines or len(chat.said), damaged=list(chat.damaged))
    result.started_at = chat.started_at or (chat.said[0].at if chat.said else 0)
    answers = _answers(chat.said, result)
    kept_from = (
        chat.said[chat.first_kept].number if chat.summary and chat.first_kept < len(chat.said) else None
    )
    kept: str | None = None
    for said in chat.said:
        if said.number == kept_from and result.entries:
            kept = _name(said.number)
        try:
            _take(said, chat, speaker, answers, result)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            result.damaged.append((said.number, f"it cannot be read ({error!r:.60})"))
    if loose := sum(map(len, answers.values())):
        result.left["results of no call"] += loose
    result.entries, mended = pair_tools(result.entries)
    if mended:
        result.adapted["tool calls without a result, closed"] += mended
    _sum_up(chat, kept, speaker, result)
    return result


def _name(number: int) -> str:
    return f"line-{number}"


def _sum_up(chat: Chat, kept: str | None, speaker: Speaker, result: Converted) -> None:
    if not chat.summary:
        return
    names = [entry.id for entry in result.entries]
    first = kept if kept in names else "summary"
    last = result.entries[-1].at if result.entries else result.started_at
    result.entries.append(Compaction("summary", last, chat.summary, first, 0, speaker.provenance))


def _answers(said: Iterable[Said], result: Converted) -> dict[str, deque[tuple[Said, ToolResult]]]:
    found: dict[str, deque[tuple[Said, ToolResult]]] = defaultdict(deque)
    for each in said:
        if each.message.get("role") == "tool":
            name = call_id(each.message.get("tool_call_id"))
            try:
                text = _shown(each.message.get("content"))
            except (KeyError, TypeError, AttributeError):
                result.damaged.append((each.number, "it holds no readable result"))
                continue
            found[name].append((each, ToolResult(name, text)))
    return found


def _take(
    said: Said,
    chat: Chat,
    speaker: Speaker,
    answers: Mapping[str, deque[tuple[Said, ToolResult]]],
    result: Converted,
) -> None:
    message = said.message
    match message.get("role"):
        case "user":
            name = _name(said.number)
            text = _shown(message["content"])
            result.entries.append(UserMessage(name, said.at, text, speaker.sender, speaker.provenance))
        case "assistant":
            blocks = tuple(_blocks(message))
            if not blocks:
                result.left["answers without a word"] += 1
                return
            model = str(message.get("model") or chat.model)
            entry = AssistantMessage(_name(said.number), said.at, blocks, model)
            result.entries.append(entry)
            given = [answers[call.id].popleft() for call in entry.calls if answers.get(call.id)]
            if given:
                first, last = given[0][0], given[-1][0]
                results = tuple(each for _, each in given)
                result.entries.append(ToolMessage(_name(first.number), last.at, results))
        case "tool":
            pass
        case "system" | "developer":
            result.left["instructions of the other program"] += 1
        case role:
            result.left[f"messages of the role {str(role)[:40]!r}"] += 1


def _blocks(message: Mapping[str, Any]) -> Iterator[Block]:
    for block in message.get("thinking_blocks") or ():
        if block.get("type") == "thinking" and block.get("signature"):
            yield Thinking(str(block["thinking"]), str(block["signature"]))
    text = _shown(message.get("content"))
    if text:
        yield Text(text)
    for call in message.get("tool_calls") or ():
        function = call.get("function") or call
        yield ToolCall(call_id(call["id"]), str(function["name"]), _arguments(function.get("arguments")))


def _arguments(value: object) -> Mapping[str, object]:
    if isinstance(value, str):
        try:
            value = orjson.loads(value or "{}")
        except orjson.JSONDecodeError:
            return {"arguments": value}
    return value if isinstance(value, dict) else {}


def _shown(content: object) -> str:
    """Of a list its texts; what is no text is named."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise TypeError("a text was expected")
    parts = []
    for part in content:
        if isinstance(part, str):
            parts.append(part)
        elif part.get("type") == "text":
            parts.append(str(part["text"]))
        else:
            parts.append(f"[{str(part.get('type'))[:40]}]")
    return "\n".join(parts)
