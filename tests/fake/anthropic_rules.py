"""What the Messages API refuses with 400, in its words, and how its prompt cache counts."""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
ID = re.compile(r"[a-zA-Z0-9_-]+")
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
SAMPLING = ("temperature", "top_p", "top_k")
MAX_BREAKPOINTS = 4


class InvalidRequestError(Exception):
    """The text is the API's message."""


def check(body: Json, *, version: str) -> None:
    """Raises InvalidRequestError for the first thing the API would refuse."""
    _check_fields(body, version)
    _check_text(body)
    _check_tools(body)
    turns = list(_turns(body["messages"]))
    if not turns:
        raise InvalidRequestError("messages: at least one message is required")
    if turns[0][1] != "user":
        raise InvalidRequestError('messages: first message must use the "user" role')
    for index, role, blocks in turns:
        _check_blocks(index, role, blocks)
    _check_pairs(turns)
    if turns[-1][1] != "user":
        raise InvalidRequestError(
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )
    marked = sum("cache_control" in block for block in prompt_blocks(body))
    if marked > MAX_BREAKPOINTS:
        raise InvalidRequestError(
            f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {marked}."
        )


def _check_fields(body: Json, version: str) -> None:
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            raise InvalidRequestError(f"{name}: Field required")
    for name in SAMPLING if version >= "2026-10-21" else ():
        if name in body:
            raise InvalidRequestError(f"{name}: Extra inputs are not permitted")


def _check_text(body: Json) -> None:
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidRequestError("The request body is not valid JSON: no low surrogate in string") from None


def _check_tools(body: Json) -> None:
    names = [tool["name"] for tool in body.get("tools", [])]
    for index, name in enumerate(names):
        if not TOOL_NAME.fullmatch(name):
            raise InvalidRequestError(
                f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
            )
    if len(set(names)) < len(names):
        raise InvalidRequestError("tools: Tool names must be unique.")
    used = any(
        block["type"] in {"tool_use", "tool_result"}
        for message in body["messages"]
        for block in blocks_of(message["content"])
    )
    if used and not names:
        raise InvalidRequestError(
            "Requests which include `tool_use` or `tool_result` blocks must define tools."
        )


Turn = tuple[int, str, list[Json]]


def _turns(messages: list[Json]) -> Iterator[Turn]:
    """Messages of one role that follow each other count as one."""
    held: Turn | None = None
    for index, message in enumerate(messages):
        if message["role"] not in {"user", "assistant"}:
            raise InvalidRequestError(f"messages.{index}.role: Input should be 'user' or 'assistant'")
        if not message["content"] and (message["role"] == "user" or index < len(messages) - 1):
            raise InvalidRequestError(f"messages.{index}: all messages must have non-empty content")
        blocks = blocks_of(message["content"])
        if held is not None and held[1] == message["role"]:
            held[2].extend(blocks)
            continue
        if held is not None:
            yield held
        held = (index, message["role"], list(blocks))
    if held is not None:
        yield held


ALLOWED = {
    "user": {"text", "tool_result", "image", "document"},
    "assistant": {"text", "tool_use", "thinking", "redacted_thinking"},
}


def _check_blocks(index: int, role: str, blocks: list[Json]) -> None:
    for at, block in enumerate(blocks):
        where = f"messages.{index}.content.{at}"
        if block["type"] not in ALLOWED[role]:
            raise InvalidRequestError(
                f"{where}: `{block['type']}` blocks are not permitted in {role} messages"
            )
        _check_block(where, block)


def _check_block(where: str, block: Json) -> None:
    match block["type"]:
        case "text" if not block["text"]:
            raise InvalidRequestError("messages: text content blocks must be non-empty")
        case "text" if not block["text"].strip():
            raise InvalidRequestError("messages: text content blocks must contain non-whitespace text")
        case "tool_use" if not ID.fullmatch(block["id"]):
            raise InvalidRequestError(f"{where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
        case "tool_use" if not isinstance(block["input"], dict):
            raise InvalidRequestError(f"{where}.tool_use.input: Input should be a valid dictionary")
        case "thinking" if not block.get("signature"):
            raise InvalidRequestError(f"{where}.thinking.signature: Field required")


def _check_pairs(turns: list[Turn]) -> None:
    ids = [b["id"] for _, _, blocks in turns for b in blocks if b["type"] == "tool_use"]
    if len(set(ids)) < len(ids):
        raise InvalidRequestError("messages: `tool_use` ids must be unique")
    asked: list[str] = []
    for at, (index, role, blocks) in enumerate(turns):
        if role == "user":
            _check_results(index, blocks, set(asked))
        asked = [block["id"] for block in blocks if block["type"] == "tool_use"]
        following = turns[at + 1][2] if at + 1 < len(turns) else []
        missing = [each for each in asked if each not in _leading_results(following)]
        if missing:
            raise InvalidRequestError(
                f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block "
                "in the next message."
            )


def _check_results(index: int, blocks: list[Json], asked: set[str]) -> None:
    seen: set[str] = set()
    for at, block in enumerate(blocks):
        if block["type"] != "tool_result":
            continue
        name = block["tool_use_id"]
        if name not in asked:
            raise InvalidRequestError(
                f"messages.{index}.content.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {name}. "
                "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        if name in seen:
            raise InvalidRequestError(
                f"messages.{index}.content.{at}: each tool_use must have a single result. "
                f"Found multiple `tool_result` blocks with id: {name}"
            )
        seen.add(name)


def _leading_results(blocks: list[Json]) -> set[str]:
    """Results count only before any other content."""
    found: set[str] = set()
    for block in blocks:
        if block["type"] != "tool_result":
            break
        found.add(block["tool_use_id"])
    return found


def blocks_of(content: str | list[Json]) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def prompt_blocks(body: Json) -> Iterator[Json]:
    """In the order the cache sees them: tools, system, messages."""
    yield from body.get("tools", [])
    yield from blocks_of(body.get("system") or [])
    for message in body["messages"]:
        for block in blocks_of(message["content"]):
            yield {"role": message["role"], **block}


class PromptCache:
    """Remembers every prefix that ended with `cache_control`; counts tokens as a quarter of the characters."""

    def __init__(self) -> None:
        self._written: set[str] = set()

    def usage(self, body: Json) -> Json:
        prefix = hashlib.sha256(str(body["model"]).encode())
        total = read = marked = 0
        written: list[str] = []
        for block in prompt_blocks(body):
            bare = json.dumps({k: v for k, v in block.items() if k != "cache_control"})
            prefix.update(bare.encode())
            total += len(bare) // 4 + 1
            name = prefix.hexdigest()
            if name in self._written:
                read = total
            if "cache_control" in block:
                written.append(name)
                marked = total
        self._written.update(written)
        read = min(read, marked)
        return {
            "input_tokens": total - marked,
            "cache_creation_input_tokens": marked - read,
            "cache_read_input_tokens": read,
        }


def tokens(body: Json) -> int:
    return sum(len(json.dumps(block)) // 4 + 1 for block in prompt_blocks(body))
