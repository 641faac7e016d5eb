from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.agent.context.config import CompactionConfig
from openclaw.agent.context.memory import SYSTEM as MEMORY
from openclaw.agent.context.summary import SYSTEM as MINUTES
from openclaw.agent.repetition import LoopDetectionConfig
from openclaw.gateway import notices
from openclaw.gateway.answering import Patience
from openclaw.gateway.config import QueueConfig
from openclaw.gateway.limits import BudgetsConfig
from openclaw.llm.chat import ModelError, Reply, Request
from openclaw.sessions.config import SessionConfig
from openclaw.types.conversation import Text, ToolCall, Usage
from openclaw.types.events import TurnFinished
from tests.gateway.harness import MAIN, House, Plan, open_house, said
from tests.gateway.scripted import MODEL, NOW, SPENT, FakeTool, answering, calls, says

LOOK_UP = ToolCall("toolu_1", "look", {"at": "sky"})
AWAY = ModelError(MODEL, "overloaded", "529")
OVERFLOW = ModelError(MODEL, "overflow", "too long")
FULL = Usage(input=181_000, output=10, cost=0.25)
SUMMARY = "They spoke about the sky."


def read(request: Request) -> list[str]:
    return [block.text for each in request.messages for block in each.blocks if isinstance(block, Text)]


async def speak(house: House, *texts: str, **more: Any) -> None:
    (before,) = await house.column("SELECT count(*) FROM inbox")
    for number, text in enumerate(texts, start=before + 1):
        house.clock.advance(1)
        await house.receive(said(text, number=number, **more))
        await house.settled()
        await house.lanes.rest()


# -- budgets ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caps", "cap"),
    [
        ({"perDay": 0.5}, "perDay"),
        ({"perSession": 0.5}, "perSession"),
        ({"perSenderPerHour": 0.5}, "perSenderPerHour"),
    ],
)
async def test_when_the_money_is_spent_one_line_says_so_and_no_model_is_asked(
    caps: dict[str, float], cap: str, state_dir: Path
) -> None:
    async with open_house(state_dir, Plan(budgets=BudgetsConfig.model_validate(caps))) as house:
        async with house.working():
            await speak(house, "one", "two", "three", "four")

            assert len(house.model.requests) == 2
            assert [f"budgets.{cap}" in text for text in house.channel.texts()] == [False, False, True, True]
            assert all("\n" not in text for text in house.channel.texts())
            rows = await house.rows("SELECT state, reason FROM inbox ORDER BY seq")
            assert [tuple(row.values()) for row in rows[2:]] == [("answered", f"budget: {cap}")] * 2


async def test_in_the_middle_of_a_turn_the_budget_stops_it_between_two_steps(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(budgets=BudgetsConfig(per_turn=0.5))) as house, house.working():
        tool = FakeTool(answering("blue"), "look")
        house.briefing.tools = {"look": tool}
        house.model.otherwise = calls(LOOK_UP)
        await speak(house, "look")

        assert (len(house.model.requests), tool.runs) == (2, 2)
        (line,) = house.channel.texts()
        assert line.startswith("I stopped here: this answer has used up its budget")
        lines = (await house.transcript())[1:]
        assert [each["role"] for each in lines] == ["user", *["assistant", "tool"] * 2, "assistant"]
        assert await house.column("SELECT sum(cost) FROM usage") == [0.5]

        house.model.otherwise = says("A fresh start.")
        await speak(house, "again")
        assert house.channel.texts()[-1] == "A fresh start."


async def test_a_former_life_of_the_daemon_has_spent_too(state_dir: Path) -> None:
    plan = Plan(budgets=BudgetsConfig(per_day=0.2))
    async with open_house(state_dir, plan) as house, house.working():
        await speak(house, "one")
    plan.boot = "boot_2"
    async with open_house(state_dir, plan) as house, house.working():
        await speak(house, "two")

        assert house.model.requests == []
        assert "budgets.perDay" in house.channel.texts()[0]


# -- what keeps a conversation in its window --------------------------------------------------------------


def kinds(house: House) -> list[str]:
    names = {MEMORY: "memory", MINUTES: "minutes"}
    found = [names.get(request.system, "turn") for request in house.model.requests]
    return [kind for n, kind in enumerate(found) if n == 0 or kind == "turn" or found[n - 1] != kind]


def scripted(house: House, *turns: Reply | Exception) -> None:
    """Keeps the memory, takes the minutes, and answers turns as told; then with `Yes.`"""
    waiting = list(turns)

    async def answer(request: Request) -> Reply:
        if request.system == MEMORY:
            return says("NO_REPLY")
        if request.system == MINUTES:
            return says(SUMMARY)
        reply = waiting.pop(0) if waiting else says("Yes.")
        if isinstance(reply, Exception):
            raise reply
        return reply

    house.model.otherwise = answer


LONG = "sky " * 12_000


async def fill(house: House) -> None:
    await speak(house, LONG, LONG, LONG)


async def test_a_nearly_full_window_is_written_down_before_and_summed_up_after_the_answer(
    house: House,
) -> None:
    scripted(house, says("1"), says("2"), says("3", usage=Usage(input=177_000, cost=0.25)))
    await fill(house)
    assert kinds(house) == ["turn"] * 3

    house.model.requests.clear()
    scripted(house, says("4", usage=FULL))
    await speak(house, "more")
    assert kinds(house) == ["memory", "turn", "minutes"]
    assert house.channel.texts()[-1] == "4"

    entry = house.sessions.find(MAIN)
    assert entry is not None
    assert (entry["compactionCount"], entry["memoryFlushCompactionCount"]) == (1, 0)
    assert entry["memoryFlushAt"] >= NOW
    assert entry["totalTokens"] < 100_000
    assert [line.get("type") for line in await house.transcript()].count("compaction") == 1

    house.model.requests.clear()
    await speak(house, "and now?")
    (request,) = house.model.requests
    assert read(request)[0].startswith(SUMMARY)
    assert read(request)[-1] == "and now?"
    assert len("".join(read(request))) < len(LONG) * 3


@pytest.mark.parametrize(("level", "told"), [("on", True), ("full", True), ("off", False)])
async def test_who_wants_to_know_is_told_once_that_the_conversation_was_summed_up(
    house: House, level: str, told: bool
) -> None:
    await fill(house)
    await speak(house, f"/verbose {level}")
    scripted(house, says("Blue.", usage=FULL))
    await speak(house, "more", "and more")

    notices_sent = [text for text in house.channel.texts() if text.startswith("Summed up: ")]
    assert len(notices_sent) == int(told)


async def test_what_upkeep_costs_is_counted(house: House) -> None:
    scripted(house, says("1"), says("2"), says("3", usage=FULL))
    await fill(house)

    (total,) = await house.column("SELECT sum(cost) FROM usage")
    assert total == pytest.approx(0.25 * len(house.model.requests))
    entry = house.sessions.find(MAIN)
    assert entry is not None
    assert entry["cost"] == pytest.approx(total)
    assert set(await house.column("SELECT session_key FROM usage")) == {MAIN}


async def test_a_budget_that_is_spent_pays_for_no_upkeep(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(budgets=BudgetsConfig(per_session=0.75))) as house, house.working():
        scripted(house, says("1"), says("2"), says("3", usage=FULL))
        await fill(house)
        await speak(house, "more")

        assert kinds(house) == ["turn"] * 3
        assert "budgets.perSession" in house.channel.texts()[-1]


async def test_messages_that_were_collected_write_the_memory_first_as_one_does(state_dir: Path) -> None:
    plan = Plan(queue=QueueConfig(mode="collect", debounce_ms=0))
    async with open_house(state_dir, plan) as house, house.working():
        scripted(house, says("1"), says("2"), says("3", usage=Usage(input=177_000, cost=0.25)))
        await fill(house)
        house.model.requests.clear()
        house.clock.advance(1)
        await house.receive(said("a", number=10), said("b", number=11))
        await house.settled()

        assert kinds(house) == ["memory", "turn"]


async def test_a_conversation_that_is_refused_as_too_long_is_summed_up_and_asked_again(house: House) -> None:
    await fill(house)
    house.model.requests.clear()
    scripted(house, OVERFLOW, says("There."))
    await speak(house, "more")

    assert kinds(house) == ["turn", "memory", "minutes", "turn"]
    assert read(house.model.requests[-1])[0].startswith(SUMMARY)
    assert read(house.model.requests[-1])[-1] == "more"
    assert house.channel.texts()[-1] == "There."
    entry = house.sessions.find(MAIN)
    assert entry is not None
    assert entry["compactionCount"] == 1


async def test_in_the_middle_of_a_turn_an_overflow_loses_no_step(house: House) -> None:
    await fill(house)
    tool = FakeTool(answering("blue"), "look")
    house.briefing.tools = {"look": tool}
    scripted(house, calls(LOOK_UP), OVERFLOW, says("Blue."))
    await speak(house, "look")

    assert tool.runs == 1
    assert house.channel.texts()[-1] == "Blue."
    roles = [line.get("role") or line["type"] for line in (await house.transcript())[-5:]]
    assert roles == ["compaction", "user", "assistant", "tool", "assistant"]


async def test_what_is_too_long_even_then_is_answered_in_a_new_conversation(house: House) -> None:
    await fill(house)
    old = await house.transcript()
    scripted(house, OVERFLOW, OVERFLOW, says("A fresh start."))
    await speak(house, "more")

    assert house.channel.texts()[-2:] == [notices.OUTGROWN, "A fresh start."]
    assert read(house.model.requests[-1]) == ["more"]
    roles = [line.get("role") or line["type"] for line in await house.transcript()]
    assert roles == ["session", "user", "assistant"]
    (kept,) = (house.state / "agents" / "main" / "sessions").glob("*.jsonl.reset.*")
    assert len(kept.read_text().splitlines()) > len(old)
    assert await house.column("SELECT state FROM inbox ORDER BY seq DESC LIMIT 1") == ["answered"]


async def test_a_turn_that_has_done_something_is_not_repeated_in_a_new_conversation(house: House) -> None:
    await fill(house)
    tool = FakeTool(answering("blue"), "look")
    house.briefing.tools = {"look": tool}
    scripted(house, calls(LOOK_UP), OVERFLOW, OVERFLOW, says("A fresh start."))
    await speak(house, "look", "look again")

    assert tool.runs == 1
    assert house.channel.texts()[-2:] == [f"{notices.OUTGROWN} {notices.AGAIN}", "A fresh start."]
    assert read(house.model.requests[-1]) == ["look again"]


async def test_a_message_that_is_too_long_alone_ends_no_conversation(house: House) -> None:
    scripted(house, OVERFLOW, OVERFLOW, says("Yes."))
    await speak(house, "much too long", "short")

    assert house.channel.texts() == [notices.TOO_LONG, "Yes."]
    assert len([line for line in await house.transcript() if line.get("role") == "user"]) == 2


async def test_a_compaction_that_fails_leaves_the_conversation_as_it_was(state_dir: Path) -> None:
    plan = Plan(compaction=CompactionConfig.model_validate({"memoryFlush": {"enabled": False}}))
    async with open_house(state_dir, plan) as house, house.working():
        await fill(house)

        async def down(request: Request) -> Reply:
            if request.system == MINUTES:
                raise AWAY
            return says("There.", usage=FULL)

        house.model.otherwise = down
        await speak(house, "more", "and more")

        assert house.channel.texts()[-2:] == ["There.", "There."]
        assert "compaction" not in [line.get("type") for line in await house.transcript()]


# -- conversations that are over --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reset", "hours", "anew"),
    [
        ({"mode": "idle", "idleMinutes": 60}, 0.9, False),
        ({"mode": "idle", "idleMinutes": 60}, 1.1, True),
        ({"mode": "daily", "atHour": 4}, 18, False),
        ({"mode": "daily", "atHour": 4}, 20, True),
        ({}, 1000, False),
    ],
)
async def test_a_conversation_ends_by_its_own_rule(
    reset: dict[str, Any], hours: float, anew: bool, state_dir: Path
) -> None:
    async with open_house(state_dir, Plan(session=SessionConfig.model_validate({"reset": reset}))) as house:
        async with house.working():
            await speak(house, "one")
            house.clock.advance(hours * 3600 - 1)
            await speak(house, "two")

            assert read(house.model.requests[-1]) == (["two"] if anew else ["one", "Yes.", "two"])
            folder = anyio.Path(house.state / "agents/main/sessions")
            archived = [path.name async for path in folder.iterdir() if ".jsonl.reset." in path.name]
            assert len(archived) == int(anew)


# -- circles ----------------------------------------------------------------------------------------------


async def test_a_turn_that_goes_in_circles_is_stopped_and_says_why(house: House) -> None:
    house.briefing.repetition = LoopDetectionConfig(warning_threshold=2, critical_threshold=3)
    tool = FakeTool(answering("blue"), "look")
    house.briefing.tools = {"look": tool}
    house.model.otherwise = calls(LOOK_UP)
    await speak(house, "look")

    assert tool.runs == 3
    (line,) = house.channel.texts()
    assert line.startswith("I stopped here: look was called with the same arguments")
    assert await house.rows("SELECT state, reason FROM inbox") == [{"state": "answered", "reason": "loop"}]


async def test_a_repeated_turn_after_an_outage_counts_its_circles_once(house: House) -> None:
    house.briefing.repetition = LoopDetectionConfig(warning_threshold=2, critical_threshold=3)
    tool = FakeTool(answering("blue"), "look")
    house.briefing.tools = {"look": tool}
    house.model.will(calls(LOOK_UP), AWAY, calls(LOOK_UP), AWAY, says("Blue."))
    await speak(house, "look")

    assert house.channel.texts()[-1] == "Blue."


# -- when the model is away -------------------------------------------------------------------------------


async def test_who_asked_over_the_control_plane_is_told_once_to_go_on_waiting(house: House) -> None:
    house.runs.expect("r1", MAIN)
    house.model.will(AWAY, AWAY, says("Here."))
    await speak(house, "hi", run_id="r1", reply_to=None, operator=True, session_key="main")

    told = [(end.outcome, end.text) for end in house.told(TurnFinished)]
    assert told == [("paused", notices.model_waiting(15)), ("answered", "Here.")]
    run = house.runs.find("r1")
    assert run is not None
    assert run.ended is not None
    assert run.ended.text == "Here."


async def test_waiting_does_not_end_the_run(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(patience=Patience(3600, 7200))) as house, house.working():
        house.runs.expect("r1", MAIN)
        house.model.will(AWAY)
        await house.receive(said("hi", run_id="r1", reply_to=None, operator=True, session_key="main"))
        await house.changes.until(lambda: len(house.told(TurnFinished)) == 1)

        assert house.runs.is_awaited("r1")


async def test_a_model_that_goes_away_again_is_waited_for_again(house: House) -> None:
    """Ten minutes and ten minutes, with work between them, are not twenty."""

    async def away(request: Request) -> Reply:
        house.clock.advance(600)
        raise AWAY

    async def look(arguments: Mapping[str, object]) -> str:
        house.clock.advance(600)
        return "blue"

    house.briefing.tools = {"look": FakeTool(look, "look")}
    house.model.will(AWAY, away, calls(LOOK_UP), AWAY, away, says("Blue."))
    await speak(house, "look")

    assert house.channel.texts() == [notices.model_waiting(15), "Blue."]


async def test_the_usage_of_a_turn_is_written_once_per_reply(house: House) -> None:
    house.briefing.tools = {"look": FakeTool(answering("blue"), "look")}
    house.model.will(calls(LOOK_UP), AWAY, says("Blue."))
    await speak(house, "look")

    assert await house.column("SELECT cost FROM usage") == [SPENT.cost, SPENT.cost]
