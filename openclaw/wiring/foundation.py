"""What every other part of the house stands on: opened first and closed last."""

from collections.abc import Hashable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from openclaw.agent.config import roster
from openclaw.agent.host import timezone_name, zone
from openclaw.agent.profile import AgentProfile
from openclaw.agent.renderer import Wrapping
from openclaw.bus import Bus
from openclaw.gateway.budgets import Budgets
from openclaw.gateway.runs import Runs
from openclaw.gateway.tracing import TraceBook
from openclaw.gateway.work_board import WorkBoard
from openclaw.logs import Redactor
from openclaw.ops.secrets import SecretResolver, installation_key
from openclaw.sessions.sessions import Sessions
from openclaw.settings.life.condition import Condition
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

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class Core:
    """What everything else stands on. Its config, and with it its agents, may become another one: see `adopt`."""

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
    works: WorkBoard
    profiles: dict[str, AgentProfile] = field(default_factory=dict)
    """Every agent by its id, the default one first. Whoever holds it sees those that are added."""
    workspaces: dict[str, Path] = field(default_factory=dict)
    condition: Condition = field(default_factory=Condition)
    """How the config stands to its file."""

    def __post_init__(self) -> None:
        self._list_agents()

    def adopt(self, loaded: Loaded) -> None:
        """Agents that are gone answer what they were asked already; nothing new comes to them."""
        self.loaded, self.agents = loaded, roster(loaded.settings.agents, loaded.paths.state)
        self._list_agents()
        self.budgets.adopt(loaded.settings.budgets)
        self.resolver.adopt(loaded.environ, loaded.settings.secrets)
        for value in loaded.resolved:
            self.resolver.redact(value)

    def _list_agents(self) -> None:
        fresh = {agent.id: agent for agent in self.agents}
        refill(
            self.profiles, {**fresh, **{id: each for id, each in self.profiles.items() if id not in fresh}}
        )
        refill(self.workspaces, {id: each.workspace for id, each in self.profiles.items()})

    def secrets(self) -> frozenset[str]:
        return self.resolver.known


def refill(held: dict[K, V], fresh: Mapping[K, V]) -> None:
    """The same dictionary with other things in it, in their order."""
    fresh = dict(fresh)
    held.clear()
    held.update(fresh)


async def open_core(stack: AsyncExitStack, loaded: Loaded, redactor: Redactor, *, only: str | None) -> Core:
    paths, clock = loaded.paths, SystemClock()
    for value in loaded.resolved:
        redactor.add(value)
    database = await stack.enter_async_context(open_database(paths.ledger))
    ledger = Ledger(database, clock, new_id("boot"), only=only)
    agents = roster(loaded.settings.agents, paths.state)
    sessions = Sessions(paths.state, ledger, loaded.settings.session, clock)
    await sessions.start([agent.id for agent in agents])
    resolver = SecretResolver(loaded.environ, clock, redactor, loaded.settings.secrets)
    timezone = timezone_name(loaded.settings.agents.defaults.user_timezone)
    budgets = Budgets(loaded.settings.budgets, clock, zone(timezone), timezone)
    await budgets.load(ledger)
    bus = Bus()
    return Core(
        loaded, clock, bus, ledger, sessions, resolver, TraceBook(clock), Runs(clock), agents, timezone, budgets,
        StreamLedger(database, clock), Wrapping(installation_key(paths.credentials), zone(timezone), timezone),
        ApprovalLedger(database, clock, ledger.boot_id), JobLedger(database), database,
        PhoneStore(database, clock, budgets.count), ConsentLedger(database, clock), WorkBoard(bus, clock),
    )  # fmt: skip
