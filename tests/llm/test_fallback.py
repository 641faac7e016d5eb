"""The models of one turn: which of them is asked, and what is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from openclaw.llm.attempts import Patience
from openclaw.llm.chat import Attempt, Fault, Message, ModelError, Reply, Request, Substitution, ThinkingLevel
from openclaw.llm.config import RetryConfig
from openclaw.llm.fallback import SWITCHING, Outages, Rules, TurnChain
from openclaw.llm.line import Watch
from openclaw.types.conversation import Text, Thinking, Usage
from tests.llm.made import HELLO, Seen, TestClock


@dataclass
class Scripted:
    """Fails as it is told, then answers."""

    name: str
    clock: TestClock
    faults: list[Fault] = field(default_factory=list)
    takes: float = 0
    asked: list[tuple[Request, Patience]] = field(default_factory=list)

    async def ask(self, request: Request, watch: Watch, patience: Patience) -> Reply:
        self.asked.append((request, patience))
        self.clock.pass_seconds(self.takes)
        fault = self.faults.pop(0) if self.faults else None
        watch.tried.append(Attempt(self.name, "k", fault, request.thinking, 1))
        if fault is not None:
            raise ModelError(self.name, fault, "no", retry_after=7)
        return Reply((Text("hi"),), "end", Usage(), self.name)


@dataclass
class Trio:
    clock: TestClock
    models: list[Scripted]
    outages: Outages
    levels: Mapping[str, ThinkingLevel] = field(default_factory=dict)

    def chain(self) -> TurnChain:
        return TurnChain(self.models, Rules(RetryConfig(), 30, self.levels), self.outages)

    async def ask(self, chain: TurnChain | None = None, request: Request = HELLO) -> Reply:
        seen = Seen()
        return await (chain or self.chain()).ask(request, seen.delta, seen.withdraw)

    async def fail(self) -> ModelError:
        with pytest.raises(ModelError) as raised:
            await self.ask()
        return raised.value

    def counts(self) -> list[int]:
        return [len(model.asked) for model in self.models]


@pytest.fixture
def trio() -> Trio:
    clock = TestClock()
    models = [Scripted(name, clock) for name in ("a/first", "b/second", "c/third")]
    return Trio(clock, models, Outages(clock))


async def test_the_chosen_model_answers(trio: Trio) -> None:
    reply = await trio.ask()

    assert (reply.model, reply.instead_of) == ("a/first", None)
    assert [attempt.fault for attempt in reply.attempts] == [None]
    assert trio.counts() == [1, 0, 0]


@pytest.mark.parametrize("fault", sorted(SWITCHING))
async def test_another_model_stands_in_and_the_reply_says_why(trio: Trio, fault: Fault) -> None:
    trio.models[0].faults = [fault]

    reply = await trio.ask()

    assert reply.model == "b/second"
    assert reply.instead_of == Substitution("a/first", fault)
    assert [(each.model, each.fault) for each in reply.attempts] == [("a/first", fault), ("b/second", None)]


@pytest.mark.parametrize("fault", ["invalid", "overflow", "cut_off"])
async def test_what_another_model_cannot_mend_is_raised(trio: Trio, fault: Fault) -> None:
    trio.models[0].faults = [fault]

    error = await trio.fail()

    assert (error.fault, [attempt.fault for attempt in error.attempts]) == (fault, [fault])
    assert trio.counts() == [1, 0, 0]


async def test_a_stand_in_that_fails_in_whatever_way_is_passed_over(trio: Trio) -> None:
    trio.models[0].faults, trio.models[1].faults = ["rate_limited"], ["overflow"]

    reply = await trio.ask()

    assert reply.model == "c/third"
    assert reply.instead_of == Substitution("a/first", "rate_limited")


async def test_when_none_answers_the_chosen_model_s_fault_is_raised_with_all_that_was_tried(
    trio: Trio,
) -> None:
    for model, fault in zip(trio.models, ("billing", "invalid", "overflow"), strict=True):
        model.faults = [fault]  # type: ignore[list-item]

    error = await trio.fail()

    assert (error.model, error.fault, error.retry_after) == ("a/first", "billing", 7)
    assert [attempt.fault for attempt in error.attempts] == ["billing", "invalid", "overflow"]


async def test_the_models_before_the_last_share_eight_seconds(trio: Trio) -> None:
    trio.models[0].faults, trio.models[0].takes = ["overloaded"], 4
    trio.models[1].faults, trio.models[1].takes = ["overloaded"], 3

    await trio.ask()

    first, second, last = (model.asked[0][1] for model in trio.models)
    assert (first.retry.deadline_seconds, second.retry.deadline_seconds) == (4, 4)
    assert (first.hurried, second.hurried, last.hurried) == (True, True, False)
    assert last.retry.deadline_seconds == RetryConfig().deadline_seconds


async def test_a_turn_that_has_changed_its_model_stays_with_it(trio: Trio) -> None:
    trio.models[0].faults = ["rate_limited"]
    chain = trio.chain()

    assert chain.name == "a/first"
    await trio.ask(chain)
    assert chain.name == "b/second"
    reply = await trio.ask(chain)

    assert trio.counts() == [1, 2, 0]
    assert reply.instead_of == Substitution("a/first", "rate_limited")


async def test_a_model_that_was_out_a_moment_ago_is_asked_last(trio: Trio) -> None:
    trio.models[0].faults = ["unreachable", "unreachable"]
    await trio.ask()

    trio.clock.pass_seconds(29)
    second = await trio.ask()
    trio.clock.pass_seconds(2)
    third = await trio.ask()

    assert second.instead_of == Substitution("a/first", "unreachable")
    assert [len(each.attempts) for each in (second, third)] == [1, 2]
    assert trio.counts() == [2, 3, 0]


async def test_when_all_others_fail_the_one_that_was_out_is_asked_after_all(trio: Trio) -> None:
    trio.models[0].faults = ["overloaded"]
    trio.models[1].faults, trio.models[2].faults = [], ["billing"]
    await trio.ask()
    trio.models[1].faults = ["billing"]

    reply = await trio.ask()

    assert (reply.model, reply.instead_of) == ("a/first", None)
    assert [each.model for each in reply.attempts] == ["b/second", "c/third", "a/first"]


async def test_thoughts_are_shown_to_the_model_that_had_them_alone(trio: Trio) -> None:
    trio.models[0].faults = ["rate_limited"]
    said = Message("assistant", (Thinking("hm", "sig"), Text("Sunny.")))
    request = Request("", "", (*HELLO.messages, said, *HELLO.messages))

    await trio.ask(request=request)

    first, second = trio.models[0].asked[0][0], trio.models[1].asked[0][0]
    assert first.messages[1] is said
    assert second.messages[1] == Message("assistant", (Text("Sunny."),))


async def test_each_model_thinks_as_its_entry_says_unless_the_request_does(trio: Trio) -> None:
    trio.levels = {"a/first": "high", "b/second": "off"}
    trio.models[0].faults = ["rate_limited", "rate_limited"]

    await trio.ask()
    await trio.ask(request=Request("", "", HELLO.messages, thinking="minimal"))

    asked = [[request.thinking for request, _ in model.asked] for model in trio.models[:2]]
    assert asked == [["high", "minimal"], ["off", "minimal"]]
