import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.channels.twilio.plain import plain_parts, plain_text, split, utf16_units


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Hello **bold** _it_ ~~gone~~ `code`", "Hello bold it gone code"),
        ("# Title\n\nBody\nnext", "Title\n\nBody\nnext"),
        ("Look [here](https://example.org/a).", "Look here (https://example.org/a)."),
        ("<https://example.org>", "https://example.org"),
        ("[ana@example.org](mailto:ana@example.org)", "ana@example.org"),
        ("[call](tel:+12015550123)", "call (+12015550123)"),
        ("**[here](https://example.org)**", "here (https://example.org)"),
        ("![a map](https://example.org/m.png)", "a map (https://example.org/m.png)"),
        (
            "List:\n- one\n- **two**\n  - deep\n- three\n\nEnd",
            "List:\n- one\n- two\n  - deep\n- three\n\nEnd",
        ),
        ("3. c\n4. d", "3. c\n4. d"),
        ("- a\n\n1. b", "- a\n\n1. b"),
        ("> quoted", "quoted"),
        ("```py\nx = 1\n```\nDone", "x = 1\n\nDone"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd", "a | b\n1 | 2\n\nEnd"),
        ("5 * 3 * 2 = 30, snake_case", "5 * 3 * 2 = 30, snake_case"),
        ("<b>raw</b>", "<b>raw</b>"),
        ("---", "---"),
        ("", ""),
        ("  \n ", ""),
        ("> " * 80 + "deep", ("> " * 80 + "deep")),
    ],
)
def test_markdown_becomes_what_a_telephone_shows(markdown: str, text: str) -> None:
    assert plain_text(markdown) == text


@given(st.text(max_size=300))
def test_no_text_breaks_it(markdown: str) -> None:
    plain_text(markdown)


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("short", 10, ["short"]),
        ("", 10, []),
        ("First part.\n\nSecond part.", 16, ["First part.", "Second part."]),
        ("One two three. Four five.", 18, ["One two three.", "Four five."]),
        ("one two three four", 9, ["one two", "three", "four"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("😀😀😀", 4, ["😀😀", "😀"]),
    ],
)
def test_a_long_text_is_cut_where_a_reader_would_pause(text: str, limit: int, pieces: list[str]) -> None:
    assert split(text, limit, utf16_units) == pieces


@given(st.text(max_size=400), st.integers(min_value=2, max_value=50))
def test_every_piece_fits_and_no_word_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit, utf16_units)

    assert all(0 < utf16_units(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_text_goes_out_without_marks_in_cheap_letters_and_pieces_that_fit() -> None:
    parts = plain_parts("**Dr. “Ana”** says yes. " + "word " * 20, 60)

    assert parts[0].text.startswith('Dr. "Ana" says yes.')
    assert all(len(part.text) <= 60 for part in parts)
    assert " ".join(part.text for part in parts).count("word") == 20
