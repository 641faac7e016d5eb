from typing import Any

import pytest

from openclaw.channels.telegram.reading.fields import MalformedError, display_name, object_of, string, whole


@pytest.mark.parametrize("value", [None, True, "7", 1.5, 2**70, -(2**70)])
def test_a_number_must_be_whole_and_of_a_likely_size(value: object) -> None:
    with pytest.raises(MalformedError, match="id"):
        whole({"id": value}, "id")


def test_fields_are_read_as_what_they_are() -> None:
    assert whole({"id": -100200}, "id") == -100200
    assert string({"text": "a \ud800 b"}, "text") == "a \ufffd b"
    assert object_of({"chat": {"id": 1}}, "chat") == {"id": 1}
    with pytest.raises(MalformedError, match="text is not text"):
        string({"text": 5}, "text")
    with pytest.raises(MalformedError, match="chat is not an object"):
        object_of({"chat": []}, "chat")


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"first_name": "Ana", "last_name": "Ng"}, "Ana Ng"),
        ({"title": "The\nnews"}, "The news"),
        ({"first_name": 5}, ""),
        ({"first_name": "x" * 500}, "x" * 100),
    ],
)
def test_a_name_is_one_line_of_a_bounded_length(person: dict[str, Any], name: str) -> None:
    assert display_name(person) == name
