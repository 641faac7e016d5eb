from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.agent.loop import INTERRUPTED, SKIPPED
from openclaw.agent.tools.base import Effect
from openclaw.gateway import notices
from openclaw.gateway.config import QueueConfig
from openclaw.llm.chat import Request
from openclaw.types.conversation import Text, ToolCall
from openclaw.types.events import ReplyReady, TextDelta, TurnFinished
from tests.gateway.harness import MAIN, OWNER, House, Plan, open_house, said, to
from tests.gateway.scripted import FakeTool, Writes, answering, calls, forever, hangs, says

FIRST, SECOND = ToolCall("toolu_1", "book", {}), ToolCall("toolu_2", "pay", {})
WORDS = "Not that one!"
ENDS = "SELECT state FROM inbox ORDER BY seq"


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> Plan:
    return Plan(queue=QueueConfig(mode=getattr(request, "param", "steer"), debounce_ms=0))


def in_mode(mode: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("plan", [mode], indirect=True)


def texts(request: Request) -> list[str]:
    return [block.text for each in request.messages for block in each.blocks if isinstance(block, Text)]


def two_tools(house: House, effect: Effect = Effect.ONCE, **words: Any) -> tuple[FakeTool, FakeTool]:
    """While the first works, somebody writes."""

    async def book(arguments: Mapping[str, object]) -> str:
        await house.receive(said(WORDS, number=2, **words))
        await house.until_rows("SELECT count(*) FROM inbox WHERE state = 'queued'", [1])
        return "booked"

    tools = FakeTool(book, "book", effect), FakeTool(answering("paid"), "pay", effect)
    house.briefing.tools = {tool.name: tool for tool in tools}
    house.model.will(calls(FIRST, SECOND), says("As you wish."))
    return tools


async def results(house: House) -> list[str]:
    lines = [line for line in await house.transcript() if line.get("role") == "tool"]
    return [block["content"] for line in lines for block in line["content"]]


# -- what a turn hears ------------------------------------------------------------------------------------


async def test_words_between_two_tools_are_heard_before_the_second_has_its_effect(house: House) -> None:
    book, pay = two_tools(house)
    await house.receive(said("Book and pay.", number=1))
    await house.settled()

    assert (book.runs, pay.runs) == (1, 0)
    assert await results(house) == ["booked", SKIPPED]
    assert texts(house.model.requests[1]) == ["Book and pay.", WORDS]
    assert house.channel.texts() == ["As you wish."]
    assert await house.column(ENDS) == ["answered", "merged"]
    roles = [line["role"] for line in (await house.transcript())[1:]]
    assert roles == ["user", "assistant", "tool", "user", "assistant"]


async def test_what_is_under_way_at_once_is_not_skipped(house: House) -> None:
    book, pay = two_tools(house, Effect.READ_ONLY)
    await house.receive(said("Look both up.", number=1))
    await house.settled()

    assert (book.runs, pay.runs) == (1, 1)
    assert texts(house.model.requests[1]) == ["Look both up.", WORDS]


@in_mode("steer-backlog")
async def test_steer_backlog_hears_words_at_once_and_answers_them_later(house: House) -> None:
    _, pay = two_tools(house)
    await house.receive(said("Book and pay.", number=1))
    await house.settled()

    assert pay.runs == 0
    assert texts(house.model.requests[1])[-1] == WORDS
    assert texts(house.model.requests[2])[-1] == WORDS
    assert house.channel.texts() == ["As you wish.", "Yes."]
    assert await house.column(ENDS) == ["answered", "answered"]
    lines = (await house.transcript())[1:]
    assert [line["content"] for line in lines if line["role"] == "user"] == ["Book and pay.", WORDS, WORDS]
    assert len({line["id"] for line in lines}) == len(lines)


@pytest.mark.parametrize("plan", ["followup", "collect"], indirect=True)
async def test_in_other_modes_a_turn_is_not_disturbed(house: House) -> None:
    _, pay = two_tools(house)
    await house.receive(said("Book and pay.", number=1))
    await house.settled()

    assert pay.runs == 1
    assert WORDS not in texts(house.model.requests[1])
    assert house.channel.texts() == ["As you wish.", "Yes."]


async def test_words_from_elsewhere_are_not_heard(house: House) -> None:
    _, pay = two_tools(house, reply_to=to("-100"))
    await house.receive(said("Book and pay.", number=1))
    await house.settled()

    assert pay.runs == 1
    assert [message.to.chat for message in house.channel.sent] == [OWNER, "-100"]


async def test_a_session_has_its_own_way(house: House) -> None:
    await house.receive(said("hi", number=0))
    await house.settled()
    entry = house.sessions.find(MAIN)
    assert entry is not None
    (await house.sessions._index("main")).put(MAIN, {**entry, "queueMode": "followup"})

    _, pay = two_tools(house)
    await house.receive(said("Book and pay.", number=1))
    await house.settled()

    assert pay.runs == 1


async def test_a_run_that_was_merged_ends_with_the_turn(house: House) -> None:
    house.runs.expect("r1", MAIN)
    house.runs.expect("r2", MAIN)
    operator: dict[str, Any] = {"reply_to": None, "operator": True, "session_key": "main"}
    two_tools(house, run_id="r2", **operator)
    await house.receive(said("Book and pay.", number=1, run_id="r1", **operator))
    await house.settled()

    ended = {end.run_id: (end.outcome, end.text) for end in house.told(TurnFinished)}
    assert ended == dict.fromkeys(("r1", "r2"), ("answered", "As you wish."))
    assert not house.runs.is_awaited("r2")


async def test_joined_words_survive_a_power_cut(state_dir: Path, tmp_path: Path, plan: Plan) -> None:
    async with open_house(state_dir, plan) as house, house.working():
        two_tools(house)
        house.model.script.pop()
        house.model.will(hangs)
        await house.receive(said("Book and pay.", number=1))
        await house.changes.until(lambda: len(house.model.requests) == 2)
        assert await house.column(ENDS) == ["running", "merged"]
        left = await house.snapshot(tmp_path / "left")

    plan.boot = "boot_2"
    async with open_house(left, plan) as house, house.working():
        tool = FakeTool(answering("again"), "book", Effect.ONCE)
        house.briefing.tools = {"book": tool}
        await house.settled()

        assert tool.runs == 0
        assert texts(house.model.requests[0]) == ["Book and pay.", WORDS]
        assert await results(house) == ["booked", SKIPPED]
        assert await house.column(ENDS) == ["answered", "merged"]
        said_lines = [line["content"] for line in await house.transcript() if line.get("role") == "user"]
        assert said_lines == ["Book and pay.", WORDS]


# -- how it is stopped ------------------------------------------------------------------------------------


@pytest.fixture
async def writing(house: House) -> House:
    """Half of an answer has been written."""
    house.model.will(Writes(["Let me ", "think", anyio.Event()], says("never")))
    await house.receive(said("hi", number=1))
    await house.changes.until(lambda: len(house.told(TextDelta)) == 2)
    return house


async def test_a_stopped_turn_keeps_what_was_said_and_sends_nothing(writing: House) -> None:
    house = writing

    assert house.turns.abort(MAIN) == 1
    assert house.turns.abort(MAIN) == 0
    await house.settled()

    last = (await house.transcript())[-1]
    assert (last["role"], last["content"]) == ("assistant", f"Let me think\n\n{notices.STOPPED}")
    assert house.channel.sent == []
    assert await house.rows("SELECT state, reason FROM inbox") == [{"state": "answered", "reason": "aborted"}]
    assert [end.outcome for end in house.told(TurnFinished)] == ["aborted"]

    await house.receive(said("and now?", number=2))
    await house.settled()
    assert house.channel.texts() == ["Yes."]
    assert texts(house.model.requests[-1])[-2:] == [f"Let me think\n\n{notices.STOPPED}", "and now?"]


async def test_what_is_withdrawn_was_never_said(house: House) -> None:
    house.model.will(Writes(["Wrong", None, "Right", anyio.Event()], says("never")))
    await house.receive(said("hi", number=1))
    await house.changes.until(lambda: [delta.text for delta in house.told(TextDelta)] == ["Wrong", "Right"])

    house.turns.abort(MAIN)
    await house.settled()

    assert (await house.transcript())[-1]["content"] == f"Right\n\n{notices.STOPPED}"


async def test_a_tool_that_was_stopped_may_have_had_its_effect(house: House) -> None:
    async def pay(arguments: Mapping[str, object]) -> str:
        house.turns.abort(MAIN)
        await forever()

    house.briefing.tools = {"pay": FakeTool(pay, "pay", Effect.ONCE)}
    house.model.will(calls(SECOND))
    await house.receive(said("Pay.", number=1))
    await house.settled()

    assert await results(house) == [INTERRUPTED.format(name="pay")]
    assert (await house.transcript())[-1]["content"] == notices.STOPPED
    assert house.channel.sent == []


async def test_nothing_is_stopped_where_nothing_runs(house: House) -> None:
    assert house.turns.abort(MAIN) == 0
    house.turns.knock(MAIN, {})


async def test_one_message_may_interrupt_where_others_wait(writing: House) -> None:
    house = writing
    await house.receive(said("/queue interrupt Forget it, what time is it?", number=2))
    await house.settled()

    assert [end.outcome for end in house.told(TurnFinished)] == ["aborted", "answered"]
    assert texts(house.model.requests[-1])[-1] == "Forget it, what time is it?"
    entry = house.sessions.find(MAIN)
    assert entry is not None
    assert "queueMode" not in entry


@in_mode("interrupt")
async def test_in_interrupt_mode_the_newest_words_end_the_turn(writing: House) -> None:
    house = writing
    await house.receive(said("Forget it, what time is it?", number=2))
    await house.settled()

    assert [end.outcome for end in house.told(TurnFinished)] == ["aborted", "answered"]
    assert house.channel.texts() == ["Yes."]
    assert texts(house.model.requests[-1])[-1] == "Forget it, what time is it?"
    reasons = await house.rows("SELECT state, reason FROM inbox ORDER BY seq")
    assert [(row["state"], row["reason"]) for row in reasons] == [
        ("answered", "interrupted"),
        ("answered", ""),
    ]


async def test_who_stops_a_turn_after_its_end_keeps_nobody_from_hearing_of_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(session: object) -> None:
        house.turns.abort(MAIN)
        await forever()

    monkeypatch.setattr(house.sessions, "take", slow)
    with house.bus.subscribe(ReplyReady, depth=1, lossless=True) as laggard:
        await house.bus.publish(ReplyReady(to(OWNER)))
        await house.receive(said("hi", number=1))
        await house.until_rows("SELECT state FROM outbox", ["sent"])
        assert house.told(TurnFinished) == []
        await laggard.next()
        await house.changes.until(lambda: len(house.told(TurnFinished)) == 1)

    assert house.channel.texts() == ["Yes."]
    assert house.told(TurnFinished)[0].outcome == "answered"
