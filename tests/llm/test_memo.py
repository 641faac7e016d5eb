import json
from types import MappingProxyType

import pytest

from openclaw.llm.chat import Message
from openclaw.llm.memo import Memo, json_bytes
from openclaw.types.conversation import Text


def message(text: str) -> Message:
    return Message("user", (Text(text),))


def test_a_message_is_written_once_as_long_as_the_budget_lasts() -> None:
    seen: list[Message] = []

    def write(message: Message) -> bytes:
        seen.append(message)
        return b"x" * 40

    memo, first, second, third = Memo(write, budget=100), message("a"), message("a"), message("b")

    assert memo.written(first) == memo.written(first) == b"x" * 40
    assert memo.written(second) == memo.written(second)
    assert [id(each) for each in seen] == [id(first), id(second)]
    for each in (third, first):
        memo.written(each)
    assert len(seen) == 4


def test_what_one_writer_refuses_the_other_writes() -> None:
    value = {"text": "broken \ud83d, whole 🌊", "n": 2**70, "map": MappingProxyType({"a": 1})}

    assert json.loads(json_bytes(value)) == {"text": "broken ?, whole 🌊", "n": 2**70, "map": {"a": 1}}


def test_what_is_no_json_at_all_is_a_bug_of_ours() -> None:
    with pytest.raises(TypeError, match="set has no place in a request"):
        json_bytes({"x": {1}})
