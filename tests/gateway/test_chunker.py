import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.gateway.chunker import (
    BlockRules,
    Chunk,
    Coalescer,
    Fence,
    Preference,
    chunks,
    next_cut,
    open_fence,
    standing_alone,
)

SMALL = BlockRules(min_chars=10, max_chars=30, join_min=10, join_max=30)
CODE = Fence("```python", "```")


def cut(text: str, rules: BlockRules = SMALL, before: Fence | None = None) -> str:
    return text[: next_cut(text, rules, before)]


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("Too short", ""),
        ("Long enough, with no end", ""),
        ("One line.\nAnd another\n", ""),
        ("The first.\n\nThe second", "The first.\n\n"),
        ("Short.\n\nThen more of it", ""),
        ("The first.\n\nThe second.\n\nThe", "The first.\n\nThe second.\n\n"),
        ("A line here\nand no paragraph at all", "A line here\n"),
        ("A sentence. Another one without any", "A sentence. "),
        ("你好吗，今天的天气。很好，明天的天气怎么样呢我不知道啊真的", ""),
        ("only words in here and there is no end", "only words in here and there "),
        ("x" * 40, "x" * 30),
    ],
)
def test_a_block_ends_behind_a_paragraph_and_elsewhere_only_when_it_must_end(text: str, block: str) -> None:
    assert cut(text) == block


@pytest.mark.parametrize(
    ("prefer", "block"),
    [("paragraph", ""), ("newline", "One two three.\n"), ("sentence", "One two three.\n")],
)
def test_the_weakest_end_that_is_good_enough_can_be_chosen(prefer: Preference, block: str) -> None:
    rules = BlockRules(min_chars=10, max_chars=30, prefer=prefer)

    assert cut("One two three.\nFour. Five", rules) == block
    assert cut("One two. Three. Four", rules) == ("One two. Three. " if prefer == "sentence" else "")


def test_a_limit_of_the_channel_is_a_limit_of_the_blocks() -> None:
    assert BlockRules().within(100) == BlockRules(100, 100, join_min=100, join_max=100)
    assert BlockRules().within(4096) == BlockRules()


def test_a_block_ends_before_code_rather_than_in_it() -> None:
    text = "Look at this code:\n```python\nfirst = 1\n\nsecond = 2\n```\nThat was it."

    assert cut(text) == "Look at this code:\n"
    assert cut("Try:\n```\n" + "a = 1\n\n" * 20) == "Try:\n"


def test_code_longer_than_a_block_is_torn_at_a_line_and_goes_on_in_its_language() -> None:
    text = "```python\n" + "".join(f"line_{number} = {number}\n" for number in range(6)) + "```\nDone."

    parts = chunks(text, BlockRules(min_chars=20, max_chars=60))

    assert [part.text for part in parts] == [
        "```python\nline_0 = 0\nline_1 = 1\nline_2 = 2\nline_3 = 3\n```",
        "```python\nline_4 = 4\nline_5 = 5\n```\nDone.",
    ]
    assert "".join(part.source for part in parts) == text


def test_a_rest_begins_inside_the_code_that_was_sent() -> None:
    assert chunks("b = 2\n```\nDone.", SMALL, "Look:\n```python\na = 1\n") == [
        Chunk("b = 2\n```\nDone.", "```python\nb = 2\n```\nDone.")
    ]


def test_code_of_which_only_the_end_is_left_is_not_begun_again() -> None:
    assert standing_alone("```\nDone.", CODE) == "Done."


@pytest.mark.parametrize(
    ("text", "fence"),
    [
        ("plain", None),
        ("```python\na = 1", CODE),
        ("```python\na = 1\n```", None),
        ("~~~\n```\n", Fence("~~~", "~~~")),
        ("````\n```\n", Fence("````", "````")),
        ("```\n````  \n", None),
        ("``` a`b", None),
        ("    ```\n", None),
        ("```\n``` no end\n", Fence("```", "```")),
    ],
)
def test_code_is_found_as_markdown_has_it(text: str, fence: Fence | None) -> None:
    assert open_fence(text) == fence


PIECES = st.sampled_from(
    ["word ", "A sentence. ", "\n", "\n\n", "```python\n", "```\n", "~~~\n", "x" * 35, "你好。", "`", " "]
)


@given(text=st.lists(PIECES, max_size=60).map("".join), least=st.integers(1, 40), more=st.integers(0, 60))
def test_whatever_the_text_its_blocks_are_all_of_it_and_no_code_is_left_open(
    text: str, least: int, more: int
) -> None:
    rules = BlockRules(least, least + 30 + more)

    found = chunks(text, rules)

    assert "".join(chunk.source for chunk in found) == text
    for chunk in found:
        assert chunk.source
        assert len(chunk.source) <= rules.max_chars
        assert open_fence(chunk.text) is None


@given(
    pieces=st.lists(PIECES, max_size=60),
    least=st.integers(1, 40),
    prefer=st.sampled_from(("paragraph", "newline", "sentence")),
)
def test_a_text_that_comes_in_pieces_is_cut_only_where_it_has_come_already(
    pieces: list[str], least: int, prefer: Preference
) -> None:
    rules = BlockRules(least, least + 60, prefer)
    text, sent = "", ""
    for piece in pieces:
        text += piece
        while end := next_cut(text[len(sent) :], rules, open_fence(sent)):
            assert 0 < end <= len(text) - len(sent)
            sent += text[len(sent) : len(sent) + end]
    assert text.startswith(sent)


# -- joining ----------------------------------------------------------------------------------------------


def test_blocks_that_fit_together_become_one_once_it_is_quiet() -> None:
    joining = Coalescer(SMALL)

    assert list(joining.add("x" * 12, 0.0)) == []
    assert joining.due() == 1.0
    assert list(joining.add("y" * 12, 0.5)) == []
    assert joining.due() == 1.5
    assert list(joining.idle(1.4)) == []
    assert list(joining.idle(1.5)) == ["x" * 12 + "y" * 12]
    assert joining.due() is None


def test_a_block_that_does_not_fit_any_more_sends_off_the_one_before_it() -> None:
    joining = Coalescer(SMALL)
    list(joining.add("x" * 20, 0.0))

    assert list(joining.add("y" * 20, 0.0)) == ["x" * 20]
    assert joining.held == "y" * 20


def test_a_block_that_fills_a_message_does_not_wait() -> None:
    assert list(Coalescer(SMALL).add("x" * 30, 0.0)) == ["x" * 30]


def test_too_little_waits_for_more_and_blanks_never_go_alone() -> None:
    joining = Coalescer(SMALL)
    list(joining.add("\n" * 12, 0.0))

    assert (joining.due(), list(joining.idle(99.0))) == (None, [])
    assert list(joining.add("x" * 25, 0.0)) == ["\n" * 12 + "x" * 25]


def test_what_is_taken_back_is_forgotten() -> None:
    joining = Coalescer(SMALL)
    list(joining.add("x" * 12, 0.0))
    joining.clear()

    assert list(joining.idle(99.0)) == []
