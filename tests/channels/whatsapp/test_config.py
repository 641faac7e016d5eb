from typing import Any

import pytest
from pydantic import ValidationError

from openclaw.channels.whatsapp.config import WhatsAppAccount, WhatsAppConfig, beside_sms

CLOUD = {"phoneNumberId": "106540352242922", "accessToken": "EAAG", "appSecret": "s", "verifyToken": "v"}


def test_a_number_of_the_cloud_needs_its_id() -> None:
    config = WhatsAppConfig.model_validate(CLOUD)

    assert list(config.each_account()) == ["default"]
    assert (config.provider, config.dm_policy, config.graph_version) == ("cloud", "pairing", "v26.0")
    assert config.graph_root == "https://graph.facebook.com"
    assert list(config.problems()) == []
    assert "EAAG" not in repr(config)


def test_an_id_may_be_written_as_a_number() -> None:
    assert (
        WhatsAppConfig.model_validate({"phoneNumberId": 106540352242922}).phone_number_id == "106540352242922"
    )


@pytest.mark.parametrize(
    ("entry", "known"),
    [
        ("+12015550123", "+12015550123"),
        ("12015550123", "+12015550123"),
        (12015550123, "+12015550123"),
        ("whatsapp:+1 (201) 555-0123", "+12015550123"),
        ("US.13491208655302741918", "US.13491208655302741918"),
        ("US.ENT.13491208655302741918", "US.ENT.13491208655302741918"),
        ("*", "*"),
    ],
)
def test_people_are_known_in_every_way_they_are_written(entry: object, known: str) -> None:
    config = WhatsAppConfig.model_validate({**CLOUD, "allowFrom": [entry]})

    assert config.allowed == (known,)
    assert list(config.problems()) == []


@pytest.mark.parametrize(
    "entry", ["ana", "@ana.k", "0123", "+1201", "us.1", "US.", "１２０１５５５０１２３", ""]
)
def test_what_is_nobody_lets_nobody_in_and_is_told(entry: str) -> None:
    config = WhatsAppConfig.model_validate({**CLOUD, "allowFrom": [entry]})

    assert config.allowed == ()
    (problem,) = config.problems()
    assert "channels.whatsapp.allowFrom" in problem


def test_an_account_inherits_what_it_does_not_say_and_never_the_number() -> None:
    config = WhatsAppConfig.model_validate(
        {**CLOUD, "dmPolicy": "open", "accounts": {"shop": {"phoneNumberId": "777"}, "lost": {}}}
    )

    accounts = config.each_account()

    assert list(accounts) == ["default", "shop"]
    assert (accounts["shop"].phone_number_id, accounts["shop"].dm_policy) == ("777", "open")
    assert accounts["shop"].app_secret is not None
    assert [problem for problem in config.problems() if "accounts.lost" in problem]


def test_numbers_of_both_providers_stand_side_by_side() -> None:
    shop = {
        "provider": "twilio",
        "fromNumber": "whatsapp:+1 201 555 0199",
        "publicWebhookUrls": "https://example.org",
    }
    config = WhatsAppConfig.model_validate(
        {**CLOUD, "apiRoot": "http://127.0.0.1:1", "accounts": {"shop": shop}}
    )

    account = config.each_account()["shop"]

    assert account.identity == "+12015550199"
    assert account.twilio.api_root == "https://api.twilio.com", "the other provider's root is not taken over"
    assert account.chunk_limit == 1600
    assert account.bases.url("/webhooks/whatsapp/twilio") == "https://example.org/webhooks/whatsapp/twilio"


@pytest.mark.parametrize("off", [{"enabled": False}, {"accounts": {"default": {"enabled": False}}}])
def test_what_is_switched_off_is_not_there(off: dict[str, object]) -> None:
    assert WhatsAppConfig.model_validate({**CLOUD, **off}).each_account() == {}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({**CLOUD, "appSecret": None}, "appSecret is not set"),
        ({**CLOUD, "verifyToken": None}, "verifyToken is not set"),
        ({"provider": "twilio", "fromNumber": "+12015550199"}, "publicWebhookUrls"),
        ({**CLOUD, "fromNumber": "12"}, "fromNumber"),
    ],
)
def test_what_would_not_be_received_is_told(config: dict[str, object], words: str) -> None:
    (problem,) = WhatsAppConfig.model_validate(config).problems()

    assert words in problem


@pytest.mark.parametrize(
    "bad",
    [
        {"provider": "baileys"}, {"graphVersion": "26"}, {"apiRoot": "graph"}, {"textChunkLimit": 4097},
        {"phoneNumberId": "+12015550123"}, {"mediaMaxMb": 0}, {"template": {"name": "Not A Name"}},
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WhatsAppAccount.model_validate(bad)


SMS = {
    "accountSid": "AC1", "authToken": "t", "fromNumber": "+12015550199", "apiRoot": "http://127.0.0.1:1",
    "publicWebhookUrls": ["https://example.org"], "dmPolicy": "open",
}  # fmt: skip


@pytest.mark.parametrize(
    ("whatsapp", "completed"),
    [
        ({"provider": "twilio"}, {**{k: v for k, v in SMS.items() if k != "dmPolicy"}, "provider": "twilio"}),
        ({"provider": "twilio", "accountSid": "AC2", "fromNumber": "+12015550198"}, None),
        (CLOUD, CLOUD),
    ],
)
def test_twilio_has_the_account_of_sms_where_nothing_is_said(
    whatsapp: dict[str, Any], completed: dict[str, Any] | None
) -> None:
    found = beside_sms({"sms": SMS, "whatsapp": whatsapp})

    assert isinstance(found, dict)
    if completed is not None:
        assert found["whatsapp"] == completed
    else:
        assert (found["whatsapp"]["accountSid"], found["whatsapp"]["fromNumber"]) == ("AC2", "+12015550198")
        assert found["whatsapp"]["authToken"] == "t"


def test_an_account_at_twilio_is_completed_too() -> None:
    whatsapp = {**CLOUD, "accounts": {"shop": {"provider": "twilio", "fromNumber": "+12015550198"}, "odd": 5}}

    found = beside_sms({"sms": SMS, "whatsapp": whatsapp})

    assert isinstance(found, dict)
    assert found["whatsapp"]["accounts"]["shop"]["apiRoot"] == "http://127.0.0.1:1"
    assert found["whatsapp"]["accounts"]["shop"]["fromNumber"] == "+12015550198"
    assert found["whatsapp"]["accounts"]["odd"] == 5
    assert "accountSid" not in found["whatsapp"]


@pytest.mark.parametrize(
    "channels", [5, {}, {"sms": SMS}, {"sms": 5, "whatsapp": CLOUD}, {"whatsapp": CLOUD}]
)
def test_without_both_nothing_changes(channels: object) -> None:
    assert beside_sms(channels) is channels
