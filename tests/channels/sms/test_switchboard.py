import anyio
import pytest

from openclaw.channels.sms.config import MESSAGE_PATHS
from openclaw.types.channel import WebhookResponse
from openclaw.types.errors import StorageFullError
from openclaw.types.phone import PhoneRefusal, SmsRow
from tests.channels.sms.house import ANA, BASE, Texting, texting
from tests.fakes import FakeTwilio

SALES = "+12015550198"


async def ready(twilio: FakeTwilio, **more: object) -> Texting:
    """With its credentials, as after the start."""
    house = texting(twilio, None, **more)
    for channel in house.channels.values():
        await channel._line.login.resolved()
    return house


def is_twiml(answer: WebhookResponse | str) -> bool:
    return (
        isinstance(answer, WebhookResponse)
        and (answer.status, answer.content_type) == (200, "text/xml")
        and answer.body.endswith(b"<Response/>")
    )


@pytest.mark.parametrize("path", MESSAGE_PATHS)
async def test_a_text_is_taken_in_and_answered_with_nothing(twilio: FakeTwilio, path: str) -> None:
    house = await ready(twilio)
    form = twilio.inbound("Hello é 😀", sender=ANA)

    assert is_twiml(await house.post(form, path))
    assert house.inbox.texts() == ["Hello é 😀"]
    assert house.phone.texts[form["MessageSid"]] == SmsRow(
        form["MessageSid"], "inbound", ANA, twilio.number, "Hello é 😀", "received"
    )
    assert house.noted(form, path) == (f"sms:{form['MessageSid']}", "")


async def test_ten_times_the_same_text_is_one(twilio: FakeTwilio) -> None:
    house = await ready(twilio)
    form = twilio.inbound("Hello", sender=ANA)
    answers: list[bool] = []

    async def post() -> None:
        answers.append(is_twiml(await house.post(form)))

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(post)

    assert answers == [True] * 10
    assert len(house.inbox.kept) == len(house.phone.texts) == 1


async def test_a_forged_text_goes_nowhere(twilio: FakeTwilio) -> None:
    house = await ready(twilio)
    form = twilio.inbound("Hello", sender=ANA)

    assert await house.post(form, signature="x") == "signature-wrong"
    assert await house.post(form, signature="") == "signature-missing"
    assert await house.post(form, public="https://evil.example.org/sms") == "signature-wrong"
    assert await house.post({**form, "AccountSid": "AC" + "9" * 32}) == "account-foreign"
    assert house.inbox.kept == {}


async def test_a_text_to_a_number_that_is_not_ours_is_noted_and_not_taken_in(twilio: FakeTwilio) -> None:
    house = await ready(twilio)
    form = twilio.inbound("Hello", sender=ANA, to="+12015550111")

    assert is_twiml(await house.post(form))
    assert house.inbox.kept == {}
    assert house.phone.texts == {}
    assert house.noted(form) == (f"sms:{form['MessageSid']}", "number-unknown")


async def test_a_form_that_is_no_text_is_answered_and_noted(twilio: FakeTwilio) -> None:
    house = await ready(twilio)

    assert is_twiml(await house.post({"AccountSid": twilio.account_sid}))
    assert house.noted({"AccountSid": twilio.account_sid}) == (None, "malformed")
    assert house.noted({"x": "y"}, "/sms/status") == (None, "malformed")


async def test_each_number_has_its_account_and_all_share_the_routes(twilio: FakeTwilio) -> None:
    house = await ready(twilio, accounts={"sales": {"fromNumber": SALES}})

    await house.post(twilio.inbound("one", sender=ANA))
    await house.post(twilio.inbound("two", sender=ANA, to=SALES))

    assert [(m.text, m.account) for m in house.inbox.messages()] == [("one", "default"), ("two", "sales")]
    assert [len(channel.routes(house.inbox.deliver)) for channel in house.channels.values()] == [5, 0]


async def test_a_messaging_service_brings_texts_to_whatever_number(twilio: FakeTwilio) -> None:
    service = "MG" + "0" * 32
    house = await ready(twilio, fromNumber=None, messagingServiceSid=service)

    await house.post(twilio.inbound("one", sender=ANA, to=SALES, MessagingServiceSid=service))
    await house.post(twilio.inbound("two", sender=ANA, to=SALES))

    assert house.inbox.texts() == ["one"]


async def test_without_a_public_address_there_is_no_route(twilio: FakeTwilio) -> None:
    house = texting(twilio, publicWebhookUrls=[])

    assert list(house.channel.routes(house.inbox.deliver)) == []


async def test_before_the_start_nothing_is_taken(twilio: FakeTwilio) -> None:
    house = texting(twilio)

    assert await house.post(twilio.inbound("Hello", sender=ANA)) == "not-ready"


async def test_a_text_that_cannot_be_stored_is_not_acknowledged(twilio: FakeTwilio) -> None:
    house = await ready(twilio)
    house.inbox.failures.append(StorageFullError("full"))

    with pytest.raises(StorageFullError):
        await house.post(twilio.inbound("Hello", sender=ANA))

    assert house.phone.texts == {}


async def test_a_status_is_kept_and_a_lost_text_is_told(
    twilio: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    house = await ready(twilio)
    text = twilio.missed("x", sender=twilio.number, to=ANA)

    for status, code in (("delivered", None), ("undelivered", 30034), ("undelivered", 30034)):
        answer = await house.post(twilio.status_of(text, status, code), "/sms/status")
        assert is_twiml(answer)

    assert house.phone.statuses[:2] == [(text.sid, "delivered", None), (text.sid, "undelivered", 30034)]
    assert house.refusals.told == [PhoneRefusal("sms", 30034, twilio.number, ANA, text.sid)]
    assert "10DLC" in caplog.text
    ((kind, words),) = house.alerts
    assert kind == "text:30034"
    assert words.startswith(f"A text to {ANA} did not arrive: the number is not registered for 10DLC")
    assert house.noted(twilio.status_of(text, "sent"), "/sms/status") == (f"sms:status:{text.sid}:sent", "")


async def test_any_of_the_configured_addresses_will_do(twilio: FakeTwilio) -> None:
    house = await ready(twilio, publicWebhookUrls=[BASE, "https://other.example.org/openclaw"])

    answer = await house.post(
        twilio.inbound("Hello", sender=ANA), public="https://other.example.org/openclaw/sms"
    )

    assert is_twiml(answer)
