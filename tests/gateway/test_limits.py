from typing import Any

import pytest
from pydantic import ValidationError

from openclaw.gateway.limits import BudgetsConfig, SendMatch, SendRule, minutes
from openclaw.types.unreadable import UNREADABLE


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"days": "mon"}, {"days": ("mon",)}),
        ({"days": ["Monday", "SUN "]}, {"days": ("mon", "sun")}),
        ({"hours": ["22:00", "7:00"]}, {"hours": ("22:00", "7:00")}),
        ({"hours": ["09:00", "24:00"]}, {"hours": ("09:00", "24:00")}),
        ({"sender": 821071206}, {"sender": ("821071206",)}),
        ({"timezone": "Australia/Sydney"}, {"timezone": "Australia/Sydney"}),
        ({"chatType": "dm"}, {"chat_type": "direct"}),
        ({"days": UNREADABLE, "hours": UNREADABLE}, {"days": (UNREADABLE,), "hours": (UNREADABLE,)}),
    ],
)
def test_conditions_are_read_as_people_write_them(written: dict[str, Any], read: dict[str, Any]) -> None:
    assert SendMatch.model_validate(written).model_dump(exclude_defaults=True) == read


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"days": ["funday"]}, "no day"),
        ({"hours": ["22:00"]}, "two times"),
        ({"hours": ["22", "07:00"]}, "two times"),
        ({"hours": ["25:00", "07:00"]}, "two times"),
        ({"hours": ["08:00", "8:00"]}, "the same"),
        ({"timezone": "Mars/Olympus"}, "no time zone"),
        ({"timezone": "../etc"}, "no time zone"),
        ({"chatType": "crowd"}, "direct, group or channel"),
        ({"hours": 5}, "tuple"),
    ],
)
def test_a_condition_that_makes_no_sense_is_told(written: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SendMatch.model_validate(written)


def test_a_rule_that_does_not_say_what_it_is_denies() -> None:
    assert SendRule.model_validate({"match": {"sender": 7}}).action == "deny"


def test_a_clock_counts_minutes() -> None:
    assert [minutes(clock) for clock in ("00:00", "7:30", "24:00")] == [0, 450, 1440]


@pytest.mark.parametrize(("written", "dollars"), [(5, 5.0), ("$2.50", 2.5), ("0", 0.0), (None, None)])
def test_a_cap_is_dollars(written: object, dollars: float | None) -> None:
    assert BudgetsConfig.model_validate({"perDay": written}).per_day == dollars


@pytest.mark.parametrize("written", [-1, "a lot", float("nan"), float("inf"), [5]])
def test_what_is_no_sum_is_no_cap(written: object) -> None:
    with pytest.raises(ValidationError):
        BudgetsConfig.model_validate({"perDay": written})
