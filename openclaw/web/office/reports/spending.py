"""What was spent, day by day, as it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from openclaw.store.spending import SpendingLedger
from openclaw.store.usage import CostGroup
from openclaw.types.calendar import days_until, local
from openclaw.types.clock import Clock
from openclaw.web.office.told import Json

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class SpendingBook:
    """Satisfies `web.office.desk.SpendingDesk`."""

    ledger: SpendingLedger
    clock: Clock
    zone: Callable[[], tuple[tzinfo, str]]
    """The owner's, and its name."""

    async def daily(self, by: CostGroup, days: int | None) -> Json:
        now, (zone, name) = self.clock.now_ms(), self.zone()
        count = days or local(now, zone).day
        calendar = [(f"{day:%Y-%m-%d}", start, end) for day, start, end in days_until(now, count, zone)]
        spent, last_hour = await self.ledger.read(by, calendar), await self.ledger.senders(now - HOUR_MS)
        return {"by": by, "timezone": name, **spent, "lastHour": last_hour}
