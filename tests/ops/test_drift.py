from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest

from openclaw.ops.drift import Drift, Expected, compare, drifts, expectations, look, tell
from openclaw.settings.model import Settings
from openclaw.types.errors import ChannelError, OpenClawError
from tests.channels.twilio.world import Secrets
from tests.fakes import FakeTwilio

BASE = "https://hooks.example.org"
SMS = Expected("sms", "+12015550100", (f"{BASE}/sms", f"{BASE}/sms/webhook"))
VOICE = Expected("voice", "+12015550100", (f"{BASE}/voice",))


@dataclass(frozen=True)
class Number:
    number: str = "+12015550100"
    sms_url: str = f"{BASE}/sms"
    voice_url: str = f"{BASE}/voice"
    sms_method: str = "POST"
    voice_method: str = "POST"
    sms_application: str = ""
    voice_application: str = ""


@dataclass(frozen=True)
class Account:
    found: Sequence[Number]

    async def numbers(self) -> Sequence[Number]:
        return self.found


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as server:
        yield server


@pytest.mark.parametrize("url", [f"{BASE}/sms", f"{BASE}/sms/webhook"])
def test_any_of_our_paths_will_do(url: str) -> None:
    assert drifts([SMS, VOICE], [Number(sms_url=url), Number("+12015550199", "", "")]) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://demo.twilio.com/welcome/sms/reply",
        f"{BASE}/voice",
        f"{BASE}/sms/",
        "http://hooks.example.org/sms",
    ],
)
def test_any_other_is_drift_with_the_address_to_set(url: str) -> None:
    (found,) = drifts([SMS, VOICE], [Number(sms_url=url)])

    assert found == Drift("sms", "+12015550100", url, f"{BASE}/sms")
    assert f"set it to {BASE}/sms" in str(found)


@pytest.mark.parametrize(
    ("number", "problems"),
    [
        (Number(sms_method="GET"), [f"{BASE}/sms by GET"]),
        (Number(voice_method="get"), [f"{BASE}/voice by GET"]),
        (Number(sms_application="AP1"), ["the TwiML application AP1 in place of an address"]),
        (Number(voice_application="AP2"), ["the TwiML application AP2 in place of an address"]),
        (Number(sms_method="", voice_method=""), []),
    ],
)
def test_the_right_address_does_not_do_where_it_is_not_called_or_by_get(
    number: Number, problems: list[str]
) -> None:
    assert [each.found for each in drifts([SMS, VOICE], [number])] == problems


def test_a_number_that_the_account_does_not_have_is_drift() -> None:
    assert [each.found for each in drifts([VOICE], [])] == ["no such number in this account"]


def settings(**channels: object) -> Settings:
    return Settings.model_validate({"channels": channels})


def test_the_config_says_what_is_expected_of_each_account() -> None:
    config = settings(
        sms={
            "accountSid": "AC1",
            "fromNumber": "+12015550100",
            "publicWebhookUrls": [BASE, "https://spare.example.org/tunnel"],
            "accounts": {"toll": {"fromNumber": "+18445550100"}, "silent": {"enabled": False}},
        },
        voice={},
    )

    found = expectations(config)

    numbers = {(each.channel, each.number) for _, expected in found.values() for each in expected}
    assert ("sms", "+12015550100") in numbers
    assert ("sms", "+18445550100") in numbers
    urls = found["channels.sms"][1][0].urls
    assert urls[0] == f"{BASE}/sms"
    assert "https://spare.example.org/tunnel/sms/webhook" in urls


@pytest.mark.parametrize(
    "sms",
    [
        {"fromNumber": "+12015550100"},
        {"publicWebhookUrls": [BASE]},
        {"enabled": False, "fromNumber": "+12015550100", "publicWebhookUrls": [BASE]},
        {"fromNumber": "+12015550100", "publicWebhookUrls": [BASE], "messagingServiceSid": "MG" + "0" * 32},
    ],
)
def test_without_a_number_and_an_address_nothing_is_expected(sms: dict[str, object]) -> None:
    assert expectations(settings(sms=sms)) == {}
    assert expectations(Settings()) == {}


async def test_an_account_is_compared_through_its_numbers() -> None:
    assert await compare(Account([Number()]), [SMS]) == []


def account(twilio: FakeTwilio, token: str) -> Settings:
    return settings(
        sms={
            "accountSid": twilio.account_sid,
            "authToken": token,
            "apiRoot": twilio.url,
            "fromNumber": twilio.number,
            "publicWebhookUrls": [BASE],
        }
    )


async def test_twilio_is_asked_for_its_numbers(twilio: FakeTwilio) -> None:
    config = account(twilio, twilio.token)

    assert await look(config, Secrets()) == [Drift("sms", twilio.number, "", f"{BASE}/sms")]
    twilio.numbers[0] |= {"sms_url": f"{BASE}/sms", "sms_method": "GET"}
    assert [each.found for each in await look(config, Secrets())] == [f"{BASE}/sms by GET"]
    twilio.numbers[0] |= {"sms_method": "POST", "sms_application_sid": "AP1"}
    assert "AP1" in (await look(config, Secrets()))[0].found
    twilio.numbers[0]["sms_application_sid"] = ""
    assert await look(config, Secrets()) == []


async def test_an_account_that_does_not_answer_is_told_with_its_place(twilio: FakeTwilio) -> None:
    with pytest.raises(ChannelError, match=r"channels\.sms"):
        await look(account(twilio, "wrong" * 6), Secrets())


async def test_drift_becomes_one_alert_and_silence_none() -> None:
    alerts: list[tuple[str, str]] = []
    found: list[Drift] = []

    async def alert(kind: str, text: str) -> None:
        alerts.append((kind, text))

    async def look_now() -> list[Drift]:
        return found

    async def fails() -> list[Drift]:
        raise OpenClawError("no route")

    await tell(look_now, alert)
    await tell(fails, alert)
    assert alerts == []
    found += [
        Drift("sms", "+12015550100", "", f"{BASE}/sms"),
        Drift("voice", "+12015550100", "x", f"{BASE}/voice"),
    ]
    await tell(look_now, alert)

    ((kind, text),) = alerts
    assert kind == "webhook-drift"
    assert f"{BASE}/sms" in text
    assert f"{BASE}/voice" in text
