"""The wiring: builds every part from the settings, and knows in which order they work and stop."""

import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from openclaw import __version__, bundled
from openclaw.agent.bootstrap import Caps, WorkspaceFiles
from openclaw.agent.config import AgentProfile, roster
from openclaw.agent.context.upkeep import Upkeep
from openclaw.agent.host import surroundings, timezone_name, zone
from openclaw.agent.renderer import Renderer, Wrapping
from openclaw.agent.toolbox import SkillFolders, Toolbox, ToolSettings
from openclaw.bus import Bus
from openclaw.channels.registry import load_channel
from openclaw.channels.runner import ChannelRunner
from openclaw.gateway.access import AccessPolicy, owners_of
from openclaw.gateway.answering import Patience
from openclaw.gateway.briefing import BriefingParts, HouseBriefing, model_choice, model_ref
from openclaw.gateway.budgets import Budgets
from openclaw.gateway.commands.desk import Commands
from openclaw.gateway.commands.lane import LaneWork
from openclaw.gateway.commands.parts import CommandParts
from openclaw.gateway.commands.stop import Stopper
from openclaw.gateway.delivery import Delivery, DeliveryParts, DeliveryRules
from openclaw.gateway.dispatch import AccountKey, Dispatch
from openclaw.gateway.gate import HouseGate
from openclaw.gateway.intake import Intake
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.pairing import PairingStore
from openclaw.gateway.routing import Routing
from openclaw.gateway.runs import Runs
from openclaw.gateway.send_policy import send_policy
from openclaw.gateway.streaming import StreamParts, StreamPlan, Streams, Tempo, block_rules
from openclaw.gateway.tracing import TraceBook
from openclaw.gateway.turns import Freshness, TurnParts, Turns
from openclaw.gateway.waiting import WaitingRoom
from openclaw.llm.keyring import Keyring
from openclaw.llm.models import Models, ModelSettings
from openclaw.llm.providers import find_providers
from openclaw.llm.selection import Listed
from openclaw.logs import Redactor
from openclaw.net import Door
from openclaw.ops.secrets import SecretResolver
from openclaw.ops.state_lock import StateLock
from openclaw.sessions.sessions import Sessions
from openclaw.settings.loading import Loaded
from openclaw.store.database import open_database
from openclaw.store.ledger import Ledger
from openclaw.store.streams import StreamLedger
from openclaw.types.channel import Channel, ChannelParts
from openclaw.types.clock import Clock, SystemClock
from openclaw.types.errors import ConfigError
from openclaw.types.ids import new_id
from openclaw.web.conditions import problems, shown
from openclaw.web.desk import Nameplate
from openclaw.web.front_desk import CHANNEL as WEBCHAT
from openclaw.web.front_desk import DeskParts, FrontDesk

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
SEND_SECONDS = 10.0
HOUSEKEEPING_SECONDS = 24 * 3600.0


# -- building ---------------------------------------------------------------------------------------------


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

    def secrets(self) -> frozenset[str]:
        return self.resolver.known


@dataclass(frozen=True, slots=True)
class House:
    """Every part, built and not yet running."""

    core: Core
    channels: Mapping[AccountKey, Channel]
    runner: ChannelRunner
    intake: Intake
    dispatch: Dispatch
    lanes: Lanes[str]
    turns: Turns
    delivery: Delivery
    desk: FrontDesk
    models: Models
    streams: Streams

    @property
    def bus(self) -> Bus:
        return self.core.bus

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Messages are sorted, answered and sent while the block lasts; then what is under way is finished."""
        async with anyio.create_task_group() as group:
            await group.start(self.streams.run)
            await group.start(self.lanes.run)
            group.start_soon(self.dispatch.run)
            group.start_soon(self.delivery.run)
            group.start_soon(self.core.sessions.keep_written)
            group.start_soon(self.models.keep_written)
            group.start_soon(self._keep_house)
            yield
            self.turns.stop()
            with anyio.move_on_after(DRAIN_SECONDS):
                await self.lanes.finish()
            with anyio.move_on_after(SEND_SECONDS):
                await self.delivery.finish()
            group.cancel_scope.cancel()

    async def _keep_house(self) -> None:
        while True:
            await anyio.sleep(HOUSEKEEPING_SECONDS)
            await self.core.ledger.forget(self.core.loaded.settings.traces.retention_days)


@asynccontextmanager
async def build(loaded: Loaded, redactor: Redactor, *, with_channels: bool) -> AsyncIterator[House]:
    """The ledger is opened first and closed last."""
    async with AsyncExitStack() as stack:
        core = await _open_core(stack, loaded, redactor, only=None if with_channels else WEBCHAT)
        models = await _open_models(core)
        stack.push_async_callback(models.aclose)
        door = Door()
        stack.push_async_callback(door.aclose)
        channels: Mapping[AccountKey, Channel] = {}
        if with_channels:
            channels = _open_channels(loaded, ChannelParts(core.resolver, core.ledger, core.clock))
        for channel in channels.values():
            stack.push_async_callback(channel.aclose)
        policies, owners = _policies(loaded)
        briefing = _briefing(core, models, door, owners)
        yield _house(core, channels, policies, briefing, models, _drain if with_channels else None)


async def _open_core(stack: AsyncExitStack, loaded: Loaded, redactor: Redactor, *, only: str | None) -> Core:
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
        StreamLedger(database, clock), Wrapping(_installation_key(paths.credentials), zone(timezone), timezone),
    )  # fmt: skip


async def _open_models(core: Core) -> Models:
    settings = core.loaded.settings
    defaults = settings.agents.defaults
    listed = {ref: Listed(each.alias, each.params.thinking) for ref, each in defaults.models.items()}
    keyring = Keyring(
        core.loaded.paths.agents / core.agents[0].id / "agent" / "auth-profiles.json", core.clock
    )
    await keyring.load()
    return Models(
        ModelSettings(settings.models, settings.auth, settings.llm, listed, defaults.thinking_default),
        core.resolver,
        core.clock,
        find_providers(),
        keyring,
    )


def _briefing(core: Core, models: Models, door: Door, owners: tuple[str, ...]) -> HouseBriefing:
    loaded = core.loaded
    defaults, paths = loaded.settings.agents.defaults, loaded.paths
    timezone = core.timezone
    caps = Caps(defaults.bootstrap_max_chars, defaults.bootstrap_total_max_chars)
    toolbox = Toolbox(
        ToolSettings(loaded.settings.tools, loaded.settings.skills),
        SkillFolders(bundled.workspace_folder() / "skills", paths.state / "skills"),
        surroundings(loaded.environ),
        door,
        core.clock,
    )
    return HouseBriefing(
        BriefingParts(
            {agent.id: agent for agent in core.agents},
            {agent.id: WorkspaceFiles(agent.workspace, caps) for agent in core.agents},
            defaults,
            loaded.settings.tools,
            loaded.settings.channels.model_by_channel,
            models,
            toolbox,
            Renderer(core.wrapping),
            timezone,
            owners,
        )
    )


def _house(
    core: Core,
    channels: Mapping[AccountKey, Channel],
    policies: Mapping[AccountKey, AccessPolicy],
    briefing: HouseBriefing,
    models: Models,
    restart: Callable[[], None] | None,
) -> House:
    settings, paths, clock = core.loaded.settings, core.loaded.paths, core.clock
    streams = _streams(core, channels)
    room = WaitingRoom(core.ledger, core.traces, settings.messages.queue, clock)
    upkeep = Upkeep(settings.agents.defaults.compaction, core.wrapping, clock)
    turns = _turns(core, channels, briefing, (room, upkeep, streams))
    parts = CommandParts(
        core.ledger, core.sessions, core.bus, core.runs, core.traces, clock, channels, room, models,
        {agent.id: agent for agent in core.agents}, settings.agents.defaults, settings.commands,
        settings.session.reset_triggers, core.budgets, zone(core.timezone), clock.now_ms(), briefing.weigh, restart,
    )  # fmt: skip
    work = LaneWork(turns, parts, briefing, upkeep)
    stopper = Stopper(core.ledger, room, core.runs, core.bus, (turns, work))
    lanes: Lanes[str] = Lanes(
        work.run_next, at_once=settings.agents.defaults.max_concurrent, on_busy=turns.knock
    )
    routing = _routing(core)
    pairings = {account: PairingStore(paths.credentials, *account, clock) for account in policies}
    intake = Intake(core.ledger, core.bus, core.traces, clock)
    delivery = Delivery(
        DeliveryParts(core.ledger, core.sessions, channels, core.bus, clock, core.secrets),
        DeliveryRules(settings.delivery.retry_attempts, settings.delivery.on_ambiguous),
    )
    runner = ChannelRunner(clock)
    desk = FrontDesk(
        DeskParts(
            _nameplate(core, models), core.ledger, core.sessions, intake, delivery, lanes, core.runs, clock,
            routing, pairings,
            lambda: shown(runner.states()), lambda: problems(core.ledger, runner.states()),
            _agents_shown(core, models), core.budgets, zone(core.timezone), models,
            model_choice(core.agents[0], {}, settings.agents.defaults), stopper,
        )
    )  # fmt: skip
    dispatch = Dispatch(
        core.ledger, core.bus, lanes, core.traces, routing, policies, pairings, Commands(parts, stopper),
        send_policy(settings.send_policy, settings.session.send_policy, zone(core.timezone)),
    )  # fmt: skip
    return House(core, channels, runner, intake, dispatch, lanes, turns, delivery, desk, models, streams)


def _turns(
    core: Core,
    channels: Mapping[AccountKey, Channel],
    briefing: HouseBriefing,
    handed: tuple[WaitingRoom, Upkeep, Streams],
) -> Turns:
    settings, (room, upkeep, streams) = core.loaded.settings, handed
    patience = Patience(settings.models.probe.every_seconds, settings.models.probe.for_minutes * 60)
    fresh = Freshness(settings.session, zone(core.timezone))
    return Turns(
        TurnParts(
            core.ledger, core.sessions, briefing, channels, core.bus, core.traces, core.runs, core.clock, patience,
            room, upkeep, core.budgets, fresh, core.secrets, streams, HouseGate(),
        )
    )  # fmt: skip


def _drain() -> None:
    """The daemon ends as when it is asked to from outside, and whoever watches it starts it again."""
    signal.raise_signal(signal.SIGTERM)


def _streams(core: Core, channels: Mapping[AccountKey, Channel]) -> Streams:
    defaults, config = core.loaded.settings.agents.defaults, core.loaded.settings.channels.telegram
    by_default = defaults.block_streaming_default == "on"
    plans = {
        ("telegram", name): StreamPlan(
            by_default if account.block_streaming is None else account.block_streaming,
            account.streaming,
            account.text_chunk_limit,
        )
        for name, account in (config.each_account().items() if config is not None else ())
    }
    return Streams(
        StreamParts(
            core.shown, channels, core.bus, core.clock, core.secrets, plans, block_rules(defaults),
            Tempo(pause_ms=defaults.human_delay.range_ms),
        )
    )  # fmt: skip


def _routing(core: Core) -> Routing:
    settings, names = core.loaded.settings, tuple(agent.id for agent in core.agents)
    tiers = {agent.id: agent.tier for agent in core.agents if agent.tier}
    return Routing(names, names[0], settings.bindings, settings.session, tiers)


def _model_of(agent: AgentProfile, core: Core) -> str | None:
    """What an agent answers with where no session says otherwise."""
    return model_ref(agent, {}, core.loaded.settings.agents.defaults)


def _agents_shown(core: Core, models: Models) -> tuple[Mapping[str, object], ...]:
    return tuple(
        {"id": agent.id, "model": models.default_name(_model_of(agent, core)), "tier": agent.tier}
        for agent in core.agents
    )


def _nameplate(core: Core, models: Models) -> Nameplate:
    paths, agent = core.loaded.paths, core.agents[0].id
    ref = _model_of(core.agents[0], core)
    return Nameplate(
        __version__,
        core.ledger.boot_id,
        str(paths.config),
        str(paths.state),
        str(paths.agents / agent / "sessions" / "sessions.json"),
        core.clock.now_ms(),
        agent,
        models.default_name(ref),
        models.info(ref).context_window,
    )


def _open_channels(loaded: Loaded, parts: ChannelParts) -> dict[AccountKey, Channel]:
    """A channel that cannot be opened is off, alone, and says so."""
    opened: dict[AccountKey, Channel] = {}
    if (config := loaded.settings.channels.telegram) is not None and config.enabled:
        try:
            for channel in load_channel("telegram").open(config, parts):
                opened[channel.name, channel.account] = channel
        except ConfigError as error:
            logger.error("%s", error)
    return opened


def _policies(loaded: Loaded) -> tuple[dict[AccountKey, AccessPolicy], tuple[str, ...]]:
    """Who may speak on each account, and everyone who has the owner's authority."""
    named = loaded.settings.commands.owner_allow_from
    policies: dict[AccountKey, AccessPolicy] = {}
    config = loaded.settings.channels.telegram
    for name, account in config.each_account().items() if config is not None else ():
        owners = owners_of("telegram", named, account.allowed)
        policies["telegram", name] = AccessPolicy(account.dm_policy, frozenset(account.allowed), owners)
    everyone = sorted({f"{channel}:{owner}" for (channel, _), p in policies.items() for owner in p.owners})
    return policies, tuple(everyone)


def _installation_key(credentials: Path) -> bytes:
    """Made once; the marks around outside text are derived from it."""
    path = credentials / "installation.key"
    if not path.exists():
        credentials.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


@asynccontextmanager
async def open_house(loaded: Loaded) -> AsyncIterator[House]:
    """The house without its doors, for a command that works while no daemon runs.

    What the daemon has left unfinished is left to it. Raises AlreadyRunningError.
    """
    os.umask(0o077)
    loaded.paths.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with StateLock(loaded.paths.state):
        async with build(loaded, Redactor(), with_channels=False) as house, house.working():
            yield house
