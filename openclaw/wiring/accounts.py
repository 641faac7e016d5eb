"""The channels' accounts: opened, who may speak on each, and how each shows an answer that is being written."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from openclaw.agent.policy.rules import GroupRules, group_rules
from openclaw.channels.registry import load_channel
from openclaw.channels.salesmsg.config import SalesmsgConfig
from openclaw.channels.telegram.config import TelegramAccount
from openclaw.gateway.access import AccessPolicy, Mark, owners_of
from openclaw.gateway.alerts import AlertParts, Alerts
from openclaw.gateway.approvals import owner_addresses
from openclaw.gateway.command_book import menu
from openclaw.gateway.config import GroupChatConfig
from openclaw.gateway.discord import Discord
from openclaw.gateway.dispatch import AccountKey
from openclaw.gateway.streaming import StreamParts, StreamPlan, Streams, Tempo, block_rules
from openclaw.net.door import Door
from openclaw.settings.loading import Loaded
from openclaw.store.event_log import EventStore
from openclaw.store.own_texts import OwnTextLog
from openclaw.store.receipts import ReceiptStore
from openclaw.types.channel import Channel, ChannelParts
from openclaw.types.errors import ConfigError
from openclaw.types.groups import GroupAccess
from openclaw.wiring.foundation import Core

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Accounts:
    channels: Mapping[AccountKey, Channel]
    policies: Mapping[AccountKey, AccessPolicy]
    owners: tuple[str, ...]
    """Everyone who has the owner's authority, as `channel:sender`."""
    alerts: Alerts
    listed: Callable[[], Iterable[Channel]]
    """Those that are switched on, also where none is at work: only to be looked at."""


def open_accounts(core: Core, door: Door, *, with_channels: bool) -> Accounts:
    """Without channels nobody is written to, but who may speak is known all the same."""
    found, owners = policies(core.loaded)
    # Filled below: channels raise alerts, and alerts leave by channels.
    opened: dict[AccountKey, Channel] = {}
    webhook = core.loaded.settings.ops.discord.webhook_url
    discord = Discord(door, core.resolver, webhook) if webhook is not None else None
    alerts = Alerts(AlertParts(core.ledger, core.bus, opened, core.clock, owner_addresses(found), discord))
    if with_channels:
        opened.update(_open_channels(core, alerts))
    listed = opened.values if with_channels else lambda: _open_channels(core, alerts).values()
    return Accounts(opened, found, owners, alerts, listed)


def _open_channels(core: Core, alerts: Alerts) -> dict[AccountKey, Channel]:
    """A channel that cannot be opened is off, alone, and says so."""
    loaded = core.loaded
    parts = ChannelParts(
        core.resolver, core.ledger, core.clock, core.phone, menu() if loaded.settings.commands.native else (),
        loaded.paths.state / "media", core.consents.heed, loaded.paths.credentials,
        EventStore(core.database, core.clock), alerts.alert, ReceiptStore(core.database, core.clock),
        core.consents, OwnTextLog(core.database),
    )  # fmt: skip
    opened: dict[AccountKey, Channel] = {}
    for name, config in configured(loaded):
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
    defaults = core.loaded.settings.agents.defaults
    by_default = defaults.block_streaming_default == "on"
    plans = {
        ("telegram", name): StreamPlan(
            by_default if account.block_streaming is None else account.block_streaming,
            account.streaming,
            account.text_chunk_limit,
        )
        for name, account in telegram_accounts(core.loaded).items()
    }
    return Streams(
        StreamParts(
            core.shown, channels, core.bus, core.clock, core.secrets, plans, block_rules(defaults),
            Tempo(pause_ms=defaults.human_delay.range_ms),
        )
    )  # fmt: skip


def telegram_accounts(loaded: Loaded) -> Mapping[str, TelegramAccount]:
    config = loaded.settings.channels.telegram
    return config.each_account() if config is not None else {}
