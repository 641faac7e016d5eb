"""What the entry point names."""

from collections.abc import Sequence

from openclaw.channels.quo.channel import QuoChannel
from openclaw.channels.quo.config import QuoConfig
from openclaw.channels.quo.parse import CHANNEL
from openclaw.types.channel import Channel, ChannelParts


class QuoPlugin:
    name = CHANNEL
    config = QuoConfig

    def open(self, config: QuoConfig, parts: ChannelParts) -> Sequence[Channel]:
        return [QuoChannel(config, parts)]


plugin = QuoPlugin()
