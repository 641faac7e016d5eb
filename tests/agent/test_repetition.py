from collections.abc import Mapping

import pytest

from openclaw.agent.repetition import LoopDetectionConfig, Repetition, Verdict
from openclaw.types.conversation import ToolCall, ToolResult

Step = tuple[str, Mapping[str, object], str]
READ: Step = ("read", {"path": "a"}, "empty")
LIST: Step = ("ls", {}, "a")


def watch(repetition: Repetition, *steps: Step) -> Verdict:
    """The verdict on the last of these, each a call of its own."""
    verdict = Verdict(())
    for name, arguments, outcome in steps:
        verdict = repetition.watch([ToolCall("toolu", name, arguments)], [ToolResult("toolu", outcome)])
    return verdict


def verdict(*steps: Step, **config: object) -> tuple[bool, bool]:
    """Whether the last of these is warned of, and whether it ends the turn."""
    found = watch(Repetition(LoopDetectionConfig.model_validate(config)), *steps)
    return "[openclaw:" in found.results[-1].content, bool(found.stop)


def polls(count: int, outcome: str = "running for {n} s") -> list[Step]:
    return [("process", {"action": "poll", "id": "p1"}, outcome.format(n=n)) for n in range(count)]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([READ] * 9, (False, False)),
        ([READ] * 10, (True, False)),
        ([READ] * 19, (True, False)),
        ([READ] * 20, (True, True)),
        ([READ, ("write", {"n": 1}, "ok"), ("write", {"n": 2}, "ok")] * 10 + [READ], (True, False)),
        ([("read", {"path": "a"}, f"line {n}") for n in range(40)], (False, False)),
        ([("read", {"path": f"{n}"}, "empty") for n in range(40)], (False, False)),
        ([READ] * 9 + [("read", {"path": "a"}, "full")] * 9, (False, False)),
        ([READ, LIST] * 5, (True, False)),
        ([READ, LIST] * 10, (True, True)),
        ([READ, LIST] * 4, (False, False)),
        ([step for n in range(20) for step in (READ, ("ls", {}, f"{n}"))], (False, False)),
        (polls(9), (False, False)),
        (polls(10), (True, False)),
        (polls(20), (True, True)),
        ([*polls(10, "10 files left"), *polls(9, "done")], (False, False)),
    ],
)
def test_what_goes_in_circles_is_told_and_then_stopped(
    steps: list[Step], expected: tuple[bool, bool]
) -> None:
    assert verdict(*steps) == expected


@pytest.mark.parametrize(
    ("steps", "config", "expected"),
    [
        ([READ] * 40, {"enabled": False}, (False, False)),
        ([READ] * 3, {"warningThreshold": 2, "criticalThreshold": 3}, (True, True)),
        ([READ] * 29, {"detectors": {"genericRepeat": False}}, (False, False)),
        ([READ] * 30, {"detectors": {"genericRepeat": False}}, (False, True)),
        ([READ, LIST] * 10, {"detectors": {"pingPong": False}}, (True, False)),
        (polls(25), {"detectors": {"knownPollNoProgress": False}}, (False, False)),
    ],
)
def test_the_owner_decides_what_a_circle_is(
    steps: list[Step], config: dict[str, object], expected: tuple[bool, bool]
) -> None:
    assert verdict(*steps, **config) == expected


def test_the_user_and_the_model_are_told_what_went_round() -> None:
    repetition = Repetition(LoopDetectionConfig())

    told = watch(repetition, *[READ] * 10).results[0].content
    stop = watch(repetition, *[READ] * 10).stop

    assert told.startswith("empty\n\n[openclaw: read was called with the same arguments")
    assert "10 times now" in told
    assert stop.startswith("I stopped here: read was called with the same arguments")
    assert "20 times" in stop


def test_parallel_calls_count_one_by_one() -> None:
    repetition = Repetition(LoopDetectionConfig())
    calls = [ToolCall(f"toolu_{n}", "read", {"path": "a"}) for n in range(12)]
    results = [ToolResult(call.id, "empty") for call in calls]

    verdict = repetition.watch(calls, results)

    assert [result.call_id for result in verdict.results] == [call.id for call in calls]
    assert ["[openclaw:" in result.content for result in verdict.results] == [False] * 9 + [True] * 3


def test_any_arguments_can_be_compared() -> None:
    odd: Step = ("read", {"n": 2**80, "half": "\ud800", "what": object}, "\ud800")

    assert verdict(*[odd] * 10) == (True, False)
