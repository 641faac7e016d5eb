import pytest

from openclaw.types.errors import ChannelError
from tests.channels.twilio.world import Secrets, login
from tests.fakes import FakeTwilio


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"accountSid": None}, "channels.sms.accountSid is not set"),
        ({"authToken": None}, "channels.sms.authToken is not set"),
        ({"authToken": " "}, "channels.sms.authToken is empty"),
        ({"authToken": "env:NOT_THERE"}, "env:NOT_THERE is not there"),
    ],
)
async def test_without_credentials_the_owner_is_told_which_key(
    twilio: FakeTwilio, missing: dict[str, object], words: str
) -> None:
    with pytest.raises(ChannelError, match=words) as raised:
        await login(twilio, None, **missing).rest()

    assert raised.value.wait_seconds


async def test_the_token_is_looked_up_anew_only_after_it_was_refused(twilio: FakeTwilio) -> None:
    secrets = Secrets({"env:TOKEN": "old\n"})
    account = login(twilio, secrets, authToken="env:TOKEN")
    assert not account.known

    first = await account.resolved()
    secrets.values["env:TOKEN"] = twilio.token
    assert (await account.resolved()) is first
    await account.was_refused()
    rest = await account.rest()

    assert first.auth_token.reveal() == "old"
    assert account.credentials is not None
    assert account.known == (account.credentials,)
    assert account.credentials.auth_token.reveal() == twilio.token
    assert await rest.numbers()
    assert secrets.fresh_reads == 1
    await account.aclose()


async def test_one_connection_serves_until_it_is_closed(twilio: FakeTwilio) -> None:
    account = login(twilio)

    assert await account.rest() is await account.rest()
    await account.aclose()
    await account.aclose()
