import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.agent.tools.exec.recording import NEWS_CHARACTERS, Recording


@given(st.lists(st.binary(max_size=40), max_size=30))
def test_what_fits_is_kept_as_it_came(chunks: list[bytes]) -> None:
    recording = Recording()
    for chunk in chunks:
        recording.write(chunk)
    recording.write(b"", final=True)
    whole = b"".join(chunks)
    assert recording.text() == whole.decode(errors="replace").replace("\0", "␀")
    assert recording.bytes == len(whole)


@given(st.lists(st.text("ab\n", max_size=50), max_size=40))
def test_of_more_the_two_ends_are_kept_and_the_gap_is_told(chunks: list[str]) -> None:
    recording = Recording(kept=40)
    for chunk in chunks:
        recording.write(chunk.encode())
    whole = "".join(chunks)
    if len(whole) <= 40:
        assert recording.text() == whole
    else:
        note = f"\n[{len(whole) - 40:,} of {len(whole):,} characters were left out here]\n"
        assert recording.text() == whole[:20] + note + whole[-20:]


def test_a_character_that_comes_in_two_pieces_is_whole() -> None:
    recording = Recording()
    for byte in "Žižkov €".encode():
        recording.write(bytes([byte]))
    assert recording.text() == "Žižkov €"


def test_news_are_told_once() -> None:
    recording = Recording()
    recording.write(b"one\n")
    assert recording.unread
    assert recording.news() == "one\n"
    assert recording.news() == ""
    assert not recording.unread
    recording.write(b"two\n")
    assert recording.news() == "two\n"


def test_of_many_news_the_end_is_told() -> None:
    recording = Recording()
    recording.write(b"a" * NEWS_CHARACTERS + b"b" * 10)
    news = recording.news()
    assert news.startswith("[10 characters before this were left out")
    assert news.endswith("a" * 20 + "b" * 10)
    assert len(news.partition("\n")[2]) == NEWS_CHARACTERS


@pytest.mark.parametrize(
    ("offset", "limit", "first", "last"),
    [(None, 3, "8", "10"), (1, 2, "1", "2"), (9, 50, "9", "10"), (None, 99, "1", "10")],
)
def test_pages_are_lines(offset: int | None, limit: int, first: str, last: str) -> None:
    recording = Recording()
    recording.write("".join(f"{number}\n" for number in range(1, 11)).encode())
    page = recording.page(offset, limit)
    assert (page.text.split()[0], page.text.split()[-1], page.lines) == (first, last, 10)
    assert recording.page(11, 5).text == ""
