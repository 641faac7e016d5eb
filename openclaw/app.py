"""The wiring: builds every part from the settings, and knows in which order they work and stop."""

import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import anyio
import anyio.to_thread

from openclaw.agent.context.upkeep import Upkeep
from openclaw.agent.host import zone
from openclaw.agent.tools.cron import CronTools
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.bus import Bus
from openclaw.channels.runner import ChannelRunner
from openclaw.gateway.answering import Patience
from openclaw.gateway.approvals import ApprovalParts, Approvals
from openclaw.gateway.briefing import HouseBriefing, model_choice
from openclaw.gateway.command_requests import CommandRequests
from openclaw.gateway.commands.desk import Commands
from openclaw.gateway.commands.lane import LaneWork
from openclaw.gateway.commands.parts import CommandParts
from openclaw.gateway.commands.stop import Stopper
from openclaw.gateway.delivery import Delivery, DeliveryParts, DeliveryRules
from openclaw.gateway.dispatch import AccountKey, Dispatch
from openclaw.gateway.gate import HouseGate, rules_of
from openclaw.gateway.intake import Intake
from openclaw.gateway.invoking import Invoking
from openclaw.gateway.jobs.desk import keep_jobs
from openclaw.gateway.jobs.heartbeat import Pulse, pulses
from openclaw.gateway.jobs.runs import JobParts
from openclaw.gateway.jobs.ticker import Ticker
from openclaw.gateway.jobs.webhook import Webhook
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.public_paths import PublicPaths
from openclaw.gateway.send_policy import send_policy
from openclaw.gateway.streaming import Streams
from openclaw.gateway.turns import Freshness, TurnParts, Turns
from openclaw.gateway.waiting import WaitingRoom
from openclaw.llm.models import Models
from openclaw.llm.transcription import Transcriber
from openclaw.logs import Redactor
from openclaw.net.door import Door
from openclaw.net.public_door import PublicDoor
from openclaw.ops.backup import moves
from openclaw.ops.state_lock import StateLock
from openclaw.settings.editing.owner import OwnerConfig
from openclaw.settings.editing.showing import described
from openclaw.settings.loading import Loaded
from openclaw.store.browsers import BrowserLedger
from openclaw.store.command_asks import CommandLedger
from openclaw.store.glance import Glances
from openclaw.store.login_codes import LoginCodes
from openclaw.store.notes import NoteIndex
from openclaw.types.channel import Channel
from openclaw.types.errors import OpenClawError
from openclaw.web.browser.logins import Logins
from openclaw.web.conditions import problems, shown
from openclaw.web.front_desk import CHANNEL as WEBCHAT
from openclaw.web.front_desk import DeskParts, FrontDesk
from openclaw.web.office.desk import Office
from openclaw.wiring.accounts import Accounts, open_accounts
from openclaw.wiring.accounts import streams as streams_of
from openclaw.wiring.doors import HookDoors
from openclaw.wiring.foundation import Core, open_core
from openclaw.wiring.hands import Hands, HandsParts, open_hands
from openclaw.wiring.invoking import open_invoking
from openclaw.wiring.mind import agents_shown, nameplate, open_briefing, open_models
from openclaw.wiring.office import OfficeParts, open_office
from openclaw.wiring.renewal import Business, Crossing, Renewal
from openclaw.wiring.renewal import routing as routing_of
from openclaw.wiring.telephone import Telephone, TelephoneParts, open_telephone

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
SEND_SECONDS = 10.0
HOUSEKEEPING_SECONDS = 24 * 3600.0


# -- building ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Means:
    """What the house's own parts work with: built before them, of use without them."""

    models: Models
    briefing: HouseBriefing
    accounts: Accounts
    telephone: Telephone
    door: Door
    public: PublicDoor
    notes: NoteIndex


@dataclass(frozen=True, slots=True)
class House:
    """Every part, built and not yet running."""

    core: Core
    accounts: Accounts
    telephone: Telephone
    runner: ChannelRunner
    intake: Intake
    dispatch: Dispatch
    lanes: Lanes[str]
    turns: Turns
    delivery: Delivery
    desk: FrontDesk
    models: Models
    streams: Streams
    approvals: Approvals
    hands: Hands
    hooks: HookDoors
    ticker: Ticker | None
    """None: no daemon, so nothing becomes due."""
    logins: Logins
    invoking: Invoking
    office: Office
    renewal: Renewal

    @property
    def bus(self) -> Bus:
        return self.core.bus

    @property
    def channels(self) -> Mapping[AccountKey, Channel]:
        return self.accounts.channels

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Messages are sorted, answered and sent while the block lasts; then what is under way is finished."""
        async with anyio.create_task_group() as group:
            await group.start(self.streams.run)
            if self.ticker is not None:
                # Before a turn may begin: it knows which of them somebody waits for.
                await group.start(self.ticker.run)
            await group.start(self.lanes.run)
            group.start_soon(self.core.works.run)
            group.start_soon(self.accounts.alerts.run)
            group.start_soon(self.telephone.keeper.run)
            group.start_soon(self.approvals.run)
            self.hands.start(group)
            group.start_soon(self.dispatch.run)
            group.start_soon(self.delivery.run)
            group.start_soon(self.core.sessions.keep_written)
            group.start_soon(self.models.keep_written)
            group.start_soon(self._keep_house)
            yield
            self.turns.stop()
            with anyio.move_on_after(DRAIN_SECONDS):
                await self.lanes.finish()
            await self.hands.rest()
            with anyio.move_on_after(SEND_SECONDS):
                await self.delivery.finish()
            group.cancel_scope.cancel()

    async def _keep_house(self) -> None:
        while True:
            # First of all: a daemon that starts anew every day tidies up as well.
            await self.core.ledger.forget(self.core.loaded.settings.traces.retention_days)
            await anyio.sleep(HOUSEKEEPING_SECONDS)


@asynccontextmanager
async def build(loaded: Loaded, redactor: Redactor, *, with_channels: bool) -> AsyncIterator[House]:
    """The ledger is opened first and closed last."""
    async with AsyncExitStack() as stack:
        core = await open_core(stack, loaded, redactor, only=None if with_channels else WEBCHAT)
        models = await open_models(core)
        stack.push_async_callback(models.aclose)
        door = Door()
        stack.push_async_callback(door.aclose)
        public = PublicDoor(ports=frozenset(loaded.settings.tools.web.fetch.ports))
        stack.push_async_callback(public.aclose)
        notes = NoteIndex(loaded.paths.state / "memory")
        stack.push_async_callback(notes.aclose)
        accounts = open_accounts(core, door, with_channels=with_channels)
        stack.push_async_callback(accounts.aclose)
        telephone = open_telephone(
            TelephoneParts(core, accounts.channels, accounts.addresses, accounts.alerts.alert)
        )
        await telephone.begin()
        briefing = open_briefing(core, models, door, accounts.owners, telephone.briefing)
        means = Means(models, briefing, accounts, telephone, door, public, notes)
        yield _house(core, means, _drain if with_channels else None)


def _house(
    core: Core,
    means: Means,
    restart: Callable[[], None] | None,
) -> House:
    settings, paths, clock = core.loaded.settings, core.loaded.paths, core.clock
    models, briefing, telephone, door = means.models, means.briefing, means.telephone, means.door
    channels, policies = means.accounts.channels, means.accounts.policies
    streams = streams_of(core, channels)
    room = WaitingRoom(core.ledger, core.traces, settings.messages.queue, clock)
    upkeep = Upkeep(settings.agents.defaults.compaction, core.wrapping, clock, core.works)
    approvals = Approvals(
        ApprovalParts(
            core.asked, core.ledger, core.sessions, room, channels, core.bus, clock, core.secrets,
            means.accounts.addresses,
        )
    )  # fmt: skip
    gate = HouseGate(rules_of(settings.tools, policies), approvals, core.traces, core.secrets)
    turns = _turns(core, channels, briefing, (room, upkeep, streams, gate))
    parts = CommandParts(
        core.ledger, core.sessions, core.bus, core.runs, core.traces, clock, channels, room, models,
        core.profiles, settings.agents.defaults, settings.commands,
        settings.session.reset_triggers, core.budgets, zone(core.timezone), clock.now_ms(), briefing.weigh, approvals,
        restart, OwnerConfig(core.loaded.environ, paths),
    )  # fmt: skip
    undo = UndoBook(paths.state, clock)
    hearing = Transcriber(settings.tools.media.audio, settings.models.providers, core.resolver)
    work = LaneWork(turns, parts, briefing, upkeep, undo, hearing)
    stopper = Stopper(core.ledger, room, core.runs, core.bus, (turns, work))
    lanes: Lanes[str] = Lanes(
        work.run_next, at_once=settings.agents.defaults.max_concurrent, on_busy=(turns.knock, approvals.knock)
    )
    routing, pairings = routing_of(core), means.accounts.pairings
    intake = Intake(core.ledger, core.bus, core.traces, clock)
    delivery = Delivery(
        DeliveryParts(
            core.ledger, core.sessions, channels, core.bus, clock, core.secrets, telephone.clearance
        ),
        DeliveryRules(settings.delivery.retry_attempts, settings.delivery.on_ambiguous),
    )
    job_parts = _jobs(core, channels, (intake, lanes, turns), means.accounts.owners, door)
    jobs, ticker = keep_jobs(job_parts, _pulses(core), core.ledger)
    hooks = HookDoors(core, jobs)
    runner = ChannelRunner(clock)
    hands = open_hands(
        HandsParts(
            core,
            channels,
            models,
            intake,
            stopper,
            door,
            means.public,
            undo,
            briefing.texts(),
            means.notes,
            telephone.clearance.explain,
        )
    )
    desk = FrontDesk(
        DeskParts(
            nameplate(core, models), core.ledger, core.sessions, intake, delivery, lanes, core.runs, clock,
            routing, pairings,
            lambda: shown(runner.states()),
            lambda: [*core.condition.words(), *problems(core.ledger, runner.states())],
            agents_shown(core, models), core.budgets, zone(core.timezone), models,
            model_choice(core.agents[0], {}, settings.agents.defaults), stopper, approvals, hands.mcp.states,
            tools=briefing.survey(), config=lambda: {**described(core.loaded), **core.condition.shown()}, jobs=jobs,
            phone=telephone.desk(intake.deliver_webhook), compliance=telephone.clearance,
            webhooks=PublicPaths(core.ledger, lambda: [*means.accounts.listed(), *hooks.present]).rows,
            lately=Glances(core.database).lately, works=core.works.listing, workspaces=core.workspaces,
            commands=CommandRequests(approvals, CommandLedger(core.database, clock), core.bus, clock),
        )
    )  # fmt: skip
    dispatch = Dispatch(
        core.ledger, core.bus, lanes, core.traces, routing, policies, pairings, Commands(parts, stopper),
        send_policy(settings.send_policy, settings.session.send_policy, zone(core.timezone)), telephone.dual,
    )  # fmt: skip
    briefing.furnish((*hands.open_families(), CronTools(jobs), *telephone.families))
    office_parts = OfficeParts(core, channels, models, lanes, telephone.clearance.explain, runner)
    office, invoking = (
        open_office(office_parts),
        open_invoking(core, briefing.survey(), models, policies, approvals),
    )
    renewal = Renewal(
        core, means.accounts, models, briefing, telephone, hands,
        Crossing(room, upkeep, gate, turns, parts, lanes, dispatch, delivery, streams, hearing),
        Business(job_parts, ticker, jobs, desk, office, office_parts, invoking, approvals, hooks),
        door, means.public, runner,
    )  # fmt: skip
    return House(
        core,
        means.accounts,
        telephone,
        runner,
        intake,
        dispatch,
        lanes,
        turns,
        delivery,
        desk,
        models,
        streams,
        approvals,
        hands,
        hooks,
        ticker if restart is not None else None,
        Logins(BrowserLedger(core.database, clock), LoginCodes(core.database, clock), clock),
        invoking,
        office,
        renewal,
    )


def _jobs(
    core: Core,
    channels: Mapping[AccountKey, Channel],
    house: tuple[Intake, Lanes[str], Turns],
    owners: Sequence[str],
    door: Door,
) -> JobParts:
    settings, (intake, lanes, turns) = core.loaded.settings, house
    owner_zone = zone(core.timezone)
    webhook = Webhook(door, core.resolver, settings.cron.webhook_token)
    return JobParts(
        core.jobs, core.sessions, intake.deliver, lanes, core.runs, core.bus, core.clock, channels, turns,
        settings.cron, webhook, core.loaded.paths.state, core.workspaces,
        owners, owner_zone, core.timezone,
    )  # fmt: skip


def _pulses(core: Core) -> Mapping[str, Pulse]:
    names = [agent.id for agent in core.agents]
    return pulses(core.loaded.settings.agents, names, zone(core.timezone))


def _turns(
    core: Core,
    channels: Mapping[AccountKey, Channel],
    briefing: HouseBriefing,
    handed: tuple[WaitingRoom, Upkeep, Streams, HouseGate],
) -> Turns:
    settings, (room, upkeep, streams, gate) = core.loaded.settings, handed
    patience = Patience(settings.models.probe.every_seconds, settings.models.probe.for_minutes * 60)
    fresh = Freshness(settings.session, zone(core.timezone))
    return Turns(
        TurnParts(
            core.ledger, core.sessions, briefing, channels, core.bus, core.traces, core.runs, core.clock, patience,
            room, upkeep, core.budgets, fresh, core.secrets, streams, gate,
        )
    )  # fmt: skip


def _drain() -> None:
    """The daemon ends as when it is asked to from outside, and whoever watches it starts it again."""
    signal.raise_signal(signal.SIGTERM)


@asynccontextmanager
async def open_house(loaded: Loaded) -> AsyncIterator[House]:
    """The house without its doors, for a command that works while no daemon runs.

    What the daemon has left unfinished is left to it. Raises AlreadyRunningError, and ConfigError where it is
    still the original's.
    """
    from openclaw.migrate.looking import refuse_home_of_original

    await anyio.to_thread.run_sync(refuse_home_of_original, loaded.paths.state, loaded.paths.ledger)
    os.umask(0o077)
    loaded.paths.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with StateLock(loaded.paths.state):
        if await anyio.to_thread.run_sync(moves.finish, loaded.paths.state):
            raise OpenClawError("a restore that was cut off is finished now; try again")
        async with build(loaded, Redactor(), with_channels=False) as house, house.working():
            yield house
