"""What the entry point names."""

from collections.abc import Sequence

from openclaw.channels.whatsapp.by_twilio.channel import TwilioWhatsAppChannel
from openclaw.channels.whatsapp.by_twilio.desk import TwilioDesk
from openclaw.channels.whatsapp.cloud.channel import CloudChannel
from openclaw.channels.whatsapp.cloud.desk import Desk
from openclaw.channels.whatsapp.config import CHANNEL, WhatsAppConfig
from openclaw.types.channel import Channel, ChannelParts


class WhatsAppPlugin:
    name = CHANNEL
    config = WhatsAppConfig

    def open(self, config: WhatsAppConfig, parts: ChannelParts) -> Sequence[Channel]:
        """All numbers of a provider share one address for webhooks."""
        desk, twilio_desk = Desk(parts.receipts, parts.alert), TwilioDesk(parts)
        channels: list[Channel] = []
        for name, account in config.each_account().items():
            if account.provider == "cloud":
                channels.append(CloudChannel(name, account, parts, desk))
            else:
                channels.append(TwilioWhatsAppChannel(name, account, parts, twilio_desk))
        return channels


plugin = WhatsAppPlugin()
