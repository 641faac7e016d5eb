"""JSON that others have written, made such that nothing behind it trips over it."""

import json
import re
from typing import Any

DEEPEST = 64
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(text: str | bytes) -> Any:
    """Half characters, which can be neither stored nor sent, are replaced.

    Raises ValueError for what is no JSON, and for what is nested more deeply than anything that is meant for people.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return _whole(value, DEEPEST)


def _whole(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        raise ValueError("it is nested too deeply")
    if isinstance(value, list):
        return [_whole(item, depth - 1) for item in value]
    return {_LONE_SURROGATE.sub("\ufffd", name): _whole(item, depth - 1) for name, item in value.items()}
