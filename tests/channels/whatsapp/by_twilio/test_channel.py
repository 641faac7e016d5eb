from pathlib import Path

import pytest

from openclaw.types.channel import Fetched, Fetching
from openclaw.types.errors import AmbiguousDeliveryError, ChannelError, DeliveryError, FetchError
from openclaw.types.messages import Attachment
from tests.channels.whatsapp.by_twilio.house import ANA, OURS, House, living, written
from tests.channels.whatsapp.house import outbound
from tests.fakes import FakeTwilio

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 100


async def test_an_answer_leaves_from_our_number(twilio: FakeTwilio, tmp_path: Path) -> None:
    async with living(twilio, tmp_path) as house:
        sid = await house.channel.send(outbound("*hi*"))
        rows = await house.rows()

    (sent,) = twilio.sent
    assert (sent.sid, sent.sender, sent.to, sent.body) == (sid, f"whatsapp:{OURS}", f"whatsapp:{ANA}", "*hi*")
    assert [row[:3] + row[4:] for row in rows] == [("outbound", OURS, ANA, "whatsapp")]


async def test_statuses_move_on_what_is_known_of_a_message(twilio: FakeTwilio, tmp_path: Path) -> None:
    async with living(twilio, tmp_path) as house:
        await house.channel.send(outbound("hi"))
        for status in ("delivered", "sent", "read"):
            await house.post(twilio.status_of(twilio.sent[0], status))
        rows = await house.rows()

    assert [row[3] for row in rows] == ["read"]


@pytest.mark.parametrize("asynchronous", [True, False])
async def test_after_a_day_without_a_word_the_way_out_is_told(
    twilio: FakeTwilio, tmp_path: Path, asynchronous: bool
) -> None:
    async with living(twilio, tmp_path) as house:
        if asynchronous:
            await house.channel.send(outbound("hi"))
            await house.post(twilio.status_of(twilio.sent[0], "failed", 63016))
        else:
            twilio.fail(400, 63016)
        with pytest.raises(DeliveryError, match=r"24 hours.*template") as caught:
            await house.channel.send(outbound("hi again"))
        await house.post(written(twilio, "me again"))
        await house.channel.send(outbound("hello"))

    assert caught.value.retry_after is None
    assert twilio.bodies()[-1] == "hello"


async def test_a_template_is_the_way_to_whoever_has_not_written(twilio: FakeTwilio, tmp_path: Path) -> None:
    template = {"contentSid": "HX" + "0123456789abcdef" * 2}

    async with living(twilio, tmp_path, template=template) as house:
        twilio.fail(400, 63016)
        await house.channel.send(outbound("The dentist\nhas a slot."))

    (sent,) = twilio.sent
    assert sent.params["ContentSid"] == [template["contentSid"]]
    assert sent.params["ContentVariables"] == ['{"1": "The dentist has a slot."}']


async def test_refusals_and_silence_are_told_apart(twilio: FakeTwilio, tmp_path: Path) -> None:
    async with living(twilio, tmp_path) as house:
        twilio.fail(429, 20429)
        with pytest.raises(DeliveryError) as slowed:
            await house.channel.send(outbound("hi"))
        twilio.fail(400, 63024)
        with pytest.raises(DeliveryError, match="no WhatsApp") as refused:
            await house.channel.send(outbound("hi"))
        twilio.accept_and_drop()
        with pytest.raises(AmbiguousDeliveryError):
            await house.channel.send(outbound("hi"))

    assert slowed.value.retry_after is not None
    assert refused.value.retry_after is None


async def test_a_picture_is_fetched_to_its_place(twilio: FakeTwilio, tmp_path: Path) -> None:
    async with living(twilio, tmp_path) as house:
        path = twilio.attach(twilio.missed("", sender=ANA), "image/jpeg", JPEG)
        media = {"NumMedia": "1", "MediaUrl0": twilio.url + path, "MediaContentType0": "image/jpeg"}
        await house.post(written(twilio, "look", **media))
        (inbound,) = house.ledger.inbounds()
        assert isinstance(house.channel, Fetching)
        found = await house.channel.fetch(inbound.files[0])

        stranger = Attachment("photo", "https://example.org/a.jpg", place="inbound/x.jpg")
        with pytest.raises(FetchError, match="no file of this Twilio account"):
            await house.channel.fetch(stranger)

    assert found == Fetched(f"media/{inbound.files[0].place}", JPEG)
    assert (tmp_path / found.path).read_bytes() == JPEG


async def test_what_is_missing_is_told_with_the_key_to_set(twilio: FakeTwilio, tmp_path: Path) -> None:
    async with living(twilio, tmp_path) as house:
        pass
    poor = House(twilio, house.database, tmp_path, accountSid=None)

    with pytest.raises(ChannelError, match=r"channels\.whatsapp\.accountSid is not set"):
        await poor.channel.run(poor.ledger.deliver, poor.reports)
    with pytest.raises(DeliveryError, match="accountSid"):
        await poor.channel.send(outbound("hi"))
    await poor.channel.aclose()


async def test_a_reply_is_composed_within_twilios_limit(twilio: FakeTwilio, tmp_path: Path) -> None:
    async with living(twilio, tmp_path) as house:
        parts = house.channel.compose("**Now.** " + "word " * 600)

    assert len(parts) == 2
    assert parts[0].text.startswith("*Now.* word")
    assert all(len(part.text) <= 1600 for part in parts)
