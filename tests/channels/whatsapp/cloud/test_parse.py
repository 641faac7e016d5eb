import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.channels.whatsapp.cloud.parse import (
    Message,
    Status,
    phone,
    read_body,
    read_message,
    unreadable,
)
from openclaw.types.messages import Address, Arrival, Attachment, Inbound, Quoted, Sender, Unusable

SAID = Quoted(Sender("1065"), "Would Tuesday do?", own=True)
NUMBER = "106540352242922"
BSUID = "US.13491208655302741918"
P1 = (
    rb'{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":"messages",'
    rb'"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"19497798471",'
    rb'"phone_number_id":"106540352242922"},"contacts":[{"profile":{"name":"Ana","username":"ana.k"},'
    rb'"wa_id":"12015550123","user_id":"US.13491208655302741918"}],"messages":[{"from":"12015550123",'
    rb'"from_user_id":"US.13491208655302741918","id":"wamid.HBgLMTIwMTU1NTAxMjMVAgASGBQzQUYwMDE=",'
    rb'"timestamp":"1795226400","type":"text","text":{"body":"Is the 3pm slot free?"},'
    rb'"context":{"from":"19497798471","id":"wamid.PREV"}}]}}]}]}'
)


def value(**parts: object) -> bytes:
    whole = {"metadata": {"phone_number_id": NUMBER}, **parts}
    changes = [{"field": "messages", "value": whole}]
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"changes": changes}]}).encode()


def reads(body: bytes, said: dict[str, Quoted] | None = None) -> list[Arrival]:
    found = read_body(body)
    assert found is not None
    return [read_message(message, "default", (said or {}).get) for message in found.messages]


def one(said: dict[str, Quoted] | None = None, **message: object) -> Inbound | Unusable:
    whole = {"from": "12015550123", "id": "wamid.1", "timestamp": "1795226400", **message}
    (read,) = reads(value(messages=[whole]), said)
    return read.content


def text_of(content: Inbound | Unusable) -> str:
    assert isinstance(content, Inbound), content
    return content.text


def test_the_user_id_is_who_somebody_is_and_the_number_another_name_for_them() -> None:
    (read,) = reads(P1, {"wamid.PREV": SAID})

    assert read.key == f"whatsapp:{NUMBER}:wamid.HBgLMTIwMTU1NTAxMjMVAgASGBQzQUYwMDE="
    assert read.content == Inbound(
        channel="whatsapp",
        sender=Sender(BSUID, "Ana", ("+12015550123",)),
        text="Is the 3pm slot free?",
        sent_at=1_795_226_400_000,
        reply_to=Address("whatsapp", "+12015550123"),
        message_id="wamid.HBgLMTIwMTU1NTAxMjMVAgASGBQzQUYwMDE=",
        quoted=SAID,
    )


def test_without_a_user_id_the_number_is_who_they_are() -> None:
    content = one(type="text", text={"body": "hello"})

    assert isinstance(content, Inbound)
    assert content.sender == Sender("+12015550123")


def test_a_batch_of_somebody_who_hides_their_number() -> None:
    who = {"from_user_id": "US.900111222333", "timestamp": "1795226401"}
    media = [
        {
            **who, "id": "wamid.I1", "type": "image",
            "image": {"id": "9001", "mime_type": "image/jpeg", "sha256": "q83v", "caption": "receipt"},
        },
        {
            **who, "id": "wamid.A1", "type": "audio",
            "audio": {"id": "9002", "mime_type": "audio/ogg; codecs=opus", "sha256": "x", "voice": True},
        },
        {
            **who, "id": "wamid.D1", "type": "document",
            "document": {"id": "9003", "mime_type": "application/pdf", "filename": "quote.pdf"},
        },
        {**who, "id": "wamid.R1", "type": "reaction", "reaction": {"message_id": "wamid.OUT9"}},
    ]  # fmt: skip
    contact = {"profile": {"name": "Bo", "username": "bo77"}, "user_id": "US.900111222333"}

    found = reads(value(contacts=[contact], messages=media))

    contents = [read.content for read in found]
    assert [content.text for content in contents if isinstance(content, Inbound)] == [
        "<media:image>\nreceipt",
        "<media:audio>",
        "<media:document>",
    ]
    assert contents[3] == Unusable("a reaction to wamid.OUT9 taken back")
    assert isinstance(contents[0], Inbound)
    assert contents[0].sender == Sender("US.900111222333", "Bo")
    assert contents[0].reply_to == Address("whatsapp", "US.900111222333")
    assert [file for content in contents if isinstance(content, Inbound) for file in content.files] == [
        Attachment("photo", "9001", "", "image/jpeg", place="inbound/2026-11-21/wa-9001.jpg"),
        Attachment("voice", "9002", "", "audio/ogg", place="inbound/2026-11-21/wa-9002.ogg"),
        Attachment(
            "document", "9003", "quote.pdf", "application/pdf", place="inbound/2026-11-21/wa-9003.pdf"
        ),
    ]
    assert len({read.key for read in found}) == 4


def test_everybody_of_a_batch_has_their_own_name() -> None:
    contacts = [
        {"profile": {"name": "Ana"}, "wa_id": "12015550123"},
        {"profile": {"name": "Bo"}, "wa_id": "12015550124"},
    ]
    messages = [
        {
            "from": number,
            "id": f"wamid.{number}",
            "timestamp": "1795226400",
            "type": "text",
            "text": {"body": "hi"},
        }
        for number in ("12015550124", "12015550123", "12015550125")
    ]

    contents = [read.content for read in reads(value(contacts=contacts, messages=messages))]

    assert [content.sender.name for content in contents if isinstance(content, Inbound)] == ["Bo", "Ana", ""]


@pytest.mark.parametrize(
    ("context", "quoted"),
    [({"id": "wamid.PREV"}, SAID), ({"id": "wamid.LOST"}, None), ({}, None), (None, None), ({"id": 5}, None)],
)
def test_what_is_answered_is_told_where_it_is_remembered(context: object, quoted: Quoted | None) -> None:
    content = one({"wamid.PREV": SAID}, type="text", text={"body": "yes"}, context=context)

    assert isinstance(content, Inbound)
    assert content.quoted == quoted


def test_the_words_of_a_button_stand_alone() -> None:
    reply = {"type": "button_reply", "button_reply": {"id": "/approve 42", "title": "Yes"}}

    content = one({"wamid.PREV": SAID}, type="interactive", interactive=reply, context={"id": "wamid.PREV"})

    assert isinstance(content, Inbound)
    assert (content.text, content.quoted) == ("/approve 42", None)


@pytest.mark.parametrize("mark", ["forwarded", "frequently_forwarded"])
def test_what_is_passed_on_says_so(mark: str) -> None:
    assert text_of(one(type="text", text={"body": "look"}, context={mark: True})) == "look\n[forwarded]"


@pytest.mark.parametrize(
    "broken",
    [
        {"id": 5}, {"id": ""}, {"timestamp": None}, {"timestamp": "soon"}, {"timestamp": "9" * 13}, {"timestamp": True},
        {"timestamp": "１７９５"}, {"type": None}, {"type": "text", "text": "hello"}, {"type": "image", "image": {}},
    ],
)  # fmt: skip
def test_a_malformed_message_is_kept_and_is_dead(broken: dict[str, Any]) -> None:
    content = one(**{"type": "text", "text": {"body": "hello"}, **broken})

    assert isinstance(content, Unusable)
    assert content.dead


def test_what_whatsapp_itself_tells_is_kept_and_not_answered() -> None:
    changed = {"type": "user_changed_number", "body": "Ana changed", "wa_id": "12015550124"}

    assert one(type="system", system=changed) == Unusable("system: told by WhatsApp itself")


def test_a_message_to_a_group_is_answered_there() -> None:
    content = one(type="text", text={"body": "hello"}, group_id="Y2FwaV9ncm91cA")

    assert isinstance(content, Inbound)
    assert (content.chat_type, content.reply_to) == ("group", Address("whatsapp", "Y2FwaV9ncm91cA"))


def test_a_repeat_has_the_same_key_however_its_body_is_written() -> None:
    spaced = json.dumps(json.loads(P1), indent=2).encode()

    assert [read.key for read in reads(P1)] == [read.key for read in reads(spaced)]


def test_text_that_no_encoding_can_hold_is_mended() -> None:
    body = value(messages=[]).replace(
        b'"messages": []',
        rb'"messages": [{"from": "12015550123", "id": "wamid.1", "timestamp": "1", "type": "text",'
        rb' "text": {"body": "a\ud800b"}}]',
    )

    (read,) = reads(body)

    assert text_of(read.content) == "a\ufffdb"


def test_an_id_that_no_encoding_can_hold_is_mended_as_well() -> None:
    (read,) = reads(
        value(messages=[{"from": "12015550123", "id": "wamid.\ud800", "timestamp": "1", "type": "text"}])
    )

    assert read.key == f"whatsapp:{NUMBER}:wamid.\ufffd"


def test_statuses_with_what_became_of_each_message() -> None:
    failed = {
        "id": "wamid.OUTX", "status": "failed", "timestamp": "1795226410", "recipient_id": "12015550199",
        "biz_opaque_callback_data": "o_7",
        "errors": [{"code": 131047, "title": "Re-engagement message", "error_data": {"details": "More than 24 hours"}}],
    }  # fmt: skip
    read = {"id": "wamid.OUT9", "status": "read", "timestamp": "1", "recipient_user_id": BSUID}
    played = {"id": "wamid.OUT8", "status": "played", "timestamp": "1"}
    others = [{"id": "wamid.OUT7", "status": "deleted"}, {"status": "sent"}, "sent"]

    found = read_body(value(statuses=[failed, read, played, *others]))

    assert found is not None
    assert found.messages == ()
    assert found.statuses == (
        Status(NUMBER, "wamid.OUTX", "failed", "+12015550199", "o_7", 131047, "More than 24 hours"),
        Status(NUMBER, "wamid.OUT9", "read", BSUID),
        Status(NUMBER, "wamid.OUT8", "read", ""),
    )


def test_problems_of_the_account_are_read() -> None:
    found = read_body(value(errors=[{"code": 130429, "title": "Rate limit hit"}]))

    assert found is not None
    assert found.problems == ("Rate limit hit (error 130429)",)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"entry": {}}', b"\xff", b"[" * 100_000])
def test_what_is_not_of_the_form_is_none(body: bytes) -> None:
    assert read_body(body) is None
    arrival = unreadable(body, "default")
    assert arrival.raw == body
    assert isinstance(arrival.content, Unusable)
    assert arrival.content.dead


def test_other_fields_than_messages_hold_none() -> None:
    change = {"field": "account_update", "value": {"messages": [{"id": "wamid.1"}]}}

    found = read_body(json.dumps({"entry": [{"changes": [change]}]}).encode())

    assert found is not None
    assert found.messages == ()


@pytest.mark.parametrize(
    ("wa_id", "number"),
    [
        ("12015550123", "+12015550123"), ("+12015550123", "+12015550123"), ("", ""), ("ana", ""),
        ("１２０１５５５０１２３", ""),
    ],
)  # fmt: skip
def test_a_number_is_read_whole_or_not_at_all(wa_id: str, number: str) -> None:
    assert phone(wa_id) == number


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["from", "id", "timestamp", "type", "text", "body", "image", "mime_type", "context", "contacts", "name",
             "phones", "location", "latitude", "longitude", "interactive", "button_reply", "profile", "reaction",
             "order", "product_items", "errors", "code"]
        ),
        inner, max_size=6,
    ),
    max_leaves=12,
)  # fmt: skip


@given(
    JSON,
    JSON,
    st.sampled_from(["text", "image", "location", "contacts", "interactive", "order", "reaction", "x"]),
)
def test_whatever_a_message_holds_nothing_is_raised(content: object, contact: object, kind: str) -> None:
    raw = {
        "from": "12015550123",
        "id": "wamid.1",
        "timestamp": "1",
        "type": kind,
        kind: content,
        "context": content,
    }
    contacts = (contact,) if isinstance(contact, dict) else ()

    read_message(Message(NUMBER, raw, contacts), "default", lambda _: None)
