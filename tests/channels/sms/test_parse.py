import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.channels.sms.parse import (
    arrival,
    arrival_key,
    listed_text,
    number,
    raw_of,
    read_status,
    read_text,
)
from openclaw.channels.twilio.rest import Text
from openclaw.types.messages import Address, Inbound, Sender, Unusable

SID = "SM" + "0" * 32
OURS = "+12015550199"
ANA = "+12015550123"
NOW = 1_770_000_000_000
FIELDS = {"MessageSid": SID, "From": ANA, "To": OURS, "Body": "Hello", "NumMedia": "0"}


def content(fields: dict[str, str]) -> Inbound | Unusable:
    sms = read_text(tuple(fields.items()), NOW)
    assert sms is not None
    return arrival(sms, "sales", b"raw", frozenset({OURS})).content


def test_a_text_becomes_a_message_that_is_answered_from_the_number_it_came_to() -> None:
    assert content(FIELDS) == Inbound(
        channel="sms",
        sender=Sender(ANA),
        text="Hello",
        sent_at=NOW,
        account="sales",
        reply_to=Address("sms", ANA, "sales"),
        message_id=SID,
    )


@pytest.mark.parametrize(
    ("said", "meant"), [("STOP", "stop"), ("START", "start"), ("HELP", "help"), ("", ""), ("MORE", "")]
)
def test_what_the_messaging_service_takes_it_for_is_kept(said: str, meant: str) -> None:
    found = content({**FIELDS, "Body": "ADIOS", "OptOutType": said})
    assert isinstance(found, Inbound)
    assert found.wish == meant


def test_pictures_stand_before_the_words_and_are_to_be_fetched() -> None:
    fields = {
        **FIELDS,
        "NumMedia": "2",
        "MediaUrl0": "https://api.twilio.com/x",
        "MediaContentType0": "image/jpeg",
        "MediaUrl1": "https://api.twilio.com/y",
        "MediaContentType1": "text/html",
    }

    found = content(fields)

    assert isinstance(found, Inbound)
    assert found.text == "<media:image>\n[attachment of type text/html, not fetched]\nHello"
    assert [(file.kind, file.id, file.place) for file in found.files] == [
        ("photo", "https://api.twilio.com/x", f"inbound/{SID}-0.jpg")
    ]


@pytest.mark.parametrize("count", ["-1", "999999", "x", "", "²"])
def test_a_count_of_files_that_is_none_brings_no_files(count: str) -> None:
    found = content({**FIELDS, "NumMedia": count})

    assert isinstance(found, Inbound)
    assert found.text == "Hello"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"Body": " \n"}, "an empty message"), ({"From": OURS}, "from one of our own numbers")],
)
def test_some_texts_are_kept_and_not_answered(changed: dict[str, str], reason: str) -> None:
    assert content({**FIELDS, **changed}) == Unusable(reason)


@pytest.mark.parametrize("missing", ["MessageSid", "From", "To"])
def test_a_form_that_is_no_text_is_none(missing: str) -> None:
    assert read_text(tuple({**FIELDS, missing: ""}.items()), NOW) is None
    assert read_text((("MessageSid", "../x"), *list(FIELDS.items())[1:]), NOW) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+1 201 555 0123", ANA),
        ("72345", "72345"),
        (" ACME ", "ACME"),
        ("whatsapp:+1", "whatsapp:+1"),
        ("x" * 99, "x" * 64),
    ],
)
def test_a_sender_is_a_number_a_short_code_or_a_name(written: str, read: str) -> None:
    assert number(written) == read


def test_a_text_has_one_key_however_it_comes() -> None:
    text = Text(SID, "inbound", ANA, OURS, "Hello", "received", NOW, 1, 0)
    listed, posted = listed_text(text, ()), read_text(tuple(FIELDS.items()), NOW)
    assert listed is not None
    assert posted is not None

    assert listed == posted
    assert listed.key == arrival_key(SID) == f"sms:{SID}"
    assert arrival(listed, "sales", raw_of(text), frozenset()).sequence == NOW


def test_a_status_is_read_with_its_error() -> None:
    fields = {
        "MessageSid": SID,
        "MessageStatus": "undelivered",
        "ErrorCode": "30003",
        "To": ANA,
        "From": OURS,
    }

    found = read_status(tuple(fields.items()))

    assert found is not None
    assert (found.sid, found.status, found.error_code, found.to) == (SID, "undelivered", 30003, ANA)
    assert read_status((("MessageSid", SID),)) is None
    assert read_status((("MessageSid", SID), ("MessageStatus", "<b>"))) is None


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=50)), max_size=10))
def test_no_form_breaks_it(form: list[tuple[str, str]]) -> None:
    read_text(tuple(form), NOW)
    read_status(tuple(form))
    sms = read_text((*FIELDS.items(), *form), NOW)
    if sms is not None:
        arrival(sms, "default", b"", frozenset())
