from openclaw.store.database import Database
from openclaw.store.event_log import EventStore
from tests.store.made import SetClock


async def test_the_same_thing_is_noted_once_for_each_kind_and_channel(
    database: Database, clock: SetClock
) -> None:
    log = EventStore(database, clock)

    assert await log.note("quo", "call.ringing", "CA1", "+12015550123")
    assert not await log.note("quo", "call.ringing", "CA1", "again")
    assert await log.note("quo", "call.completed", "CA1", "5 s")
    assert await log.note("salesmsg", "call.ringing", "CA1", "another")

    rows = await database.read(
        lambda tx: [tuple(row) for row in tx.execute("SELECT channel, kind, ref, summary FROM omni_events")]
    )
    assert rows == [
        ("quo", "call.ringing", "CA1", "+12015550123"),
        ("quo", "call.completed", "CA1", "5 s"),
        ("salesmsg", "call.ringing", "CA1", "another"),
    ]
