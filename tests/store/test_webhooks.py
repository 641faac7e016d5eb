from collections.abc import Callable

import anyio
import anyio.lowlevel
import pytest

from openclaw.store import webhooks
from openclaw.store.database import Database, Transaction
from openclaw.store.webhooks import AuditRow
from openclaw.types.clock import iso
from openclaw.types.errors import StorageFullError
from tests.store.made import NOW, SetClock

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


async def test_the_last_calls_of_each_path_are_seen(database: Database) -> None:
    await audit(database, TAKEN, 1, NOW)
    await audit(database, TAKEN, 1, NOW + 1)
    await audit(database, REFUSED, 1, NOW + 2)
    await audit(database, AuditRow("telegram", "/webhooks/telegram", "refused", "too-large"), 1, NOW + 3)
    await audit(database, AuditRow("sms", "/sms", "accepted"), 1, NOW - 5)

    found = await database.read(lambda tx: webhooks.seen(tx, NOW - 1))

    assert found == {"/webhooks/telegram": webhooks.Seen(iso(NOW + 1), iso(NOW + 3), "too-large")}
    everything = await database.read(lambda tx: webhooks.seen(tx, NOW - 5))
    assert everything["/sms"] == webhooks.Seen(iso(NOW - 5))


async def test_what_comes_together_is_written_together_and_each_hears_how_it_went(
    database: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    audits, ended, commits = webhooks.Audits(database, clock), list[str](), list[int]()
    write = database.write

    async def counted(work: Callable[[Transaction], None]) -> None:
        commits.append(len(ended))
        await write(work)

    async def keep(row: AuditRow) -> None:
        await audits.keep(row)
        ended.append(row.outcome)

    monkeypatch.setattr(database, "write", counted)
    async with anyio.create_task_group() as group:
        for _ in range(150):
            group.start_soon(keep, REFUSED)
        group.start_soon(keep, TAKEN)

    assert len(ended) == 151
    assert len(commits) <= 2
    assert await by_outcome(database) == {"accepted": 1, "refused": 100, "refused-more": 1}


async def test_where_nothing_can_be_written_everybody_who_waits_hears_it_and_the_next_try_counts(
    database: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    audits, told = webhooks.Audits(database, clock), list[str]()

    async def full(work: object) -> None:
        await anyio.lowlevel.checkpoint()
        raise StorageFullError("no room")

    async def keep() -> None:
        try:
            await audits.keep(TAKEN)
        except StorageFullError as error:
            told.append(str(error))

    with monkeypatch.context() as patch:
        patch.setattr(database, "write", full)
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(keep)
    await audits.keep(TAKEN)

    assert told == ["no room"] * 3
    assert await by_outcome(database) == {"accepted": 1}
