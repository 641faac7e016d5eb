from openclaw.store.database import Database
from openclaw.store.ledger import Ledger
from openclaw.store.traffic import Traffic, TrafficLedger
from tests.store.made import NOW, SetClock, arrival

OURS, OTHER = ("telegram", "default"), ("telegram", "work")


async def test_an_account_that_nobody_used_has_no_times(database: Database) -> None:
    assert await TrafficLedger(database).of([OURS]) == {OURS: Traffic()}


async def test_the_last_message_each_way_and_what_waits(database: Database) -> None:
    clock = SetClock(NOW)
    ledger = Ledger(database, clock, "boot_1")
    await ledger.accept([arrival(1)])
    clock.ms += 5000
    await ledger.accept([arrival(2), arrival(3, account="work")])

    def said(state: str, sent_at: str | None) -> tuple[object, ...]:
        return (
            f"o_{state}{sent_at}",
            "telegram",
            "default",
            "1",
            "hi",
            "reply",
            "owner",
            state,
            "t",
            "",
            sent_at,
        )

    rows = [
        said("sent", "2026-02-27T09:00:00.000Z"),
        said("sent", "2026-02-27T08:00:00.000Z"),
        said("pending", None),
    ]
    await database.write(
        lambda tx: tx.executemany(
            "INSERT INTO outbox (id, channel, account, recipient, text, purpose, audience, state, trace_id,"
            " created_at, sent_at, part) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            rows,
        )
    )

    found = await TrafficLedger(database).of([OURS, OTHER])
    assert found[OURS] == Traffic(NOW + 5000, 1_772_182_800_000, 1)
    assert found[OTHER] == Traffic(NOW + 5000)
