from typing import Any

import orjson
import pytest

from openclaw.gateway.commands.info import commands_text, context_text, duration, help_text
from tests.gateway.harness import MAIN, House, said
from tests.gateway.scripted import says

WEIGHTS = {"files": {"SOUL.md": 400, "AGENTS.md": 800}, "tools": {"get_weather": 100}}


def test_members_are_not_told_of_what_they_may_not_do() -> None:
    assert "/restart" in help_text("owner")
    assert "/restart" not in help_text("member")
    assert "/restart" not in commands_text("member")
    assert "/think, /thinking, /t off|minimal" in commands_text("member")


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (900, "0 s"),
        (40_000, "40 s"),
        (720_000, "12 min"),
        (18_720_000, "5 h 12 min"),
        (183_600_000, "2 d 3 h"),
    ],
)
def test_durations(ms: int, text: str) -> None:
    assert duration(ms) == text


def test_the_context_as_sums_in_detail_and_for_programs() -> None:
    assert "files: 1,200 characters, about 300 tokens, 2 parts" in context_text(WEIGHTS, "")
    detail = context_text(WEIGHTS, "detail").splitlines()
    assert detail[1] == "files AGENTS.md: 800 characters, about 200 tokens"
    assert orjson.loads(context_text(WEIGHTS, "json"))["sums"] == {"files": 1200, "tools": 100}


async def test_the_status_holds_what_was_counted(house: House) -> None:
    house.model.will(says("hi"))
    await house.receive(said("hello", number=1))
    await house.settled()
    await house.receive(said("/think high", number=2), said("/queue collect cap:7", number=3))
    await house.receive(said("/status", number=4))
    await house.settled()

    status = house.channel.texts()[-1]
    entry: dict[str, Any] = house.sessions.find(MAIN) or {}
    assert "Model: anthropic/claude-opus-4-6 (the default)." in status
    assert f"Context: {entry['totalTokens']:,} of 200,000 tokens" in status
    assert "Thinking: high" in status
    assert "Queue: collect, debounce 500 ms, cap 7" in status
    assert "0 waiting or under way." in status
    assert " today." in status


async def test_usage_below_each_answer(house: House) -> None:
    house.model.will(says("hi"), says("again"))
    await house.receive(said("/usage tokens", number=1))
    await house.receive(said("hello", number=2))
    await house.settled()
    await house.receive(said("/usage off", number=3))
    await house.receive(said("hello", number=4))
    await house.settled()

    texts = house.channel.texts()
    assert texts[1].startswith("hi\n\nUsage: ")
    assert texts[3] == "again"
    assert [line["content"] for line in await house.transcript() if line.get("role") == "assistant"] == [
        "hi",
        "again",
    ]
