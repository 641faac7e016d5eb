import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.channels.twilio.plain import utf16_units
from openclaw.channels.whatsapp.markup import messages, spans

PIECES = [
    "**", "*", "_", "~~", "`", "```", "```py\n", "\n", "\n\n", "- ", "1. ", "> ", "# ", "|", "|-|", "---", "[", "](",
    ")", "](https://example.org)", "<", "&amp;", "\\", "    ", " ", ". ", "word", "longer-word", "é", "😀", "👨‍👩‍👧",
    "\ud800", "\0", "名前。",
]  # fmt: skip
MARKDOWN = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=80).map("".join)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("It's **22°C** and *nice*, ~~not~~ `cold`.", "It's *22°C* and _nice_, ~not~ `cold`."),
        ("***both***", "*_both_*"),
        ("**bold _both_ bold**", "*bold _both_ bold*"),
        ("**over\nlines**", "*over*\n*lines*"),
        ("# A *title*\n\ntext", "*A _title_*\n\ntext"),
        ("[here](https://example.org)", "here (https://example.org)"),
        ("**[here](https://example.org)**", "*here* (https://example.org)"),
        ("https://example.org", "https://example.org"),
        ("![map](https://example.org/m.png)", "map (https://example.org/m.png)"),
        ("[](https://example.org)", "https://example.org"),
        ("text\n\n- a\n- **b**\n  1. x\n  2. y\n\nend", "text\n\n- a\n- *b*\n  1. x\n  2. y\n\nend"),
        ("3. c\n4. d", "3. c\n4. d"),
        ("> quoted **q**\n> more\n>\n> again\n\nfree", "> quoted *q*\n> more\n> again\n\nfree"),
        ("```py\nprint(1)\n\n**x**\n```", "```\nprint(1)\n\n**x**\n```"),
        ("| a | b |\n|---|---|\n| 1 | two |", "```\na | b\n--+----\n1 | two\n```"),
        ("---", "———"),
        ("2 \\* 3", "2 * 3"),
        ("a <b> &amp; c", "a <b> & c"),
        (" \n ", None),
        ("", None),
    ],
)
def test_markdown_becomes_whatsapps_marks(markdown: str, shown: str | None) -> None:
    assert messages(markdown, 4000) == ([] if shown is None else [shown])


def test_a_long_text_is_cut_where_a_reader_would_pause() -> None:
    text = "First paragraph, of two sentences. Here is the second.\n\nAnother paragraph that is long enough to be cut."

    assert messages(text, 60) == [
        "First paragraph, of two sentences. Here is the second.",
        "Another paragraph that is long enough to be cut.",
    ]
    assert messages("one two three four five six", 16) == ["one two three", "four five six"]


def test_no_mark_is_left_open_by_a_cut() -> None:
    pieces = messages(f"**{' '.join(['bold words'] * 20)}**", 60)

    assert len(pieces) > 3
    assert all(piece.startswith("*") and piece.endswith("*") and piece.count("*") == 2 for piece in pieces)


def test_a_cut_code_block_is_one_in_both_messages() -> None:
    pieces = messages("```\n" + "x = 1\n" * 30 + "```", 80)

    assert len(pieces) > 2
    assert all(piece.startswith("```\n") and piece.endswith("\n```") for piece in pieces)
    assert sum(piece.count("x = 1") for piece in pieces) == 30


@given(MARKDOWN, st.integers(min_value=16, max_value=300))
def test_every_message_is_within_the_limit_and_can_be_encoded(markdown: str, limit: int) -> None:
    for piece in messages(markdown, limit):
        assert piece.strip()
        assert utf16_units(piece) <= limit
        piece.encode()


@given(MARKDOWN)
def test_no_word_is_lost(markdown: str) -> None:
    whole = "".join(span.text for span in spans(markdown))
    said = " ".join(messages(markdown, 16))

    assert re.findall(r"[a-zé名前😀]", whole) == re.findall(r"[a-zé名前😀]", said)
