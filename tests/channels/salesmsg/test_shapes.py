import json

import pytest

from openclaw.channels.salesmsg.shapes import digest, key_shape, read_shape, scalar


def depth(value: object) -> int:
    shape = read_shape(json.dumps(value).encode())
    return 0 if shape is None else len(shape.levels)


@pytest.mark.parametrize(
    ("value", "levels"),
    [
        ({"body": "hi"}, 1),
        ({"data": {"message": {"body": "hi"}}}, 3),
        ([{"payload": {"body": "hi"}}], 2),
        ({"data": [{"body": "hi"}]}, 2),
        ({"payload": json.dumps({"body": "hi"})}, 2),
        ({"message": '{"body": "what a person may type"}'}, 1),
        ({"data": [{"body": "one"}, {"body": "two"}]}, 1),
        ({"data": {"data": {"data": {"data": {"data": {"data": {}}}}}}}, 5),
        ([], 0),
        ("hi", 0),
        (None, 0),
    ],
)
def test_objects_inside_objects_are_unwrapped_so_far(value: object, levels: int) -> None:
    assert depth(value) == levels


@pytest.mark.parametrize("raw", [b"", b"\xff", b"{", b"[" * 100_000, b"12", b"NaN"])
def test_what_holds_no_object_is_no_shape(raw: bytes) -> None:
    assert read_shape(raw) is None


def test_a_form_is_read_as_an_object() -> None:
    shape = read_shape(b"event=message.received&from_number=%2B12015550123&body=Hi+there")

    assert shape is not None
    assert shape.text("body") == "Hi there"


def test_the_innermost_name_wins_and_for_the_event_the_outermost() -> None:
    shape = read_shape(b'{"type": "message.received", "id": 1, "data": {"type": "inbound", "id": 2}}')

    assert shape is not None
    assert (shape.scalar("id"), shape.outer("type")) == ("2", "message.received")


def test_a_truth_value_is_no_text() -> None:
    assert scalar({"id": True, "uuid": 7}, "id", "uuid") == "7"


def test_the_digest_heeds_neither_blanks_nor_order_nor_what_counts_attempts() -> None:
    assert digest({"a": 1, "b": [{"c": 2, "attempt": 1}]}) == digest({"b": [{"c": 2, "attempt": 9}], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    assert digest({"a": "1"}) != digest({"a": 1})


def test_events_with_the_same_keys_have_the_same_shape() -> None:
    def of(text: str) -> str:
        shape = read_shape(text.encode())
        assert shape is not None
        return key_shape(shape)

    assert of('{"event": "x", "data": {"a": 1}}') == of('{"data": {"a": 5}, "event": "x"}')
    assert of('{"event": "x", "data": {"a": 1}}') != of('{"event": "x", "data": {"b": 1}}')
    assert of('{"event": "x", "data": {"a": 1}}') != of('{"event": "y", "data": {"a": 1}}')
