import pytest

from openclaw.channels.telegram.writing.markup import Span, spans
from openclaw.channels.telegram.writing.split import html_text, plain_text


def html(markdown: str) -> str:
    return html_text(spans(markdown))


def plain(markdown: str) -> str:
    return plain_text(spans(markdown))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**bold** and *it*", "<b>bold</b> and <i>it</i>"),
        ("***both***", "<b><i>both</i></b>"),
        ("**a *b* c**", "<b>a <i>b</i> c</b>"),
        ("~~gone~~", "<s>gone</s>"),
        ("`a < b`", "<code>a &lt; b</code>"),
        ("**`x`**", "<code>x</code>"),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("<b>not ours</b>", "&lt;b&gt;not ours&lt;/b&gt;"),
        ("# Title", "<b>Title</b>"),
        ("# A **b** title", "<b>A b title</b>"),
        ("one\ntwo", "one\ntwo"),
        ("one\n\n\ntwo", "one\n\ntwo"),
        ("a\n\n---\n\nb", "a\n\n———\n\nb"),
        ("snake_case_name 2*3*4", "snake_case_name 2<i>3</i>4"),
        ("C:\\dir \\*x\\*", "C:\\dir *x*"),
    ],
)
def test_inline_markdown_becomes_telegrams_tags(markdown: str, expected: str) -> None:
    assert html(markdown) == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("- a\n- b", "• a\n• b"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- a\n  - b\n- c", "• a\n  • b\n• c"),
        ("- a\n\n- b\n\nend", "• a\n• b\n\nend"),
        ("- a\n\n  more", "• a\n  more"),
        ("-\n- b", "• \n• b"),
        ("> a\n> b", "<blockquote>a\nb</blockquote>"),
        ("> a\n>\n> b\n\nc", "<blockquote>a\n\nb</blockquote>\n\nc"),
        ("> > deep", "<blockquote>deep</blockquote>"),
        ("> **a**", "<blockquote><b>a</b></blockquote>"),
        ("```python\nx = 1 < 2\n```", '<pre><code class="language-python">x = 1 &lt; 2</code></pre>'),
        ("```\n  x\n```", "<pre>  x</pre>"),
        ('```"><b>\nx\n```', "<pre>x</pre>"),
        ("a\n```\nb\n```\nc", "a\n\n<pre>b</pre>\n\nc"),
        ("```js\nunclosed", '<pre><code class="language-js">unclosed</code></pre>'),
        ("- a\n  ```\n  b\n  ```", "• a\n<pre>b</pre>"),
        ("|a|bb|\n|-|-|\n|ccc|d|", "<pre>a   | bb\n----+---\nccc | d</pre>"),
        (
            "|名|b|\n|-|-|\n|c|[x](http://y.org)|",
            "<pre>名 | b\n---+-----------------\nc  | x (http://y.org)</pre>",
        ),
    ],
)
def test_blocks_become_lines_that_a_chat_can_show(markdown: str, expected: str) -> None:
    assert html(markdown) == expected


@pytest.mark.parametrize(
    ("markdown", "rich", "text"),
    [
        (
            "[a *b*](https://example.org/?x=1&y=2)",
            '<a href="https://example.org/?x=1&amp;y=2">a <i>b</i></a>',
            "a b (https://example.org/?x=1&y=2)",
        ),
        (
            "<https://example.org>",
            '<a href="https://example.org">https://example.org</a>',
            "https://example.org",
        ),
        ("[me](tg://user?id=5)", '<a href="tg://user?id=5">me</a>', "me (tg://user?id=5)"),
        ("<a@example.org>", '<a href="mailto:a@example.org">a@example.org</a>', "a@example.org"),
        ("[file](./a.md)", "file (./a.md)", "file (./a.md)"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](ftp://example.org)", "x (ftp://example.org)", "x (ftp://example.org)"),
        (
            "[](https://example.org)",
            '<a href="https://example.org">https://example.org</a>',
            "https://example.org",
        ),
        ("![cat](https://example.org/c.png)", '<a href="https://example.org/c.png">cat</a>', None),
        ("[`x`](https://example.org)", '<a href="https://example.org">x</a>', "x (https://example.org)"),
        ('[q](https://example.org/"%22)', '<a href="https://example.org/%22%22">q</a>', None),
        ("[note]: https://example.org", "[note]: https://example.org", None),
    ],
)
def test_links_stay_links_or_are_written_out(markdown: str, rich: str, text: str | None) -> None:
    assert html(markdown) == rich
    if text is not None:
        assert plain(markdown) == text


def test_a_link_too_long_for_any_message_is_written_out() -> None:
    address = "https://example.org/" + "x" * 2000

    assert html(f"[a]({address})") == f"a ({address})"


@pytest.mark.parametrize("blank", ["", " ", "\n\n", "\t"])
def test_nothing_said_is_nothing_to_send(blank: str) -> None:
    assert spans(blank) == []


@pytest.mark.parametrize("text", ["#", "```\n```", "[]()"])
def test_markup_around_nothing_is_sent_as_it_was_written(text: str) -> None:
    assert spans(text) == [Span(text)]


@pytest.mark.parametrize(
    "text", [">" * 3000 + " word", "- " * 3000 + "word", "[" * 9000, "**" * 4000 + "word"]
)
def test_what_the_parser_would_drop_or_take_long_for_loses_nothing(text: str) -> None:
    assert plain(text).count("word") == text.count("word")
    assert plain(text).count("[") == text.count("[")


def test_text_that_is_not_valid_unicode_can_be_sent() -> None:
    assert html("a\ud800b\0c") == "a\ufffdb\ufffdc"
