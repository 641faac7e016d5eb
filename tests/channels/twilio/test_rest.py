import time
from datetime import UTC, datetime, timedelta

import pytest

from openclaw.channels.twilio.problems import RefusalError, UnreachableError
from openclaw.channels.twilio.rest import TwilioRest, open_rest
from openclaw.channels.twilio.signature import Credentials
from openclaw.types.secrets import Secret
from tests.fakes import FakeTwilio

ANA = "+12015550123"


async def rest_of(twilio: FakeTwilio, seconds: float = 5) -> TwilioRest:
    return await open_rest(Credentials(twilio.account_sid, Secret(twilio.token)), twilio.url, seconds)


async def test_a_text_is_sent_from_a_number(twilio: FakeTwilio) -> None:
    rest = await rest_of(twilio)

    text = await rest.send_text(
        to=ANA, body="Hi & “you” 😀", sender=twilio.number, callback="https://a.example.org/sms/status"
    )
    await rest.aclose()

    assert (text.status, text.direction, text.to_number, text.from_number) == (
        "queued", "outbound-api", ANA, twilio.number,
    )  # fmt: skip
    assert twilio.sent[0].sid == text.sid
    assert twilio.sent[0].params == {
        "To": [ANA],
        "From": [twilio.number],
        "Body": ["Hi & “you” 😀"],
        "StatusCallback": ["https://a.example.org/sms/status"],
    }


async def test_a_messaging_service_picks_the_number_itself(twilio: FakeTwilio) -> None:
    rest = await rest_of(twilio)

    await rest.send_text(to=ANA, body="Hi", sender="MG" + "0" * 32)
    await rest.aclose()

    assert twilio.sent[0].params == {"To": [ANA], "MessagingServiceSid": ["MG" + "0" * 32], "Body": ["Hi"]}


async def test_the_list_is_read_page_by_page_and_by_date(twilio: FakeTwilio) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for minutes in range(130, 0, -1):
        twilio.missed(f"{minutes} minutes ago", sender=ANA, at=now - timedelta(minutes=minutes))
    twilio.missed("to another", sender=ANA, to="+12015550198", at=now)
    rest = await rest_of(twilio)

    since = round((now - timedelta(minutes=120)).timestamp() * 1000)
    found = await rest.texts(to=twilio.number, since_ms=since, limit=500)
    one = await rest.text(found[0].sid)
    await rest.aclose()

    assert [text.body for text in found[:2]] == ["1 minutes ago", "2 minutes ago"]
    assert len(found) == 120
    assert one == found[0]
    assert one.at == round((now - timedelta(minutes=1)).timestamp() * 1000)


async def test_a_call_is_placed(twilio: FakeTwilio) -> None:
    rest = await rest_of(twilio)

    await rest.place_call(to=ANA, from_=twilio.number, twiml="<Response/>")
    await rest.aclose()

    assert twilio.calls[0].params["Twiml"] == ["<Response/>"]


async def test_the_calls_to_a_number_are_listed(twilio: FakeTwilio) -> None:
    rest = await rest_of(twilio)
    first, second = [
        await rest.place_call(to=ANA, from_=twilio.number, twiml="<Response/>") for _ in range(2)
    ]
    await rest.place_call(to="+12015550124", from_=twilio.number, twiml="<Response/>")

    found = await rest.calls(to=ANA, sender=twilio.number)
    await rest.aclose()

    assert [(call.sid, call.direction) for call in found] == [
        (second, "outbound-api"),
        (first, "outbound-api"),
    ]
    assert abs(found[0].at - time.time() * 1000) < 60_000


async def test_what_is_attached_and_what_numbers_there_are(twilio: FakeTwilio) -> None:
    text = twilio.missed("look", sender=ANA)
    path = twilio.attach(text, "image/png", b"png")
    rest = await rest_of(twilio)

    media, numbers = await rest.media_of(text.sid), await rest.numbers()
    await rest.aclose()

    assert [(url.endswith(path), kind) for url, kind in media] == [(True, "image/png")]
    assert [number.number for number in numbers] == [twilio.number]


async def test_a_refusal_keeps_code_words_and_wait(twilio: FakeTwilio) -> None:
    twilio.fail(429, 20429, "Too Many Requests", headers={"retry-after": "7"})
    twilio.fail(502, 0, "<html>Bad Gateway</html>")
    rest = await rest_of(twilio)

    with pytest.raises(RefusalError) as limited:
        await rest.send_text(to=ANA, body="Hi", sender=twilio.number)
    with pytest.raises(RefusalError) as broken:
        await rest.send_text(to=ANA, body="Hi", sender=twilio.number)
    await rest.aclose()

    assert (limited.value.status, limited.value.code, limited.value.retry_after) == (429, 20429, 7.0)
    assert (broken.value.status, broken.value.code, broken.value.is_certain) == (502, 502, False)


async def test_a_wrong_token_is_told_apart(twilio: FakeTwilio) -> None:
    rest = await open_rest(Credentials(twilio.account_sid, Secret("wrong")), twilio.url, 5)

    with pytest.raises(RefusalError) as raised:
        await rest.numbers()
    await rest.aclose()

    assert raised.value.is_credentials


async def test_an_answer_that_does_not_come_is_not_waited_for(twilio: FakeTwilio) -> None:
    twilio.hold()
    rest = await rest_of(twilio, 0.2)

    began = time.monotonic()
    with pytest.raises(UnreachableError) as raised:
        await rest.send_text(to=ANA, body="Hi", sender=twilio.number)
    await rest.aclose()

    assert raised.value.sent
    assert time.monotonic() - began < 3


async def test_a_connection_that_broke_may_have_carried_the_text_and_one_never_made_has_not(
    twilio: FakeTwilio,
) -> None:
    rest = await rest_of(twilio)
    twilio.accept_and_drop()
    with pytest.raises(UnreachableError) as dropped:
        await rest.send_text(to=ANA, body="Hi", sender=twilio.number)
    twilio.refuse_connections()
    with pytest.raises(UnreachableError) as refused:
        await rest.send_text(to=ANA, body="Hi", sender=twilio.number)
    await rest.aclose()

    assert dropped.value.sent
    assert not refused.value.sent
