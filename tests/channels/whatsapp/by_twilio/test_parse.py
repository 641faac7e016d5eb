import pytest

from openclaw.channels.whatsapp.by_twilio.parse import Note, Status, arrival, person, read, unreadable
from openclaw.types.messages import Address, Attachment, Inbound, Quoted, Sender, Unusable

NOW = 1_795_226_400_000
SID = "SM" + "0123456789abcdef" * 2
MESSAGE = {
    "MessageSid": SID,
    "From": "whatsapp:+12015550123",
    "To": "whatsapp:+12015550199",
    "ProfileName": " Ana \n",
    "WaId": "12015550123",
    "Body": "hello",
    "SmsStatus": "received",
    "NumMedia": "0",
}


def note(**more: str) -> Note:
    found = read(tuple({**MESSAGE, **more}.items()))
    assert isinstance(found, Note)
    return found


def inbound(**more: str) -> Inbound | Unusable:
    return arrival(note(**more), "default", b"raw", NOW, None).content


def test_a_message_is_from_its_number() -> None:
    found = arrival(note(), "shop", b"raw", NOW, None)

    assert found.key == f"whatsapp:{SID}"
    assert found.content == Inbound(
        channel="whatsapp",
        sender=Sender("+12015550123", "Ana"),
        text="hello",
        sent_at=NOW,
        account="shop",
        reply_to=Address("whatsapp", "+12015550123", "shop"),
        message_id=SID,
    )


def test_files_are_named_with_their_place() -> None:
    media = {"NumMedia": "2", "MediaUrl0": "https://example.org/a", "MediaContentType0": "image/jpeg"}

    content = inbound(**media, MediaUrl1="https://example.org/b", MediaContentType1="text/vcard")

    assert isinstance(content, Inbound)
    assert content.text == "<media:image>\n<media:document>\nhello"
    assert content.files == (
        Attachment(
            "photo", "https://example.org/a", "", "image/jpeg", place=f"inbound/2026-11-21/wa-{SID}-0.jpg"
        ),
        Attachment(
            "document", "https://example.org/b", "", "text/vcard", place=f"inbound/2026-11-21/wa-{SID}-1.vcf"
        ),
    )


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"ButtonPayload": "/approve 42", "Body": "Yes"}, "/approve 42"),
        (
            {"Latitude": "47.5", "Longitude": "19.04", "Label": "Cafe", "Body": ""},
            "[location: 47.5, 19.04 (Cafe)]",
        ),
    ],
)  # fmt: skip
def test_what_else_a_message_says(more: dict[str, str], text: str) -> None:
    content = inbound(**more)

    assert isinstance(content, Inbound)
    assert content.text == text


def test_what_is_answered_is_told() -> None:
    said = Quoted(Sender("+12015550199"), "Three?", own=True)
    found = note(OriginalRepliedMessageSid="SM1")

    content = arrival(found, "default", b"raw", NOW, said).content

    assert found.quotes == "SM1"
    assert isinstance(content, Inbound)
    assert content.quoted == said


def test_an_empty_message_is_not_answered() -> None:
    assert inbound(Body=" ") == Unusable("an empty message")


def test_a_status_says_what_became_of_a_message() -> None:
    form = {"MessageSid": SID, "MessageStatus": "failed", "ErrorCode": "63016", "To": "whatsapp:+12015550123"}

    assert read(tuple(form.items())) == Status(SID, "failed", "+12015550123", 63016)
    assert read((("SmsSid", SID), ("MessageStatus", "READ"))) == Status(SID, "read", "", None)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"MessageSid": SID},
        {**MESSAGE, "From": "+12015550123"},
        {**MESSAGE, "To": ""},
        {**MESSAGE, "MessageSid": "a/b"},
    ],
)
def test_anything_else_is_neither(form: dict[str, str]) -> None:
    assert read(tuple(form.items())) is None
    assert isinstance(unreadable(b"raw", "default").content, Unusable)


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("whatsapp:+12015550123", "+12015550123"),
        ("whatsapp:US.900111222333", "US.900111222333"),
        ("+12015550123", ""),
        ("whatsapp:", ""),
        ("sms:+12015550123", ""),
    ],
)
def test_only_whatsapp_addresses_are_people(address: str, known: str) -> None:
    assert person(address) == known
