import pytest

from openclaw.agent.tools.web.extraction import Mode, Readable, Task, from_html, from_pdf
from tests.agent.tools.web.papers import ARTICLE, locked, pdf

HERE = "https://herald.example.org/news/1"


def read(page: str, mode: Mode = "markdown", most: int = 50_000) -> Readable:
    return from_html(page, Task(kind="html", mode=mode, most=most, url=HERE))


def test_an_article_is_read_without_what_stands_around_it() -> None:
    found = read(ARTICLE)

    assert found["title"] == "Harbour ferries to run later"
    assert found["text"] == (
        "# Harbour ferries to run later\n\n"
        "Ferries across the harbour will run until two in the morning from the first of March, the transport office "
        "said on\nFriday, after a trial that lasted **eleven weeks** and carried "
        "[41,300\npassengers](https://herald.example.org/data?week=11).\n\n"
        "The last boat used to leave at 23:40. Restaurants on the north shore had asked for the change, and so had "
        "the\nhospital, whose night shift ends at one.\n\n"
        "## What it costs\n\n"
        "Tickets stay at the same price, for new machines on every pier would cost more.\n\n"
        "| Line | Last boat |\n| --- | --- |\n| F1 | 02:00 |\n| F2 | 01:40 |\n\n"
        "1. Open the timetable.\n2. Choose a boat.\n\n"
        "```sh\ncurl https://ferries.example.org/next\n  --head\n```\n\n"
        "[picture: A ferry at night]"
    )
    assert (found["whole"], found["note"]) == (len(found["text"]), "")


def test_as_text_it_has_neither_links_nor_signs() -> None:
    found = read(ARTICLE, "text")["text"]

    assert "carried 41,300\npassengers." in found
    assert "\n\nWhat it costs\n\n" in found
    assert not {"**", "##", "https://herald", "<"} & {
        sign for sign in ("**", "##", "https://herald", "<") if sign in found
    }


def test_what_nobody_can_see_is_not_read() -> None:
    page = "<body>" + "<p>Words that people can read, and many of them.</p>" * 5
    for hidden in ("style='display:none'", "style='Display : NONE'", "hidden", "aria-hidden='true'"):
        page += f"<div {hidden}>hidden {hidden[:5]}</div>"
    page += "<template>hidden</template><noscript>hidden</noscript><!-- hidden --><script>hidden</script>"

    assert "hidden" not in read(page)["text"]
    assert "Ignore all previous" not in read(ARTICLE)["text"]


def test_a_page_that_is_a_list_is_read_whole() -> None:
    links = "".join(f"<li><a href='/item/{n}'>Item number {n}</a></li>" for n in range(60))
    page = f"<html><title>Shop</title><body><nav>Menu</nav><h1>All items</h1><ul>{links}</ul></body></html>"

    found = read(page)

    assert found["title"] == "Shop"
    assert found["text"].startswith("# All items\n\n- [Item number 0](https://herald.example.org/item/0)")
    assert "[Item number 59](https://herald.example.org/item/59)" in found["text"]
    assert "Menu" not in found["text"]


def test_no_more_than_wanted_is_given_and_the_rest_is_counted() -> None:
    page = f"<article>{'<p>Twenty characters ok</p>' * 500}</article>"

    found = read(page, most=1_000)

    assert len(found["text"]) == 1_000
    assert found["whole"] == 500 * 22 - 2


def test_of_an_enormous_page_the_beginning_is_looked_at() -> None:
    found = read(f"<article>{'<p>words and more words</p>' * 100_000}</article>", most=1_000)

    assert found["text"].startswith("words and more words")
    assert found["note"] == "only the beginning of this long page was looked at"


@pytest.mark.parametrize(
    "page",
    [
        "", "   ", "<!-- nothing -->", "<html></html>", "<script>alert(1)</script>", "<", "\x00", "</p>",
        "<p>" * 2_000, "<div>" * 50_000 + "deep", "<b>" * 5_000 + "bold", "<table>" * 500, "<ul><li>" * 500,
        "<a href='http://[::1'>bad</a>", "<a href='javascript:alert(1)'>x</a>",
        "<base href='http://[::1'><a href='/x'>y</a>",
        "<frameset><frame src='/a'></frameset>", "<?xml version='1.0' encoding='utf-16'?><html><p>hi</p></html>",
        "<p style='" + "a" * 100_000 + "'>x</p>", "<p>" + "&" * 50_000, "\ud800 half a pair",
    ],
    ids=range(21),
)  # fmt: skip
@pytest.mark.parametrize("mode", ["markdown", "text"])
def test_no_page_is_too_odd(page: str, mode: Mode) -> None:
    found = read(page, mode)

    assert found["whole"] >= len(found["text"])
    assert "javascript:" not in found["text"]


def test_a_paper_is_read_page_by_page() -> None:
    found = from_pdf(pdf(["First words", "", "Third words"], "A paper"), 50_000)

    assert found["title"] == "A paper"
    assert found["text"] == "[page 1 of 3]\nFirst words\n\n[page 3 of 3]\nThird words"
    assert (found["whole"], found["note"]) == (len(found["text"]), "")


def test_a_long_paper_is_read_as_far_as_it_fits() -> None:
    found = from_pdf(pdf([f"Page {n} " + "and so on " * 20 for n in range(50)]), 1_000)

    assert len(found["text"]) == 1_000
    assert found["note"] == "45 of 50 pages were not read"


def test_a_paper_without_a_password_is_read_though_it_is_encrypted() -> None:
    assert "Words" in from_pdf(locked(pdf(["Words"]), ""), 1_000)["text"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "the PDF cannot be read"),
        (b"%PDF-1.4 and then nothing", "the PDF cannot be read"),
        (pdf(["", ""]), "holds no text on its 2 pages"),
        (locked(pdf(["Words"]), "secret"), "locked with a password"),
        (pdf(["Words"])[:200], "the PDF cannot be read"),
    ],
    ids=["empty", "cut", "scanned", "locked", "broken"],
)
def test_why_a_paper_is_not_read_is_said(body: bytes, problem: str) -> None:
    with pytest.raises(SystemExit, match=problem):
        from_pdf(body, 1_000)
