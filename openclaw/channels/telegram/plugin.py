"""What the entry point names."""

from collections.abc import Sequence

from openclaw.channels.telegram.channel import TelegramChannel
from openclaw.channels.telegram.config import TelegramConfig
from openclaw.channels.telegram.parse import CHANNEL
from openclaw.types.channel import Channel, ChannelParts


class TelegramPlugin:
    name = CHANNEL
    config = TelegramConfig

    def open(self, config: TelegramConfig, parts: ChannelParts) -> Sequence[Channel]:
        return [
            TelegramChannel(account, account_config, parts)
            for account, account_config in config.each_account().items()
        ]


plugin = TelegramPlugin()
