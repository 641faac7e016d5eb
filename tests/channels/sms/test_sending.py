from collections.abc import AsyncIterator

import pytest

from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError, StorageFullError
from tests.channels.sms.house import ANA, BASE, Texting, outbound, texting
from tests.fakes import FakeTwilio


@pytest.fixture
async def house(twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Texting]:
    monkeypatch.setattr("openclaw.channels.sms.sending._LOOKS", (0.0, 0.0))
    found = texting(twilio, segmentPrice=0.01, timeoutSeconds=1)
    yield found
    await found.aclose()


async def test_a_text_is_sent_and_recorded_with_its_price(house: Texting) -> None:
    sid = await house.channel.send(outbound("x" * 200))

    assert house.twilio.sent[0].params["StatusCallback"] == [BASE + "/sms/status"]
    row = house.phone.texts[sid]
    assert (row.direction, row.from_number, row.to_number, row.status, row.outbox_id) == (
        "outbound", house.twilio.number, ANA, "queued", "o_1",
    )  # fmt: skip
    assert (row.segments, row.cost) == (2, 0.02)


async def test_an_answer_leaves_from_the_number_that_was_texted(twilio: FakeTwilio) -> None:
    house = texting(twilio, accounts={"sales": {"fromNumber": "+12015550198"}})

    await house.channels["sales"].send(outbound("Hi", account="sales"))
    await house.channels["default"].send(outbound("Hi"))
    await house.aclose()

    assert [text.sender for text in twilio.sent] == ["+12015550198", twilio.number]


async def test_without_a_public_address_no_status_is_asked_for(twilio: FakeTwilio) -> None:
    house = texting(twilio, publicWebhookUrls=[])

    await house.channel.send(outbound("Hi"))
    await house.aclose()

    assert "StatusCallback" not in twilio.sent[0].params


@pytest.mark.parametrize(
    ("status", "code", "wait", "told"),
    [
        (400, 21610, None, [21610]),
        (400, 30034, None, [30034]),
        (429, 20429, 5.0, []),
        (401, 20003, 60.0, []),
        (503, 0, 1.0, []),
    ],
)
async def test_a_refusal_is_told_to_whom_it_concerns(
    house: Texting, status: int, code: int, wait: float | None, told: list[int]
) -> None:
    house.twilio.fail(status, code, "no")

    with pytest.raises(DeliveryError) as raised:
        await house.channel.send(outbound("Hi"))

    assert raised.value.retry_after == wait
    assert house.refusals.codes() == told
    assert house.phone.texts == {}


async def test_where_there_is_too_much_it_waits_longer_and_gives_up_after_three_times(house: Texting) -> None:
    house.twilio.fail(429, 20429, "Too Many Requests", times=3)
    waits: list[float | None] = []

    for _ in range(3):
        with pytest.raises(DeliveryError, match="too many requests") as raised:
            await house.channel.send(outbound("Hi"))
        waits.append(raised.value.retry_after)

    assert waits == [5.0, 10.0, None]
    assert await house.channel.send(outbound("Hi"))


async def test_a_text_whose_answer_was_lost_is_found_and_not_sent_again(house: Texting) -> None:
    house.twilio.accept_and_drop()

    sid = await house.channel.send(outbound("Hi"))

    assert house.twilio.bodies() == ["Hi"]
    assert sid == house.twilio.sent[0].sid
    assert house.phone.texts[sid].outbox_id == "o_1"


async def test_a_text_that_twilio_does_not_have_may_be_sent_again(house: Texting) -> None:
    house.twilio.hold()

    with pytest.raises(DeliveryError, match="Twilio does not have it") as raised:
        await house.channel.send(outbound("Hi"))

    assert raised.value.retry_after
    assert house.twilio.sent == []


async def test_a_text_that_appears_late_is_not_sent_twice(house: Texting) -> None:
    hold = house.twilio.hold()
    with pytest.raises(DeliveryError):
        await house.channel.send(outbound("Hi"))

    hold.release()
    await house.twilio.wait_sent(1)
    sid = await house.channel.send(outbound("Hi"))

    assert [text.sid for text in house.twilio.sent] == [sid]


async def test_where_twilio_does_not_say_nobody_knows(house: Texting) -> None:
    house.twilio.accept_and_drop()
    house.twilio.list_failures = 1

    with pytest.raises(AmbiguousDeliveryError):
        await house.channel.send(outbound("Hi"))

    assert await house.channel.send(outbound("Hi")) == house.twilio.sent[0].sid
    assert house.twilio.bodies() == ["Hi"]


async def test_a_doubted_text_is_not_sent_while_twilio_says_nothing_of_it(house: Texting) -> None:
    house.twilio.accept_and_drop()
    house.twilio.list_failures = 2
    with pytest.raises(AmbiguousDeliveryError):
        await house.channel.send(outbound("Hi"))

    with pytest.raises(DeliveryError, match="not sent again unseen") as raised:
        await house.channel.send(outbound("Hi"))

    assert raised.value.retry_after
    assert house.twilio.bodies() == ["Hi"]


async def test_the_same_words_sent_before_are_another_text(house: Texting) -> None:
    first = await house.channel.send(outbound("Hi", id="o_1"))
    house.twilio.accept_and_drop()

    second = await house.channel.send(outbound("Hi", id="o_2"))

    assert [text.sid for text in house.twilio.sent] == [first, second]


async def test_a_text_that_left_counts_as_sent_although_it_cannot_be_recorded(
    house: Texting, caplog: pytest.LogCaptureFixture
) -> None:
    house.phone.failures.append(StorageFullError("no room"))

    assert await house.channel.send(outbound("Hi")) == house.twilio.sent[0].sid
    assert "not in the list of texts" in caplog.text


async def test_a_text_that_is_too_long_is_not_offered(house: Texting) -> None:
    with pytest.raises(DeliveryError, match="1600") as raised:
        await house.channel.send(outbound("😀" * 801))

    assert raised.value.retry_after is None
    assert house.twilio.requests == []


async def test_a_text_that_is_recorded_is_found_although_the_outbox_never_heard_of_it(house: Texting) -> None:
    message = outbound("Hi")
    sid = await house.channel.send(message)

    assert await house.channel.sent_before(message, 0) == sid
    assert await house.channel.sent_before(outbound("Hi", id="o_2"), 0) is None
