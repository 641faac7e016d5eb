from typing import Any

import pytest
from pydantic import ValidationError

from openclaw.channels.sms.config import SmsConfig

NUMBER = "+12015550199"


def config(**keys: Any) -> SmsConfig:
    return SmsConfig.model_validate({"accountSid": "AC1", "authToken": "t", **keys})


def test_numbers_are_read_as_people_write_them() -> None:
    found = config(fromNumber="+1 (201) 555-0199", allowFrom=["sms:+1 201 555 0123", "*", "Ana"])

    assert found.sender == NUMBER
    assert found.allowed == ("+12015550123", "*")


def test_a_number_inherits_all_but_the_number() -> None:
    found = config(
        fromNumber=NUMBER,
        dmPolicy="open",
        segmentPrice=0.5,
        accounts={
            "sales": {"fromNumber": "+12015550198", "dmPolicy": "allowlist"},
            "bulk": {"messagingServiceSid": "MG" + "0" * 32},
            "off": {"fromNumber": "+12015550197", "enabled": False},
            "none": {},
        },
    )

    accounts = found.each_account()

    assert {name: account.sender for name, account in accounts.items()} == {
        "default": NUMBER,
        "sales": "+12015550198",
        "bulk": "MG" + "0" * 32,
    }
    assert [account.dm_policy for account in accounts.values()] == ["open", "allowlist", "open"]
    assert {account.segment_price for account in accounts.values()} == {0.5}
    assert all(account.same_login(found) for account in accounts.values())


def test_without_a_number_above_there_are_only_the_accounts() -> None:
    found = config(accounts={"sales": {"fromNumber": NUMBER}})

    assert list(found.each_account()) == ["sales"]


def test_a_switch_may_be_a_word() -> None:
    assert config(backfill=False).backfill.enabled is False
    assert config(bootstrapTrust=False).bootstrap_trust.enabled is False
    assert config(bootstrapTrust={"windowMinutes": 5}).bootstrap_trust.window_minutes == 5


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"fromNumber": "201-555-0199"}, "channels.sms.fromNumber: '201-555-0199' is no number"),
        ({"fromNumber": NUMBER, "allowFrom": ["Ana"]}, "channels.sms.allowFrom: 'Ana' is no number"),
        ({"fromNumber": NUMBER}, "channels.sms has no publicWebhookUrls"),
        ({"fromNumber": NUMBER, "accounts": {"b": {}}}, "channels.sms.accounts.b has no number"),
    ],
)
def test_what_is_wrong_is_said_with_its_mend(keys: dict[str, Any], problem: str) -> None:
    assert any(each.startswith(problem) for each in config(**keys).problems())


def test_a_whole_config_has_no_problem() -> None:
    assert config(fromNumber=NUMBER, publicWebhookUrls=["https://a.example.org"]).problems() == ()


@pytest.mark.parametrize(
    "keys",
    [{"textChunkLimit": 1601}, {"messagingServiceSid": "SM1"}, {"dmPolicy": "all"}, {"textsPerSecond": 0}],
)
def test_what_cannot_be_is_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        config(**keys)
