from dataclasses import replace

import pytest

from openclaw.agent.ports import RecordedStep
from openclaw.gateway.journal import Attribution, TurnJournal, replay
from openclaw.store.journal import Step
from openclaw.types.conversation import AssistantMessage, Text, Thinking, ToolCall, ToolResult
from tests.gateway.harness import MAIN, House, said
from tests.gateway.scripted import MODEL, NOW, SPENT

CALL = ToolCall("toolu_1", "get_weather", {"location": "Sydney"})
OTHER = ToolCall("toolu_2", "exec", {"command": "date"})
FIRST = AssistantMessage("m_1", NOW, (Thinking("hm", "sig"), Text("Let me see."), CALL, OTHER), MODEL, SPENT)
SECOND = AssistantMessage("m_2", NOW, (ToolCall("toolu_3", "exec", {}),), MODEL, SPENT)
RESULT = ToolResult("toolu_1", "22°C", provenance="web")
SPENDER = Attribution("main", "telegram", MAIN, "t_1")


@pytest.fixture
async def run_id(house: House) -> str:
    """A turn that has begun, with nobody working on it."""
    await house.lanes.finish()
    await house.receive(said("hi"))
    await house.until_rows("SELECT state FROM inbox", ["queued"])
    row = next(iter(await house.ledger.waiting(MAIN)), None)
    assert row is not None
    async with house.sessions.use(MAIN, "main") as session:
        turn = await house.ledger.begin_turn(row, house.sessions.row(session, house.sessions.entry(session)))
    return turn.row.run_id


async def test_every_step_is_in_the_ledger_when_its_call_returns_and_comes_back_as_it_was(
    house: House, run_id: str
) -> None:
    journal = TurnJournal(house.ledger, run_id, (), SPENDER)

    await journal.replied(FIRST)
    assert await house.column("SELECT kind FROM steps ORDER BY n") == ["model"]
    await journal.starting(OTHER)
    assert await house.column("SELECT call_id FROM steps WHERE kind = 'starting'") == ["toolu_2"]
    await journal.finished(CALL, RESULT)
    await journal.replied(SECOND)

    kept = (
        RecordedStep(FIRST, {"toolu_1": RESULT}, frozenset({"toolu_2"})),
        RecordedStep(SECOND, {}, frozenset()),
    )
    assert journal.recorded == kept
    stored = [
        Step(row["kind"], row["call_id"], row["body"])
        for row in await house.rows("SELECT * FROM steps ORDER BY n")
    ]
    assert replay(stored) == kept


async def test_what_a_reply_cost_is_counted_with_it(house: House, run_id: str) -> None:
    await TurnJournal(house.ledger, run_id, (), SPENDER).replied(FIRST)

    (cost,) = await house.rows("SELECT agent, model, channel, session_key, trace_id, input, cost FROM usage")
    assert list(cost.values()) == ["main", MODEL, "telegram", MAIN, "t_1", 100, 0.25]


async def test_a_journal_goes_on_where_an_earlier_life_stopped(house: House, run_id: str) -> None:
    await TurnJournal(house.ledger, run_id, (), SPENDER).replied(FIRST)
    steps = [
        Step(row["kind"], row["call_id"], row["body"]) for row in await house.rows("SELECT * FROM steps")
    ]

    journal = TurnJournal(house.ledger, run_id, steps, SPENDER)
    await journal.finished(CALL, replace(RESULT, failed=True))

    assert journal.recorded == (RecordedStep(FIRST, {"toolu_1": replace(RESULT, failed=True)}, frozenset()),)


def test_nothing_recorded_is_nothing_to_replay() -> None:
    assert replay(()) == ()


def test_a_cost_names_whom_it_was_for() -> None:
    spender = replace(SPENDER, sender="telegram:821071206")
    assert (spender.row(FIRST).sender, spender.row(FIRST).usage) == ("telegram:821071206", SPENT)
