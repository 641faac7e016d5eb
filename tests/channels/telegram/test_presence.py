import json
from typing import Any

import pytest

from openclaw.channels.telegram.parse import read_update
from openclaw.channels.telegram.presence import Presence
from openclaw.channels.telegram.reading.called import Bot
from openclaw.types.messages import Arrival

GROUP = {"id": -100200, "type": "supergroup", "title": "Roofs"}
ANA = {"id": 821071206, "is_bot": False, "first_name": "Ana"}


def arrival(update: dict[str, Any]) -> Arrival:
    return read_update(json.dumps({"update_id": 5, **update}).encode(), bot=Bot(8000001), account="default")


def changed(before: str, after: str) -> Arrival:
    states = {"old_chat_member": {"status": before}, "new_chat_member": {"status": after}}
    return arrival({"my_chat_member": {"chat": GROUP, "from": ANA, "date": 1, **states}})


HELLO = arrival({"message": {"message_id": 1, "from": ANA, "chat": GROUP, "date": 1, "text": "hello"}})


def test_nothing_is_sent_where_the_bot_was_put_out_until_it_is_let_in_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    presence = Presence()
    assert presence.reason_against("-100200") is None

    presence.note([changed("member", "kicked")])
    assert presence.reason_against("-100200") == (
        "the bot was put out of the group Roofs (-100200) by Ana (821071206)"
    )
    presence.note([changed("left", "member")])
    assert presence.reason_against("-100200") is None
    assert caplog.text.count("was put out of") == caplog.text.count("was let into") == 1


def test_who_writes_from_there_can_be_answered() -> None:
    presence = Presence()
    presence.note([changed("member", "left"), HELLO])

    assert presence.reason_against("-100200") is None


def test_a_group_that_moved_is_told_with_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    service = {"message_id": 1, "from": ANA, "chat": GROUP, "date": 1, "migrate_to_chat_id": -100900}
    Presence().note([arrival({"message": service})])

    assert "-100900: name that one in channels.telegram.groups" in caplog.text
