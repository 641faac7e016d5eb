import pytest

from openclaw.channels.registry import load_channel
from openclaw.channels.sms.config import SmsConfig
from openclaw.channels.sms.plugin import plugin
from openclaw.types.channel import ChannelParts
from openclaw.types.errors import ConfigError
from tests.channels.sms.house import Inbox, SetClock, texting
from tests.channels.twilio.world import MemoryPhone, Secrets
from tests.fakes import FakeTwilio


def parts(phone: MemoryPhone | None) -> ChannelParts:
    return ChannelParts(Secrets(), Inbox(), SetClock(), phone=phone)


def test_it_is_found_by_its_name() -> None:
    assert load_channel("sms") is plugin


def test_a_block_without_a_number_is_told_and_not_started() -> None:
    with pytest.raises(ConfigError, match=r"channels\.sms\.fromNumber: no number to send from"):
        plugin.open(SmsConfig(), parts(MemoryPhone()))


def test_it_does_not_start_without_a_ledger() -> None:
    with pytest.raises(ConfigError, match="no ledger for texts"):
        plugin.open(SmsConfig(from_number="+12015550199"), parts(None))


async def test_numbers_of_one_twilio_account_share_its_login(twilio: FakeTwilio) -> None:
    other = {"fromNumber": "+12015550197", "authToken": "another"}
    house = texting(twilio, accounts={"sales": {"fromNumber": "+12015550198"}, "other": other})

    logins = [channel._line.login for channel in house.channels.values()]

    assert logins[0] is logins[1]
    assert logins[2] is not logins[0]
    assert [channel.name for channel in house.channels.values()] == ["sms", "sms", "sms"]
