"""Finds channel plugins by their name in the config. Nothing is loaded that is not configured."""

from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points

from openclaw.types.channel import ChannelPlugin
from openclaw.types.errors import ConfigError

GROUP = "openclaw.channels"
# First, so that no installed package can take over a built-in channel and its token, and so that a start
# without foreign plugins does not read the metadata of every package.
_BUILT_IN = {
    "quo": EntryPoint("quo", "openclaw.channels.quo.plugin:plugin", GROUP),
    "salesmsg": EntryPoint("salesmsg", "openclaw.channels.salesmsg.plugin:plugin", GROUP),
    "sms": EntryPoint("sms", "openclaw.channels.sms.plugin:plugin", GROUP),
    "telegram": EntryPoint("telegram", "openclaw.channels.telegram.plugin:plugin", GROUP),
    "voice": EntryPoint("voice", "openclaw.channels.voice.plugin:plugin", GROUP),
    "whatsapp": EntryPoint("whatsapp", "openclaw.channels.whatsapp.plugin:plugin", GROUP),
}


def channel_names() -> Sequence[str]:
    """Every channel there is, built in or installed."""
    return sorted({*_BUILT_IN, *(entry.name for entry in entry_points(group=GROUP))})


def load_channel(name: str) -> ChannelPlugin:
    """Raises ConfigError for a channel that is not installed or cannot be loaded."""
    entry = _BUILT_IN.get(name) or next(iter(entry_points(group=GROUP, name=name)), None)
    if entry is None:
        known = ", ".join(channel_names())
        raise ConfigError(f"channels.{name}", "no such channel", f"Known are {known}; or install its plugin")
    try:
        plugin: ChannelPlugin = entry.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"channels.{name}", f"its plugin {entry.value} does not load: {error}", "Install it again"
        ) from error
    return plugin
