from pathlib import Path

from openclaw.channels.twilio.signature import signature
from openclaw.store.database import open_database
from openclaw.types.channel import Noted
from tests.channels.whatsapp.by_twilio.house import ANA, OURS, PATH, PUBLIC, House, living, written
from tests.fakes import FakeTwilio


async def test_a_message_comes_in_once_and_is_answered_with_nothing_to_say(
    twilio: FakeTwilio, tmp_path: Path
) -> None:
    async with living(twilio, tmp_path) as house:
        form = written(twilio, "hello")
        for _ in range(3):
            answer = await house.post(form)
        rows = await house.rows()

    assert (answer.status, answer.content_type) == (200, "text/xml")
    assert answer.body.endswith(b"<Response/>")
    (inbound,) = house.ledger.inbounds()
    assert (inbound.text, inbound.sender.id, inbound.sender.name) == ("hello", ANA, "Ana")
    assert rows == [("inbound", ANA, OURS, "received", "whatsapp")]


async def test_what_twilio_has_not_signed_is_refused(twilio: FakeTwilio, tmp_path: Path) -> None:
    async with living(twilio, tmp_path) as house:
        assert house.route is not None
        form = written(twilio, "hello")
        authentic = [
            house.route.authentic(house.request(form, signature)) for signature in ("", "wrong", None)
        ]
        changed = house.request(form)
        other = house.request({**form, "Body": "pay me"}, changed.headers["x-twilio-signature"])
        assert house.route.authentic(other) == "signature-wrong"

    assert authentic == ["signature-missing", "signature-wrong", None]


async def test_before_the_credentials_are_known_nobody_is_let_in(twilio: FakeTwilio, tmp_path: Path) -> None:
    async with open_database(tmp_path / "ledger.sqlite") as database:
        house = House(twilio, database, tmp_path)
        assert house.route is not None
        assert house.route.authentic(house.request(written(twilio, "hello"))) == "not-ready"
        await house.channel.aclose()


async def test_without_a_public_base_there_is_no_route(twilio: FakeTwilio, tmp_path: Path) -> None:
    async with open_database(tmp_path / "ledger.sqlite") as database:
        house = House(twilio, database, tmp_path, publicWebhookUrls=[])
        assert house.route is None
        await house.channel.aclose()


async def test_a_message_to_another_number_is_noted_and_not_taken_in(
    twilio: FakeTwilio, tmp_path: Path
) -> None:
    async with living(twilio, tmp_path) as house:
        form = written(twilio, "hello", to="+12015550100")
        assert house.route is not None
        assert house.route.noted is not None
        noted = house.route.noted(house.request(form))
        assert (await house.post(form)).status == 200

    assert noted == Noted(f"whatsapp:{form['MessageSid']}", "number-unknown")
    assert house.ledger.kept == {}


async def test_several_numbers_share_the_address(twilio: FakeTwilio, tmp_path: Path) -> None:
    shop = {"shop": {"fromNumber": "+12015550198"}}

    async with living(twilio, tmp_path, accounts=shop) as house:
        await house.post(written(twilio, "to the first"))
        await house.post(written(twilio, "to the shop", to="+12015550198"))

    assert [(each.account, each.text) for each in house.ledger.inbounds()] == [
        ("default", "to the first"),
        ("shop", "to the shop"),
    ]


async def test_what_is_signed_and_not_understood_is_kept(twilio: FakeTwilio, tmp_path: Path) -> None:
    async with living(twilio, tmp_path) as house:
        form = {"AccountSid": twilio.account_sid, "What": "else"}
        assert house.route is not None
        assert house.route.noted is not None
        assert house.route.noted(house.request(form)) == Noted(None, "malformed")
        assert (await house.post(form)).status == 200

    (arrival,) = house.ledger.kept.values()
    assert b"What=else" in arrival.raw


async def test_an_account_speaks_for_no_other_accounts_number(twilio: FakeTwilio, tmp_path: Path) -> None:
    theirs, token = "AC" + "b" * 32, "another-token-of-32-characters-!"
    shop = {"shop": {"fromNumber": "+12015550198", "accountSid": theirs, "authToken": token}}

    async with living(twilio, tmp_path, accounts=shop) as house:
        assert house.route is not None
        for to in (OURS, "+12015550198"):
            form = {**written(twilio, f"to {to}", to=to), "AccountSid": theirs}
            request = house.request(form, signature(token, PUBLIC + PATH, form.items()))
            assert house.route.authentic(request) is None
            await house.route.handle(request)

    assert house.ledger.texts() == ["to +12015550198"]
