import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.types.channel import Fetched, Fetching, Reacting
from openclaw.types.errors import AmbiguousDeliveryError, ChannelError, DeliveryError, FetchError
from openclaw.types.messages import Address, Button, Quoted, Sender
from tests.channels.whatsapp.house import (
    ANA,
    NOW,
    House,
    Secrets,
    outbound,
)
from tests.fakes import FakeWhatsApp

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 100


def raw(whatsapp: FakeWhatsApp, *messages: dict[str, Any]) -> bytes:
    return json.dumps(whatsapp.body(messages)).encode()


async def test_a_message_comes_in_and_its_answer_goes_out(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())

    async with house.running():
        assert await house.post(whatsapp, raw(whatsapp, whatsapp.message("text", "hello"))) == 200
        (inbound,) = house.ledger.inbounds()
        assert inbound.reply_to is not None
        sent = await house.channel.send(outbound("*hi*", to=inbound.reply_to.chat))

    assert (inbound.text, inbound.sender.id, inbound.sender.name) == ("hello", ANA, "Ana")
    (taken,) = whatsapp.sent
    assert sent == taken.id
    assert taken.body == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": ANA,
        "type": "text",
        "text": {"body": "*hi*", "preview_url": False},
        "biz_opaque_callback_data": "o_1",
    }


async def test_every_request_proves_that_it_comes_from_the_app(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())

    async with house.running():
        await house.channel.send(outbound("hi"))

    assert all("appsecret_proof" in request.query for request in whatsapp.requests)
    assert len(whatsapp.requests) == 2


async def test_before_the_secret_is_known_nobody_is_let_in(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())

    assert await house.post(whatsapp, raw(whatsapp, whatsapp.message("text", "hello"))) == 403
    assert house.ledger.kept == {}


async def test_messages_are_received_even_while_the_api_cannot_be_reached(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    whatsapp.fail(131000, 500, what="number")

    with pytest.raises(ChannelError, match="131000"):
        await house.channel.run(house.ledger.deliver, house.reports)
    assert await house.post(whatsapp, raw(whatsapp, whatsapp.message("text", "hello"))) == 200
    await house.aclose()

    assert house.ledger.texts() == ["hello"]


async def test_a_token_that_may_send_and_not_look_is_enough(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    whatsapp.fail(10, 403, what="number")

    async with house.running():
        pass

    assert [state.condition for state in house.reports.seen] == ["connected"]


@pytest.mark.parametrize("missing", ["accessToken", "phoneNumberId"])
async def test_what_is_missing_is_told_with_the_key_to_set(whatsapp: FakeWhatsApp, missing: str) -> None:
    house = House(whatsapp.config(**{missing: None}))

    with pytest.raises(ChannelError, match=rf"channels\.whatsapp\.{missing} is not set") as caught:
        await house.channel.run(house.ledger.deliver, house.reports)
    assert caught.value.wait_seconds == 300


async def test_without_an_app_secret_there_is_no_route(whatsapp: FakeWhatsApp) -> None:
    assert House(whatsapp.config(appSecret=None)).routes == {}


async def test_an_empty_app_secret_is_a_mistake_and_lets_nobody_in(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config(appSecret="env:SECRET"), secrets=Secrets({"env:SECRET": " "}))

    with pytest.raises(ChannelError, match="appSecret is empty"):
        await house.channel.run(house.ledger.deliver, house.reports)
    assert await house.post(whatsapp, raw(whatsapp, whatsapp.message("text", "hello"))) == 403


async def test_a_refused_token_is_read_anew_for_the_next_message(whatsapp: FakeWhatsApp) -> None:
    secrets = Secrets({"env:TOKEN": "EAAG-expired"})
    house = House(whatsapp.config(accessToken="env:TOKEN"), secrets=secrets)

    with pytest.raises(DeliveryError, match="access token has expired") as caught:
        await house.channel.send(outbound("hi"))
    assert caught.value.retry_after == 60
    secrets.values["env:TOKEN"] = whatsapp.token + "\n"
    await house.channel.send(outbound("hi"))
    await house.aclose()

    assert secrets.fresh_reads == 1
    assert whatsapp.texts() == ["hi"]


async def test_a_secret_that_cannot_be_read_keeps_the_message(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config(accessToken="env:NOT_THERE"))

    with pytest.raises(DeliveryError, match="env:NOT_THERE") as caught:
        await house.channel.send(outbound("hi"))
    assert caught.value.retry_after == 60


@pytest.mark.parametrize(
    ("code", "status", "retry_after"),
    [(131056, 400, 6.0), (130429, 429, 5.0), (131000, 500, 1.0), (131026, 400, None), (100, 400, None)],
)
async def test_what_meta_refuses_is_tried_again_only_where_that_can_help(
    whatsapp: FakeWhatsApp, code: int, status: int, retry_after: float | None
) -> None:
    house = House(whatsapp.config())
    whatsapp.fail(code, status)

    with pytest.raises(DeliveryError, match=str(code)) as caught:
        await house.channel.send(outbound("hi"))
    await house.aclose()

    assert caught.value.retry_after == retry_after


async def test_a_message_whose_answer_is_lost_may_have_arrived(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    whatsapp.accept_and_drop()

    with pytest.raises(AmbiguousDeliveryError):
        await house.channel.send(outbound("hi"))
    await house.aclose()


async def test_an_answer_without_an_id_is_no_certainty(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    whatsapp.fail_with(200, b'{"messaging_product":"whatsapp"}')

    with pytest.raises(AmbiguousDeliveryError, match="id"):
        await house.channel.send(outbound("hi"))
    await house.aclose()


async def test_a_server_that_is_not_there_got_nothing(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config(apiRoot="http://127.0.0.1:1"))

    with pytest.raises(DeliveryError, match="no connection") as caught:
        await house.channel.send(outbound("hi"))
    await house.aclose()

    assert caught.value.retry_after == 1.0


async def test_after_a_day_without_a_word_the_way_out_is_told(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    whatsapp.fail(131047, 400)

    with pytest.raises(
        DeliveryError, match=r"24 hours.*approved template.*channels\.whatsapp\.template"
    ) as caught:
        await house.channel.send(outbound("hi"))
    with pytest.raises(DeliveryError, match="131047"):
        await house.channel.send(outbound("hi again"))
    await house.aclose()

    assert caught.value.retry_after is None
    assert len(whatsapp.requests) == 1, "what Meta has said once is not asked again"


async def test_a_template_is_the_way_to_whoever_has_not_written_for_a_day(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config(template={"name": "note_from_us", "language": "en_GB"}))
    whatsapp.fail(131047, 400)

    await house.channel.send(outbound("The dentist\nhas a slot."))
    await house.channel.send(outbound("At three."))
    await house.aclose()

    assert whatsapp.texts() == ["The dentist has a slot.", "At three."]
    shaped = whatsapp.sent[0].body["template"]
    assert (shaped["name"], shaped["language"]) == ("note_from_us", {"code": "en_GB"})


async def test_the_day_is_counted_from_what_was_heard_and_begins_anew_with_each_message(
    whatsapp: FakeWhatsApp,
) -> None:
    house = House(whatsapp.config())

    async with house.running():
        first = whatsapp.message("text", "hello") | {"timestamp": str(NOW // 1000)}
        await house.post(whatsapp, raw(whatsapp, first))
        house.clock.now = NOW + 25 * 3_600_000
        with pytest.raises(DeliveryError, match="24 hours"):
            await house.channel.send(outbound("hi"))
        again = whatsapp.message("text", "me again") | {"timestamp": str(house.clock.now // 1000)}
        await house.post(whatsapp, raw(whatsapp, again))
        await house.channel.send(outbound("hi"))

    assert whatsapp.texts() == ["hi"]


async def test_working_is_shown_at_the_last_message_until_cancelled(
    whatsapp: FakeWhatsApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openclaw.channels.whatsapp.cloud.channel._TYPING_SECONDS", 0)
    house = House(whatsapp.config())
    message = whatsapp.message("text", "hello")

    async with house.running():
        await house.post(whatsapp, raw(whatsapp, message))
        whatsapp.fail(131000, 500, what="marks")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(house.channel.show_working, Address("whatsapp", ANA))
            marks = await whatsapp.wait_marks(2)
            tasks.cancel_scope.cancel()

    assert marks[0] == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message["id"],
        "typing_indicator": {"type": "text"},
    }


async def test_without_read_receipts_nothing_shows_that_anybody_works(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config(sendReadReceipts=False))

    async with house.running():
        await house.post(whatsapp, raw(whatsapp, whatsapp.message("text", "hello")))
        await house.channel.show_working(Address("whatsapp", ANA))

    assert whatsapp.marks == []


async def test_buttons_are_pressed_as_if_their_words_were_written(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())

    async with house.running():
        await house.channel.send(
            outbound("May I?", buttons=(Button("Yes", "/approve 42"), Button("No", "/deny 42")))
        )
        (asked,) = whatsapp.sent
        assert asked.buttons == {"Yes": "/approve 42", "No": "/deny 42"}
        reply = {"type": "button_reply", "button_reply": {"id": asked.buttons["Yes"], "title": "Yes"}}
        pressed = whatsapp.message("interactive", reply, context={"id": asked.id})
        await house.post(whatsapp, raw(whatsapp, pressed))

    assert house.ledger.texts() == ["/approve 42"]


async def test_a_reply_shows_what_it_answers(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())

    async with house.running():
        sent = await house.channel.send(outbound("Three or four o'clock?"))
        answer = whatsapp.message("text", "four", context={"from": whatsapp.number, "id": sent})
        await house.post(whatsapp, raw(whatsapp, answer))

    (inbound,) = house.ledger.inbounds()
    assert inbound.quoted == Quoted(Sender(whatsapp.phone_number_id), "Three or four o'clock?", own=True)


def picture(whatsapp: FakeWhatsApp) -> dict[str, Any]:
    whatsapp.files["9001"] = JPEG, "image/jpeg"
    image = {"id": "9001", "mime_type": "image/jpeg", "caption": "receipt"}
    return whatsapp.message("image", image) | {"timestamp": str(NOW // 1000)}


async def fetched(house: House, whatsapp: FakeWhatsApp) -> Fetched:
    """The file of a message, as the house asks for it before the turn."""
    assert isinstance(house.channel, Fetching)
    await house.post(whatsapp, raw(whatsapp, picture(whatsapp)))
    (inbound,) = house.ledger.inbounds()
    return await house.channel.fetch(inbound.files[0])


async def test_a_picture_is_fetched_to_its_place(whatsapp: FakeWhatsApp, tmp_path: Path) -> None:
    house = House(whatsapp.config(), media=tmp_path / "media")

    async with house.running():
        found = await fetched(house, whatsapp)

    assert found == Fetched("media/inbound/2026-11-21/wa-9001.jpg", JPEG)
    path = tmp_path / found.path
    assert path.read_bytes() == JPEG
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_passing_failure_does_not_cost_a_file(
    whatsapp: FakeWhatsApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openclaw.channels.whatsapp.cloud.channel._FETCH_WAITS", (0.0, 0.0))
    house = House(whatsapp.config(), media=tmp_path)
    whatsapp.fail(131000, 500, what="media", times=2)

    async with house.running():
        assert (await fetched(house, whatsapp)).data == JPEG


@pytest.mark.parametrize(
    ("config", "refusal", "words"),
    [
        ({"mediaMaxMb": 0.0001}, None, "mediaMaxMb"),
        ({}, (100, 400), "Meta did not understand"),
        ({}, (190, 401), "access token"),
    ],
)
async def test_a_file_that_cannot_be_had_is_told_why(
    whatsapp: FakeWhatsApp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    config: dict[str, object],
    refusal: tuple[int, int] | None,
    words: str,
) -> None:
    monkeypatch.setattr("openclaw.channels.whatsapp.cloud.channel._FETCH_WAITS", (0.0,))
    house = House(whatsapp.config(**config), media=tmp_path)
    if refusal is not None:
        whatsapp.fail(*refusal, what="media", times=2)

    async with house.running():
        with pytest.raises(FetchError, match=words):
            await fetched(house, whatsapp)

    assert not (tmp_path / "inbound").exists()


async def test_without_a_place_for_files_none_is_fetched(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())

    async with house.running():
        with pytest.raises(FetchError, match="not fetched here"):
            await fetched(house, whatsapp)


async def test_a_reply_is_composed_within_the_configured_length(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config(textChunkLimit=16))

    assert [part.text for part in house.channel.compose("**aaa** bbb ccc ddd eee")] == [
        "*aaa* bbb ccc",
        "ddd eee",
    ]
    assert list(house.channel.compose(" \n")) == []


async def test_a_message_gets_a_reaction_and_a_refusal_of_it_hurts_nobody(whatsapp: FakeWhatsApp) -> None:
    house = House(whatsapp.config())
    assert isinstance(house.channel, Reacting)
    whatsapp.fail(131000, 500)

    for emoji in ("⏳", "👀"):
        await house.channel.react(Address("whatsapp", ANA), "wamid.1", emoji)
    await house.aclose()

    (sent,) = whatsapp.sent
    assert sent.body["reaction"] == {"message_id": "wamid.1", "emoji": "👀"}
    assert "biz_opaque_callback_data" not in sent.body
