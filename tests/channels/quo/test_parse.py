import json
from typing import Any

import pytest

from openclaw.channels.quo.parse import Event, Happening, listed_text, read_event
from openclaw.types.clock import parse_iso
from openclaw.types.messages import Address, Inbound, Unusable
from tests.fake.quo import received, received_before

NOW = 1_795_228_142_000


def read(value: object) -> Event:
    return read_event(value if isinstance(value, bytes) else json.dumps(value).encode(), "aurora", NOW)


def event(kind: str, about: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "EV5", "type": kind, "data": {"resource": about}, **more}


@pytest.mark.parametrize("told", [received("Hello"), received_before("Hello")])
def test_a_text_is_read_from_both_envelopes(told: dict[str, Any]) -> None:
    found = read(told)

    message = found.arrival.content
    assert isinstance(message, Inbound)
    assert (message.sender.id, message.text, message.agent) == ("+12015550123", "Hello", "aurora")
    assert message.reply_to == Address("quo", "+12015550123", thread="PN123")
    assert message.sent_at == 1_772_182_800_000
    assert found.arrival.key == "quo:default:msg:AC900"
    assert found.happening == Happening("sms.received", found.arrival.key, "+12015550123: Hello")


def test_the_same_message_in_another_event_has_the_same_key_and_another_message_has_not() -> None:
    key = read(received("Hello")).arrival.key

    assert read(received("Hello", event="EV2")).arrival.key == key
    assert read(received_before("Hello", event="EV3")).arrival.key == key
    assert read(received("Hello", message="AC901")).arrival.key != key


def test_without_our_lines_id_the_number_that_was_texted_answers() -> None:
    told = received("Hello")
    del told["data"]["resource"]["phoneNumberId"]

    message = read(told).arrival.content
    assert isinstance(message, Inbound)
    assert message.reply_to is not None
    assert message.reply_to.thread == "+12015550100"


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("message.delivered", "delivered", "delivered"),
        ("message.delivered", "", "delivered"),
        ("message.updated", "undelivered", "failed"),
        ("message.sent", "queued", None),
    ],
)
def test_our_own_messages_are_not_answered_and_their_fate_is_read(
    kind: str, status: str, expected: str | None
) -> None:
    found = read(event(kind, {"id": "AC7", "status": status, "direction": "outgoing"}))

    assert isinstance(found.arrival.content, Unusable)
    assert found.note == "outbound"
    assert (None if found.receipt is None else found.receipt.status) == expected


def test_a_message_that_only_says_it_was_received_and_left_is_ours() -> None:
    assert (
        read(event("message.received", {"id": "AC7", "direction": "outgoing", "text": "x"})).note
        == "outbound"
    )


@pytest.mark.parametrize(
    ("kind", "about", "summary"),
    [
        (
            "call.ringing",
            {
                "id": "CA1",
                "from": "+12015550123",
                "to": "+12015550100",
                "direction": "incoming",
                "status": "ringing",
            },
            "+12015550123 → +12015550100: incoming, ringing",
        ),
        (
            "call.completed",
            {"id": "CA1", "from": "+12015550123", "status": "completed", "duration": 61},
            "+12015550123: completed, 61 s",
        ),
        ("call.recording.completed", {"id": "CA1"}, "a call"),
        ("call.summary.completed", {"callId": "CA1", "summary": ["Wants", "a call"]}, "Wants a call"),
        (
            "call.transcript.completed",
            {"callId": "CA1", "dialogue": [{"content": "Hi"}, {"content": "Hello"}, 5]},
            "Hi / Hello",
        ),
    ],
)
def test_a_call_is_recorded(kind: str, about: dict[str, Any], summary: str) -> None:
    found = read(event(kind, about))

    assert found.happening == Happening(kind, "CA1", summary)
    assert found.note == "call"


UNKNOWN: list[object] = [
    {},
    {"type": "weather.changed"},
    {"type": "contact.updated", "id": "EV5", "data": {"object": {}}},
    {"type": "message.received", "data": []},
    event("message.received", {"id": "AC7", "from": "+12015550123", "text": ""}),
    event("message.received", {"id": "AC7", "from": "Rosa", "text": "Hi"}),
    event("call.", {}),
    b"",
    b"[]",
    b"\xff",
    b"[" * 100_000,
    b'{"data":' * 300 + b"1" + b"}" * 300,
    b'{"id": "\\ud83d", "type": "\\udc00"}',
]


@pytest.mark.parametrize("told", UNKNOWN)
def test_what_is_not_understood_is_kept_unclassified(told: object) -> None:
    found = read(told)

    assert isinstance(found.arrival.content, Unusable)
    assert found.arrival.content.reason.startswith("unclassified: ")
    assert found.arrival.key.encode()
    assert found.unknown


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({}, "AC1"),
        ({"to": ["+12015550124"]}, None),
        ({"text": "Hello "}, None),
        ({"direction": "incoming"}, None),
        ({"createdAt": "2026-02-27T08:59:59Z"}, None),
        ({"createdAt": "yesterday"}, None),
        ({"id": None}, None),
    ],
)
def test_only_the_very_text_is_found_in_a_list(row: dict[str, Any], found: str | None) -> None:
    whole = {
        "id": "AC1", "to": ["+12015550123"], "text": "Hello", "direction": "outgoing",
        "createdAt": "2026-02-27T09:00:00Z",
    }  # fmt: skip
    since = parse_iso("2026-02-27T09:00:00.000Z")

    listing = {"data": [None, {**whole, **row}]}
    assert listed_text(listing, "+12015550123", "Hello", since) == found
    assert listed_text({"data": "none"}, "+12015550123", "Hello", since) is None


def test_media_stand_before_their_words() -> None:
    told = received("Look")
    told["data"]["resource"]["media"] = [{"type": "image/png", "url": "https://example.org/1"}, {"url": "x"}]

    message = read(told).arrival.content
    assert isinstance(message, Inbound)
    assert message.text == "<media:image>\n<media:document>\nLook"
