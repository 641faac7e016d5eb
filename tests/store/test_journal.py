import sqlite3

import pytest

from openclaw.store import inbox, journal
from openclaw.store.database import Database
from openclaw.store.journal import Step, TurnRow
from tests.store.made import KEY, NOW, arrival

TURN = TurnRow("run_1", KEY, "ses_1", "open", 0)
MODEL = Step("model", "", '{"role":"assistant","content":"Grüße 🙂"}')
STARTING = Step("starting", "toolu_1", "{}")
RESULT = Step("tool", "toolu_1", '{"content":"22°"}')


@pytest.fixture
async def turn(database: Database) -> TurnRow:
    await database.write(lambda tx: inbox.insert(tx, [arrival(1), arrival(2)], NOW))
    await database.write(lambda tx: journal.start(tx, TURN, 1, NOW))
    return TURN


async def found(database: Database) -> TurnRow | None:
    return await database.read(lambda tx: journal.of_event(tx, 1))


async def test_a_turn_is_found_by_its_event(database: Database, turn: TurnRow) -> None:
    assert await found(database) == turn
    assert await database.read(lambda tx: journal.of_event(tx, 2)) is None


async def test_an_event_has_one_turn(database: Database, turn: TurnRow) -> None:
    second = TurnRow("run_2", KEY, "ses_1", "open", 0)
    with pytest.raises(sqlite3.IntegrityError):
        await database.write(lambda tx: journal.start(tx, second, 1, NOW))


async def test_a_turn_belongs_to_an_event_that_is_there(database: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await database.write(lambda tx: journal.start(tx, TURN, 99, NOW))


async def test_steps_come_back_in_the_order_they_were_recorded(database: Database, turn: TurnRow) -> None:
    steps = [MODEL, STARTING, RESULT, MODEL, MODEL]
    for number, step in enumerate(steps):
        # The wall clock may run backwards meanwhile.
        await database.write(
            lambda tx, step=step, at=NOW - number: journal.record(tx, "run_1", step, "boot", at)  # type: ignore[misc]
        )

    assert await database.read(lambda tx: journal.steps(tx, "run_1")) == steps


async def test_steps_of_two_turns_do_not_mix(database: Database, turn: TurnRow) -> None:
    other = TurnRow("run_2", "agent:main:other", "ses_2", "open", 0)
    await database.write(lambda tx: journal.start(tx, other, 2, NOW))
    await database.write(lambda tx: journal.record(tx, "run_1", MODEL, "boot", NOW))
    await database.write(lambda tx: journal.record(tx, "run_2", STARTING, "boot", NOW))

    assert await database.read(lambda tx: journal.steps(tx, "run_1")) == [MODEL]
    assert await database.read(lambda tx: journal.steps(tx, "run_2")) == [STARTING]


async def test_a_step_of_no_turn_is_refused(database: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await database.write(lambda tx: journal.record(tx, "run_1", MODEL, "boot", NOW))


async def test_only_a_turn_that_was_cut_off_is_counted(database: Database, turn: TurnRow) -> None:
    await database.write(lambda tx: journal.resume(tx, "run_1", counts=True))
    await database.write(lambda tx: journal.resume(tx, "run_1", counts=False))
    await database.write(lambda tx: journal.resume(tx, "run_1", counts=True))

    assert await found(database) == TurnRow("run_1", KEY, "ses_1", "open", 2)


async def test_a_paused_turn_goes_on_open(database: Database, turn: TurnRow) -> None:
    await database.write(lambda tx: journal.pause(tx, "run_1"))
    paused = await found(database)
    await database.write(lambda tx: journal.resume(tx, "run_1", counts=False))
    resumed = await found(database)

    assert paused is not None
    assert resumed is not None
    assert (paused.state, resumed.state) == ("paused", "open")


async def test_the_end_of_a_turn_leaves_no_steps(database: Database, turn: TurnRow) -> None:
    await database.write(lambda tx: journal.record(tx, "run_1", MODEL, "boot", NOW))
    await database.write(lambda tx: journal.end(tx, "run_1", NOW))
    await database.write(lambda tx: journal.pause(tx, "run_1"))

    ended = await found(database)
    assert ended is not None
    assert ended.state == "ended", "a turn that has ended is not paused"
    assert await database.read(lambda tx: journal.steps(tx, "run_1")) == []


async def test_a_turn_is_forgotten_with_its_event(database: Database, turn: TurnRow) -> None:
    await database.write(lambda tx: journal.record(tx, "run_1", MODEL, "boot", NOW))
    await database.write(lambda tx: tx.execute("DELETE FROM inbox WHERE seq = 1"))

    assert await found(database) is None
    assert await database.read(lambda tx: journal.steps(tx, "run_1")) == []
