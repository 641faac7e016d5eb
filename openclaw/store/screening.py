"""What was found about a text before anybody was asked for an answer, beside its row in the audit log."""

from openclaw.store import webhooks
from openclaw.store.database import Database, Transaction
from openclaw.store.webhooks import AuditRow
from openclaw.types.clock import Clock


class ScreeningLog:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def note(self, channel: str, event_key: str, verdict: str) -> None:
        """Repeated, it changes nothing."""
        now = self._clock.now_ms()
        await self._database.write(lambda tx: note(tx, (channel, event_key), verdict, now))


def note(tx: Transaction, event: tuple[str, str], verdict: str, now: int) -> None:
    channel, event_key = event
    cursor = tx.execute(
        "UPDATE webhook_audit_log SET reason = ? WHERE event_key = ? AND channel = ? AND outcome = 'accepted'",
        (verdict, event_key, channel),
    )
    if not cursor.rowcount:
        # It came by another way than a webhook: handed over, or asked for when the daemon started.
        webhooks.audit(tx, AuditRow(channel, "", "accepted", verdict, event_key), now)
