from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from openclaw.channels.sms.backfill import Backfilling
from openclaw.channels.twilio.problems import RefusalError
from openclaw.types.channel import LastArrival
from openclaw.types.errors import StorageFullError
from openclaw.types.progress import Progress, Unwatched
from tests.channels.sms.house import ANA, NOW, Texting, texting
from tests.fakes import FakeTwilio, TwilioText
from tests.recorded_progress import RecordedProgress

HOUR_MS = 3_600_000


def missed(house: Texting, body: str, *, hours_ago: float, **more: str) -> TwilioText:
    at = datetime.fromtimestamp(NOW / 1000, UTC) - timedelta(hours=hours_ago)
    return house.twilio.missed(body, sender=ANA, at=at, **more)


async def back_fill(house: Texting, hours: int = 72, progress: Progress | None = None) -> int:
    channel = house.channel
    rest = await channel._line.login.rest()
    parts = replace(channel._parts, progress=progress or Unwatched())
    found = await Backfilling(channel._line, channel._switchboard, parts, house.phone).run(
        rest, house.inbox.deliver, hours
    )
    await channel.aclose()
    return found


@pytest.fixture
def house(twilio: FakeTwilio) -> Texting:
    """Its number has been ours for long."""
    found = texting(twilio)
    found.phone.listening[twilio.number] = NOW - 1000 * HOUR_MS
    return found


async def test_what_was_missed_comes_in_its_order(house: Texting) -> None:
    missed(house, "one", hours_ago=2)
    missed(house, "two", hours_ago=1)
    missed(house, "to somebody else", hours_ago=1, to="+12015550111")

    assert await back_fill(house) == 2
    assert house.inbox.texts() == ["one", "two"]
    assert [message.sent_at for message in house.inbox.messages()] == [NOW - 2 * HOUR_MS, NOW - HOUR_MS]


async def test_who_watches_is_told_how_far_it_is(house: Texting) -> None:
    missed(house, "one", hours_ago=2)
    missed(house, "two", hours_ago=1)
    progress = RecordedProgress()

    await back_fill(house, progress=progress)

    (begun, *steps, over) = progress.said
    assert (begun[0], begun[1].startswith("Looking for missed texts to +1")) == ("backfill", True)
    assert steps == [("backfill", "", 0, 2), ("backfill", "1 new", 1, 2)]
    assert over[1] == "over"


async def test_where_nothing_was_missed_nothing_is_told(house: Texting) -> None:
    progress = RecordedProgress()

    assert await back_fill(house, progress=progress) == 0
    assert progress.said == []


async def test_what_came_before_is_not_taken_in_again(house: Texting) -> None:
    text = missed(house, "known", hours_ago=1)
    await house.channel._line.login.resolved()
    await house.post(house.twilio.inbound("known", sender=ANA, sid=text.sid))
    missed(house, "new", hours_ago=0.5)

    assert await back_fill(house) == 1
    assert house.inbox.texts() == ["known", "new"]


async def test_what_we_sent_is_not_taken_for_a_message(house: Texting) -> None:
    text = missed(house, "our own", hours_ago=1)
    text.direction = "outbound-api"

    assert await back_fill(house) == 0


@pytest.mark.parametrize(
    ("ours_for", "last_hours_ago", "hours", "found"),
    [
        (1000, None, 72, ["3 h", "20 h", "49 h"]),
        (1000, 50, 72, ["3 h", "20 h", "49 h"]),
        (1000, 50, 10, ["3 h"]),
        (1000, 1, 72, ["3 h", "20 h"]),
        (4, None, 72, ["3 h"]),
        (1, None, 72, []),
    ],
)
async def test_it_looks_back_to_the_last_text_and_never_before_the_number_was_ours(
    house: Texting, ours_for: int, last_hours_ago: int | None, hours: int, found: list[str]
) -> None:
    house.phone.listening[house.twilio.number] = NOW - ours_for * HOUR_MS
    if last_hours_ago is not None:
        house.inbox.last = LastArrival(1, NOW - last_hours_ago * HOUR_MS)
    for hours_ago in (80, 49, 20, 3):
        missed(house, f"{hours_ago} h", hours_ago=hours_ago)

    await back_fill(house, hours)

    assert sorted(house.inbox.texts(), key=lambda text: int(text.split()[0])) == found


async def test_at_the_very_first_start_old_texts_stay_unanswered(twilio: FakeTwilio) -> None:
    house = texting(twilio)
    missed(house, "from before", hours_ago=1)

    assert await back_fill(house) == 0
    assert house.phone.listening == {twilio.number: NOW}


async def test_pictures_come_along(house: Texting) -> None:
    text = missed(house, "look", hours_ago=1)
    house.twilio.attach(text, "image/png", b"png")

    await back_fill(house)

    (message,) = house.inbox.messages()
    assert message.text == "<media:image>\nlook"
    assert [file.place for file in message.files] == [f"inbound/{text.sid}-0.png"]
    assert [sms.sid for sms in house.channel._with_files] == [text.sid]


async def test_pictures_of_a_known_text_are_looked_after(house: Texting) -> None:
    text = missed(house, "look", hours_ago=1)
    house.twilio.attach(text, "image/png", b"png")
    await back_fill(house)
    house.channel._with_files.clear()

    assert await back_fill(house) == 0
    assert [sms.sid for sms in house.channel._with_files] == [text.sid]


async def test_a_text_that_cannot_be_stored_is_asked_for_again(house: Texting) -> None:
    missed(house, "one", hours_ago=1)
    house.inbox.failures.append(StorageFullError("full"))

    with pytest.raises(StorageFullError):
        await back_fill(house)

    assert await back_fill(house) == 1


async def test_later_looks_go_back_an_hour_beyond_the_last_that_saw_everything(house: Texting) -> None:
    channel, listed = house.channel, house.twilio.requests
    rest = await channel._line.login.rest()
    missed(house, "first", hours_ago=20)
    assert await channel._missed.run(rest, house.inbox.deliver, 72) == 1

    house.clock.now += 6 * HOUR_MS
    house.twilio.list_failures = 1
    missed(house, "while Twilio was away", hours_ago=-1)
    with pytest.raises(RefusalError):
        await channel._missed.run(rest, house.inbox.deliver, 72)
    assert await channel._missed.run(rest, house.inbox.deliver, 72) == 1

    house.clock.now += HOUR_MS // 12
    missed(house, "long ago", hours_ago=3)
    assert await channel._missed.run(rest, house.inbox.deliver, 72) == 0
    assert house.inbox.texts() == ["first", "while Twilio was away"]
    assert len(listed) == 4
    await channel.aclose()


async def test_more_than_can_be_looked_at_is_told(
    house: Texting, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("openclaw.channels.sms.backfill._MOST", 2)
    for number in range(3):
        missed(house, f"{number}", hours_ago=1)

    assert await back_fill(house) == 2
    assert f"only the newest 2 texts to {house.twilio.number} are looked at" in caplog.text
