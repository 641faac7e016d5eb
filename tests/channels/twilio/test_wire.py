import pytest

from openclaw.channels.twilio.problems import RefusalError, UnreachableError
from openclaw.channels.twilio.wire import Wire
from tests.fakes import FakeTwilio


async def test_every_address_is_placed_at_the_configured_root(twilio: FakeTwilio) -> None:
    wire = Wire(twilio.url + "/", 5)
    path = f"/2010-04-01/Accounts/{twilio.account_sid}/IncomingPhoneNumbers.json"

    answer = await wire.request(
        "GET", f"https://api.twilio.com{path}?PageSize=5", auth=(twilio.account_sid, twilio.token)
    )
    await wire.aclose()

    assert answer.status_code == 200
    assert twilio.requests == [("GET", path)]
    assert twilio.number in answer.text


async def test_a_lost_question_is_no_lost_message(twilio: FakeTwilio) -> None:
    wire = Wire(twilio.url, 5)
    twilio.refuse_connections()

    with pytest.raises(UnreachableError) as raised:
        await wire.request("GET", "https://api.twilio.com/x")
    await wire.aclose()

    assert not raised.value.sent


@pytest.mark.parametrize(("body", "code"), [("[]", 503), ('{"code": "x"}', 503), ("[" * 100_000, 503)])
async def test_an_answer_that_makes_no_sense_is_a_refusal_all_the_same(
    twilio: FakeTwilio, body: str, code: int
) -> None:
    twilio.fail(503, 0, body)
    wire = Wire(twilio.url, 5)
    url = f"https://api.twilio.com/2010-04-01/Accounts/{twilio.account_sid}/Messages.json"

    with pytest.raises(RefusalError) as raised:
        await wire.request("POST", url, data={"To": "x"}, auth=(twilio.account_sid, twilio.token))
    await wire.aclose()

    assert raised.value.code == code


@pytest.mark.parametrize(
    ("root", "placed"),
    [
        ("https://api.twilio.com", "https://messaging.twilio.com/v1/Services?PageSize=50"),
        ("http://127.0.0.1:4010/", "http://127.0.0.1:4010/v1/Services?PageSize=50"),
    ],
)
async def test_every_product_is_asked_at_its_own_host_unless_the_owner_has_a_root(
    root: str, placed: str
) -> None:
    wire = Wire(root, 1)
    assert wire._placed("https://messaging.twilio.com/v1/Services?PageSize=50") == placed
    await wire.aclose()
