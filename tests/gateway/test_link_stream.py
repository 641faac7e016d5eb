import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw.gateway.link_stream import LONGEST_HELD, LinkStream, settled
from openclaw.gateway.links import tamer
from openclaw.types.conversation import Note, UserMessage

HEARD = (
    UserMessage("m1", 0, "see https://known.example.org/a", "telegram:1", "owner"),
    Note("m2", 0, "> buy now", "sms:+12015550123", "stranger"),
)
TAMED = tamer(HEARD)
PIECES = st.sampled_from(
    ["https://evil.example.org/?q=1", "https://known.example.org/a", "evil.org/x", " ", "\n", "`", "``", "```", "word",
     "(", ").", "[t](", "é", "h", "ttps:", "//x.org", "/p", "\t", "**"]
)  # fmt: skip


def streamed(pieces: list[str]) -> list[str]:
    stream = LinkStream(TAMED)
    return [*(stream.feed(piece) for piece in pieces), stream.end()]


@given(st.lists(PIECES, max_size=14))
@settings(max_examples=400, deadline=None)
def test_however_a_text_comes_the_pieces_are_what_the_whole_becomes(pieces: list[str]) -> None:
    assert "".join(streamed(pieces)) == TAMED("".join(pieces))


def test_a_link_waits_until_it_is_whole_and_words_do_not() -> None:
    assert streamed(["Look at ", "https://ev", "il.example.org/?s=1", "23 or", " not"]) == [
        "Look at ", "", "", "hxxps://evil[.]example[.]org/?s=123 ", "or ", "not",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "in_code", "end", "after"),
    [
        ("one two", False, 4, False),
        ("one ", False, 4, False),
        ("one `co", False, 4, False),
        ("one `co` tw", False, 9, False),
        ("one `co\ntw", False, 8, False),
        ("one ``", False, 4, False),
        ("one\n```py\nhttp://x", False, 18, True),
        ("x``", True, 1, True),
        ("x```y z", True, 6, False),
        ("", True, 0, True),
    ],
)
def test_what_can_no_longer_change(text: str, in_code: bool, end: int, after: bool) -> None:
    assert settled(text, in_code=in_code) == (end, after)


def test_a_word_without_an_end_does_not_wait_for_ever() -> None:
    assert "".join(streamed(["x" * (LONGEST_HELD + 1)])[:-1]) == "x" * (LONGEST_HELD + 1)
