"""What the entry point names."""

from collections.abc import Sequence

from openclaw.channels.sms.channel import SmsChannel
from openclaw.channels.sms.config import SmsAccount, SmsConfig
from openclaw.channels.sms.parse import CHANNEL
from openclaw.channels.sms.switchboard import Line, Switchboard
from openclaw.channels.twilio.config import TwilioConfig
from openclaw.channels.twilio.login import Login
from openclaw.types.channel import Channel, ChannelParts
from openclaw.types.errors import ConfigError


class SmsPlugin:
    name = CHANNEL
    config = SmsConfig

    def open(self, config: SmsConfig, parts: ChannelParts) -> Sequence[Channel]:
        if (phone := parts.phone) is None:
            raise ConfigError(
                "channels.sms", "the house has no ledger for texts", "Start it by `openclaw serve`"
            )
        logins: list[tuple[TwilioConfig, Login]] = []
        lines = [_line(name, account, parts, logins) for name, account in config.each_account().items()]
        switchboard = Switchboard(lines, parts, phone)
        return [
            SmsChannel(line, switchboard, parts, phone, config.backfill, answers_webhooks=line is lines[0])
            for line in lines
        ]


def _line(
    name: str, account: SmsAccount, parts: ChannelParts, logins: list[tuple[TwilioConfig, Login]]
) -> Line:
    place = "channels.sms" if name == "default" else f"channels.sms.accounts.{name}"
    if not account.sender:
        raise ConfigError(
            f"{place}.fromNumber", "no number to send from", "Set it to a number of your Twilio account"
        )
    # Numbers of one Twilio account share its connection, and a signature is checked once for all of them.
    login = next((login for other, login in logins if account.same_login(other)), None)
    if login is None:
        login = Login(account, parts.resolver, place)
        logins.append((account, login))
    return Line(name, account, login)


plugin = SmsPlugin()
