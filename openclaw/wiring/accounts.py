"""The channels' accounts: opened, who may speak on each, and how each shows an answer that is being written."""

import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import get_args

from pydantic import ValidationError

from openclaw.agent.policy.rules import GroupRules, group_rules
from openclaw.channels.registry import channel_names, load_channel
from openclaw.channels.salesmsg.config import SalesmsgConfig
from openclaw.channels.telegram.config import TelegramAccount
from openclaw.gateway.access import AccessPolicy, DmPolicy, Mark, owners_of
from openclaw.gateway.alerts import AlertParts, Alerts
from openclaw.gateway.approvals import owner_addresses
from openclaw.gateway.chunker import BlockRules
from openclaw.gateway.command_book import menu
from openclaw.gateway.config import GroupChatConfig
from openclaw.gateway.discord import Discord
from openclaw.gateway.dispatch import AccountKey
from openclaw.gateway.pairing import PairingStore
from openclaw.gateway.streaming import StreamParts, StreamPlan, Streams, Tempo, block_rules
from openclaw.net.door import Door
from openclaw.settings.loading import Loaded
from openclaw.store.event_log import EventStore
from openclaw.store.own_texts import OwnTextLog
from openclaw.store.receipts import ReceiptStore
from openclaw.types.channel import Channel, ChannelParts
from openclaw.types.errors import ConfigError
from openclaw.types.groups import GroupAccess
from openclaw.types.messages import Address
from openclaw.wiring.foundation import Core

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Its collections are filled anew when the config changes: whoever holds one sees what is there now."""

    channels: dict[AccountKey, Channel]
    policies: dict[AccountKey, AccessPolicy]
    owners: list[str]
    """Everyone who has the owner's authority, as `channel:sender`."""
    addresses: list[Address]
    """Where each owner is written to directly, on every account."""
    pairings: dict[AccountKey, PairingStore]
    alerts: Alerts
    listed: Callable[[], Iterable[Channel]]
    """Those that are switched on, also where none is at work: only to be looked at."""
    retired: list[Channel] = field(default_factory=list)
    """Replaced by others; what they were sending may still be under way."""

    async def aclose(self) -> None:
        for channel in (*self.channels.values(), *self.retired):
            await channel.aclose()


def open_accounts(core: Core, door: Door, *, with_channels: bool) -> Accounts:
    """Without channels nobody is written to, but who may speak is known all the same."""
    found, owners = policies(core.loaded)
    # Filled below: channels raise alerts, and alerts leave by channels.
    opened: dict[AccountKey, Channel] = {}
    addresses = list(owner_addresses(found))
    alerts = Alerts(AlertParts(core.ledger, core.bus, opened, core.clock, addresses, discord_of(core, door)))
    if with_channels:
        opened.update(open_channels(core, alerts))
    listed = opened.values if with_channels else lambda: open_channels(core, alerts).values()
    stores = pairing_stores(core, found)
    return Accounts(opened, found, list(owners), addresses, stores, alerts, listed)


def discord_of(core: Core, door: Door) -> Discord | None:
    webhook = core.loaded.settings.ops.discord.webhook_url
    return Discord(door, core.resolver, webhook) if webhook is not None else None


def pairing_stores(core: Core, accounts: Iterable[AccountKey]) -> dict[AccountKey, PairingStore]:
    folder = core.loaded.paths.credentials
    return {account: PairingStore(folder, *account, core.clock) for account in accounts}


def open_channels(
    core: Core, alerts: Alerts, names: Collection[str] | None = None
) -> dict[AccountKey, Channel]:
    """A channel that cannot be opened is off, alone, and says so. `names`: only these."""
    loaded = core.loaded
    parts = ChannelParts(
        core.resolver, core.ledger, core.clock, core.phone, menu() if loaded.settings.commands.native else (),
        loaded.paths.state / "media", core.consents.heed, loaded.paths.credentials,
        EventStore(core.database, core.clock), alerts.alert, ReceiptStore(core.database, core.clock),
        core.consents, OwnTextLog(core.database), core.works,
    )  # fmt: skip
    opened: dict[AccountKey, Channel] = {}
    for name, config in configured(loaded):
        if names is not None and name not in names:
            continue
        try:
            for channel in load_channel(name).open(config, parts):
                opened[channel.name, channel.account] = channel
        except ConfigError as error:
            logger.error("%s", error)
    return opened


def configured(loaded: Loaded) -> Iterator[tuple[str, object]]:
    """Every channel that is switched on, with its part of the file."""
    channels = loaded.settings.channels
    for name in type(channels).model_fields:
        config = getattr(channels, name)
        if getattr(config, "enabled", False):
            yield name, config
    yield from strangers(loaded)


def strangers(loaded: Loaded) -> Iterator[tuple[str, object]]:
    """Channels of installed packages, each by its own config model; what cannot be used is off, alone, and says so."""
    for name in loaded.settings.channels.model_extra or ():
        block = loaded.settings.channels.other(name)
        if block is None or name not in channel_names():
            continue
        try:
            config = load_channel(name).config.model_validate(block)
        except (ConfigError, ValidationError) as error:
            logger.error("channels.%s is off: %s", name, error)
            continue
        if getattr(config, "enabled", True):
            yield name, config


def policies(loaded: Loaded) -> tuple[dict[AccountKey, AccessPolicy], tuple[str, ...]]:
    """Who may speak on each account, and everyone who has the owner's authority."""
    named, messages = loaded.settings.commands.owner_allow_from, loaded.settings.messages
    mark = Mark(messages.ack_reaction, messages.ack_reaction_scope)
    found: dict[AccountKey, AccessPolicy] = {}
    for name, account in telegram_accounts(loaded).items():
        owners = owners_of("telegram", named, account.allowed)
        groups = _called(account, messages.group_chat)
        found["telegram", name] = AccessPolicy(
            account.dm_policy, frozenset(account.allowed), owners, groups, mark
        )
    for texts in (loaded.settings.channels.salesmsg, loaded.settings.channels.quo):
        if texts is not None and texts.enabled:
            name = "salesmsg" if isinstance(texts, SalesmsgConfig) else "quo"
            found[name, "default"] = AccessPolicy(texts.dm_policy, frozenset(texts.allowed))
    if (voice := loaded.settings.channels.voice) is not None and voice.enabled:
        # Nobody is the owner by his number: anyone can call from any.
        found["voice", "default"] = AccessPolicy(voice.inbound_policy, frozenset(voice.allowed))
    whatsapp = loaded.settings.channels.whatsapp
    for name, number in whatsapp.each_account().items() if whatsapp is not None else ():
        owners = owners_of("whatsapp", named, number.allowed)
        found["whatsapp", name] = AccessPolicy(number.dm_policy, frozenset(number.allowed), owners, mark=mark)
    sms = loaded.settings.channels.sms
    for name, line in sms.each_account().items() if sms is not None else ():
        found["sms", name] = AccessPolicy(line.dm_policy, frozenset(line.allowed))
    for name, config in strangers(loaded):
        allowed = tuple(getattr(config, "allow_from", ()))
        policy: DmPolicy = getattr(config, "dm_policy", "pairing")
        if policy not in get_args(DmPolicy):
            logger.error("channels.%s: its plugin knows a dmPolicy that we do not: nobody is answered", name)
            policy = "disabled"
        found[name, "default"] = AccessPolicy(
            policy, frozenset(allowed), owners_of(name, named, allowed), mark=mark
        )
    everyone = sorted(
        {f"{channel}:{owner}" for (channel, _), policy in found.items() for owner in policy.owners}
    )
    return found, tuple(everyone)


def _called(account: TelegramAccount, config: GroupChatConfig) -> GroupAccess:
    """An account's groups, with what every channel's groups have in common."""
    limit = config.history_limit if account.history_limit is None else account.history_limit
    patterns = tuple(re.compile(pattern, re.IGNORECASE) for pattern in config.mention_patterns)
    return replace(account.group_access, mention_patterns=patterns, history_limit=limit)


def rules_of_groups(loaded: Loaded) -> dict[AccountKey, Mapping[str, GroupRules]]:
    """What the channels' groups say about tools."""
    return {("telegram", name): group_rules(each.groups) for name, each in telegram_accounts(loaded).items()}


def streams(core: Core, channels: Mapping[AccountKey, Channel]) -> Streams:
    plans, rules, tempo = shows(core.loaded)
    return Streams(StreamParts(core.shown, channels, core.bus, core.clock, core.secrets, plans, rules, tempo))


def shows(loaded: Loaded) -> tuple[dict[AccountKey, StreamPlan], BlockRules, Tempo]:
    """How each account shows an answer that is being written."""
    defaults = loaded.settings.agents.defaults
    by_default = defaults.block_streaming_default == "on"
    plans = {
        ("telegram", name): StreamPlan(
            by_default if account.block_streaming is None else account.block_streaming,
            account.streaming,
            account.text_chunk_limit,
        )
        for name, account in telegram_accounts(loaded).items()
    }
    return plans, block_rules(defaults), Tempo(pause_ms=defaults.human_delay.range_ms)


def telegram_accounts(loaded: Loaded) -> Mapping[str, TelegramAccount]:
    config = loaded.settings.channels.telegram
    return config.each_account() if config is not None else {}
