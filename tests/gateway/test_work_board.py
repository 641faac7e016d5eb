import anyio
import pytest

from openclaw.bus import Bus
from openclaw.gateway import work_board
from openclaw.gateway.work_board import WorkBoard, shown
from openclaw.types.clock import SystemClock
from openclaw.types.events import WorkTold

MAIN = "agent:main:main"


async def told(board: WorkBoard, bus: Bus, count: int) -> list[WorkTold]:
    """The next so many, with the board running."""
    found: list[WorkTold] = []
    async with anyio.create_task_group() as group:
        with bus.subscribe(WorkTold, lossless=True) as events:
            group.start_soon(board.run)
            while len(found) < count:
                event = await events.next()
                assert isinstance(event, WorkTold)
                found.append(event)
            group.cancel_scope.cancel()
    return found


async def test_work_is_listed_while_it_lasts_and_told_from_its_begin_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(work_board, "PACE_SECONDS", 0)
    bus = Bus()
    board = WorkBoard(bus, SystemClock())
    with board.working("compaction", "Summing up", session_key=MAIN) as say:
        (begun,) = await told(board, bus, 1)
        say("the second part", done=1, total=3)
        (goes_on,) = await told(board, bus, 1)
        (listed,) = board.listing()
    (ended,) = await told(board, bus, 1)

    assert [each.phase for each in (begun, goes_on, ended)] == ["begun", "goes-on", "ended"]
    assert {each.work_id for each in (begun, goes_on, ended)} == {listed["id"]}
    assert (goes_on.words, goes_on.done, goes_on.total, goes_on.session_key) == (
        "the second part",
        1,
        3,
        MAIN,
    )
    assert listed["title"] == "Summing up"
    assert board.listing() == []


async def test_what_changes_faster_is_told_as_it_is_later_and_what_was_too_quick_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(work_board, "PACE_SECONDS", 0)
    bus = Bus()
    board = WorkBoard(bus, SystemClock())
    with board.working("memory", "quick"):
        pass
    with board.working("backfill", "Looking") as say:
        for number in range(1_000):
            say(f"{number} new" + "!" * 500, done=number, total=1_000)
        (one,) = await told(board, bus, 1)

    assert (one.title, one.done, len(one.words)) == ("Looking", 999, work_board.LONGEST_WORDS)


async def test_work_that_fails_says_so_and_its_failure_goes_on() -> None:
    board = WorkBoard(Bus(), SystemClock())
    with pytest.raises(ValueError, match="torn"), board.working("backfill", "Reading"):
        raise ValueError("torn")
    assert board.listing() == []


def test_only_what_there_is_to_say_is_shown() -> None:
    assert shown(WorkTold("w_1", "memory", "begun", "Writing down", 5, 7)) == {
        "id": "w_1", "kind": "memory", "phase": "begun", "title": "Writing down", "startedAt": 5, "ts": 7,
    }  # fmt: skip
    assert shown(WorkTold("w_1", "memory", "ended", "Writing down", 5, 7, failed=True))["failed"] is True
