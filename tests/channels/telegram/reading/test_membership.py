import json
from typing import Any

import pytest

from openclaw.channels.telegram.reading.membership import Membership, Moved, change_in, told

GROUP = {"id": -100200, "type": "supergroup", "title": "Roofs"}
ANA = {"id": 821071206, "first_name": "Ana"}


def changed(before: object, after: object, chat: object = GROUP) -> Any:
    change = {"chat": chat, "from": ANA, "date": 1, "old_chat_member": before, "new_chat_member": after}
    return change_in(json.dumps({"update_id": 5, "my_chat_member": change}).encode())


def status(name: str, **more: object) -> dict[str, object]:
    return {"status": name, "user": {"id": 8000001, "is_bot": True}, **more}


@pytest.mark.parametrize(
    ("before", "after", "inside", "said"),
    [
        (
            status("member"),
            status("kicked"),
            False,
            "the bot was put out of the group Roofs (-100200) by Ana",
        ),
        (status("member"), status("left"), False, "the bot was put out of"),
        (status("left"), status("member"), True, "the bot was let into the group Roofs (-100200) by Ana"),
        (status("member"), status("administrator"), True, "what the bot may do in"),
        (status("member"), status("restricted", can_send_messages=False), False, "put out of"),
        (status("kicked"), status("restricted", is_member=False), False, "what the bot may do in"),
        (status("left"), status("restricted", is_member=True, can_send_messages=True), True, "let into"),
        ("odd", None, False, "what the bot may do in"),
    ],
)
def test_a_change_says_whether_the_bot_can_write_there(
    before: object, after: object, inside: bool, said: str
) -> None:
    change = changed(before, after)

    assert isinstance(change, Membership)
    assert (change.chat, change.inside) == ("-100200", inside)
    assert said in told(change)
    assert "(821071206)" in told(change)


def test_who_blocks_the_bot_is_a_private_chat() -> None:
    change = changed(status("member"), status("kicked"), {**ANA, "type": "private"})

    assert change.private
    assert told(change) == "the bot was put out of a private chat by Ana (821071206)"


def test_a_group_that_moves_names_its_new_number() -> None:
    moved = {"update_id": 5, "message": {"chat": GROUP, "migrate_to_chat_id": -100900}}

    assert change_in(json.dumps(moved).encode()) == Moved("-100200", "-100900")


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b"my_chat_member",
        b'["my_chat_member"]',
        b'{"my_chat_member": 5}',
        b'{"my_chat_member": {"chat": {"id": true}}}',
        b'{"message": {"chat": {"id": 1}, "migrate_to_chat_id": "5"}}',
        b'{"message": {"text": "my_chat_member", "chat": {"id": 1}}}',
    ],
)
def test_everything_else_tells_of_nothing(raw: bytes) -> None:
    assert change_in(raw) is None
