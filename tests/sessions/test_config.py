import pytest
from pydantic import ValidationError

from openclaw.sessions.config import SessionConfig, SessionSendMatch
from openclaw.types.unreadable import UNREADABLE


def test_by_itself_no_conversation_ends_and_all_direct_messages_share_one() -> None:
    config = SessionConfig()

    assert (config.dm_scope, config.reset.mode, config.reset_triggers) == ("main", "none", ("/new", "/reset"))
    assert (config.send_policy.default, config.problems()) == ("allow", [])


@pytest.mark.parametrize("name", ["a b", "ana:home", "", "x" * 65])
def test_a_name_that_would_break_session_keys_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="session keys"):
        SessionConfig.model_validate({"identityLinks": {name: ["telegram:1"]}})


def test_one_person_cannot_be_two() -> None:
    config = SessionConfig.model_validate(
        {
            "dmScope": "per-peer",
            "identityLinks": {"ana": ["sms:+12015550123", 7], "ben": ["SMS:+12015550123"]},
        }
    )

    assert config.identity_links["ana"] == ("sms:+12015550123", "7")
    assert config.problems() == [
        "session.identityLinks.ben names SMS:+12015550123, who is ana already;"
        " take one of the two out, until then the first counts"
    ]


def test_links_that_do_nothing_are_told() -> None:
    (problem,) = SessionConfig.model_validate({"identityLinks": {"ana": ["7"]}}).problems()

    assert problem.startswith("session.identityLinks has no effect")


@pytest.mark.parametrize(
    ("match", "readable"),
    [
        ({}, True),
        ({"channel": "telegram", "chatType": "DM", "keyPrefix": "x"}, True),
        ({"channel": UNREADABLE}, False),
        ({"chatType": UNREADABLE}, False),
        ({"keyPrefix": UNREADABLE}, False),
        ({"chanel": "telegram"}, False),
    ],
)
def test_a_condition_that_was_not_understood_is_remembered(match: dict[str, str], readable: bool) -> None:
    assert SessionSendMatch.model_validate(match).is_readable is readable


def test_dm_is_direct() -> None:
    assert SessionSendMatch.model_validate({"chatType": "dm"}).chat_type == "direct"
    with pytest.raises(ValidationError, match="direct, group or channel"):
        SessionSendMatch.model_validate({"chatType": "crowd"})
