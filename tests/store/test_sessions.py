from functools import partial

from openclaw.store import sessions
from openclaw.store.database import Database
from openclaw.store.sessions import SessionRow

ROW = SessionRow("agent:main:main", "main", "ses_1", {"sessionId": "ses_1", "name": "Zoë 🙂", "x": None}, 5)


async def test_a_session_comes_back_as_it_was_saved(database: Database) -> None:
    await database.write(lambda tx: sessions.save(tx, ROW))
    assert await database.read(sessions.every) == [ROW]


async def test_saving_again_replaces(database: Database) -> None:
    later = SessionRow(ROW.key, "main", "ses_2", {"sessionId": "ses_2"}, 9)
    await database.write(lambda tx: sessions.save(tx, ROW))
    await database.write(lambda tx: sessions.save(tx, later))
    assert await database.read(sessions.every) == [later]


async def test_the_one_used_longest_ago_comes_first(database: Database) -> None:
    for key, at in [("agent:main:b", 3), ("agent:main:a", 9), ("agent:main:c", 1)]:
        row = SessionRow(key, "main", "s", {}, at)
        await database.write(partial(sessions.save, row=row))
    assert [row.updated_at for row in await database.read(sessions.every)] == [1, 3, 9]


async def test_what_is_taken_out_does_not_come_back(database: Database) -> None:
    await database.write(lambda tx: sessions.save(tx, ROW))
    await database.write(lambda tx: sessions.delete(tx, ROW.key))
    assert await database.read(sessions.every) == []
