"""What every other part of the house stands on: opened first and closed last."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from openclaw.agent.config import roster
from openclaw.agent.host import timezone_name, zone
from openclaw.agent.profile import AgentProfile
from openclaw.agent.renderer import Wrapping
from openclaw.bus import Bus
from openclaw.gateway.budgets import Budgets
from openclaw.gateway.runs import Runs
from openclaw.gateway.tracing import TraceBook
from openclaw.logs import Redactor
from openclaw.ops.secrets import SecretResolver, installation_key
from openclaw.sessions.sessions import Sessions
from openclaw.settings.loading import Loaded
from openclaw.store.approvals import ApprovalLedger
from openclaw.store.consents import ConsentLedger
from openclaw.store.database import Database, open_database
from openclaw.store.jobs import JobLedger
from openclaw.store.ledger import Ledger
from openclaw.store.phone import PhoneStore
from openclaw.store.streams import StreamLedger
from openclaw.types.clock import Clock, SystemClock
from openclaw.types.ids import new_id


@dataclass(frozen=True, slots=True)
class Core:
    """What everything else stands on."""

    loaded: Loaded
    clock: Clock
    bus: Bus
    ledger: Ledger
    sessions: Sessions
    resolver: SecretResolver
    traces: TraceBook
    runs: Runs
    agents: tuple[AgentProfile, ...]
    timezone: str
    """The owner's."""
    budgets: Budgets
    shown: StreamLedger
    wrapping: Wrapping
    asked: ApprovalLedger
    jobs: JobLedger
    database: Database
    phone: PhoneStore
    consents: ConsentLedger

    def secrets(self) -> frozenset[str]:
        return self.resolver.known


async def open_core(stack: AsyncExitStack, loaded: Loaded, redactor: Redactor, *, only: str | None) -> Core:
    paths, clock = loaded.paths, SystemClock()
    for value in loaded.resolved:
        redactor.add(value)
    database = await stack.enter_async_context(open_database(paths.ledger))
    ledger = Ledger(database, clock, new_id("boot"), only=only)
    agents = roster(loaded.settings.agents, paths.state)
    sessions = Sessions(paths.state, ledger, loaded.settings.session, clock)
    await sessions.start([agent.id for agent in agents])
    resolver = SecretResolver(loaded.environ, clock, redactor)
    timezone = timezone_name(loaded.settings.agents.defaults.user_timezone)
    budgets = Budgets(loaded.settings.budgets, clock, zone(timezone), timezone)
    await budgets.load(ledger)
    return Core(
        loaded, clock, Bus(), ledger, sessions, resolver, TraceBook(clock), Runs(clock), agents, timezone, budgets,
        StreamLedger(database, clock), Wrapping(installation_key(paths.credentials), zone(timezone), timezone),
        ApprovalLedger(database, clock, ledger.boot_id), JobLedger(database), database,
        PhoneStore(database, clock, budgets.count), ConsentLedger(database, clock),
    )  # fmt: skip
