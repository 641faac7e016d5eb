from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from openclaw.agent.ports import RecordedStep
from openclaw.gateway.budgets import Budgets, BudgetSpentError, CappedModel, Spender, spent_in
from openclaw.gateway.limits import BudgetsConfig
from openclaw.llm.chat import Delta, Request
from openclaw.store.ledger import Ledger
from openclaw.store.turning import Ending
from openclaw.store.usage import UsageRow
from openclaw.types.conversation import AssistantMessage, Usage
from tests.gateway.scripted import NOW, Changes, ControlledClock, ScriptedModel, says
from tests.store.made import arrival, open_ledger, trace

BERLIN = ZoneInfo("Europe/Berlin")  # NOW is ten in the morning there
MINUTE = 60_000
ANA = Spender("telegram:7")


def budgets(clock: ControlledClock, **caps: float) -> Budgets:
    return Budgets(BudgetsConfig.model_validate(caps), clock, BERLIN, "Europe/Berlin")


def row(cost: float, *, at: int = NOW, sender: str = "telegram:7") -> UsageRow:
    return UsageRow(at, "main", "m", "telegram", "agent:main:main", "t_1", Usage(cost=cost), sender=sender)


@pytest.fixture
def clock() -> ControlledClock:
    return ControlledClock()


@pytest.fixture
async def ledger(tmp_path: Path, clock: ControlledClock) -> AsyncIterator[Ledger]:
    async with open_ledger(tmp_path / "ledger.sqlite", clock) as ledger:  # type: ignore[arg-type]
        yield ledger


async def spend(ledger: Ledger, *rows: UsageRow) -> None:
    """The end of an event that had these costs."""
    await ledger.accept([arrival(1)])
    (event,) = await ledger.accepted(1)
    await ledger.end(Ending(event.seq, "answered", "", trace(event.trace_id), usage=rows))


def test_without_caps_nothing_is_refused(clock: ControlledClock) -> None:
    house = budgets(clock)
    house.count(row(1e6))

    assert house.check(Spender("telegram:7", 1e6, 1e6)) is None
    assert house.state() == []


def test_the_days_budget_is_refused_when_it_is_spent_and_frees_up_at_midnight(clock: ControlledClock) -> None:
    house = budgets(clock, perDay=5)
    house.count(row(4.99))
    assert house.check(ANA) is None
    house.count(row(0.0125, sender="sms:+12015550123"))

    refusal = house.check(ANA)

    assert refusal is not None
    assert (refusal.cap, refusal.limit) == ("perDay", 5.0)
    assert refusal.spent == pytest.approx(5.0025)
    assert refusal.text == (
        "I have used up today's budget: $5.00 of $5.00 (budgets.perDay)."
        " I can answer again from Sat 28 Feb, 00:00 (Europe/Berlin)."
    )
    clock.advance(14 * 3600 - 1)
    assert house.check(ANA) is not None
    clock.advance(1)
    assert house.check(ANA) is None


def test_many_small_costs_reach_their_limit_exactly(clock: ControlledClock) -> None:
    house = budgets(clock, perDay=0.3)
    for _ in range(3):
        assert house.check(ANA) is None
        house.count(row(0.1))
    assert house.check(ANA) is not None


def test_a_sender_is_refused_until_enough_of_the_hour_is_over(clock: ControlledClock) -> None:
    house = budgets(clock, perSenderPerHour=1)
    house.count(row(0.4, at=NOW - 50 * MINUTE))
    house.count(row(0.7, at=NOW))

    refusal = house.check(ANA)

    assert refusal is not None
    assert refusal.frees_at == NOW + 10 * MINUTE
    assert refusal.text == (
        "You have used up your budget for this hour: $1.10 of $1.00 (budgets.perSenderPerHour)."
        " I can answer you again from Fri 27 Feb, 10:10 (Europe/Berlin)."
    )
    assert house.check(Spender("telegram:8")) is None
    clock.advance(600)
    assert house.check(ANA) is None


@pytest.mark.parametrize(
    ("caps", "spender", "text"),
    [
        (
            {"perSession": 2},
            Spender("telegram:7", 1.5, 0.5),
            "This conversation has used up its budget: $2.00 of $2.00 (budgets.perSession)."
            " Send /new to begin another one.",
        ),
        (
            {"perTurn": 0.5},
            Spender("telegram:7", 9, 0.51),
            "I stopped here: this answer has used up its budget, $0.5100 of $0.5000 (budgets.perTurn)."
            " Your next message has its own.",
        ),
        (
            {"perDay": 0},
            Spender("telegram:7"),
            "My owner has set budgets.perDay to $0, so I may not ask my language model.",
        ),
    ],
)
def test_a_refusal_says_which_cap_how_much_and_what_helps(
    clock: ControlledClock, caps: dict[str, float], spender: Spender, text: str
) -> None:
    refusal = budgets(clock, **caps).check(spender)

    assert refusal is not None
    assert (refusal.text, refusal.frees_at) == (text, None)


def test_of_several_caps_the_one_that_holds_longest_answers(clock: ControlledClock) -> None:
    house = budgets(clock, perDay=1, perSession=1, perTurn=1, perSenderPerHour=1)
    house.count(row(1))

    refusal = house.check(Spender("telegram:7", 0, 1))

    assert refusal is not None
    assert refusal.cap == "perDay"


def test_the_state_shows_every_cap_and_what_is_spent_today(clock: ControlledClock) -> None:
    house = budgets(clock, perDay=5, perTurn=0.5)
    house.count(row(1.25))

    assert house.state() == [
        {"cap": "perDay", "limit": 5.0, "spent": 1.25, "freesAt": "2026-02-27T23:00:00.000Z"},
        {"cap": "perTurn", "limit": 0.5},
    ]


async def test_what_was_spent_before_a_restart_counts(ledger: Ledger, clock: ControlledClock) -> None:
    old, today, just_now = row(8, at=NOW - 11 * 3_600_000), row(2, at=NOW - 9 * 3_600_000), row(0.5)
    await spend(ledger, old, today, just_now)

    house = budgets(clock, perDay=100, perSenderPerHour=0.5)
    await house.load(ledger)

    assert house.state()[0]["spent"] == 2.5
    refusal = house.check(ANA)
    assert refusal is not None
    assert (refusal.cap, refusal.spent) == ("perSenderPerHour", 0.5)


async def test_every_row_that_is_committed_counts_at_once(ledger: Ledger, clock: ControlledClock) -> None:
    house = budgets(clock, perDay=1)
    await house.load(ledger)

    await spend(ledger, row(0.5), row(0.5))

    assert house.check(ANA) is not None


async def test_a_model_whose_budget_is_spent_is_not_asked(clock: ControlledClock) -> None:
    house, model = budgets(clock, perTurn=1), ScriptedModel(Changes())
    model.will(says("hi"), says("never"))
    spent = 0.0
    capped = CappedModel(model, house, lambda: Spender("telegram:7", turn=spent))

    async def see(delta: Delta) -> None: ...

    async def withdraw() -> None: ...

    request = Request("claude-opus-4-6", "", ())
    assert (await capped.ask(request, see, withdraw)).text == "hi"
    spent = 1.0
    with pytest.raises(BudgetSpentError) as refused:
        await capped.ask(request, see, withdraw)
    assert refused.value.refusal.cap == "perTurn"
    assert str(refused.value) == refused.value.refusal.text
    assert (capped.name, len(model.requests)) == (model.name, 1)


def test_a_turn_has_cost_what_its_steps_have() -> None:
    steps = [
        RecordedStep(AssistantMessage(f"m_{n}", NOW, (), "m", Usage(cost=0.25)), {}, frozenset())
        for n in range(3)
    ]
    assert (spent_in(steps), spent_in([])) == (0.75, 0)
