from collections.abc import Mapping, Sequence

import anyio
import pytest

from openclaw.agent.loop import (
    CUT_SHORT,
    DECLINED,
    INTERRUPTED,
    NOTHING_SAID,
    TurnPausedError,
    step_limit,
)
from openclaw.agent.ports import RecordedStep
from openclaw.agent.tools.base import Act, Effect, Scene, ToolError, ToolInputError
from openclaw.llm.chat import ModelError, Reply, StopReason
from openclaw.types.conversation import (
    AssistantMessage,
    Block,
    Text,
    Thinking,
    ToolCall,
    ToolMessage,
    ToolResult,
    Usage,
)
from openclaw.types.events import ModelReplied, TextDelta, ToolFinished, ToolStarted
from tests.agent.bench import KEY, RUN, SYDNEY, Bench
from tests.gateway.scripted import (
    MODEL,
    NOW,
    SPENT,
    FakeTool,
    answering,
    calls,
    forever,
    raising,
    says,
)

PERTH = ToolCall("toolu_2", "get_weather", {"location": "Perth"})


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_an_answer_without_tools_is_one_request(bench: Bench) -> None:
    bench.model.will(says("22°C."))

    answer = await bench.run()

    (message,) = answer.entries
    assert isinstance(message, AssistantMessage)
    assert (answer.text, answer.usage, answer.reason) == ("22°C.", SPENT, "")
    assert (message.text, message.model, message.usage) == ("22°C.", MODEL, SPENT)
    assert bench.diary.wrote == []


async def test_tools_run_at_once_and_their_results_stand_in_the_order_of_the_calls(bench: Bench) -> None:
    perth_is_done = anyio.Event()

    async def work(arguments: Mapping[str, object]) -> str:
        if arguments["location"] == "Perth":
            perth_is_done.set()
        else:
            await perth_is_done.wait()  # never, if one ran after the other
        return str(arguments["location"])

    bench.tools["get_weather"] = FakeTool(work)
    bench.model.will(calls(SYDNEY, PERTH), says("Both are sunny."))

    answer = await bench.run()

    _, results, _ = answer.entries
    assert isinstance(results, ToolMessage)
    assert [(result.call_id, result.content, result.provenance) for result in results.results] == [
        ("toolu_1", "Sydney", "web"),
        ("toolu_2", "Perth", "web"),
    ]
    assert [result for kind, result in bench.diary.wrote if kind == "finished"] == ["toolu_2", "toolu_1"]
    assert answer.usage == SPENT + SPENT


async def test_the_next_request_holds_the_calls_and_their_results(bench: Bench) -> None:
    bench.tools["get_weather"] = FakeTool(answering("22"))
    bench.model.will(calls(SYDNEY))

    await bench.run()

    first, second = bench.model.requests
    assert first.messages == ()
    assert [message.blocks for message in second.messages] == [
        (SYDNEY,),
        (ToolResult("toolu_1", "22", provenance="web"),),
    ]


async def test_the_models_message_is_recorded_before_any_of_its_tools_runs(bench: Bench) -> None:
    async def work(arguments: Mapping[str, object]) -> str:
        bench.diary.wrote.append(("ran", str(arguments["location"])))
        return ""

    bench.tools["get_weather"] = FakeTool(work, effect=Effect.ONCE)
    bench.model.will(calls(SYDNEY))

    await bench.run()

    assert bench.diary.wrote == [
        ("replied", "toolu_1"),
        ("starting", "toolu_1"),
        ("ran", "Sydney"),
        ("finished", "toolu_1"),
    ]


@pytest.mark.parametrize("effect", [Effect.READ_ONLY, Effect.IDEMPOTENT, Effect.KEYED])
async def test_a_tool_that_may_run_again_needs_no_note_of_its_start(bench: Bench, effect: Effect) -> None:
    await bench.result_of(FakeTool(answering("22"), effect=effect))

    assert ("starting", "toolu_1") not in bench.diary.wrote


async def test_an_unknown_tool_is_told_to_the_model(bench: Bench) -> None:
    result = await bench.result_of(None)

    assert (result.failed, result.content) == (True, "There is no tool named 'get_weather'.")


async def test_what_the_model_did_wrong_is_told_as_it_is(bench: Bench) -> None:
    wrong_input = await bench.result_of(FakeTool(raising(ToolInputError("location is required"))))
    failed = await bench.result_of(FakeTool(raising(ToolError("Open-Meteo answered 503"))))

    assert (wrong_input.failed, wrong_input.content) == (True, "ToolInputError: location is required")
    assert (failed.failed, failed.content) == (True, "Open-Meteo answered 503")


async def test_a_crash_inside_a_tool_is_logged_and_ends_no_turn(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    result = await bench.result_of(FakeTool(raising(KeyError("celsius"))))

    assert (result.failed, result.content) == (True, "get_weather failed: KeyError: 'celsius'")
    assert "Traceback" in caplog.text


async def test_a_tool_that_takes_too_long_is_stopped_and_says_so(bench: Bench) -> None:
    stopped = anyio.Event()

    async def hang(arguments: Mapping[str, object]) -> str:
        try:
            await forever()
        finally:
            stopped.set()

    result = await bench.result_of(FakeTool(hang, timeout_seconds=0.01))

    assert stopped.is_set()
    assert (result.failed, result.content) == (True, "get_weather took longer than 0.01 s and was stopped.")


async def test_a_timeout_inside_a_tool_is_not_mistaken_for_ours(bench: Bench) -> None:
    result = await bench.result_of(FakeTool(raising(TimeoutError("the server did not answer"))))

    assert result.content == "get_weather failed: TimeoutError: the server did not answer"


async def test_a_result_that_no_file_could_hold_is_made_whole(bench: Bench) -> None:
    result = await bench.result_of(FakeTool(answering("caf\udce9")))

    assert (result.failed, result.content) == (False, "caf?")


async def test_other_tools_finish_when_one_fails(bench: Bench) -> None:
    bench.tools["get_weather"] = FakeTool(answering("22"))
    bench.model.will(calls(ToolCall("toolu_0", "nonsense", {}), SYDNEY))

    _, results, _ = (await bench.run()).entries

    assert isinstance(results, ToolMessage)
    assert [result.failed for result in results.results] == [True, False]


@pytest.mark.parametrize(("keys", "steps"), [(0, 32), (1, 32), (2, 40), (17, 160), (30, 160)])
def test_more_keys_allow_more_steps(keys: int, steps: int) -> None:
    assert step_limit(keys) == steps


async def test_the_limit_of_steps_ends_the_turn_with_an_honest_answer(bench: Bench) -> None:
    bench.tools["get_weather"] = FakeTool(answering("22"))
    bench.model.otherwise = calls(SYDNEY)
    bench.steps = 3

    answer = await bench.run()

    assert len(bench.model.requests) == 3
    assert answer.reason == "limit"
    assert "3 steps" in answer.text
    last = answer.entries[-1]
    assert isinstance(last, AssistantMessage)
    assert (last.text, last.usage) == (answer.text, Usage())
    assert answer.usage == SPENT + SPENT + SPENT


@pytest.mark.parametrize(
    ("blocks", "stop", "text", "reason"),
    [
        ((), "end", NOTHING_SAID, "empty"),
        ((Text(" \n"),), "end", f" \n{NOTHING_SAID}", "empty"),
        ((Thinking("hm", "sig"),), "end", NOTHING_SAID, "empty"),
        ((Text("Half an ans"),), "max_tokens", f"Half an ans\n\n{CUT_SHORT}", "max_tokens"),
        ((Thinking("hm", "sig"),), "max_tokens", CUT_SHORT, "max_tokens"),
        ((), "refusal", DECLINED, "refusal"),
        ((Text("First you"),), "refusal", f"First you\n\n{DECLINED}", "refusal"),
        ((Text("First you"), SYDNEY), "refusal", f"First you\n\n{DECLINED}", "refusal"),
    ],
)
async def test_an_answer_that_is_none_says_why(
    bench: Bench, blocks: tuple[Block, ...], stop: StopReason, text: str, reason: str
) -> None:
    bench.model.will(Reply(blocks, stop, SPENT, MODEL))

    answer = await bench.run()

    assert (answer.text, answer.reason) == (text, reason)
    assert [entry.text for entry in answer.entries if isinstance(entry, AssistantMessage)] == [text]


async def test_whole_calls_of_a_cut_reply_are_run(bench: Bench) -> None:
    bench.tools["get_weather"] = FakeTool(answering("22"))
    bench.model.will(Reply((SYDNEY,), "max_tokens", SPENT, MODEL), says("22°C."))

    assert (await bench.run()).text == "22°C."


async def test_a_model_that_cannot_be_reached_is_the_callers_matter(bench: Bench) -> None:
    bench.model.will(ModelError(MODEL, "overloaded", "529"))

    with pytest.raises(ModelError, match="529"):
        await bench.run()


async def test_everything_is_told_in_the_order_in_which_it_happens(bench: Bench) -> None:
    bench.tools["get_weather"] = FakeTool(answering("22"))
    bench.model.will(calls(SYDNEY, text="Let me see."), says("22°C."))

    await bench.run()

    assert bench.diary.events == [
        TextDelta(RUN, KEY, "Let me see."),
        ModelReplied(RUN, KEY, MODEL, SPENT),
        ToolStarted(RUN, KEY, "toolu_1", "get_weather", {"location": "Sydney"}),
        ToolFinished(RUN, KEY, "toolu_1", "get_weather", "22", failed=False),
        TextDelta(RUN, KEY, "22°C."),
        ModelReplied(RUN, KEY, MODEL, SPENT),
    ]


async def test_the_trace_has_a_span_for_each_prompt_model_call_and_tool(bench: Bench) -> None:
    await bench.result_of(None)

    assert [span["name"] for span in bench.diary.spans] == ["prompt", "llm", "tool", "prompt", "llm"]
    llm, tool = bench.diary.spans[1], bench.diary.spans[2]
    assert {key: llm[key] for key in ("model", "input", "output", "cacheRead", "cost")} == {
        "model": MODEL,
        "input": 100,
        "output": 10,
        "cacheRead": 50,
        "cost": 0.25,
    }
    assert (tool["tool"], tool["ok"]) == ("get_weather", False)


async def test_a_turn_stops_at_the_step_boundary_when_the_daemon_stops(bench: Bench) -> None:
    async def work(arguments: Mapping[str, object]) -> str:
        bench.stopping = True
        return "22"

    bench.tools["get_weather"] = FakeTool(work)
    bench.model.will(calls(SYDNEY))

    with pytest.raises(TurnPausedError):
        await bench.run()

    assert bench.diary.wrote[-1] == ("finished", "toolu_1")
    assert len(bench.model.requests) == 1


def recorded(
    *wanted: ToolCall, results: Sequence[ToolResult] = (), started: Sequence[str] = ()
) -> RecordedStep:
    message = AssistantMessage("m_1", NOW, wanted, MODEL, SPENT)
    return RecordedStep(message, {result.call_id: result for result in results}, frozenset(started))


async def test_recorded_steps_are_neither_asked_nor_run_again(bench: Bench) -> None:
    tool = bench.tools["get_weather"] = FakeTool(answering("never"))
    known = ToolResult("toolu_1", "22", provenance="web")
    bench.recorded = [recorded(SYDNEY, results=[known])]
    bench.model.will(says("22°C."))

    answer = await bench.run()

    assert tool.runs == 0
    assert (answer.text, answer.usage) == ("22°C.", SPENT + SPENT)
    (request,) = bench.model.requests
    assert request.messages[-1].blocks == (known,)
    assert bench.diary.wrote == []


async def test_a_tool_that_only_reads_is_run_again_after_a_crash(bench: Bench) -> None:
    tool = bench.tools["get_weather"] = FakeTool(answering("22"))
    bench.recorded = [recorded(SYDNEY, PERTH, results=[ToolResult("toolu_1", "21")])]

    answer = await bench.run()

    assert tool.runs == 1
    assert bench.diary.wrote == [("finished", "toolu_2")]
    _, results, _ = answer.entries
    assert isinstance(results, ToolMessage)
    assert [result.content for result in results.results] == ["21", "22"]


async def test_an_effect_that_had_begun_is_never_repeated_and_the_model_is_told(bench: Bench) -> None:
    tool = bench.tools["get_weather"] = FakeTool(answering("never"), effect=Effect.ONCE)
    bench.recorded = [recorded(SYDNEY, started=["toolu_1"])]

    answer = await bench.run()

    assert tool.runs == 0
    assert bench.diary.wrote == [("finished", "toolu_1")]
    _, results, _ = answer.entries
    assert isinstance(results, ToolMessage)
    assert results.results[0] == ToolResult("toolu_1", INTERRUPTED.format(name="get_weather"), failed=True)


async def test_an_effect_that_had_not_begun_is_run(bench: Bench) -> None:
    tool = bench.tools["get_weather"] = FakeTool(answering("22"), effect=Effect.ONCE)
    bench.recorded = [recorded(SYDNEY)]

    await bench.run()

    assert tool.runs == 1


async def test_recorded_steps_beyond_a_lower_limit_still_count(bench: Bench) -> None:
    bench.steps = 1
    bench.recorded = [recorded(SYDNEY, results=[ToolResult("toolu_1", "1")])] * 2

    answer = await bench.run()

    assert (answer.reason, len(answer.entries), bench.model.requests) == ("limit", 5, [])


async def test_asked_again_the_request_is_the_same(bench: Bench) -> None:
    """So that the provider's cache is hit, and markers made from a line's id stay the same."""
    bench.recorded = [recorded(SYDNEY, results=[ToolResult("toolu_1", "22")])]

    first, second = await bench.run(), await bench.run()

    assert [entry.id for entry in first.entries[:2]] == [entry.id for entry in second.entries[:2]]


@pytest.mark.parametrize("effect", [Effect.READ_ONLY, Effect.ONCE])
async def test_a_daemon_that_stops_while_a_call_waits_for_its_gate_leaves_the_call_open(
    bench: Bench, effect: Effect
) -> None:
    async def stops(call: ToolCall, act: Act, scene: Scene) -> str:
        raise TurnPausedError

    tool = FakeTool(answering("22"), effect=effect)
    bench.tools[tool.name] = tool
    bench.gate.admit = stops  # type: ignore[method-assign]
    bench.model.will(calls(SYDNEY))
    with pytest.raises(TurnPausedError):
        await bench.run()

    assert tool.runs == 0
    assert [what for what, _ in bench.diary.wrote] == ["replied"]


async def test_what_we_say_of_bad_arguments_is_nobody_elses(bench: Bench) -> None:
    class Picky(FakeTool):
        def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
            raise ToolInputError("location is required")

    bench.tools["get_weather"] = Picky(answering("22"), provenance="web")
    bench.model.will(calls(SYDNEY), says("Where?"))

    _, results, _ = (await bench.run()).entries

    assert isinstance(results, ToolMessage)
    told = "ToolInputError: location is required"
    assert results.results == (ToolResult("toolu_1", told, failed=True, provenance="tool"),)
