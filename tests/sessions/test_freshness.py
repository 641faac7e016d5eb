from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openclaw.sessions.config import SessionConfig
from openclaw.sessions.freshness import ResetRule, is_stale, reset_asked, reset_type, rule_for

BERLIN = ZoneInfo("Europe/Berlin")
DM = "agent:main:telegram:direct:7"
GROUP = "agent:main:telegram:group:-100"
TOPIC = "agent:main:telegram:group:-100:topic:3"
NEVER = ResetRule()


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("agent:main:main", "direct"),
        (DM, "direct"),
        (GROUP, "group"),
        ("agent:main:slack:channel:c1", "group"),
        (TOPIC, "thread"),
        ("agent:main:slack:channel:c1:thread:9", "thread"),
    ],
)
def test_the_key_tells_what_kind_of_conversation_it_is(key: str, kind: str) -> None:
    assert reset_type(key) == kind


@pytest.mark.parametrize(
    ("session", "rule"),
    [
        ({}, NEVER),
        ({"reset": {"mode": "daily"}}, ResetRule(4)),
        ({"reset": {"mode": "daily", "atHour": 0}}, ResetRule(0)),
        ({"reset": {"mode": "idle"}}, ResetRule(None, 60)),
        ({"reset": {"mode": "idle", "idleMinutes": 5, "atHour": 3}}, ResetRule(None, 5)),
        ({"reset": {"mode": "daily", "atHour": 5, "idleMinutes": 30}}, ResetRule(5, 30)),
        ({"reset": {"mode": "none", "atHour": 5, "idleMinutes": 30}}, NEVER),
        # What a block means that names no mode.
        ({"reset": {"idleMinutes": 30}}, ResetRule(None, 30)),
        ({"reset": {"atHour": 5}}, ResetRule(5)),
        # From old files.
        ({"idleMinutes": 90}, ResetRule(None, 90)),
        ({"idleMinutes": 90, "reset": {"mode": "idle", "idleMinutes": 5}}, ResetRule(None, 5)),
        ({"idleMinutes": 90, "reset": {"mode": "daily"}}, ResetRule(4, 90)),
        ({"idleMinutes": 90, "reset": {"mode": "none"}}, NEVER),
    ],
)
def test_a_block_says_when_a_conversation_ends(session: dict[str, Any], rule: ResetRule) -> None:
    assert rule_for(SessionConfig.model_validate(session), "telegram", DM) == rule


LAYERED = SessionConfig.model_validate(
    {
        "reset": {"mode": "daily", "atHour": 5},
        "resetByType": {
            "dm": {"mode": "idle", "idleMinutes": 240},
            "group": {"idleMinutes": 120},
            "thread": {"mode": "none"},
        },
        "resetByChannel": {"SMS": {"idleMinutes": 10}},
    }
)


@pytest.mark.parametrize(
    ("channel", "key", "rule"),
    [
        ("telegram", DM, ResetRule(None, 240)),
        ("telegram", GROUP, ResetRule(5, 120)),  # daily at five from `reset`
        ("telegram", TOPIC, NEVER),
        ("sms", DM, ResetRule(None, 10)),
        ("sms", TOPIC, ResetRule(None, 10)),
    ],
)
def test_the_channel_outranks_the_kind_and_the_kind_the_rest(channel: str, key: str, rule: ResetRule) -> None:
    assert rule_for(LAYERED, channel, key) == rule


def test_direct_outranks_its_old_name() -> None:
    config = SessionConfig.model_validate(
        {"resetByType": {"direct": {"idleMinutes": 1}, "dm": {"idleMinutes": 2}}}
    )
    assert rule_for(config, "telegram", DM) == ResetRule(None, 1)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000)


@pytest.mark.parametrize(
    ("last", "now", "rule", "reason"),
    [
        ("2026-02-26T23:00", "2026-02-27T03:59", ResetRule(4), None),
        ("2026-02-26T23:00", "2026-02-27T04:00", ResetRule(4), "daily"),
        ("2026-02-27T04:00", "2026-02-27T23:59", ResetRule(4), None),
        ("2026-02-20T04:00", "2026-02-27T23:59", NEVER, None),
        ("2026-02-27T10:00", "2026-02-27T11:00", ResetRule(None, 60), None),
        ("2026-02-27T10:00", "2026-02-27T11:01", ResetRule(None, 60), "idle"),
        # Both: whichever comes first.
        ("2026-02-27T03:50", "2026-02-27T04:05", ResetRule(4, 60), "daily"),
        ("2026-02-27T05:00", "2026-02-27T06:05", ResetRule(4, 60), "idle"),
        # The clock goes forward at two; four o'clock is still four o'clock.
        ("2026-03-29T01:30", "2026-03-29T03:30", ResetRule(4), None),
        ("2026-03-29T03:30", "2026-03-29T04:00", ResetRule(4), "daily"),
        # The clock was set back meanwhile.
        ("2026-02-27T12:00", "2026-02-27T11:00", ResetRule(4, 60), None),
    ],
)
def test_a_conversation_ends_when_its_rule_says(
    last: str, now: str, rule: ResetRule, reason: str | None
) -> None:
    assert is_stale({"updatedAt": at(last)}, at(now), rule, BERLIN) == reason


def test_what_the_assistant_does_by_itself_keeps_no_conversation_alive() -> None:
    entry = {"lastInteractionAt": at("2026-02-27T10:00"), "updatedAt": at("2026-02-27T11:59")}

    assert is_stale(entry, at("2026-02-27T12:00"), ResetRule(None, 60), BERLIN) == "idle"


@pytest.mark.parametrize("entry", [{}, {"updatedAt": 0}, {"updatedAt": "yesterday"}])
def test_nothing_ends_while_nobody_knows_when_it_was(entry: dict[str, Any]) -> None:
    assert is_stale(entry, at("2026-02-27T12:00"), ResetRule(4, 1), BERLIN) is None


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("/new", ""),
        (" /NEW ", ""),
        ("/reset", ""),
        ("/new opus", "opus"),
        ("/new\nWhat is up?", "What is up?"),
        ("Start Over please", "please"),
        ("/newest", None),
        ("say /new", None),
        ("", None),
    ],
)
def test_a_trigger_begins_anew_and_what_stands_behind_it_is_the_first_message(
    text: str, rest: str | None
) -> None:
    assert reset_asked(text, ("/new", "/reset", "start over")) == rest
