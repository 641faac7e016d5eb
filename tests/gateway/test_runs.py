from openclaw.gateway.runs import KEPT, Runs
from openclaw.types.events import TurnFinished
from tests.gateway.scripted import NOW, ControlledClock

MAIN = "agent:main:main"


def end(run_id: str, text: str = "Yes.") -> TurnFinished:
    return TurnFinished(run_id, MAIN, "answered", text)


def test_a_run_is_awaited_until_it_ends_and_remembered_after_it() -> None:
    clock = ControlledClock()
    runs = Runs(clock)
    run = runs.expect("r1", MAIN)
    assert (runs.find("r1"), runs.is_awaited("r1"), run.started_at) == (run, True, NOW)

    clock.advance(2)
    runs.finished(end("r1"))

    assert (run.ended, run.ended_at) == (end("r1"), NOW + 2_000)
    assert (runs.find("r1"), runs.is_awaited("r1")) == (run, False)


def test_who_asks_for_the_same_run_again_gets_the_same_run() -> None:
    runs = Runs(ControlledClock())
    run = runs.expect("r1", MAIN)

    assert runs.expect("r1", MAIN) is run
    runs.finished(end("r1"))
    assert runs.expect("r1", MAIN) is run


def test_only_the_first_end_counts_and_strangers_ends_count_not_at_all() -> None:
    runs = Runs(ControlledClock())
    run = runs.expect("r1", MAIN)

    runs.finished(end("r1", "first"))
    runs.finished(end("r1", "second"))
    runs.finished(end("r2"))

    assert run.ended == end("r1", "first")
    assert runs.find("r2") is None


def test_a_run_that_could_not_be_begun_is_forgotten() -> None:
    runs = Runs(ControlledClock())
    runs.expect("r1", MAIN)

    runs.forget("r1")
    runs.forget("r1")

    assert runs.find("r1") is None


def test_ended_runs_are_forgotten_one_day_and_waiting_ones_never() -> None:
    runs = Runs(ControlledClock())
    runs.expect("first", MAIN)
    for number in range(KEPT + 1):
        runs.expect(f"r{number}", MAIN)
    for number in range(KEPT + 1):
        runs.finished(end(f"r{number}"))

    assert runs.find("r0") is None
    assert runs.find("r1") is not None
    assert runs.is_awaited("first")
