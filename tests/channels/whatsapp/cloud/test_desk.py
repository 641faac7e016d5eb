import json
from typing import Any

import pytest

from openclaw.types.channel import Noted, WebhookRequest
from openclaw.types.errors import DeliveryError, StorageFullError
from openclaw.types.messages import Unusable
from openclaw.types.receipts import Receipt
from tests.channels.whatsapp.house import NOW, House, outbound
from tests.fakes import FakeWhatsApp

PATH = "/webhooks/whatsapp"


def raw(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


def signed(whatsapp: FakeWhatsApp, body: bytes) -> WebhookRequest:
    return WebhookRequest("POST", PATH, {"x-hub-signature-256": whatsapp.sign(body)}, {}, body)


def asking(token: str) -> WebhookRequest:
    query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
    return WebhookRequest("GET", PATH, {}, query, b"")


async def test_meta_gets_its_challenge_back_when_it_shows_our_token(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())

    async with house.running():
        route = house.routes[PATH]
        assert route.methods == ("GET", "POST")
        assert route.authentic(asking("wrong")) == "verify-token-wrong"
        assert route.authentic(asking(whatsapp.verify_token)) is None
        answer = await route.handle(asking(whatsapp.verify_token))

    assert (answer.status, answer.body) == (200, b"1158201444")
    assert answer.content_type.startswith("text/plain")


async def test_one_body_brings_messages_and_statuses_together(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    messages = [whatsapp.message("text", text) for text in ("one", "two")]
    status = {
        "id": "wamid.OUT", "status": "failed", "recipient_id": "12015550123", "biz_opaque_callback_data": "o_1",
        "errors": [{"code": 131026, "title": "Message undeliverable"}],
    }  # fmt: skip

    async with house.running():
        assert await house.post(whatsapp, raw(whatsapp.body(messages, [status]))) == 200

    assert house.ledger.texts() == ["one", "two"]
    (receipt,) = house.receipts.taken
    assert (receipt.provider_id, receipt.status, receipt.outbox_id, receipt.code) == (
        "wamid.OUT",
        "failed",
        "o_1",
        131026,
    )
    assert "blocked this number" in receipt.reason
    ((kind, words),) = house.alerts
    assert kind == "send:whatsapp:131026"
    assert words.startswith("A message on WhatsApp to +12015550123 did not arrive: it cannot be delivered")


async def test_that_an_alert_did_not_arrive_is_no_alert(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    status = {"id": "wamid.OUT", "status": "failed", "biz_opaque_callback_data": "al_1"}

    async with house.running():
        await house.post(whatsapp, raw(whatsapp.body(statuses=[status | {"errors": [{"code": 131026}]}])))

    assert len(house.receipts.taken) == 1
    assert house.alerts == []


async def test_a_repeat_is_the_same_arrival(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    body = raw(whatsapp.body([whatsapp.message("text", "once")]))

    async with house.running():
        for _ in range(3):
            assert await house.post(whatsapp, body) == 200

    assert house.ledger.texts() == ["once"]


async def test_what_cannot_be_stored_is_not_acknowledged(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    house.ledger.failures.append(StorageFullError("no room"))
    body = raw(whatsapp.body([whatsapp.message("text", "hello")]))

    async with house.running():
        with pytest.raises(StorageFullError):
            await house.post(whatsapp, body)
        assert await house.post(whatsapp, body) == 200

    assert house.ledger.texts() == ["hello"]


async def test_a_message_to_a_number_that_is_not_ours_is_not_taken_in(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    body = raw(whatsapp.body([whatsapp.message("text", "hello")], number="999"))

    async with house.running():
        noted = house.routes[PATH].noted
        assert noted is not None
        assert noted(signed(whatsapp, body)) == Noted(None, "number-unknown")
        assert await house.post(whatsapp, body) == 200

    assert house.ledger.kept == {}


async def test_the_audit_says_what_came(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    message = whatsapp.message("text", "hello")
    status = {"id": "wamid.OUT", "status": "read"}

    async with house.running():
        noted = house.routes[PATH].noted
        assert noted is not None
        told = [
            noted(signed(whatsapp, raw(body)))
            for body in (whatsapp.body([message]), whatsapp.body(statuses=[status]), whatsapp.body(), {})
        ]
        assert noted(asking(whatsapp.verify_token)) == Noted(reason="set-up")

    assert told == [
        Noted(f"whatsapp:{whatsapp.phone_number_id}:{message['id']}"),
        Noted("whatsapp:wamid.OUT:read"),
        Noted(None, "not-a-message"),
        Noted(None, "malformed"),
    ]


async def test_what_is_signed_and_not_understood_is_kept(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())

    async with house.running():
        assert await house.post(whatsapp, b'{"entry": 5}') == 200

    (arrival,) = house.ledger.kept.values()
    assert arrival.raw == b'{"entry": 5}'
    assert isinstance(arrival.content, Unusable)
    assert arrival.content.dead


async def test_several_numbers_share_the_address_and_each_gets_its_own(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config(accounts={"shop": {"phoneNumberId": "777"}}))

    async with house.running():
        for number in (whatsapp.phone_number_id, "777"):
            body = whatsapp.body([whatsapp.message("text", f"to {number}")], number=number)
            assert await house.post(whatsapp, raw(body)) == 200

    assert [(inbound.account, inbound.text) for inbound in house.ledger.inbounds()] == [
        ("default", f"to {whatsapp.phone_number_id}"),
        ("shop", "to 777"),
    ]
    assert house.ledger.inbounds()[1].reply_to is not None


async def test_one_app_speaks_for_no_other_apps_number(whatsapp: FakeWhatsApp) -> None:
    house = House(
        whatsapp.config(accounts={"shop": {"phoneNumberId": "777", "appSecret": "the-shop's-own-secret"}})
    )

    async with house.running():
        body = raw(whatsapp.body([whatsapp.message("text", "hello")], number="777"))
        assert await house.post(whatsapp, body) == 200

    assert house.ledger.kept == {}


async def test_a_failure_for_the_closed_window_is_remembered(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    status = {
        "id": "wamid.OUT",
        "status": "failed",
        "recipient_id": "12015550123",
        "errors": [{"code": 131047}],
    }

    async with house.running():
        await house.post(whatsapp, raw(whatsapp.body(statuses=[status])))
        with pytest.raises(DeliveryError, match="24 hours"):
            await house.channel.send(outbound("hi"))

    assert house.receipts.taken == [
        Receipt("wamid.OUT", "failed", "", 131047, house.receipts.taken[0].reason)
    ]
    assert whatsapp.sent == []


async def test_whoever_came_by_an_advertisement_may_be_answered_for_longer(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    asked = whatsapp.message("text", "Is it still for sale?", referral={"ctwa_clid": "ARAkLkA8rmlFeiCktEJQ"})

    async with house.running():
        await house.post(whatsapp, raw(whatsapp.body([asked | {"timestamp": str(NOW // 1000)}])))
        house.clock.now = NOW + 48 * 3_600_000
        await house.channel.send(outbound("It is."))

    assert whatsapp.texts() == ["It is."]
