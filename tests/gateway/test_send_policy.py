from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openclaw.gateway.limits import SendPolicyConfig
from openclaw.gateway.send_policy import (
    SendAllowed,
    SendDenied,
    SendFacts,
    SendPolicy,
    SendSwitch,
    judge_sending,
    override_of,
    send_policy,
    switched,
)
from openclaw.sessions.config import SessionSendPolicy
from openclaw.settings.checking.repair import usable

BERLIN = ZoneInfo("Europe/Berlin")
ANA = SendFacts("telegram", "821071206", "direct", "agent:main:telegram:direct:821071206")
DEFAULT = SendAllowed("default")


def at(text: str, zone: str = "Europe/Berlin") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


NOON = at("2026-02-27T12:00")  # a Friday


def policy(*rules: dict[str, Any], session: dict[str, Any] | None = None) -> SendPolicy:
    config = SendPolicyConfig.model_validate({"rules": rules})
    return send_policy(config, SessionSendPolicy.model_validate(session or {}), BERLIN)


def deny(reply: str = "", **match: Any) -> dict[str, Any]:
    return {"action": "deny", "reply": reply, "match": match}


def allow(**match: Any) -> dict[str, Any]:
    return {"action": "allow", "match": match}


def test_without_rules_everybody_is_answered() -> None:
    assert judge_sending(ANA, policy(), NOON) == DEFAULT


@pytest.mark.parametrize(
    ("match", "holds"),
    [
        ({}, True),
        ({"channel": "Telegram"}, True),
        ({"channel": ["sms", "telegram"]}, True),
        ({"channel": "sms"}, False),
        ({"channel": "*"}, True),
        ({"sender": 821071206}, True),
        ({"sender": ["7", "telegram:821071206"]}, True),
        ({"sender": "sms:821071206"}, False),
        ({"sender": "8210712"}, False),
        ({"chatType": "dm"}, True),
        ({"chatType": "group"}, False),
        ({"keyPrefix": "telegram:"}, True),
        ({"keyPrefix": "telegram:dm:"}, True),
        ({"keyPrefix": "agent:main:telegram"}, True),
        ({"keyPrefix": "main:"}, False),
        ({"rawKeyPrefix": "agent:main:"}, True),
        ({"rawKeyPrefix": "telegram:"}, False),
        ({"days": ["fri"]}, True),
        ({"days": ["sat", "sun"]}, False),
        ({"hours": ["11:00", "13:00"]}, True),
        ({"channel": "telegram", "sender": "7"}, False),
    ],
)
def test_a_rule_holds_when_all_of_its_conditions_do(match: dict[str, Any], holds: bool) -> None:
    denied = judge_sending(ANA, policy(deny(**match)), NOON)

    assert denied == (SendDenied("sendPolicy.rules[0]") if holds else DEFAULT)


def test_the_first_rule_that_matches_decides_and_says_so() -> None:
    rules = policy(allow(sender="821071206"), deny("Closed.", channel="telegram"), allow())

    assert judge_sending(ANA, rules, NOON) == SendAllowed("sendPolicy.rules[0]")
    assert judge_sending(replace(ANA, sender="7"), rules, NOON) == SendDenied(
        "sendPolicy.rules[1]", "Closed."
    )
    assert judge_sending(replace(ANA, channel="sms"), rules, NOON) == SendAllowed("sendPolicy.rules[0]")


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        ("2026-02-26T21:59", False),
        ("2026-02-26T22:00", True),
        ("2026-02-27T00:00", True),
        ("2026-02-27T06:59", True),
        ("2026-02-27T07:00", False),
        # The nights in which the clock changes are nights.
        ("2026-03-29T01:59", True),
        ("2026-03-29T03:00", True),
        ("2026-10-25T02:30", True),
    ],
)
def test_hours_are_half_open_and_go_over_midnight(now: str, holds: bool) -> None:
    night = policy(deny(hours=["22:00", "07:00"]))

    assert isinstance(judge_sending(ANA, night, at(now)), SendDenied) is holds


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        ("2026-02-27T21:59", False),
        ("2026-02-27T22:00", True),  # Friday evening
        ("2026-02-28T06:59", True),  # still Friday's night
        ("2026-02-28T22:00", False),  # Saturday's
        ("2026-02-27T06:59", False),  # Thursday's
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_began(now: str, holds: bool) -> None:
    friday_night = policy(deny(days=["fri"], hours=["22:00", "07:00"]))

    assert isinstance(judge_sending(ANA, friday_night, at(now)), SendDenied) is holds


def test_a_rule_may_have_a_time_zone_of_its_own() -> None:
    office = policy(deny(hours=["09:00", "17:00"], days=["sat"], timezone="Australia/Sydney"))

    assert isinstance(judge_sending(ANA, office, at("2026-02-28T09:00", "Australia/Sydney")), SendDenied)
    assert judge_sending(ANA, office, at("2026-02-28T12:00")) == DEFAULT


def test_until_midnight_is_until_the_end_of_the_day() -> None:
    evening = policy(deny(hours=["18:00", "24:00"], days=["fri"]))

    assert isinstance(judge_sending(ANA, evening, at("2026-02-27T23:59")), SendDenied)
    assert judge_sending(ANA, evening, at("2026-02-28T00:00")) == DEFAULT


def test_the_owner_of_the_machine_is_not_shut_out() -> None:
    assert judge_sending(replace(ANA, operator=True), policy(deny()), NOON) == SendAllowed("operator")


# -- the original's session.sendPolicy ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        ({"default": "deny"}, SendDenied("session.sendPolicy.default")),
        ({"default": "deny", "rules": [allow(chatType="dm")]}, SendAllowed("session.sendPolicy.rules[0]")),
        (
            {"rules": [allow(channel="telegram"), deny(keyPrefix="telegram:")]},
            SendDenied("session.sendPolicy.rules[1]"),
        ),
        ({"rules": [deny(keyPrefix="agent:main:")]}, DEFAULT),
        ({"rules": [deny(rawKeyPrefix="agent:main:tele")]}, SendDenied("session.sendPolicy.rules[0]")),
        ({"rules": [deny(chatType="group")]}, DEFAULT),
    ],
)
def test_in_an_old_file_one_rule_that_denies_is_enough(session: dict[str, Any], expected: object) -> None:
    assert judge_sending(ANA, policy(session=session), NOON) == expected


def test_both_policies_must_allow() -> None:
    both = policy(allow(sender="821071206"), session={"default": "deny"})

    assert judge_sending(ANA, both, NOON) == SendDenied("session.sendPolicy.default")


def test_a_sessions_own_word_outranks_its_policy_and_not_the_owners_rules() -> None:
    closed = policy(session={"default": "deny"})
    on, off = replace(ANA, override="allow"), replace(ANA, override="deny")

    assert isinstance(judge_sending(on, closed, NOON), SendAllowed)
    assert judge_sending(off, policy(), NOON) == SendDenied("session entry: sendPolicy deny")
    assert judge_sending(on, policy(deny()), NOON) == SendDenied("sendPolicy.rules[0]")


@pytest.mark.parametrize(
    ("switch", "entry", "override"),
    [
        ("on", {"cost": 1, "sendPolicy": "allow"}, "allow"),
        ("off", {"cost": 1, "sendPolicy": "deny"}, "deny"),
        ("inherit", {"cost": 1}, None),
    ],
)
def test_send_is_remembered_in_the_entry(
    switch: SendSwitch, entry: dict[str, Any], override: str | None
) -> None:
    assert switched({"cost": 1, "sendPolicy": "deny"}, switch) == entry
    assert override_of(entry) == override
    assert override_of({"sendPolicy": "maybe"}) is None


# -- what is written wrongly --------------------------------------------------------------------------------


def from_file(*rules: Any) -> tuple[SendPolicy, list[str]]:
    settings, problems = usable({"sendPolicy": {"rules": list(rules)}}, {})
    built = send_policy(settings.send_policy, settings.session.send_policy, BERLIN)
    return built, [problem.key for problem in problems]


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("hours", ["22:00", "25:00"]),
        ("hours", "night"),
        ("days", ["funday"]),
        ("timezone", "Mars/Olympus"),
        ("chatType", "crowd"),
    ],
)
def test_with_a_bad_condition_a_rule_denies_all_the_more_and_allows_nobody(
    condition: str, value: object
) -> None:
    other = {"days": ["sun"], "hours": ["01:00", "02:00"]} if condition == "timezone" else {}
    closed, keys = from_file(deny("Closed.", **other, **{condition: value}))
    assert keys == [f"sendPolicy.rules[0].match.{condition}"]
    assert judge_sending(ANA, closed, NOON) == SendDenied("sendPolicy.rules[0]", "Closed.")

    vip, _ = from_file(allow(**{condition: value}), deny())
    assert judge_sending(ANA, vip, NOON) == SendDenied("sendPolicy.rules[1]")


def test_the_good_conditions_of_such_a_rule_count() -> None:
    closed, _ = from_file(deny(hours=["x", "y"], channel="sms"))

    assert judge_sending(ANA, closed, NOON) == DEFAULT


def test_a_rule_that_is_none_is_off_and_the_others_keep_their_numbers() -> None:
    rules, keys = from_file("nobody", {"action": "deny", "match": {"sender": 7}}, allow(sneder="7"))

    assert keys == ["sendPolicy.rules[0]"]
    assert judge_sending(ANA, rules, NOON) == DEFAULT
    assert judge_sending(replace(ANA, sender="7"), rules, NOON) == SendDenied("sendPolicy.rules[1]")


@pytest.mark.parametrize("written", [[], {"rules": {"action": "deny"}}, "deny"])
def test_a_policy_that_cannot_be_read_at_all_lets_nobody_in(written: object) -> None:
    settings, _ = usable({"sendPolicy": written}, {})
    built = send_policy(settings.send_policy, settings.session.send_policy, BERLIN)

    assert isinstance(judge_sending(ANA, built, NOON), SendDenied)
