import copy
import re
from typing import Any

import pyjson5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.settings.editing.edits import EditError, Put, Take, applied, edited, removed
from openclaw.settings.editing.spans import found, spans
from openclaw.settings.file import UnreadableError
from tests.settings.editing.documents import NAMES, VALUES, Document, documents, paths

OURS = """\
// head
{
  gateway: {
    port: 18789, // the port
    auth: { token: 'abc' },
  },
  // tail
  agents: {
    list: [
      { id: "a" }, // first
      //{ id: "b" },
    ],
  },
}
"""


def with_value(tree: Any, path: tuple[str | int, ...], value: object) -> Any:
    """What a tree should be afterwards."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(tree) if isinstance(tree, list) else []
        below = items[step] if step < len(items) else None
        return [*items[:step], with_value(below, rest, value), *items[step + 1 :]]
    entries = dict(tree) if isinstance(tree, dict) else {}
    return {**entries, step: with_value(entries.get(step), rest, value)}


def without(tree: Any, path: tuple[str | int, ...]) -> Any:
    result = copy.deepcopy(tree)
    here = result
    for step in path[:-1]:
        here = here[step]
    del here[path[-1]]
    return result


def comments(text: str) -> list[str]:
    words = re.compile(r"//[^\n\r\u2028\u2029]*|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", re.DOTALL)
    return [match for match in words.findall(text) if match[0] == "/"]


@given(st.data(), documents(), VALUES)
def test_a_value_that_is_there_is_replaced_and_nothing_else(
    data: st.DataObject, document: Document, value: Any
) -> None:
    places = paths(document.tree)
    if not places:
        return
    path = data.draw(st.sampled_from(places))
    node = spans(document.text)
    for step in path:
        member = found(node, step)
        assert member is not None
        node = member.value

    text = edited(document.text, path, value)

    assert pyjson5.decode(text) == with_value(document.tree, path, value)
    assert text.startswith(document.text[: node.start])
    assert text.endswith(document.text[node.end :])


@given(
    st.data(), documents(), VALUES, st.lists(st.sampled_from(["new", "x-y", "port"]), min_size=1, max_size=3)
)
def test_a_value_that_is_missing_is_added_with_what_leads_to_it(
    data: st.DataObject, document: Document, value: Any, steps: list[str]
) -> None:
    objects = [(), *(path for path in paths(document.tree) if isinstance(at(document.tree, path), dict))]
    above = data.draw(st.sampled_from(objects))
    holder = at(document.tree, above)
    if steps[0] in holder:
        return
    path = (*above, *steps)

    text = edited(document.text, path, value)

    assert pyjson5.decode(text) == with_value(document.tree, path, value)
    assert [c for c in comments(text) if c in comments(document.text)] == comments(document.text)
    assert pyjson5.decode(removed(text, (*above, steps[0]))) == document.tree


@given(st.data(), documents(), VALUES)
def test_an_item_is_added_behind_the_others(data: st.DataObject, document: Document, value: Any) -> None:
    lists = [path for path in paths(document.tree) if isinstance(at(document.tree, path), list)]
    if not lists:
        return
    above = data.draw(st.sampled_from(lists))
    path = (*above, len(at(document.tree, above)))

    text = edited(document.text, path, value)

    assert pyjson5.decode(text) == with_value(document.tree, path, value)
    assert [c for c in comments(text) if c in comments(document.text)] == comments(document.text)


@given(st.data(), documents())
def test_what_is_taken_out_is_gone_and_the_rest_is_as_it_was(data: st.DataObject, document: Document) -> None:
    places = paths(document.tree)
    if not places:
        return
    path = data.draw(st.sampled_from(places))

    text = removed(document.text, path)

    assert pyjson5.decode(text) == without(document.tree, path)


def at(tree: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        tree = tree[step]
    return tree


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("gateway", "port"), 5, "port: 18789, // the port", "port: 5, // the port"),
        (("gateway", "auth", "token"), "it's", "'abc'", "'it\\'s'"),
        (("gateway", "bind"), "lan", "{ token: 'abc' },\n", "{ token: 'abc' },\n    bind: 'lan',\n"),
        (("gateway", "auth", "mode"), "none", "{ token: 'abc' }", "{ token: 'abc', mode: 'none' }"),
        (("agents", "list", 0, "id"), "c", 'id: "a"', 'id: "c"'),
        (("agents", "list", 1), {"id": "c"}, "// first\n", "// first\n      { id: 'c' },\n"),
        (("logging", "level"), "debug", "    ],\n  },\n}", "    ],\n  },\n  logging: { level: 'debug' },\n}"),
    ],
)  # fmt: skip
def test_an_edit_looks_as_its_owner_would_have_written_it(
    path: tuple[str | int, ...], value: object, old: str, new: str
) -> None:
    assert OURS.count(old) == 1
    assert edited(OURS, path, value) == OURS.replace(old, new)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (("gateway", "port"), "    port: 18789, // the port\n", "    // the port\n"),
        (("gateway", "auth"), "    auth: { token: 'abc' },\n", ""),
        (("gateway", "auth", "token"), "{ token: 'abc' }", "{ }"),
        (("agents", "list", 0), '{ id: "a" }, // first', "// first"),
    ],
)
def test_what_is_taken_out_leaves_no_gap(path: tuple[str | int, ...], old: str, new: str) -> None:
    assert removed(OURS, path) == OURS.replace(old, new)


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("{}", ("a", "b"), 1, "{\n  a: { b: 1 },\n}"),
        ("{}\n", ("a",), 1, "{\n  a: 1,\n}\n"),
        ("{ // why\n}", ("a",), 1, "{ // why\n  a: 1,\n}"),
        ("{a: 1}", ("b",), 2, "{a: 1, b: 2}"),
        ('{"a": 1}', ("b",), 2, '{"a": 1, "b": 2}'),
        ("{a: 1,}", ("b",), 2, "{a: 1, b: 2,}"),
        ("{a: {}}", ("a", "b"), 2, "{a: { b: 2 }}"),
        ("{a: []}", ("a", 0), 2, "{a: [2]}"),
        ("{a: [/* none */]}", ("a", 0), 2, "{a: [/* none */ 2]}"),
        ("{a: null}", ("a", "b", 0), 2, "{a: { b: [2] }}"),
        ('{\n  "a": 1\n}', ("b",), 2, '{\n  "a": 1,\n  "b": 2\n}'),
        ("{\n  a: 1 // one\n}", ("b",), 2, "{\n  a: 1, // one\n  b: 2\n}"),
        ("{\r\n  a: 1,\r\n}", ("b",), 2, "{\r\n  a: 1,\r\n  b: 2,\r\n}"),
        ("{a: 1, a: 2}", ("a",), 3, "{a: 1, a: 3}"),
        ("\ufeff{a: 1}", ("a",), 2, "\ufeff{a: 2}"),
    ],
)
def test_where_and_how_a_value_is_put(
    text: str, path: tuple[str | int, ...], value: object, expected: str
) -> None:
    assert edited(text, path, value) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("{a: 1, b: 2}", ("a",), "{b: 2}"),
        ("{a: 1, b: 2}", ("b",), "{a: 1}"),
        ('{\n  "a": 1,\n  "b": 2\n}', ("b",), '{\n  "a": 1\n}'),
        ("{\n  a: 1,\n  b: {\n    c: 2,\n  },\n}", ("b",), "{\n  a: 1,\n}"),
        ("{a: 1, b: 0, a: 2}", ("a",), "{b: 0}"),
        ("{a: [1, 2, 3]}", ("a", 1), "{a: [1, 3]}"),
        ("{a: [1 /* one */, 2]}", ("a", 0), "{a: [ /* one */ 2]}"),
    ],
)
def test_what_is_left(text: str, path: tuple[str | int, ...], expected: str) -> None:
    assert removed(text, path) == expected


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("gateway", "port", "x"), "gateway.port is a plain value and has no 'x'"),
        (("gateway", "auth", "token", 0), r"gateway.auth.token is a text and has no '\[0\]'"),
        (("agents", "list", "main"), "agents.list is a list and has no 'main'"),
        (("gateway", 0), "gateway is an object"),
        (("agents", "list", 5), r"agents.list has 1 items; the next one is \[1\]"),
        (("bindings", 2), r"there is no list yet, so it begins with \[0\]"),
    ],
)
def test_a_value_without_a_place_is_refused(path: tuple[str | int, ...], said: str) -> None:
    with pytest.raises(EditError, match=said):
        edited(OURS, path, 1)


def test_what_is_not_there_cannot_be_taken_out() -> None:
    for path in (("hooks",), ("gateway", "port", "x"), ("agents", "list", 7)):
        with pytest.raises(EditError, match="not set in the file"):
            removed(OURS, path)
    with pytest.raises(EditError, match="name a key"):
        removed(OURS, ())


def test_what_json5_cannot_hold_is_not_written() -> None:
    for path in (("gateway", "port"), ("gateway", "new")):
        with pytest.raises(EditError):
            edited(OURS, path, b"bytes")


def test_a_text_that_cannot_be_read_is_not_edited() -> None:
    with pytest.raises(UnreadableError):
        edited("{a: ", ("a",), 1)


def test_several_edits_are_applied_one_after_the_other() -> None:
    assert applied("{a: 1}", [Put(("b", "c"), 2), Take(("a",)), Put(("b", "d"), 3)]) == "{b: { c: 2, d: 3 }}"


def test_every_name_can_be_put_and_taken_out_again() -> None:
    text = "{}"
    for name in NAMES:
        text = edited(text, (name,), name)
    assert pyjson5.decode(text) == {name: name for name in NAMES}
    for name in NAMES:
        text = removed(text, (name,))
    assert pyjson5.decode(text) == {}
