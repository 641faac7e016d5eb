"""The gates of a house without a ledger: real verdicts about a number that nothing is known of."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio.to_thread

from openclaw.compliance.gates import decide
from openclaw.store.consents import ComplianceEvent
from openclaw.types.dealings import Dealings
from openclaw.types.messages import Address
from openclaw.types.sending import Facts, Purpose, SendIntent, Verdict
from openclaw.web.desk import Json

NOW = 1_795_228_142_000


@dataclass
class FakeCompliance:
    recorded: list[ComplianceEvent] = field(default_factory=list)

    async def explain(self, to: Address, text: str, purpose: Purpose) -> Verdict:
        intent = SendIntent("o_1", to, text, purpose, "stranger", 0, NOW)
        return await anyio.to_thread.run_sync(decide, intent, Facts(NOW, dealings=Dealings()))

    async def record(self, event: ComplianceEvent) -> str:
        self.recorded.append(event)
        return f"cmp_{len(self.recorded)}"

    async def records(self, number: str | None, limit: int) -> Sequence[Json]:
        return [
            {"id": f"cmp_{place}", "kind": event.kind, "subject": event.subject, "madeBy": event.by}
            for place, event in enumerate(self.recorded, start=1)
            if number in {None, event.subject}
        ][:limit]

    async def recent(self, limit: int) -> Sequence[Json]:
        return []
