"""Another config for a house that is at work: who takes what over, in one place.

For others: `House.renewal.renew(taken)`. What a turn was given at its beginning (its model, prompt, tools, limits)
stays with it to its end; gates, budgets and who may speak hold at once. Nothing is awaited between the first part that
takes the new config over and the last.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import anyio.to_thread

from openclaw import logs
from openclaw.agent.config import roster
from openclaw.agent.context.upkeep import Upkeep
from openclaw.agent.host import zone
from openclaw.agent.toolbox import ToolFamily
from openclaw.agent.tools.cron import CronTools
from openclaw.channels.registry import load_channel
from openclaw.channels.runner import ChannelRunner
from openclaw.gateway.answering import Patience
from openclaw.gateway.approvals import Approvals, owner_addresses
from openclaw.gateway.briefing import HouseBriefing, model_choice
from openclaw.gateway.commands.parts import CommandParts
from openclaw.gateway.delivery import Delivery, DeliveryRules
from openclaw.gateway.dispatch import AccountKey, Dispatch
from openclaw.gateway.gate import HouseGate, rules_of
from openclaw.gateway.invoking import Invoking
from openclaw.gateway.jobs.desk import JobDesk
from openclaw.gateway.jobs.heartbeat import Pulse, pulses
from openclaw.gateway.jobs.runs import JobParts
from openclaw.gateway.jobs.ticker import Ticker
from openclaw.gateway.jobs.webhook import Webhook
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.routing import Routing
from openclaw.gateway.send_policy import SendPolicy, send_policy
from openclaw.gateway.streaming import Streams
from openclaw.gateway.turns import Freshness, Turns
from openclaw.gateway.waiting import WaitingRoom
from openclaw.llm.models import Models
from openclaw.llm.transcription import Transcriber
from openclaw.net.door import Door
from openclaw.net.public_door import PublicDoor
from openclaw.settings.life.effects import Taken
from openclaw.settings.loading import Loaded
from openclaw.types.channel import Channel
from openclaw.types.errors import ConfigError
from openclaw.web.front_desk import FrontDesk
from openclaw.web.office.desk import Office
from openclaw.wiring.accounts import (
    Accounts,
    configured,
    discord_of,
    open_channels,
    pairing_stores,
    policies,
    shows,
)
from openclaw.wiring.doors import HookDoors
from openclaw.wiring.foundation import Core, refill
from openclaw.wiring.hands import Hands
from openclaw.wiring.invoking import standing
from openclaw.wiring.mind import (
    agents_shown,
    briefing_parts,
    model_settings,
    nameplate,
    skill_surroundings,
    tool_settings,
)
from openclaw.wiring.office import OfficeParts, renew_office
from openclaw.wiring.telephone import Telephone

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Crossing:
    """The way of a message, from the inbox to the outbox."""

    room: WaitingRoom
    upkeep: Upkeep
    gate: HouseGate
    turns: Turns
    commands: CommandParts
    lanes: Lanes[str]
    dispatch: Dispatch
    delivery: Delivery
    streams: Streams
    hearing: Transcriber


@dataclass(frozen=True, slots=True)
class Business:
    """What happens beside the conversations."""

    jobs: JobParts
    ticker: Ticker
    job_desk: JobDesk
    desk: FrontDesk
    office: Office
    office_parts: OfficeParts
    invoking: Invoking
    approvals: Approvals
    hooks: HookDoors


@dataclass(frozen=True, slots=True)
class _Timed:
    """What is reckoned by time zones: they are read from the disk."""

    sending: SendPolicy
    pulses: Mapping[str, Pulse]


def _timed(loaded: Loaded, timezone: str) -> _Timed:
    settings, owner_zone = loaded.settings, zone(timezone)
    sending = send_policy(settings.send_policy, settings.session.send_policy, owner_zone)
    return _Timed(sending, pulses(settings.agents, agent_names(loaded), owner_zone))


@dataclass(frozen=True, slots=True)
class Renewal:
    core: Core
    accounts: Accounts
    models: Models
    briefing: HouseBriefing
    telephone: Telephone
    hands: Hands
    crossing: Crossing
    business: Business
    door: Door
    public: PublicDoor
    runner: ChannelRunner

    async def renew(self, taken: Taken) -> Sequence[Channel]:
        """The channels that were replaced: to be closed when nobody can be sending by them any more."""
        before, loaded = self.core.loaded, taken.loaded
        anew = sorted({name for name in _names(before, loaded) if _differs(name, before, loaded)})
        for name in anew:
            await anyio.to_thread.run_sync(_load, name)
        await self.core.sessions.welcome(agent_names(loaded))
        timed = await anyio.to_thread.run_sync(_timed, loaded, self.core.timezone)
        self.core.adopt(loaded)
        logs.adopt(loaded.settings.logging)
        self._people()
        self._mind()
        self._crossing(timed)
        self._business(timed)
        retired = await self._channels(before, anew)
        # Who can be reached has changed with the channels.
        self.telephone.adopt()
        self.briefing.furnish(self.families())
        await self.telephone.begin()
        return retired

    def families(self) -> tuple[ToolFamily, ...]:
        return (*self.hands.open_families(), CronTools(self.business.job_desk), *self.telephone.families)

    # -- what holds from now on ---------------------------------------------------------------------------

    def _people(self) -> None:
        accounts, found, owners = self.accounts, *policies(self.core.loaded)
        refill(accounts.policies, found)
        accounts.owners[:] = owners
        accounts.addresses[:] = owner_addresses(found)
        known = accounts.pairings
        fresh = pairing_stores(self.core, [each for each in found if each not in known])
        refill(known, {each: known.get(each) or fresh[each] for each in found})
        accounts.alerts.adopt(discord_of(self.core, self.door))
        self.telephone.adopt()

    def _mind(self) -> None:
        core, settings = self.core, self.core.loaded.settings
        self.models.adopt(model_settings(core))
        self.public.adopt(frozenset(settings.tools.web.fetch.ports))
        toolbox = self.briefing.toolbox
        toolbox.adopt(tool_settings(core), skill_surroundings(core))
        self.briefing.adopt(
            briefing_parts(core, self.models, toolbox, self.accounts.owners, self.telephone.briefing)
        )
        self.hands.adopt()
        self.briefing.furnish(self.families())

    def _crossing(self, timed: "_Timed") -> None:
        core, each = self.core, self.crossing
        settings = core.loaded.settings
        defaults, probe, owner_zone = settings.agents.defaults, settings.models.probe, zone(core.timezone)
        each.room.adopt(settings.messages.queue)
        each.upkeep.adopt(defaults.compaction)
        each.gate.adopt(rules_of(settings.tools, self.accounts.policies))
        each.turns.adopt(
            Patience(probe.every_seconds, probe.for_minutes * 60), Freshness(settings.session, owner_zone)
        )
        each.commands.adopt(defaults, settings.commands, settings.session.reset_triggers)
        each.lanes.adopt(defaults.max_concurrent)
        each.dispatch.adopt(routing(core), timed.sending)
        each.delivery.adopt(DeliveryRules(settings.delivery.retry_attempts, settings.delivery.on_ambiguous))
        each.streams.adopt(*shows(core.loaded))
        each.hearing.adopt(settings.tools.media.audio, settings.models.providers)

    def _business(self, timed: "_Timed") -> None:
        core, each = self.core, self.business
        settings = core.loaded.settings
        each.jobs.adopt(settings.cron, Webhook(self.door, core.resolver, settings.cron.webhook_token))
        each.hooks.adopt()
        each.ticker.adopt(timed.pulses)
        each.invoking.adopt(*standing(core, self.accounts.policies, each.approvals))
        renew_office(each.office, each.office_parts)
        plate = nameplate(core, self.models)
        each.desk.adopt(
            replace(plate, started_at=each.desk.nameplate().started_at),
            routing(core),
            agents_shown(core, self.models),
            model_choice(core.agents[0], {}, settings.agents.defaults),
        )

    # -- the channels -------------------------------------------------------------------------------------

    async def _channels(self, before: Loaded, anew: Sequence[str]) -> list[Channel]:
        """Those whose part of the config is another one end and begin anew; the others are not touched."""
        accounts, retired = self.accounts, list[Channel]()
        fresh = open_channels(self.core, accounts.alerts, anew) if anew else {}
        for place in [place for place in accounts.channels if place[0] in anew]:
            if place in fresh and _is_same_account(place, before, self.core.loaded):
                await fresh.pop(place).aclose()
                continue
            await self.runner.take_off(*place, for_good=place not in fresh)
            retired.append(accounts.channels[place])
            if place not in fresh:
                del accounts.channels[place]
        accounts.retired.extend(retired)
        # At no moment is there none for what is to be sent.
        accounts.channels.update(fresh)
        for channel in fresh.values():
            self.runner.put_on(channel)
        return retired


def routing(core: Core) -> Routing:
    settings, names = core.loaded.settings, tuple(agent.id for agent in core.agents)
    tiers = {agent.id: agent.tier for agent in core.agents if agent.tier}
    return Routing(names, names[0], settings.bindings, settings.session, tiers)


def agent_names(loaded: Loaded) -> list[str]:
    return [agent.id for agent in roster(loaded.settings.agents, loaded.paths.state)]


def _names(*loaded: Loaded) -> list[str]:
    return [name for each in loaded for name, _ in configured(each)]


def _differs(name: str, before: Loaded, after: Loaded) -> bool:
    return bool(dict(configured(before)).get(name) != dict(configured(after)).get(name))


def _is_same_account(place: AccountKey, before: Loaded, after: Loaded) -> bool:
    """Only where accounts share nothing with each other: elsewhere one switchboard knows them all."""
    name, account = place
    if name != "telegram":
        return False
    old, new = before.settings.channels.telegram, after.settings.channels.telegram
    if old is None or new is None:
        return False
    return old.each_account().get(account) == new.each_account().get(account)


def _load(name: str) -> None:
    """In a thread: its first import takes its time. What is wrong with it is told when it is opened."""
    try:
        load_channel(name)
    except ConfigError as error:
        logger.debug("%s", error)
