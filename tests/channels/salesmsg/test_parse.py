import json
from typing import Any

import pytest

from openclaw.channels.salesmsg.config import SalesmsgConfig
from openclaw.channels.salesmsg.parse import Call, read_call
from openclaw.types.messages import Address, Inbound, Unusable
from tests.fake.salesmsg import FakeSalesmsg

NOW = 1_795_228_142_000
CONFIG = SalesmsgConfig(agent_id="aurora", allowed_agents=("atlas",), numbers=("+12015550100",))
FAKE = FakeSalesmsg()


def read(value: object, config: SalesmsgConfig = CONFIG) -> Call:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read_call(raw, config, NOW)


def said(value: object) -> Inbound:
    content = read(value).arrival.content
    assert isinstance(content, Inbound), content
    return content


def unusable(value: object) -> str:
    content = read(value).arrival.content
    assert isinstance(content, Unusable), content
    return content.reason


FLAT = {
    "event": "message.received",
    "id": "m-1",
    "from_number": "(201) 555-0123",
    "to_number": "+12015550100",
    "body": "Hello",
}
SHAPES: list[dict[str, Any]] = [
    FAKE.received("Hello"),
    FLAT,
    {"type": "incoming_message", "phone": "2015550123", "text": "Hello"},
    {"event_type": "sms.inbound", "data": {"from": "+12015550123", "content": "Hello"}},
    {
        "trigger": "message_received",
        "payload": {"object": {"body": "Hello", "contact": {"phone": "12015550123"}}},
    },
    {
        "topic": "message.created",
        "resource": {"direction": "in", "message": "Hello", "number": "+12015550123"},
    },
    {"task": {"agentId": "atlas", "message": {"body_raw": "Hello", "contact": {"number": "+12015550123"}}}},
    {"body": {"text": "Hello", "from": {"number": "+12015550123"}}},
    {"from_number": "+12015550123", "message": "Hello"},
]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_text_is_found_in_each_shape(shape: dict[str, Any]) -> None:
    message = said(shape)

    assert (message.sender.id, message.text) == ("+12015550123", "Hello")
    assert message.reply_to is not None
    assert (message.reply_to.channel, message.reply_to.chat) == ("salesmsg", "+12015550123")
    assert message.role is None
    assert not message.operator
    assert message.session_key is None


def test_the_nested_shape_gives_all_there_is() -> None:
    message = said(FAKE.received("Hello"))

    assert message.sender.name == "Rosa Lind"
    assert message.reply_to == Address("salesmsg", "+12015550123", thread="90001")
    assert message.message_id == "7001"
    assert message.sent_at == 1_772_182_800_000
    assert message.agent == "aurora"


@pytest.mark.parametrize(
    ("asked", "agent", "refused"),
    [
        ({"agentId": "atlas"}, "atlas", ""),
        ({"agent_id": "atlas"}, "atlas", ""),
        ({"metadata": {"agentId": "atlas"}}, "atlas", ""),
        ({"agentId": "aurora"}, "aurora", ""),
        ({"agentId": "vault"}, "aurora", "vault"),
        ({"agentId": 7}, "aurora", "7"),
        ({"agentId": {"id": "atlas"}}, "aurora", ""),
    ],
)
def test_the_task_may_name_an_agent_of_the_list(asked: dict[str, Any], agent: str, refused: str) -> None:
    call = read({**asked, **FAKE.received("Hello")})

    assert isinstance(call.arrival.content, Inbound)
    assert (call.arrival.content.agent, call.refused_agent) == (agent, refused)
    assert call.note == ("agent-not-allowed" if refused else "")


@pytest.mark.parametrize(
    "ours",
    [
        FAKE.status("5501", "sent"),
        {"event": "message.sent", "body": "Hi", "from_number": "+12015550123"},
        {"direction": "outgoing", "body": "Hi", "from_number": "+12015550123"},
        {"type": "outbound", "body": "Hi", "phone": "+12015550123"},
        {"from": "+12015550100", "body": "Hi"},
        {"data": {"user_id": 5, "sent_at": "2026-02-27T09:00:00Z", "body": "Hi", "phone": "+12015550123"}},
    ],
)
def test_what_we_sent_ourselves_is_not_answered(ours: dict[str, Any]) -> None:
    assert unusable(ours).startswith("outbound")


@pytest.mark.parametrize(
    ("event", "status"),
    [("delivered", "delivered"), ("failed", "failed"), ("undelivered", "failed"), ("sent", None)],
)
def test_the_fate_of_a_message_of_ours_is_read(event: str, status: str | None) -> None:
    receipt = read(FAKE.status("5501", event)).receipt

    if status is None:
        assert receipt is None
    else:
        assert receipt is not None
        assert (receipt.provider_id, receipt.status) == ("salesmsg:5501", status)


@pytest.mark.parametrize(
    "event",
    [
        FAKE.received("Hello", contact={"number": "+12015550123", "opt_out": True}),
        {"event": "contact.opted_out", "contact": {"number": "+12015550123"}, "body": "STOP"},
    ],
)
def test_who_wants_no_texts_is_not_answered(event: dict[str, Any]) -> None:
    assert unusable(event).startswith("opted-out")


@pytest.mark.parametrize(
    ("event", "number"),
    [
        (FAKE.received("Hello", contact={"number": "+12015550123", "opt_out": True}), "+12015550123"),
        ({"event": "contact.opted_out", "contact": {"phone": "2015550123"}}, "+12015550123"),
        ({"event": "unsubscribed", "number": "+12015550123"}, "+12015550123"),
        ({"event": "contact.opt-out", "contact": {"id": 31}}, ""),
        ({"event": "option.outlined", "number": "+12015550123"}, ""),
        ({"event": "contact.opted_in", "number": "+12015550123"}, ""),
    ],
)
def test_the_number_that_wants_no_texts_is_named(event: dict[str, Any], number: str) -> None:
    assert read(event).opted_out == number


@pytest.mark.parametrize("words", ["STOP", "please stop texting me", "Start"])
def test_who_says_it_in_a_text_is_heard_by_the_house_itself(words: str) -> None:
    contact = {"number": "+12015550123", "opt_out": True}

    assert said(FAKE.received(words, contact=contact)).text == words


@pytest.mark.parametrize(
    ("event", "number"),
    [
        (FAKE.written("Hi", message_id=5), "+12015550123"),
        (
            {
                "type": "outgoing", "id": "m-1", "user_id": 5, "body": "Hi",
                "from": "+12015550100", "to": "+12015550124",
            },
            "+12015550124",
        ),
        (FAKE.written("Hi", message_id=5, automated=True), None),
        (FAKE.written("Hi", message_id=5, user_id=None), None),
        (FAKE.written("Hi", message_id=5, contact={}), None),
        (FAKE.received("Hi"), None),
    ],
)  # fmt: skip
def test_a_text_that_a_person_of_ours_may_have_written_is_told_apart(
    event: dict[str, Any], number: str | None
) -> None:
    written = read(event).written

    assert (written and (written.number, written.text)) == (number and (number, "Hi"))


UNKNOWN: list[object] = [
    {},
    {"event": "weather.changed"},
    {"event": "contact.created", "contact": {"number": "+12015550123"}, "body": "a note"},
    {"event": "message.updated", "body": "Hi", "from_number": "+12015550123"},
    {"event": "conversation.note", "body": "call him", "phone": "+12015550123"},
    {"event": "message.received", "body": "Hi"},
    {"event": "message.received", "body": "  ", "from_number": "+12015550123"},
    {"event": "message.received", "body": "Hi", "from_number": "ROSA"},
    {"event": ["message"], "data": {"body": {"text": 5}}},
    b"",
    b"[1, 2]",
    b'{"event": "\\ud83d", "\\udc00": 1}',
    b'{"data":' * 300 + b"1" + b"}" * 300,
    b"\xff\xfe\x00",
]


@pytest.mark.parametrize("event", UNKNOWN)
def test_what_is_not_understood_is_kept_unclassified(event: object) -> None:
    call = read(event)

    assert unusable(event).startswith("unclassified: ")
    assert call.unknown_shape
    assert call.arrival.key.encode()
    assert call.note == "unclassified"


def test_media_stand_before_their_words() -> None:
    media = [
        {"content_type": "image/jpeg", "source": "https://example.org/1"},
        {"url": "https://example.org/2"},
    ]

    assert said(FAKE.received("Look", media=media)).text == "<media:image>\n<media:document>\nLook"


def test_a_replay_has_the_same_key_however_it_is_written() -> None:
    event = FAKE.received("Hello")
    plain = read(event).arrival.key

    assert plain == "salesmsg:default:msg:7001"
    assert read(json.dumps(event, indent=3, sort_keys=True).encode()).arrival.key == plain
    for shape in SHAPES:
        turned = dict(reversed(list(shape.items())))
        assert read(turned).arrival.key == read({**shape, "attempt": 4}).arrival.key


def test_two_texts_never_share_a_key() -> None:
    keys = [
        read(FAKE.received("Hello", message_id=1)).arrival.key,
        read(FAKE.received("Hello", message_id=2)).arrival.key,
        read(FLAT).arrival.key,
        read({**FLAT, "body": "Hello again"}).arrival.key,
        read({**FLAT, "id": "m-2"}).arrival.key,
        read({"phone": "+12015550123", "text": "ok", "created_at": "2026-02-27T09:00:00Z"}).arrival.key,
        read({"phone": "+12015550123", "text": "ok", "created_at": "2026-02-27T09:05:00Z"}).arrival.key,
        *(
            read(
                {"data": {"id": 90001, "body": "ok", "phone": "+12015550123", "received_at": at}}
            ).arrival.key
            for at in ("2026-02-27T09:00:00Z", "2026-02-27T09:05:00Z")
        ),
        read({"data": {"id": 90001, "body": "yes", "phone": "+12015550123"}}).arrival.key,
        read(FAKE.status("1", "sent")).arrival.key,
        read(FAKE.status("1", "delivered")).arrival.key,
    ]

    assert len(set(keys)) == len(keys)


def test_half_a_character_does_no_harm() -> None:
    assert said(b'{"from": "+12015550123", "body": "\\ud83d oh"}').text == "\ufffd oh"


@pytest.mark.parametrize("told", ["yesterday", "2026-02-27T09:00:00", "9999-12-31T23:59:59Z", ""])
def test_a_time_that_cannot_be_is_now(told: str) -> None:
    assert said(FAKE.received("Hello", received_at=told)).sent_at == NOW
