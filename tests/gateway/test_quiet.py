from dataclasses import replace

import pytest

from openclaw.gateway.quiet import heard, without_token
from openclaw.types.messages import Inbound, Sender

PERSON = Inbound("telegram", Sender("1"), "hello", 0)
BEAT = Inbound("heartbeat", Sender("main"), "look", 0, role="owner", settings={"ackMaxChars": 10})
JOB = replace(BEAT, channel="cron", settings={})
DAY = 86_400_000


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("HEARTBEAT_OK", ""),
        (" **HEARTBEAT_OK** ", ""),
        ("HEARTBEAT_OK.", ""),
        ("HEARTBEAT_OK\n\nall is well", "all is well"),
        ("all is well HEARTBEAT_OK", "all is well"),
        ("HEARTBEAT_OK HEARTBEAT_OK", ""),
        ("say HEARTBEAT_OK to him", "say HEARTBEAT_OK to him"),
        ("", ""),
        ("*important*", "*important*"),
    ],
)
def test_the_token_goes_from_the_ends(text: str, bare: str) -> None:
    assert without_token(text) == bare


@pytest.mark.parametrize(
    ("text", "event", "read"),
    [
        ("NO_REPLY", PERSON, None),
        ("NO_REPLY", JOB, None),
        ("HEARTBEAT_OK", PERSON, "HEARTBEAT_OK"),
        ("HEARTBEAT_OK", BEAT, None),
        ("HEARTBEAT_OK", JOB, None),
        ("fine HEARTBEAT_OK", BEAT, None),
        ("a lot happened HEARTBEAT_OK", BEAT, "a lot happened"),
        ("a lot happened HEARTBEAT_OK", JOB, None),
        ("fine", BEAT, "fine"),
        ("HEARTBEAT_OK NO_REPLY", JOB, None),
        ("", PERSON, ""),
    ],
)
def test_only_what_is_worth_a_message_is_read(text: str, event: Inbound, read: str | None) -> None:
    assert heard(text, event, {}, 0) == read


def test_a_heartbeat_says_nothing_twice_within_a_day() -> None:
    said = {"lastHeartbeatText": "the roof leaks", "lastHeartbeatSentAt": 5}
    assert heard("the roof leaks", BEAT, said, DAY) is None
    assert heard("the roof leaks", BEAT, said, DAY + 5) == "the roof leaks"
    assert heard("the cellar too", BEAT, said, 6) == "the cellar too"
    assert heard("the roof leaks", JOB, said, 6) == "the roof leaks"
