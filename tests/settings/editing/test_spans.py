from typing import Any

import pyjson5
import pytest
from hypothesis import given

from openclaw.settings.editing.spans import Node, each_node, found, line_end, spans
from openclaw.settings.file import UnreadableError
from tests.settings.editing.documents import Document, documents


def read(text: str, node: Node) -> Any:
    """The tree as the spans have it, every leaf read by itself."""
    match node.kind:
        case "object":
            return {member.name: read(text, member.value) for member in node.members}
        case "list":
            return [read(text, member.value) for member in node.members]
        case _:
            return pyjson5.decode(text[node.start : node.end])


@given(documents())
def test_the_spans_say_what_the_parser_says(document: Document) -> None:
    assert pyjson5.decode(document.text) == document.tree
    assert read(document.text, spans(document.text)) == document.tree


def test_each_span_holds_its_value_and_nothing_around_it() -> None:
    text = "// head\n{ a /*x*/ : /*y*/ [1, 'two',] /*z*/ , \"b c\": {} }"
    root = spans(text)

    assert [text[node.start : node.end] for node in each_node(root)] == [
        text[8:], "[1, 'two',]", "1", "'two'", "{}",
    ]  # fmt: skip
    first, second = root.members
    assert (first.name, first.key, second.name, second.key) == ("a", "a", "b c", '"b c"')
    assert first.comma is not None
    assert text[first.comma] == ","
    assert second.comma is None


def test_of_two_entries_with_one_name_the_last_counts() -> None:
    text = "{a: 1, a: 2}"

    member = found(spans(text), "a")

    assert member is not None
    assert text[member.value.start] == "2"


def test_what_is_not_there_is_not_found() -> None:
    root = spans("{a: [1]}")

    assert found(root, "b") is None
    assert found(root, 0) is None
    assert found(root.members[0].value, 1) is None
    assert found(root.members[0].value, "a") is None


@pytest.mark.parametrize("text", ["", "{", "{a: 1,,}", "// only words", "{a: 'x}"])
def test_what_the_parser_refuses_has_no_spans(text: str) -> None:
    with pytest.raises(UnreadableError):
        spans(text)


def test_where_a_line_ends() -> None:
    assert [line_end("ab\ncd", place) for place in (0, 2, 3, 5)] == [2, 2, 5, 5]
