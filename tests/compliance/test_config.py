from typing import Any

import pytest
from pydantic import ValidationError

from openclaw.compliance.config import ComplianceConfig, sending_rules
from openclaw.types.sending_rules import SendingRules
from tests.compliance.made import OURS


def read(**written: Any) -> SendingRules:
    return sending_rules(ComplianceConfig.model_validate(written), {})


def test_the_files_defaults_are_the_rules_defaults() -> None:
    assert read() == SendingRules()


def test_every_key_reaches_the_rules() -> None:
    rules = sending_rules(
        ComplianceConfig.model_validate(
            {
                "enabled": False,
                "tenDlc": {
                    "status": "approved",
                    "tollFree": "denied",
                    "numbers": {"+1 (212) 555-0100": "pending"},
                },
                "quietHours": {"start": "18:30", "end": "10:00", "marketingOnSundays": True},
                "timezone": "America/Denver",
                "countries": ["us", "hu"],
                "optOutScope": "channel",
                "stopped": ["sms"],
                "caps": {"spacingSeconds": 5, "perHour": None, "sameTextPerHour": 3, "dollarsPerDay": 2.5},
                "brand": "Acme",
                "commitments": ["guarantee"],
                "expireHours": 2,
            }
        ),
        {("sms", "default"): OURS},
        frozenset({"sms"}),
        len,
    )
    assert (rules.enabled, rules.ten_dlc, rules.toll_free, rules.numbers) == (
        False, "approved", "denied", {OURS: "pending"},
    )  # fmt: skip
    assert (rules.opens, rules.closes, rules.marketing_on_sundays) == (600, 1110, True)
    assert (rules.zone, sorted(rules.countries), rules.opt_out_scope) == (
        "America/Denver",
        ["HU", "US"],
        "channel",
    )
    assert (list(rules.switches), rules.brand, rules.expire_hours) == (["sms"], "Acme", 2)
    assert (rules.caps.spacing_seconds, rules.caps.house_hour, rules.caps.blast) == (5, None, 3)
    assert (rules.caps.dollars_per_day, rules.segments("four"), list(rules.overlay)) == (2.5, 4, ["sms"])
    assert rules.commitments[0].search("We GUARANTEE it")
    assert rules.senders == {("sms", "default"): OURS}


def test_quiet_hours_may_be_a_pair() -> None:
    assert (read(quietHours=["21:00", "08:00"]).opens, read(quietHours=["21:00", "08:00"]).closes) == (
        480,
        1260,
    )


def test_quiet_hours_that_begin_at_midnight_leave_the_evening_to_the_law() -> None:
    assert read(quietHours={"start": "00:00", "end": "00:00"}).closes == 24 * 60


@pytest.mark.parametrize(
    "written",
    [
        {"tenDlc": {"status": "yes"}},
        {"tenDlc": {"numbers": {"555": "approved"}}},
        {"quietHours": {"start": "25:00"}},
        {"timezone": "New York"},
        {"commitments": ["("]},
        {"caps": {"unanswered": 0}},
        {"optOutScope": "none"},
    ],
)
def test_a_value_that_means_nothing_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ComplianceConfig.model_validate(written)
