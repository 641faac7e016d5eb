from openclaw.store import webhooks
from openclaw.store.database import Database
from openclaw.store.webhooks import AuditRow
from openclaw.types.clock import iso
from tests.store.made import NOW

MINUTE = NOW - NOW % 60_000
REFUSED = AuditRow("telegram", "/webhooks/telegram", "refused", "secret-wrong")
TAKEN = AuditRow("telegram", "/webhooks/telegram", "accepted", event_key="telegram:1:7")


async def audit(database: Database, row: AuditRow, times: int, at: int) -> None:
    def work(tx: object) -> None:
        for _ in range(times):
            webhooks.audit(tx, row, at)  # type: ignore[arg-type]

    await database.write(work)


async def by_outcome(database: Database) -> dict[str, int]:
    return await database.read(
        lambda tx: dict(
            tuple(row)
            for row in tx.execute("SELECT outcome, count(*) FROM webhook_audit_log GROUP BY outcome")
        )
    )


async def test_a_flood_of_refusals_fills_a_hundred_rows_a_minute_and_one_that_counts(
    database: Database,
) -> None:
    await audit(database, REFUSED, 250, MINUTE)
    await audit(database, REFUSED, 50, MINUTE + 59_999)

    assert await by_outcome(database) == {"refused": 100, "refused-more": 1}
    counted = "SELECT reason FROM webhook_audit_log WHERE outcome = 'refused-more'"
    assert await database.read(lambda tx: tx.execute(counted).fetchone()[0]) == "200"


async def test_the_next_minute_begins_anew(database: Database) -> None:
    await audit(database, REFUSED, 120, MINUTE)
    await audit(database, REFUSED, 120, MINUTE + 60_000)

    assert await by_outcome(database) == {"refused": 200, "refused-more": 2}


async def test_a_flood_does_not_hide_what_was_taken(database: Database) -> None:
    await audit(database, REFUSED, 150, MINUTE)
    await audit(database, TAKEN, 3, MINUTE)

    assert (await by_outcome(database))["accepted"] == 3


async def test_an_event_is_remembered_once_for_a_day(database: Database) -> None:
    await database.write(lambda tx: webhooks.processed(tx, "telegram:1:7", "telegram", NOW))
    await database.write(lambda tx: webhooks.processed(tx, "telegram:1:7", "telegram", NOW + 5))

    everything = "SELECT * FROM processed_webhook_events"
    rows = await database.read(lambda tx: [tuple(row) for row in tx.execute(everything)])
    assert rows == [("telegram:1:7", "telegram", iso(NOW), iso(NOW + 24 * 3_600_000))]


async def test_old_rows_are_forgotten(database: Database) -> None:
    day = 24 * 3_600_000
    await audit(database, TAKEN, 1, NOW)
    await audit(database, TAKEN, 1, NOW + 40 * day)
    await database.write(lambda tx: webhooks.processed(tx, "old", "telegram", NOW))
    await database.write(lambda tx: webhooks.processed(tx, "new", "telegram", NOW + 40 * day))

    await database.write(lambda tx: webhooks.forget(tx, NOW + 40 * day, iso(NOW + 10 * day)))

    assert await by_outcome(database) == {"accepted": 1}
    keys = "SELECT event_key FROM processed_webhook_events"
    assert await database.read(lambda tx: [row[0] for row in tx.execute(keys)]) == ["new"]
