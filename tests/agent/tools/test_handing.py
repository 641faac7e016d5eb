import pytest

from openclaw.agent.tools.handing import HANDED_OVER, NOT_BEGUN, handed_over
from openclaw.types.conversation import AssistantMessage, ToolCall, ToolMessage, Usage
from tests.agent.bench import SYDNEY, Bench
from tests.gateway.scripted import SPENT, FakeTool, answering, calls, says

LAMP = ToolCall("toolu_9", "set_lamp", {"on": True})


@pytest.fixture
def bench() -> Bench:
    return Bench(client_tools=frozenset({"set_lamp"}))


async def test_a_call_for_the_asking_program_ends_the_turn(bench: Bench) -> None:
    bench.model.will(calls(LAMP, text="Of course."))

    answer = await bench.run()

    called, results = answer.entries
    assert isinstance(called, AssistantMessage)
    assert isinstance(results, ToolMessage)
    assert (answer.text, answer.calls, answer.reason) == ("Of course.", (LAMP,), "client_tools")
    assert [(each.call_id, each.content, each.failed) for each in results.results] == [
        ("toolu_9", HANDED_OVER, False)
    ]
    assert bench.diary.wrote == [("replied", "toolu_9")]  # its cost is counted there
    assert len(bench.model.requests) == 1


async def test_nothing_of_such_a_step_is_run_here(bench: Bench) -> None:
    weather = FakeTool(answering("22"))
    bench.tools["get_weather"] = weather
    bench.model.will(calls(SYDNEY, LAMP))

    answer = await bench.run()

    assert weather.runs == 0
    assert answer.calls == (LAMP,)
    results = answer.entries[-1]
    assert isinstance(results, ToolMessage)
    assert [(each.content, each.failed) for each in results.results] == [
        (NOT_BEGUN, True),
        (HANDED_OVER, False),
    ]


async def test_what_was_done_before_it_is_kept_and_counted(bench: Bench) -> None:
    bench.tools["get_weather"] = FakeTool(answering("22"))
    bench.model.will(calls(SYDNEY), calls(LAMP))

    answer = await bench.run()

    assert len(answer.entries) == 4
    assert answer.usage == SPENT + SPENT != Usage()


async def test_a_turn_without_such_calls_goes_on_as_ever(bench: Bench) -> None:
    bench.tools["get_weather"] = FakeTool(answering("22"))
    bench.model.will(calls(SYDNEY), says("22°C."))

    answer = await bench.run()

    assert (answer.text, answer.calls) == ("22°C.", ())


def test_only_calls_of_its_tools_are_the_program_s() -> None:
    message = AssistantMessage("m_1", 0, (SYDNEY, LAMP), "m")

    assert handed_over(message, frozenset({"set_lamp"})) == (LAMP,)
    assert handed_over(message, frozenset()) == ()
