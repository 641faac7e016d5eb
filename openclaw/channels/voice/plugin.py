"""What the entry point names."""

from collections.abc import Sequence

from openclaw.channels.voice.channel import VoiceChannel
from openclaw.channels.voice.config import VoiceConfig
from openclaw.channels.voice.parse import CHANNEL
from openclaw.types.channel import Channel, ChannelParts


class VoicePlugin:
    name = CHANNEL
    config = VoiceConfig

    def open(self, config: VoiceConfig, parts: ChannelParts) -> Sequence[Channel]:
        return [VoiceChannel(config, parts)] if config.enabled else []


plugin = VoicePlugin()
