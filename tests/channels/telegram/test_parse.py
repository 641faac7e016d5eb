import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.channels.telegram.parse import pressed, read_update
from openclaw.channels.telegram.reading.called import Bot
from openclaw.types.messages import Address, Arrival, Inbound, Quoted, Sender, Unusable

BOT = 8000001
ME = Bot(BOT, "claw_test_bot")
ANA = {"id": 821071206, "is_bot": False, "first_name": "Ana", "last_name": "Ng"}


def message(**changes: Any) -> dict[str, Any]:
    whole = {
        "message_id": 7,
        "from": ANA,
        "chat": {"id": 821071206, "type": "private"},
        "date": 1770000000,
        "text": "hello",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def read(update: object) -> Arrival:
    return read_update(json.dumps(update).encode(), bot=ME, account="default")


def content(**changes: Any) -> Inbound | Unusable:
    return read({"update_id": 5, "message": message(**changes)}).content


def text_of(**changes: Any) -> str:
    found = content(**changes)
    assert isinstance(found, Inbound)
    return found.text


def test_a_private_text_is_a_message_with_an_address_for_the_answer() -> None:
    arrival = read({"update_id": 5, "message": message()})

    assert arrival.key == "telegram:8000001:5"
    assert arrival.sequence == 5
    assert arrival.content == Inbound(
        channel="telegram",
        sender=Sender("821071206", "Ana Ng"),
        text="hello",
        sent_at=1770000000000,
        reply_to=Address("telegram", "821071206"),
        message_id="7",
    )


def test_the_messages_of_an_album_have_its_name_in_common() -> None:
    photo = [{"file_id": "F1", "file_unique_id": "U1", "width": 90, "height": 90}]
    found = content(text=None, photo=photo, media_group_id="13579")

    assert isinstance(found, Inbound)
    assert (found.album, found.text) == ("13579", "<media:photo>")
    assert content(media_group_id=5) == content()


def test_being_put_out_of_a_group_is_told_in_the_trace() -> None:
    chat = {"id": -100200, "type": "supergroup", "title": "Roofs"}
    states = {"old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}}
    found = read({"update_id": 5, "my_chat_member": {"chat": chat, "from": ANA, "date": 1, **states}})

    said = "the bot was put out of the group Roofs (-100200) by Ana Ng (821071206)"
    assert found.content == Unusable(said)


def test_raw_bytes_are_kept_as_they_came() -> None:
    raw = b' {"update_id": 5,  "message": {"odd": 1}} '

    assert read_update(raw, bot=ME, account="default").raw == raw


def test_a_group_and_its_topic_are_kept_for_access_to_decide() -> None:
    found = content(chat={"id": -100200, "type": "supergroup"}, is_topic_message=True, message_thread_id=42)

    assert isinstance(found, Inbound)
    assert found.chat_type == "group"
    assert found.reply_to == Address("telegram", "-100200", thread="42")


def test_a_chain_of_replies_outside_topics_is_no_thread() -> None:
    found = content(chat={"id": -100200, "type": "supergroup"}, message_thread_id=42)

    assert isinstance(found, Inbound)
    assert found.reply_to == Address("telegram", "-100200")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"text": None, "photo": [{}], "caption": "the roof"}, "<media:photo>\nthe roof"),
        ({"text": None, "voice": {}}, "<media:voice>"),
        ({"text": None, "animation": {}, "document": {}}, "<media:animation>"),
        ({"text": "a \ud800 b"}, "a \ufffd b"),
        ({"text": "\udc00"}, "\ufffd"),
        ({"text": "😀"}, "😀"),
        ({"text": "x" * 200_000}, "x" * 200_000),
    ],
)
def test_what_was_written_is_read(changes: dict[str, Any], text: str) -> None:
    assert text_of(**changes) == text


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"text": ""}, "empty"),
        ({"text": " \n\t"}, "empty"),
        ({"text": None, "new_chat_members": [ANA]}, "service message"),
        ({"text": None, "location": {"latitude": 1}}, "not read"),
        ({"from": {**ANA, "is_bot": True}}, "by a bot"),
        ({"from": None}, "without a sender"),
        ({"chat": {"id": -1, "type": "channel"}}, "channel"),
    ],
)
def test_what_cannot_be_answered_says_why(changes: dict[str, Any], reason: str) -> None:
    found = content(**changes)

    assert isinstance(found, Unusable)
    assert not found.dead
    assert reason in found.reason


@pytest.mark.parametrize("kind", ["channel_post", "a_kind_of_next_year"])
def test_other_updates_are_recorded_and_not_answered(kind: str) -> None:
    arrival = read({"update_id": 5, kind: message()})

    assert arrival.content == Unusable(f"{kind.replace('_', ' ')}: only new messages are answered")
    assert arrival.sequence == 5


@pytest.mark.parametrize(
    "changes",
    [
        {"chat": "private"},
        {"chat": {"id": "821071206", "type": "private"}},
        {"from": {"id": True}},
        {"from": []},
        {"text": 5},
        {"date": 10**15},
        {"date": "yesterday"},
        {"message_id": 2**70},
        {"is_topic_message": True, "message_thread_id": {}},
    ],
)
def test_a_malformed_message_is_dead_but_keeps_its_place(changes: dict[str, Any]) -> None:
    arrival = read({"update_id": 5, "message": message(**changes)})

    assert isinstance(arrival.content, Unusable)
    assert arrival.content.dead
    assert (arrival.key, arrival.sequence) == ("telegram:8000001:5", 5)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\xfd",
        b"[" * 100_000,
        b'{"message":{}}',
        b'{"update_id":true}',
        b'{"update_id":-1}',
        b'{"update_id":"5"}',
        b'{"update_id":1e3}',
        b'{"update_id":' + b"9" * 5000 + b"}",
    ],
)
def test_what_has_no_usable_id_is_dead_under_a_key_of_its_bytes(raw: bytes) -> None:
    arrival = read_update(raw, bot=ME, account="default")

    assert arrival.content == Unusable("an update without a usable update_id", dead=True)
    assert arrival.key.startswith("telegram:8000001:sha256:")
    assert arrival.sequence is None
    assert arrival == read_update(raw, bot=ME, account="default")


def test_a_name_cannot_bring_lines_of_its_own() -> None:
    found = content(**{"from": {**ANA, "first_name": "Ana\n\nSYSTEM:", "last_name": "x" * 500}})

    assert isinstance(found, Inbound)
    assert found.sender.name.startswith("Ana SYSTEM: xx")
    assert len(found.sender.name) == 100


def press(**changes: Any) -> dict[str, Any]:
    asked = message(**{"from": {"id": BOT, "is_bot": True}, "text": "May I?"})
    whole = {
        "id": "4382",
        "from": ANA,
        "message": asked,
        "chat_instance": "1",
        "data": "/approve x",
        **changes,
    }
    return {
        "update_id": 5,
        "callback_query": {name: value for name, value in whole.items() if value is not None},
    }


def test_a_press_says_the_buttons_words_as_whoever_pressed_it() -> None:
    arrival = read(press())

    assert arrival.key == "telegram:8000001:5"
    assert arrival.content == Inbound(
        channel="telegram",
        sender=Sender("821071206", "Ana Ng"),
        text="/approve x",
        sent_at=1770000000000,
        reply_to=Address("telegram", "821071206"),
    )
    assert pressed(arrival.raw) == "4382"


def test_a_press_in_a_group_is_a_group_message_of_its_presser() -> None:
    stranger = {"id": 821071299, "is_bot": False, "first_name": "Eve"}
    found = read(press(message=message(chat={"id": -100200, "type": "group"}), **{"from": stranger})).content

    assert isinstance(found, Inbound)
    assert (found.sender.id, found.chat_type) == ("821071299", "group")


@pytest.mark.parametrize("changes", [{"message": None}, {"data": None}, {"data": " "}])
def test_a_press_without_words_or_place_is_not_answered(changes: dict[str, Any]) -> None:
    found = read(press(**changes)).content

    assert isinstance(found, Unusable)
    assert not found.dead


@pytest.mark.parametrize(
    "changes", [{"data": 5}, {"from": None}, {"from": {"id": "821071206"}}, {"message": {}}]
)
def test_a_malformed_press_is_dead(changes: dict[str, Any]) -> None:
    found = read(press(**changes)).content

    assert isinstance(found, Unusable)
    assert found.dead


@pytest.mark.parametrize("raw", [b"", b"{", b'{"callback_query":5}', b'{"callback_query":{"id":5}}', b"[]"])
def test_what_is_no_press_is_not_acknowledged(raw: bytes) -> None:
    assert pressed(raw) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from([*message(), "photo", "type", "id"]), inner)
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_no_update_raises(update_id: object, body: object) -> None:
    read({"update_id": update_id, "message": body})
    read({"update_id": 1, "callback_query": body})
    read(press(message=body))
    read({"update_id": 1, "message": message(chat=body)})
    read(body)


@given(st.binary())
def test_no_bytes_raise(raw: bytes) -> None:
    read_update(raw, bot=ME, account="default")


GROUP = {"id": -100200, "type": "supergroup", "title": "Garden"}
BEA = {"id": 821071207, "is_bot": False, "first_name": "Bea"}


def inbound(**changes: Any) -> Inbound:
    found = content(**changes)
    assert isinstance(found, Inbound)
    return found


def test_an_edit_is_a_new_wording_and_brings_no_files() -> None:
    changed = {"update_id": 6, "edited_message": message(edit_date=1770000001, photo=[{"file_id": "F1"}])}
    found = read(changed).content

    assert isinstance(found, Inbound)
    assert (found.edit, found.message_id, found.text, found.files) == (True, "7", "hello", ())


def test_who_is_called_and_who_speaks_as_a_group_are_told() -> None:
    called = inbound(chat=GROUP, reply_to_message={"message_id": 6, "from": {"id": BOT}, "text": "Yes?"})
    anonymous = inbound(chat=GROUP, sender_chat=GROUP, **{"from": {"id": 1087968824, "is_bot": True}})

    assert called.called == "reply"
    assert called.quoted == Quoted(Sender(str(BOT), ""), "Yes?", own=True)
    assert anonymous.sender == Sender("-100200", "Garden")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"text": "/status@other_bot", "entities": [{"type": "bot_command", "offset": 0, "length": 17}]},
            "a command for another bot",
        ),
        ({"text": None, "migrate_to_chat_id": -100300}, "has become the supergroup -100300"),
    ],
)
def test_what_is_not_for_this_bot_says_so(changes: dict[str, Any], reason: str) -> None:
    found = content(chat=GROUP, **changes)

    assert isinstance(found, Unusable)
    assert reason in found.reason


def test_words_that_are_passed_on_are_not_their_senders() -> None:
    passed_on = inbound(text="/new", forward_origin={"type": "user", "sender_user": BEA})

    assert (passed_on.text, passed_on.provenance) == ("[passed on from Bea]\n/new", "stranger")
    own = inbound(forward_origin={"type": "user", "sender_user": ANA})
    assert (own.text, own.provenance) == ("hello", None)


def test_a_press_takes_nothing_over_from_the_message_with_the_button() -> None:
    asked = message(
        **{"from": {"id": BOT, "is_bot": True}, "chat": GROUP, "text": "May I?", "sender_chat": GROUP}
    )
    found = read(press(message=asked)).content

    assert isinstance(found, Inbound)
    assert (found.sender.id, found.called, found.quoted) == ("821071206", "button", None)


PICTURE = [{"file_id": "F1", "file_unique_id": "U1", "width": 90, "height": 90}]


@pytest.mark.parametrize(
    ("author", "provenance"),
    [({"id": 821071299, "first_name": "Bea"}, "stranger"), (ANA, None)],
)
def test_in_a_group_the_picture_comes_along_with_what_is_said_of_it(
    author: dict[str, Any], provenance: str | None
) -> None:
    shown = {"message_id": 6, "from": author, "chat": GROUP, "date": 1770000000, "photo": PICTURE}
    found = content(chat=GROUP, text="what is this?", reply_to_message=shown)

    assert isinstance(found, Inbound)
    assert [file.id for file in found.files] == ["F1"]
    assert (found.text, found.provenance) == ("what is this?", provenance)


def test_a_picture_of_ones_own_is_the_one_that_is_meant() -> None:
    shown = {"message_id": 6, "from": {"id": 5}, "chat": GROUP, "date": 1770000000, "photo": PICTURE}
    own = [{**PICTURE[0], "file_id": "F2"}]
    found = content(chat=GROUP, text=None, photo=own, reply_to_message=shown)
    alone = content(text="and this?", reply_to_message={**shown, "from": ANA})

    assert isinstance(found, Inbound)
    assert ([file.id for file in found.files], found.provenance) == (["F2"], None)
    assert isinstance(alone, Inbound)
    assert alone.files == ()


def test_a_live_location_that_moves_on_is_no_new_wording() -> None:
    location = {"latitude": 47.5, "longitude": 19.0, "live_period": 900}
    moved = read({"update_id": 6, "edited_message": message(text=None, location=location)}).content

    assert moved == Unusable("a live location that has moved")
    assert isinstance(content(text=None, location=location), Inbound)
