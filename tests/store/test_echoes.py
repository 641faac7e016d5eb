from openclaw.store import echoes
from openclaw.store.database import Database
from openclaw.store.echoes import Echo
from tests.store.made import KEY

LINE = '{"role":"user","content":"Grüße 🙂"}\n'
OTHER = "agent:main:other"


async def insert(database: Database, *entries: Echo) -> list[int]:
    return await database.write(lambda tx: [echoes.insert(tx, echo) for echo in entries])


async def released(database: Database, target: str = KEY) -> list[str]:
    found = await database.read(lambda tx: echoes.released(tx, target))
    return [echo.lines for echo in found]


async def test_lines_of_a_turns_end_are_there_at_once_and_in_order(database: Database) -> None:
    await insert(database, Echo("transcript", KEY, LINE), Echo("transcript", KEY, "second\n"))
    await insert(database, Echo("transcript", OTHER, "theirs\n"))

    assert await released(database) == [LINE, "second\n"]
    assert await database.read(echoes.targets) == [KEY, OTHER]


async def test_lines_that_wait_for_a_send_appear_with_it(database: Database) -> None:
    waiting = [Echo("transcript", KEY, LINE, after="o_1"), Echo("transcript", OTHER, LINE, after="o_1")]
    await insert(database, *waiting, Echo("transcript", KEY, "of another send\n", after="o_2"))
    assert await released(database) == []
    assert await database.read(echoes.targets) == []

    assert sorted(await database.write(lambda tx: echoes.release(tx, "o_1"))) == [KEY, OTHER]
    assert await database.write(lambda tx: echoes.release(tx, "o_1")) == [], "once"

    assert await released(database) == [LINE]
    assert await released(database, OTHER) == [LINE]


async def test_lines_of_a_send_that_never_happens_are_dropped(database: Database) -> None:
    await insert(database, Echo("transcript", KEY, LINE, after="o_1"))
    await database.write(lambda tx: echoes.drop(tx, "o_1"))
    await database.write(lambda tx: echoes.release(tx, "o_1"))
    assert await released(database) == []


async def test_what_was_released_is_not_dropped_any_more(database: Database) -> None:
    await insert(database, Echo("transcript", KEY, LINE, after="o_1"))
    await database.write(lambda tx: echoes.release(tx, "o_1"))
    await database.write(lambda tx: echoes.drop(tx, "o_1"))
    assert await released(database) == [LINE]


async def test_only_what_was_written_leaves(database: Database) -> None:
    ids = await insert(database, *(Echo("transcript", KEY, f"{n}\n") for n in range(3)))
    await database.write(lambda tx: echoes.written(tx, [ids[0], ids[2]]))
    await database.write(lambda tx: echoes.written(tx, []))
    assert await released(database) == ["1\n"]


async def test_an_id_is_never_used_again(database: Database) -> None:
    """A late `written` for an old one must not take a new one away."""
    (first,) = await insert(database, Echo("transcript", KEY, LINE))
    await database.write(lambda tx: echoes.written(tx, [first]))
    (second,) = await insert(database, Echo("transcript", KEY, LINE))
    assert second > first
