import json
import sys

import anyio
import psutil
import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.web.extraction import Task
from openclaw.agent.tools.web.reader import Reader
from tests.agent.tools.web.papers import ARTICLE, pdf

HTML = Task(kind="html", mode="markdown", most=50_000, url="https://herald.example.org/news/1")
PDF = Task(kind="pdf", mode="markdown", most=50_000, url="https://herald.example.org/paper")


def instead(code: str, seconds: float = 10) -> Reader:
    """A reader that does something else."""
    return Reader(seconds, (sys.executable, "-I", "-c", code))


async def test_pages_and_papers_are_read() -> None:
    page = await Reader().read(ARTICLE.encode(), HTML)
    paper = await Reader().read(pdf(["Zwei Worte"], "Ein Papier"), PDF)

    assert (page.title, page.text[:30]) == ("Harbour ferries to run later", "# Harbour ferries to run later")
    assert (paper.title, paper.text) == ("Ein Papier", "[page 1 of 1]\nZwei Worte")


async def test_the_reason_why_a_paper_is_not_read_comes_through() -> None:
    with pytest.raises(ToolError, match="the PDF holds no text on its 1 pages"):
        await Reader().read(pdf([""]), PDF)


async def test_a_reader_sees_nothing_of_the_daemons_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-invented")
    show = "import json, os; print(json.dumps(dict(title='', text=repr(dict(os.environ)), whole=0, note='')))"

    seen = (await instead(show).read(b"", HTML)).text

    assert "ANTHROPIC" not in seen
    assert "PATH" not in seen


async def test_a_reader_that_hangs_is_ended() -> None:
    with pytest.raises(ToolError, match=r"could not be read within 0\.5 s"):
        await instead("while True: pass", 0.5).read(b"", HTML)

    assert children() == []


async def test_a_turn_that_is_stopped_takes_its_reader_along() -> None:
    with anyio.move_on_after(0.3) as scope:
        await instead("while True: pass").read(b"", HTML)

    assert scope.cancelled_caught
    assert children() == []


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import os; os.abort()", "its reader ended with -6"),
        ("1/0", "its reader ended with 1"),
        ("raise SystemExit('the PDF is odd')", "the PDF is odd"),
        ("raise SystemExit(3)", "its reader ended with 3"),
    ],
)
async def test_a_reader_that_breaks_is_no_harm(code: str, problem: str) -> None:
    with pytest.raises(ToolError, match=problem):
        await instead(code).read(b"x" * 1_000_000, HTML)


async def test_a_page_that_grows_without_end_ends_its_reader() -> None:
    greedy = (
        "from openclaw.agent.tools.web.extraction import _restrict; _restrict(); "
        "whole = [bytearray(100_000_000) for _ in range(20)]"
    )
    with pytest.raises(ToolError, match="its reader ended with 1"):
        await instead(greedy).read(b"", HTML)


async def test_many_pages_are_read_a_few_at_a_time() -> None:
    found = json.dumps({"title": "", "text": "ok", "whole": 2, "note": ""})
    reader = instead(f"print({found!r})")
    read = []

    async def one() -> None:
        read.append((await reader.read(b"", HTML)).text)

    async with anyio.create_task_group() as group:
        for _ in range(6):
            group.start_soon(one)
    assert read == ["ok"] * 6


def children() -> list[psutil.Process]:
    found = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in found if "tests.fake.nursery" not in child.cmdline()]
