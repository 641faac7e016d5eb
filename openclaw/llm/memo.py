"""JSON for the wire, and what is remembered of it. Pure."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from openclaw.llm.chat import Message

Json = dict[str, Any]

MEMO_BYTES = 16 << 20


class Memo:
    """What messages look like on the wire. The same message objects come again with every turn of a session."""

    def __init__(self, write: Callable[[Message], bytes], budget: int = MEMO_BYTES) -> None:
        self._write = write
        self._budget = budget
        self._known: dict[int, tuple[Message, bytes]] = {}
        """By identity: the message is kept beside its bytes, so its id cannot become another's."""
        self._size = 0

    def written(self, message: Message) -> bytes:
        known = self._known.get(id(message))
        if known is not None:
            return known[1]
        written = self._write(message)
        self._size += len(written)
        if self._size > self._budget:
            self._known.clear()
            self._size = len(written)
        self._known[id(message)] = (message, written)
        return written


def json_bytes(value: Json) -> bytes:
    try:
        return orjson.dumps(value, default=_plain)
    except TypeError:
        # Half a surrogate pair in somebody's text, or a number beyond 64 bits in a tool's arguments: such a line
        # stays in the transcript, and must not make every later request of its session fail.
        return json.dumps(value, ensure_ascii=False, default=_plain).encode("utf-8", "replace")


def fragment(value: Json) -> orjson.Fragment:
    """Written by itself, so that what orjson refuses in one place is not refused in all."""
    return orjson.Fragment(json_bytes(value))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in a request")
