"""Transcripts keep what the model has written; who reads them is shown links as its answers left with them. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from openclaw.agent.taint import FOREIGN
from openclaw.gateway.links import tamer
from openclaw.sessions.lines import decode
from openclaw.types.conversation import Entry

Line = Mapping[str, Any]
_WORDS = ("text", "thinking")


def as_sent(lines: Sequence[Line], heard: Sequence[Entry], system: str, *, begins: bool) -> list[Line]:
    """`heard`: what the model sees of the conversation. `begins`: the lines are all there are, not only the last."""
    read = [*heard, *(entry for line in lines if (entry := _entry(line)) is not None)]
    tame, foreign = tamer(read, lambda: system), not begins
    shown: list[Line] = []
    for line in lines:
        shown.append(_tamed(line, tame) if foreign and line.get("role") == "assistant" else line)
        foreign = foreign or brings_foreign(line)
    return shown


def brings_foreign(line: Line) -> bool:
    """Whether its words are of others than the owner."""
    if line.get("role") == "tool":
        results = line.get("content")
        found = [each.get("provenance", "tool") for each in results or () if isinstance(each, dict)]
    elif line.get("role") == "user" or line.get("type") == "compaction":
        found = [line.get("provenance", "stranger")]
    else:
        found = []
    return bool(FOREIGN.intersection(found))


def _tamed(line: Line, tame: Callable[[str], str]) -> Line:
    content = line.get("content")
    if isinstance(content, str):
        return {**line, "content": tame(content)}
    if not isinstance(content, list):
        return line
    return {**line, "content": [_block(each, tame) if isinstance(each, dict) else each for each in content]}


def _block(block: Mapping[str, Any], tame: Callable[[str], str]) -> Mapping[str, Any]:
    words = {name: tame(block[name]) for name in _WORDS if isinstance(block.get(name), str)}
    return {**block, **words} if words else block


def _entry(line: Line) -> Entry | None:
    try:
        return decode(orjson.dumps(line))
    except ValueError:
        return None
