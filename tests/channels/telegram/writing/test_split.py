import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.channels.telegram.writing.markup import spans
from openclaw.channels.telegram.writing.split import split, units
from openclaw.types.messages import Part
from tests.fake.telegram_html import visible_text

PIECES = [
    "**",
    "*",
    "_",
    "~~",
    "`",
    "```",
    "```py\n",
    "\n",
    "\n\n",
    "- ",
    "1. ",
    "> ",
    "# ",
    "|",
    "|-|",
    "---",
]
PIECES += ["[", "](", ")", "](https://example.org)", "<", ">", "&", "&amp;", "\\", "    ", " ", ". "]
PIECES += ["word", "longer-word", "é", "e\u0301", "😀", "👨‍👩‍👧‍👦", "\ud800", "\0", "\u200d", "名前。"]
MARKDOWN = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=120).map("".join)


def parts_of(markdown: str, limit: int = 4096) -> list[Part]:
    return split(spans(markdown), limit)


def rich(part: Part) -> str:
    assert part.rich is not None
    return part.rich


def words(text: str) -> str:
    """Without what splitting may change: blanks."""
    return "".join(text.split())


@given(MARKDOWN, st.sampled_from([16, 40, 200, 4096]))
def test_every_part_is_within_its_limits_and_telegram_can_read_it(markdown: str, limit: int) -> None:
    for part in parts_of(markdown, limit):
        seen = visible_text(rich(part))
        assert units(seen) <= limit
        assert units(rich(part)) <= 4096
        assert units(part.text) <= 4096
        assert seen.strip()
        assert words(seen) in words(part.text) or "](" in markdown


@given(MARKDOWN, st.sampled_from([16, 40, 200]))
def test_splitting_loses_no_word(markdown: str, limit: int) -> None:
    whole = "".join(span.text for span in spans(markdown))

    assert words("".join(visible_text(rich(part)) for part in parts_of(markdown, limit))) == words(whole)


@given(st.text())
def test_letters_and_numbers_survive_the_markdown(text: str) -> None:
    kept = re.sub(r"[^0-9a-zA-Z]", "", "".join(part.text for part in parts_of(text)))

    # Entities and the language of a code block are markup that is made of letters.
    if "&" not in text and "`" not in text and "~" not in text:
        assert kept == re.sub(r"[^0-9a-zA-Z]", "", text)


def test_a_short_text_is_one_message() -> None:
    assert parts_of("hello **you**") == [Part("hello you", "hello <b>you</b>")]
    assert len(parts_of("x" * 4096)) == 1


def test_the_measure_is_utf16_and_no_pair_is_cut() -> None:
    parts = parts_of("😀" * 3000)

    assert [len(part.text) for part in parts] == [2048, 952]


def test_escapes_count_where_they_would_exceed_the_message() -> None:
    parts = parts_of("&" * 4000)

    assert all(units(rich(part)) <= 4096 for part in parts)
    assert "".join(visible_text(rich(part)) for part in parts) == "&" * 4000


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("aaa bbb ccc.\n\nddd eee fff ggg hhh", "aaa bbb ccc."),
        ("aaa bbb\nccc ddd eee fff", "aaa bbb"),
        ("aaa bbb cc. ddd eee fff", "aaa bbb cc."),
        ("aaa bbb ccc ddd eee", "aaa bbb ccc ddd"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa"),
        ("aaaaaaaaaaaaaae\u0301\u0301bbb", "aaaaaaaaaaaaaa"),
    ],
)
def test_a_cut_falls_where_a_reader_would_pause(text: str, first: str) -> None:
    assert parts_of(text, 16)[0].text == first


def test_a_code_block_is_closed_and_opened_again_with_its_language() -> None:
    code = "\n".join(f"    line_{number} = {number}" for number in range(600))

    parts = parts_of(f"Before.\n\n```python\n{code}\n```\n\nAfter.")

    assert len(parts) > 2
    for part in parts[1:-1]:
        assert rich(part).startswith('<pre><code class="language-python">    line_')
        assert rich(part).endswith("</code></pre>")
    assert rich(parts[-1]).endswith("</code></pre>\n\nAfter.")


def test_formatting_goes_on_in_the_next_part() -> None:
    first, second = parts_of("**" + "bold words " * 3 + "end**", 30)

    assert rich(first) == "<b>bold words bold words bold</b>"
    assert rich(second) == "<b>words end</b>"
