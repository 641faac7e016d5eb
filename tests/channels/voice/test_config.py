from typing import Any

import pytest
from pydantic import ValidationError

from openclaw.channels.voice.config import VoiceConfig, beside_sms, from_original
from openclaw.types.secrets import SecretRef

CALLER = "+12015550123"
SMS = {
    "accountSid": "AC1",
    "authToken": "env:TOKEN",
    "fromNumber": "+12015550100",
    "publicWebhookUrls": ["https://hooks.example.org"],
    "dmPolicy": "open",
}


def read(**keys: Any) -> VoiceConfig:
    return VoiceConfig.model_validate(keys)


def test_numbers_are_read_as_people_write_them() -> None:
    config = read(fromNumber="+1 (201) 555-0100", forwardTo="+36 1 555 0100", allowFrom=["+1 201-555-0123"])

    assert (config.from_number, config.forward_to) == ("+12015550100", "+3615550100")
    assert config.allowed == ("+12015550123",)


@pytest.mark.parametrize("number", ["2015550100", "0100", "+0123456789", "dentist", "++12015550100"])
def test_a_number_that_is_not_international_is_a_mistake(number: str) -> None:
    with pytest.raises(ValidationError, match="write it as in"):
        read(forwardTo=number)


@pytest.mark.parametrize("entry", ["5550123", "anonymous", "+1201", "*12015550123", "\uff0b12015550123"])
def test_an_entry_that_is_no_whole_number_lets_nobody_in(entry: str) -> None:
    config = read(allowFrom=[entry])

    assert config.allowed == ()
    assert "lets nobody in" in next(config.problems())


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, ["no call is taken"]),
        ({"inboundPolicy": "pairing"}, []),
        ({"inboundPolicy": "disabled"}, []),
        ({"allowFrom": ["+12015550123"]}, []),
        (
            {"allowFrom": ["+12015550123"], "fromNumber": "+12015550199", "forwardTo": "+1 201 555 0199"},
            ["would come back to it"],
        ),
    ],
)
def test_what_can_hardly_be_meant_is_said(keys: dict[str, object], said: list[str]) -> None:
    problems = list(VoiceConfig.model_validate(keys).problems())

    assert len(problems) == len(said)
    for problem, words in zip(problems, said, strict=True):
        assert words in problem


def test_nobody_is_let_in_by_default_and_nothing_is_recorded() -> None:
    config = read()

    assert (config.inbound_policy, config.allowed, config.record) == ("allowlist", (), False)


def test_voice_has_the_account_and_number_of_sms_where_it_says_none() -> None:
    both = beside_sms({"sms": SMS, "voice": {"accountSid": "AC2", "language": "hu-HU"}, "telegram": {}})

    assert isinstance(both, dict)
    assert both["telegram"] == {}
    config = VoiceConfig.model_validate(both["voice"])
    assert (config.account_sid, config.auth_token) == ("AC2", SecretRef("env:TOKEN"))
    assert (config.from_number, config.language) == ("+12015550100", "hu-HU")
    assert config.public_webhook_urls == ("https://hooks.example.org",)
    assert config.inbound_policy == "allowlist"


@pytest.mark.parametrize("channels", [{}, {"sms": SMS}, {"voice": {}}, {"sms": 5, "voice": {}}, 5, None])
def test_what_is_not_there_is_not_made(channels: object) -> None:
    assert beside_sms(channels) == channels


def test_the_original_plugin_is_read() -> None:
    found = from_original(
        {
            "provider": "twilio",
            "fromNumber": "+12015550100",
            "inboundPolicy": "pairing",
            "allowFrom": ["+12015550123"],
            "inboundGreeting": "Ahoy!",
            "maxDurationSeconds": 120,
            "publicUrl": "https://hooks.example.org/voice/webhook",
            "twilio": {"accountSid": "AC3", "authToken": "env:TOKEN"},
            "serve": {"port": 3334},
        }
    )

    config = VoiceConfig.model_validate(found)
    assert (config.inbound_policy, config.inbound_greeting) == ("pairing", "Ahoy!")
    assert (config.max_duration_seconds, config.account_sid) == (120, "AC3")
    assert config.public_webhook_url == "https://hooks.example.org/voice/webhook"


def test_the_original_takes_no_calls_unless_it_is_told_to() -> None:
    assert from_original({})["inboundPolicy"] == "disabled"


def test_another_provider_of_the_original_is_not_ours() -> None:
    assert from_original({"provider": "telnyx", "fromNumber": "+12015550100"}) == {}


@pytest.mark.parametrize(
    ("policy", "allowed", "peer", "taken"),
    [
        ("disabled", [CALLER], CALLER, False),
        ("allowlist", [CALLER], CALLER, True),
        ("allowlist", [], CALLER, False),
        ("allowlist", [CALLER], "+12015550124", False),
        ("allowlist", ["5550123"], CALLER, False),
        ("allowlist", [CALLER], "", False),
        ("allowlist", ["*"], "", True),
        ("pairing", [], CALLER, True),
        ("pairing", [], "", False),
        ("open", [], "", True),
    ],
)
def test_whose_calls_are_taken(policy: str, allowed: list[str], peer: str, taken: bool) -> None:
    """Without a number a caller is nobody; by the end of one he is nobody either."""
    assert read(inboundPolicy=policy, allowFrom=allowed).takes(peer) is taken
