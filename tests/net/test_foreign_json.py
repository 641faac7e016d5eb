import json

import pytest

from openclaw.net.foreign_json import DEEPEST, read_json


@pytest.mark.parametrize("value", [None, True, 5, 1.5, "é", [], {}, {"a": [{"b": "c"}]}])
def test_what_is_sound_is_read_as_it_is(value: object) -> None:
    assert read_json(json.dumps(value)) == read_json(json.dumps(value).encode()) == value


def test_half_characters_are_replaced_wherever_they_stand() -> None:
    found = read_json(r'{"\ud83d": ["\udc00 oh", {"x": "\ud83d\udc4d"}]}')

    assert found == {"\ufffd": ["\ufffd oh", {"x": "👍"}]}


def test_it_is_read_as_deep_as_anybody_means_it() -> None:
    assert read_json("[" * DEEPEST + "]" * DEEPEST)
    for depth in (DEEPEST + 1, 500, 100_000):
        with pytest.raises(ValueError, match="deeply"):
            read_json("[" * depth + "]" * depth)


@pytest.mark.parametrize("text", ["", "{", b"\xff\xfe\x00", "1" * 5000])
def test_what_is_none_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(text)
