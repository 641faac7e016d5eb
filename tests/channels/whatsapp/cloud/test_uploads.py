from collections.abc import Callable
from pathlib import Path

import pytest

from openclaw.channels.whatsapp.config import WhatsAppConfig
from openclaw.channels.whatsapp.plugin import plugin
from openclaw.types.channel import ChannelParts, Enclosing
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.messages import Enclosure
from tests.channels.whatsapp.house import PDF, House, MemoryLedger, Secrets, SetClock, enclosing, kept
from tests.fakes import FakeWhatsApp


async def test_a_file_goes_out_with_its_words(whatsapp: FakeWhatsApp, tmp_path: Path) -> None:
    house = House(whatsapp.config(), media=kept(tmp_path))

    sent = await house.channel.send(enclosing("The *quote*."))
    await house.aclose()

    (taken,) = whatsapp.sent
    assert (sent, taken.body["type"], taken.body["biz_opaque_callback_data"]) == (taken.id, "document", "o_1")
    shown = taken.body["document"]
    assert (shown["caption"], shown["filename"]) == ("The *quote*.", "quote.pdf")
    assert whatsapp.uploads[shown["id"]] == (b"%PDF-1.7", "application/pdf")


@pytest.mark.parametrize(
    ("fails", "words", "retry_after"),
    [
        (lambda fake: fake.fail(131053, what="media"), "quote.pdf was not taken.*type and size", None),
        (lambda fake: fake.fail(131000, 500, what="media"), "quote.pdf was not taken", 1.0),
        (lambda fake: fake.fail_with(502, b"", what="media"), "quote.pdf was not taken", 1.0),
        (lambda fake: fake.fail_with(200, b"{}", what="media"), "answered without an id", 1.0),
    ],
)
async def test_an_upload_that_fails_has_sent_nothing(
    whatsapp: FakeWhatsApp,
    tmp_path: Path,
    fails: Callable[[FakeWhatsApp], None],
    words: str,
    retry_after: float | None,
) -> None:
    house = House(whatsapp.config(), media=kept(tmp_path))
    fails(whatsapp)

    with pytest.raises(DeliveryError, match=words) as caught:
        await house.channel.send(enclosing("The quote."))
    await house.aclose()

    assert caught.value.retry_after == retry_after
    assert whatsapp.sent == []


async def test_a_file_that_is_gone_is_not_sent(whatsapp: FakeWhatsApp, tmp_path: Path) -> None:
    house = House(whatsapp.config(), media=tmp_path)

    with pytest.raises(DeliveryError, match=r"quote\.pdf is there no longer: No such file") as caught:
        await house.channel.send(enclosing("The quote."))
    await house.aclose()

    assert caught.value.retry_after is None


async def test_a_refused_token_is_told_as_such(whatsapp: FakeWhatsApp, tmp_path: Path) -> None:
    house = House(whatsapp.config(accessToken="EAAG-expired"), media=kept(tmp_path))

    with pytest.raises(DeliveryError, match="access token has expired") as caught:
        await house.channel.send(enclosing("The quote."))
    await house.aclose()

    assert caught.value.retry_after == 60


async def test_only_the_message_itself_may_be_in_doubt(whatsapp: FakeWhatsApp, tmp_path: Path) -> None:
    house = House(whatsapp.config(), media=kept(tmp_path))
    whatsapp.accept_and_drop()

    with pytest.raises(AmbiguousDeliveryError):
        await house.channel.send(enclosing("The quote."))
    await house.aclose()

    assert len(whatsapp.uploads) == 1


async def test_what_meta_takes_no_more_is_told(whatsapp: FakeWhatsApp, tmp_path: Path) -> None:
    film = Enclosure("outbound/a.avi", "a.avi", "video/x-msvideo", 8)
    house = House(whatsapp.config(), media=kept(tmp_path, film))

    with pytest.raises(DeliveryError, match="takes no video/x-msvideo"):
        await house.channel.send(enclosing("", film))
    await house.aclose()


@pytest.mark.parametrize(
    ("file", "text", "shown"),
    [
        (PDF, "", [""]),
        (PDF, "The **quote**.", ["The *quote*."]),
        (PDF, "word " * 300, ["", ("word " * 300).strip()]),
        (Enclosure("a", "a.ogg", "audio/ogg", 9), "Listen.", ["", "Listen."]),
    ],
)
def test_words_stand_below_a_file_where_they_may(file: Enclosure, text: str, shown: list[str]) -> None:
    (channel,) = plugin.open(
        WhatsAppConfig(phone_number_id="1"), ChannelParts(Secrets(), MemoryLedger(), SetClock())
    )
    assert isinstance(channel, Enclosing)

    parts = channel.enclose(file, text)

    assert [part.text for part in parts] == shown
    assert [part.file for part in parts] == [file, *[None] * (len(parts) - 1)]


async def test_a_template_takes_no_file_along(whatsapp: FakeWhatsApp, tmp_path: Path) -> None:
    house = House(whatsapp.config(template={"name": "note_from_us"}), media=kept(tmp_path))
    whatsapp.fail(131047, 400)

    with pytest.raises(DeliveryError, match=r"quote\.pdf waits until they write"):
        await house.channel.send(enclosing("The quote."))
    await house.aclose()

    assert whatsapp.sent == []
