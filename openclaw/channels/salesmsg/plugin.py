"""What the entry point names."""

from collections.abc import Sequence

from openclaw.channels.salesmsg.channel import SalesmsgChannel
from openclaw.channels.salesmsg.config import SalesmsgConfig
from openclaw.channels.salesmsg.parse import CHANNEL
from openclaw.types.channel import Channel, ChannelParts


class SalesmsgPlugin:
    name = CHANNEL
    config = SalesmsgConfig

    def open(self, config: SalesmsgConfig, parts: ChannelParts) -> Sequence[Channel]:
        return [SalesmsgChannel(config, parts)]


plugin = SalesmsgPlugin()
