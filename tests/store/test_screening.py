from openclaw.store.database import Database
from openclaw.store.ledger import Ledger
from openclaw.store.screening import ScreeningLog
from openclaw.store.webhooks import AuditRow
from tests.store.made import SetClock


async def audited(database: Database) -> list[tuple[str, str, str]]:
    return await database.read(
        lambda tx: [
            tuple(row)
            for row in tx.execute("SELECT path, reason, event_key FROM webhook_audit_log ORDER BY id")
        ]
    )


async def test_the_verdict_stands_in_the_audit_row_of_its_event(
    database: Database, ledger: Ledger, clock: SetClock
) -> None:
    await ledger.audit_webhook(AuditRow("sms", "/sms", "accepted", "", "sms:SM1"))
    await ledger.audit_webhook(AuditRow("sms", "/sms", "accepted", "", "sms:SM2"))
    log = ScreeningLog(database, clock)
    await log.note("sms", "sms:SM1", "spam 9: link")
    await log.note("sms", "sms:SM1", "spam 9: link")
    assert await audited(database) == [("/sms", "spam 9: link", "sms:SM1"), ("/sms", "", "sms:SM2")]


async def test_what_came_by_no_webhook_gets_a_row_of_its_own(database: Database, clock: SetClock) -> None:
    log = ScreeningLog(database, clock)
    await log.note("sms", "sms:SM3", "no-spam 0")
    await log.note("sms", "sms:SM3", "no-spam 0")
    assert await audited(database) == [("", "no-spam 0", "sms:SM3")]
