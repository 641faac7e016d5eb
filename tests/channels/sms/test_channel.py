from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from openclaw.types.channel import Fetched, Fetching, Reconciling
from openclaw.types.errors import ChannelError, DeliveryError, FetchError, StorageFullError
from openclaw.types.messages import Attachment
from tests.channels.sms.house import ANA, Reports, Texting, outbound, texting
from tests.fakes import FakeTwilio


@asynccontextmanager
async def running(house: Texting) -> AsyncIterator[None]:
    async with anyio.create_task_group() as group:
        for channel in house.channels.values():
            reports = Reports()
            group.start_soon(channel.run, house.inbox.deliver, reports)
            with anyio.fail_after(10):
                await reports.connected.wait()
        yield
        group.cancel_scope.cancel()
    await house.aclose()


async def test_it_is_connected_once_twilio_has_answered(twilio: FakeTwilio) -> None:
    house = texting(twilio)

    async with running(house):
        await house.post(twilio.inbound("Hello", sender=ANA))

    assert house.inbox.texts() == ["Hello"]


async def test_pictures_are_fetched_after_the_text_was_taken_in(twilio: FakeTwilio, tmp_path: Path) -> None:
    house = texting(twilio, media=tmp_path)
    text = twilio.missed("look", sender=ANA)
    path = twilio.attach(text, "image/png", b"png")
    form = twilio.inbound(
        "look", sender=ANA, sid=text.sid, NumMedia="1",
        MediaUrl0=f"https://api.twilio.com{path}", MediaContentType0="image/png",
    )  # fmt: skip

    async with running(house):
        await house.post(form)
        place = anyio.Path(tmp_path / "inbound" / f"{text.sid}-0.png")
        with anyio.fail_after(10):
            while not await place.exists():
                await anyio.lowlevel.checkpoint()

    assert house.inbox.texts() == ["<media:image>\nlook"]
    assert await place.read_bytes() == b"png"


async def test_a_file_is_brought_to_its_place_before_its_text_has_its_turn(
    twilio: FakeTwilio, tmp_path: Path
) -> None:
    house = texting(twilio, media=tmp_path / "media")
    path = twilio.attach(twilio.missed("look", sender=ANA), "image/png", b"png")
    file = Attachment("photo", twilio.url + path, media_type="image/png", place="inbound/MM1-0.png")

    fetched = [await house.channel.fetch(file), await house.channel.fetch(file)]
    elsewhere = replace(file, id="https://evil.example.org/x", place="inbound/MM2-0.png")
    with pytest.raises(FetchError, match="no file of this Twilio account"):
        await house.channel.fetch(elsewhere)
    await house.aclose()

    assert fetched == [Fetched("media/inbound/MM1-0.png", b"png")] * 2
    assert twilio.requests.count(("GET", path)) == 1
    assert (tmp_path / "media" / "inbound" / "MM1-0.png").read_bytes() == b"png"


async def test_a_text_that_no_webhook_told_of_is_found_while_it_runs(twilio: FakeTwilio) -> None:
    house = texting(twilio, backfill={"everyMinutes": 0.0005})
    reports = Reports()
    async with anyio.create_task_group() as group:
        group.start_soon(house.channel.run, house.inbox.deliver, reports)
        with anyio.fail_after(10):
            await reports.connected.wait()
            at = datetime.fromtimestamp(house.clock.now / 1000, UTC)
            twilio.list_failures = 1
            twilio.missed("the tunnel was down", sender=ANA, at=at)
            while not house.inbox.kept:
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    await house.aclose()

    assert house.inbox.texts() == ["the tunnel was down"]
    assert [state.condition for state in reports.seen][:2] == ["connected", "failing"]


async def test_a_file_that_cannot_be_had_stops_nothing(
    twilio: FakeTwilio, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = texting(twilio, media=tmp_path)

    def form(sid: str, url: str) -> dict[str, str]:
        return twilio.inbound(
            "x", sender=ANA, sid=sid, NumMedia="1", MediaUrl0=url, MediaContentType0="image/png"
        )

    good = twilio.attach(twilio.missed("y", sender=ANA), "image/png", b"png")
    async with running(house):
        await house.post(form("SMa", "https://evil.example.org/x"))
        await house.post(form("SMb", twilio.url + good))
        with anyio.fail_after(10):
            while not await anyio.Path(tmp_path / "inbound" / "SMb-0.png").exists():
                await anyio.lowlevel.checkpoint()

    assert "SMa-0.png is not there" in caplog.text


async def test_wrong_credentials_are_told_and_looked_up_anew(twilio: FakeTwilio) -> None:
    house = texting(twilio, authToken="env:TOKEN")
    house.secrets.values["env:TOKEN"] = "wrong"

    with pytest.raises(ChannelError, match="set accountSid and authToken anew"):
        await house.channel.run(house.inbox.deliver, Reports())
    house.secrets.values["env:TOKEN"] = twilio.token
    async with running(house):
        assert await house.post(twilio.inbound("Hello", sender=ANA)) != "signature-wrong"

    assert house.inbox.texts() == ["Hello"]


async def test_while_twilio_is_away_texts_are_still_taken_in(twilio: FakeTwilio) -> None:
    house = texting(twilio)
    twilio.refuse_connections()

    with pytest.raises(ChannelError, match="cannot be reached"):
        await house.channel.run(house.inbox.deliver, Reports())
    await house.post(twilio.inbound("Hello", sender=ANA))
    await house.aclose()

    assert house.inbox.texts() == ["Hello"]


async def test_a_full_disk_keeps_it_from_going_on_and_loses_nothing(twilio: FakeTwilio) -> None:
    house = texting(twilio)
    house.phone.listening[twilio.number] = 0
    house.clock.now = round(twilio.missed("missed", sender=ANA).at.timestamp() * 1000)
    house.inbox.failures.append(StorageFullError("no room"))

    with pytest.raises(ChannelError, match="no room"):
        await house.channel.run(house.inbox.deliver, Reports())
    async with running(house):
        pass

    assert house.inbox.texts() == ["missed"]


async def test_without_back_fill_twilio_is_not_asked(twilio: FakeTwilio) -> None:
    house = texting(twilio, backfill=False)
    twilio.missed("missed", sender=ANA)

    async with running(house):
        pass

    assert twilio.requests == []
    assert house.inbox.texts() == []


@pytest.mark.parametrize(
    ("markdown", "texts"),
    [
        ("**Yes**, “Tuesday” – 3 pm", ['Yes, "Tuesday" - 3 pm']),
        ("", []),
        ("Wide 😀", ["Wide 😀"]),
        ("word " * 500, None),
    ],
)
async def test_an_answer_is_plain_text_within_the_limit(
    twilio: FakeTwilio, markdown: str, texts: list[str] | None
) -> None:
    parts = texting(twilio).channel.compose(markdown)

    assert all(0 < len(part.text) <= 1600 and part.rich is None for part in parts)
    if texts is not None:
        assert [part.text for part in parts] == texts
    else:
        assert len(parts) == 2


async def test_without_credentials_a_text_waits(twilio: FakeTwilio) -> None:
    house = texting(twilio, authToken="env:NOT_THERE")

    with pytest.raises(DeliveryError, match="NOT_THERE") as raised:
        await house.channel.send(outbound("Hi"))

    assert raised.value.retry_after


async def test_it_can_say_what_was_sent_before(twilio: FakeTwilio) -> None:
    house = texting(twilio)
    rest = await house.channel._line.login.rest()
    lost = await rest.send_text(to=ANA, body="Hi", sender=twilio.number)
    assert isinstance(house.channel, Reconciling)
    assert isinstance(house.channel, Fetching)

    assert await house.channel.sent_before(outbound("Hi"), house.clock.now) == lost.sid
    assert await house.channel.sent_before(outbound("Hi"), house.clock.now) == lost.sid
    assert await house.channel.sent_before(outbound("Hi", id="o_2"), house.clock.now) is None
    assert await house.channel.sent_before(outbound("Other", id="o_3"), house.clock.now) is None
    twilio.refuse_connections()
    with pytest.raises(ChannelError):
        await house.channel.sent_before(outbound("Hi", id="o_3"), house.clock.now)
    await house.aclose()


async def test_a_telephone_shows_no_typing(twilio: FakeTwilio) -> None:
    with anyio.move_on_after(0.01) as scope:
        await texting(twilio).channel.show_working(outbound("x").to)

    assert scope.cancelled_caught
    assert twilio.requests == []
