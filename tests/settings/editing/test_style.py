from typing import Any

import pyjson5
import pytest
from hypothesis import given

from openclaw.settings.editing.spans import spans
from openclaw.settings.editing.style import Style, indent_at, style_of, written, written_key
from tests.settings.editing.documents import VALUES

JSON = '{\n    "a": {\n        "b": "c"\n    }\n}\n'
JSON5 = "{\n  // one\n  a: { b: 'c' },\n}\n"


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("{}", Style()),
        (JSON, Style("    ", quoted_keys=True, commas=False)),
        (JSON5, Style("  ", quotes="'")),
        (JSON5.replace("\n", "\r\n"), Style("  ", "\r\n", "'")),
        ("{\n\ta: 1\n}", Style("\t", commas=False)),
        ('{"a": 1}', Style(quoted_keys=True, commas=False)),
    ],
)
def test_the_style_is_that_of_the_text(text: str, style: Style) -> None:
    assert style_of(text, spans(text)) == style


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ("it's", '"it\'s"'),
        ([], "[]"),
        ({}, "{}"),
        ([1, "a"], '[1, "a"]'),
        ({"a": {"b": 1}}, "{ a: { b: 1 } }"),
        ({"a": 1, "b-c": [1]}, '{\n  a: 1,\n  "b-c": [1],\n}'),
        ([{"id": "x"}], '[\n  { id: "x" },\n]'),
    ],
)
def test_short_values_stand_on_one_line(value: object, text: str) -> None:
    assert written(value, Style()) == text


def test_what_is_nested_stands_deeper() -> None:
    assert written({"a": {"b": 1, "c": [2]}, "d": 3}, Style(), "  ") == (
        "{\n    a: {\n      b: 1,\n      c: [2],\n    },\n    d: 3,\n  }"
    )


def test_strict_json_stays_strict() -> None:
    style = Style(quoted_keys=True, commas=False)

    assert written({"a": 1, "b": [{"c": "d"}]}, style) == '{\n  "a": 1,\n  "b": [\n    { "c": "d" }\n  ]\n}'


@pytest.mark.parametrize("style", [Style(), Style("\t", "\r\n", "'", quoted_keys=True, commas=False)])
@given(value=VALUES)
def test_whatever_is_written_is_read_as_it_was(style: Style, value: Any) -> None:
    assert pyjson5.decode(written(value, style)) == value


def test_what_json5_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        written([b"x"], Style())


def test_keys_have_quotes_only_where_they_need_them() -> None:
    assert written_key("port", Style()) == "port"
    assert written_key("a.b", Style(quotes="'")) == "'a.b'"
    assert written_key("port", Style(quoted_keys=True)) == '"port"'


def test_the_indent_of_a_line() -> None:
    assert indent_at("{\n \t a: 1", 7) == " \t "
    assert indent_at("  ", 2) == "  "
