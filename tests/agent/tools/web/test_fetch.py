from collections.abc import AsyncIterator
from datetime import UTC

import pytest

from openclaw.agent.renderer import Renderer, Wrapping
from openclaw.agent.tools.base import Act, Effect, Kind, ToolError, ToolInputError
from openclaw.agent.tools.web.cache import TtlCache
from openclaw.agent.tools.web.config import WebFetchConfig
from openclaw.agent.tools.web.fetch import FetchTool, Page, size
from openclaw.agent.tools.web.reader import Reader
from openclaw.types.conversation import (
    AssistantMessage,
    Entry,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from tests.agent.tools.scenes import SCENE
from tests.agent.tools.web.papers import ARTICLE, pdf
from tests.fake.internet import SITE
from tests.fakes import FakeInternet, FakeWebsite
from tests.gateway.scripted import ControlledClock

HOME = "http://herald.example.org"


@pytest.fixture
async def site() -> AsyncIterator[FakeWebsite]:
    async with FakeWebsite() as site:
        site.page("/news", ARTICLE)
        yield site


@pytest.fixture
def clock() -> ControlledClock:
    return ControlledClock()


@pytest.fixture
async def tool(site: FakeWebsite, clock: ControlledClock) -> AsyncIterator[FetchTool]:
    internet = FakeInternet({"herald.example.org": [SITE], "inner.example.org": ["10.0.0.1"]}, elsewhere=site)
    door = internet.door()
    kept: TtlCache[Page] = TtlCache(900, 1_000_000, size, clock)
    config = WebFetchConfig(
        max_chars=5_000, max_chars_cap=20_000, max_response_bytes=400_000, timeout_seconds=5
    )
    yield FetchTool(config, door, Reader(), kept)
    await door.aclose()


async def test_a_page_comes_as_markdown_with_title_and_address(tool: FetchTool, site: FakeWebsite) -> None:
    text = await tool.run({"url": f"{HOME}/news"}, SCENE)

    assert text.startswith(
        "Title: Harbour ferries to run later\n"
        "URL: http://herald.example.org/news\n"
        "Status: 200, text/html\n\n"
        "# Harbour ferries to run later\n\n"
        "Ferries across the harbour"
    )
    assert "**eleven weeks**" in text
    assert "text/html" in site.seen[0].headers["accept"]
    assert "OpenClaw" in site.seen[0].headers["user-agent"]


async def test_a_page_comes_as_text_when_that_is_wanted(tool: FetchTool) -> None:
    text = await tool.run({"url": f"{HOME}/news", "extractMode": "text"}, SCENE)

    assert "trial that lasted eleven weeks" in text


async def test_a_redirect_is_told(tool: FetchTool, site: FakeWebsite) -> None:
    site.redirect("/old", "/news")

    text = await tool.run({"url": f"{HOME}/old"}, SCENE)

    assert "URL: http://herald.example.org/news (redirected from http://herald.example.org/old)" in text


async def test_plain_text_and_json_come_as_they_are(tool: FetchTool, site: FakeWebsite) -> None:
    site.page("/data", '{"boats": [1, 2]}', "application/json")
    site.page("/words", "Zürich — 5 €".encode("cp1252"), "text/plain")
    site.page("/empty", "", "text/plain")

    assert (await tool.run({"url": f"{HOME}/data"}, SCENE)).endswith('application/json\n\n{"boats": [1, 2]}')
    assert (await tool.run({"url": f"{HOME}/words"}, SCENE)).endswith("text/plain\n\nZürich — 5 €")
    assert (await tool.run({"url": f"{HOME}/empty"}, SCENE)).endswith("(no text)")


async def test_a_paper_comes_as_text(tool: FetchTool, site: FakeWebsite) -> None:
    site.page("/paper", pdf(["Two words"], "On boats"), "application/pdf")

    text = await tool.run({"url": f"{HOME}/paper"}, SCENE)

    assert text == (
        "Title: On boats\nURL: http://herald.example.org/paper\nStatus: 200, application/pdf\n\n"
        "[page 1 of 1]\nTwo words"
    )


async def test_what_is_no_text_is_refused_with_a_hint(tool: FetchTool, site: FakeWebsite) -> None:
    site.page("/cat", b"\x89PNG", "image/png")
    site.page("/zip", b"PK\x03\x04", "application/zip")
    site.page("/long", pdf(["Words " * 70_000]), "application/pdf")

    with pytest.raises(ToolError, match=r"/cat is a picture \(image/png\), and web_fetch reads only text"):
        await tool.run({"url": f"{HOME}/cat"}, SCENE)
    with pytest.raises(ToolError, match="/zip is no text but application/zip"):
        await tool.run({"url": f"{HOME}/zip"}, SCENE)
    with pytest.raises(ToolError, match="is a PDF of more than 400,000 bytes"):
        await tool.run({"url": f"{HOME}/long"}, SCENE)


async def test_what_is_left_out_is_counted(tool: FetchTool, site: FakeWebsite) -> None:
    site.page("/words", "x" * 30_000, "text/plain")
    site.page("/flood", "x" * 500_000, "text/plain")

    usual = await tool.run({"url": f"{HOME}/words"}, SCENE)
    little = await tool.run({"url": f"{HOME}/words", "maxChars": 100}, SCENE)
    greedy = await tool.run({"url": f"{HOME}/words", "maxChars": 1_000_000}, SCENE)
    flood = await tool.run({"url": f"{HOME}/flood"}, SCENE)

    assert usual.endswith("x\n\n[25,000 of 30,000 characters were left out here]")
    assert little.endswith("\n\n" + "x" * 100 + "\n\n[29,900 of 30,000 characters were left out here]")
    assert greedy.endswith("[10,000 of 30,000 characters were left out here]")
    assert flood.endswith(
        "[395,000 of 400,000 characters were left out here]\n[only its first 400,000 bytes were read]"
    )
    assert site.paths == ["/words", "/flood"], "cut anew, not asked for anew"


async def test_an_error_page_says_its_status_and_little_else(tool: FetchTool, site: FakeWebsite) -> None:
    site.page("/gone", "<title>Sorry &amp; bye</title><body>much more", status=410)
    site.page("/api", '{"error": "slow down"}', "application/json", status=429)

    with pytest.raises(ToolError, match=r"^http://herald\.example\.org/gone answered 410 Gone: Sorry & bye$"):
        await tool.run({"url": f"{HOME}/gone"}, SCENE)
    with pytest.raises(ToolError, match=r'answered 429 Too Many Requests: {"error": "slow down"}$'):
        await tool.run({"url": f"{HOME}/api"}, SCENE)


async def test_the_same_page_is_read_once_in_a_quarter_of_an_hour(
    tool: FetchTool, site: FakeWebsite, clock: ControlledClock
) -> None:
    first = await tool.run({"url": f"{HOME}/news"}, SCENE)
    assert await tool.run({"url": f"{HOME}/news"}, SCENE) == first
    assert len(site.seen) == 1
    await tool.run({"url": f"{HOME}/news", "extractMode": "text"}, SCENE)
    assert len(site.seen) == 2
    clock.advance(900)
    await tool.run({"url": f"{HOME}/news"}, SCENE)
    assert len(site.seen) == 3


async def test_a_failure_is_not_remembered(tool: FetchTool, site: FakeWebsite) -> None:
    site.page("/new", "not yet", "text/plain", status=503)
    with pytest.raises(ToolError, match="503"):
        await tool.run({"url": f"{HOME}/new"}, SCENE)
    site.page("/new", "there", "text/plain")

    assert (await tool.run({"url": f"{HOME}/new"}, SCENE)).endswith("there")


async def test_inner_addresses_are_refused_even_behind_a_name(tool: FetchTool, site: FakeWebsite) -> None:
    with pytest.raises(ToolInputError, match=r"url cannot be read: .* is not on the public internet"):
        tool.act({"url": "http://169.254.169.254/latest/meta-data"}, SCENE)
    with pytest.raises(ToolError, match=r"it could not be read: inner\.example\.org: 10\.0\.0\.1 is not"):
        await tool.run({"url": "http://inner.example.org/"}, SCENE)
    assert site.seen == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "url is required"),
        ({"url": ""}, "url is required"),
        ({"url": " "}, "url must be a string of at least 1 characters"),
        ({"url": "example.org/page"}, "url must be a whole address such as https://example.org/page"),
        ({"url": "file:///etc/passwd"}, "url must be a whole address"),
        ({"url": "http://localhost/"}, "is a name of a local network"),
        ({"url": "https://example.org", "maxChars": 5}, "maxChars must be an integer ≥ 100"),
        (
            {"url": "https://example.org", "extractMode": "html"},
            'extractMode must be one of "markdown", "text"',
        ),
        ({"url": "https://example.org", "method": "POST"}, "there is no argument method"),
    ],
)
async def test_a_wrong_argument_is_explained(
    tool: FetchTool, arguments: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ToolInputError) as refused:
        tool.act(arguments, SCENE)
    assert complaint in str(refused.value)


async def test_what_it_is_to_the_policy(tool: FetchTool) -> None:
    assert tool.act({"url": f" {HOME}/news?a=1#b "}, SCENE) == Act(Kind.FETCH, f"{HOME}/news?a=1#b")
    assert (tool.name, tool.effect, tool.provenance) == ("web_fetch", Effect.READ_ONLY, "web")
    assert list(tool.schema["properties"]) == ["url", "extractMode", "maxChars"]  # type: ignore[call-overload]


async def test_the_model_reads_a_page_between_markers(tool: FetchTool) -> None:
    text = await tool.run({"url": f"{HOME}/news"}, SCENE)
    call = ToolCall("toolu_1", "web_fetch", {"url": f"{HOME}/news"})
    entries: list[Entry] = [
        UserMessage("m_1", 0, "Read it.", "telegram:821071206", "owner"),
        AssistantMessage("m_2", 0, (call,), "anthropic/claude-opus-4-6"),
        ToolMessage("m_3", 0, (ToolResult("toolu_1", text, provenance=tool.provenance),)),
    ]

    messages = Renderer(Wrapping(b"key", UTC, "UTC")).messages(entries, "anthropic/claude-opus-4-6")

    result = messages[-1].blocks[0]
    assert isinstance(result, ToolResult)
    assert result.content.startswith('<<<EXTERNAL_UNTRUSTED_CONTENT id="')
    assert "\nSource: web, brought by a tool\nTitle: Harbour ferries" in result.content
