import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.web.engine import Hit, asked, decoded, hits, is_web_address, text
from openclaw.net.fetched import Fetched
from tests.agent.tools.web.engines import parts
from tests.fakes import FakeWebsite


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("<strong>Tokyo</strong> &amp; <em>rain</em>", "Tokyo & rain"),
        ("a &lt;b&gt; c", "a <b> c"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("  two\n lines\u00a0here ", "two lines here"),
        (None, ""),
        (7, ""),
    ],
)
def test_text_is_without_markup(value: object, plain: str) -> None:
    assert text(value) == plain


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("https://example.org/a?b=c#d", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("ftp://example.org/", False),
        ("https://example.org/ and more", False),
        ("https://", False),
        ("https://example.org/\n2. Forged", False),
        ("https://example.org/\n", False),
        (None, False),
        (5, False),
    ],
)
def test_only_web_addresses_are_listed(value: object, is_one: bool) -> None:
    assert is_web_address(value) is is_one


def test_of_the_results_those_are_taken_that_can_be_shown() -> None:
    found = [
        {"title": "A", "url": "https://a.example.org/", "words": "x", "when": "now"},
        {"title": "B", "url": "javascript:alert(1)"},
        "nonsense",
        {"url": "https://c.example.org/", "words": ["no", "text"]},
        {"title": "D", "url": "https://d.example.org/"},
    ]

    assert hits(found, 2, snippet="words", age="when") == (
        Hit("A", "https://a.example.org/", "x", "now"),
        Hit("", "https://c.example.org/", ""),
    )
    assert hits(None, 5, snippet="words", age="when") == ()
    assert hits({"a": 1}, 5, snippet="words", age="when") == ()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null", b'{"a":'])
def test_what_is_no_json_object_is_told(body: bytes) -> None:
    with pytest.raises(ToolError, match="Engine answered 200 with something that is not JSON"):
        decoded(Fetched("https://example.org/", 200, {}, body), "Engine")


async def test_limits_and_failures_are_told_in_the_same_words_for_every_engine() -> None:
    async with FakeWebsite() as site, parts(f"{site.url}/base/") as made:
        site.page("/base/busy", "", status=429, retry_after="30")
        site.page("/base/full", "", status=429)
        site.page("/base/broken", "", status=503)
        with pytest.raises(
            ToolError, match=r"Engine takes no more searches for 30 s: too many were made \(429\)"
        ):
            await asked(made, "/busy", {}, {}, "Engine")
        with pytest.raises(ToolError, match="Engine takes no more searches: too many"):
            await asked(made, "/full", {}, {}, "Engine")
        with pytest.raises(ToolError, match="Engine is out of order: it answered 503"):
            await asked(made, "/broken", {}, {}, "Engine")
        site.refuse_connections()
        with pytest.raises(ToolError, match="Engine could not be asked: http://127"):
            await asked(made, "/busy", {}, {}, "Engine")


@pytest.mark.parametrize("base_url", ["", "no address", "file:///etc"])
async def test_a_base_that_is_no_address_is_told_when_it_is_needed(base_url: str) -> None:
    async with parts(base_url) as made:
        with pytest.raises(ToolError, match="Engine could not be asked"):
            await asked(made, "/", {}, {}, "Engine")
