from functools import partial

from openclaw.store import traces
from openclaw.store.database import Database
from openclaw.types.clock import iso
from tests.store.made import KEY, NOW, trace

RECEIVED: traces.Span = {"name": "received", "at": iso(NOW), "ms": 0.0}
LLM: traces.Span = {"name": "llm", "at": iso(NOW), "ms": 812.5, "model": "anthropic/claude", "cost": 0.002}
SEND: traces.Span = {"name": "send", "at": iso(NOW), "ms": 31.0, "note": "höflich 🙂"}


async def test_a_trace_is_shown_as_it_was_recorded(database: Database) -> None:
    await database.write(lambda tx: traces.save(tx, trace("t_1", [RECEIVED, LLM])))

    assert await database.read(lambda tx: traces.by_id(tx, "t_1")) == {
        "id": "t_1",
        "at": iso(NOW),
        "channel": "telegram",
        "event": "telegram:default:1",
        "session": KEY,
        "outcome": "answered",
        "reason": "",
        "spans": [RECEIVED, LLM],
    }


async def test_a_turn_that_was_taken_up_again_keeps_its_earlier_spans_in_front(database: Database) -> None:
    await database.write(lambda tx: traces.save(tx, trace("t_1", [RECEIVED], outcome="paused")))
    await database.write(lambda tx: traces.save(tx, trace("t_1", [LLM])))

    found = await database.read(lambda tx: traces.by_id(tx, "t_1"))
    assert found is not None
    assert (found["spans"], found["outcome"]) == ([RECEIVED, LLM], "answered")


async def test_what_happens_after_the_end_is_added_behind_it(database: Database) -> None:
    await database.write(lambda tx: traces.save(tx, trace("t_1", [LLM])))
    await database.write(lambda tx: traces.extend(tx, "t_1", [SEND]))
    await database.write(lambda tx: traces.extend(tx, "t_1", [SEND, SEND]))

    found = await database.read(lambda tx: traces.by_id(tx, "t_1"))
    assert found is not None
    assert found["spans"] == [LLM, SEND, SEND, SEND]


async def test_a_trace_that_is_forgotten_is_not_made_anew_by_a_late_send(database: Database) -> None:
    await database.write(lambda tx: traces.extend(tx, "t_1", [SEND]))
    assert await database.read(lambda tx: traces.by_id(tx, "t_1")) is None


async def test_the_newest_come_first(database: Database) -> None:
    for number, at in [(1, NOW + 5), (2, NOW), (3, NOW + 9), (4, NOW + 9)]:
        await database.write(partial(traces.save, trace=trace(f"t_{number}", at=at)))

    found = await database.read(lambda tx: traces.recent(tx, 3))
    assert [row["id"] for row in found] == ["t_4", "t_3", "t_1"]


async def test_old_traces_are_forgotten(database: Database) -> None:
    await database.write(lambda tx: traces.save(tx, trace("t_old", at=NOW - 1)))
    await database.write(lambda tx: traces.save(tx, trace("t_new", at=NOW)))
    await database.write(lambda tx: traces.forget(tx, iso(NOW)))

    assert [row["id"] for row in await database.read(lambda tx: traces.recent(tx, 9))] == ["t_new"]
