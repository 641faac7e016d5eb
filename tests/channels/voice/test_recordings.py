import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openclaw.channels.twilio.signature import Credentials
from openclaw.channels.voice import recordings
from openclaw.channels.voice.parse import Recorded, Transcribed
from openclaw.channels.voice.recordings import RecordingShelf
from openclaw.types.secrets import Secret
from tests.fakes import FakeTwilio

CALL = "CA000000000000000000000000000000aa"
DAY = 86_400


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def credentials(twilio: FakeTwilio) -> Credentials:
    return Credentials(twilio.account_sid, Secret(twilio.token))


def shelf(folder: Path, twilio: FakeTwilio, tries: int = 3) -> RecordingShelf:
    return RecordingShelf(folder, twilio.url, waits=(0.001,) * tries)


async def test_a_recording_lies_with_its_call(
    tmp_path: Path, twilio: FakeTwilio, credentials: Credentials
) -> None:
    sid, _ = twilio.recorded(CALL, b"sound")
    here = shelf(tmp_path, twilio)
    found = Recorded(sid, CALL, complete=True)

    assert await here.note(found)
    assert list(await here.pending()) == [found]
    assert await here.fetch(found, credentials) == f"media/recordings/{CALL}/{sid}.mp3"

    assert (tmp_path / "recordings" / CALL / f"{sid}.mp3").read_bytes() == b"sound"
    assert list(await here.pending()) == []
    assert not await here.note(found)


async def test_a_recording_that_is_not_there_yet_is_asked_for_again(
    tmp_path: Path, twilio: FakeTwilio, credentials: Credentials
) -> None:
    here = shelf(tmp_path, twilio)
    missing = Recorded("RE" + "1" * 32, CALL, complete=True)
    await here.note(missing)

    assert await here.fetch(missing, credentials) is None

    assert len(twilio.requests) == 4
    assert list(await here.pending()) == [missing]


async def test_the_token_goes_to_twilio_and_not_where_it_sends_us(
    tmp_path: Path, twilio: FakeTwilio, credentials: Credentials
) -> None:
    sid, path = twilio.recorded(CALL, b"sound")
    twilio.redirects[path] = "/cdn/sound.mp3"
    twilio.files["/cdn/sound.mp3"] = ("audio/mpeg", b"elsewhere")
    here = shelf(tmp_path, twilio)
    found = Recorded(sid, CALL, complete=True)
    await here.note(found)

    assert await here.fetch(found, credentials) is not None

    assert twilio.without_login == ["/cdn/sound.mp3"]
    assert (tmp_path / "recordings" / CALL / f"{sid}.mp3").read_bytes() == b"elsewhere"


async def test_a_recording_beyond_all_measure_is_not_kept(
    tmp_path: Path, twilio: FakeTwilio, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "MAX_BYTES", 10)
    sid, _ = twilio.recorded(CALL, b"x" * 11)
    here = shelf(tmp_path, twilio)
    found = Recorded(sid, CALL, complete=True)
    await here.note(found)

    assert await here.fetch(found, credentials) is None

    assert not (tmp_path / "recordings" / CALL / f"{sid}.mp3").exists()
    assert len(twilio.requests) == 1


async def test_what_is_not_found_out_by_trying_again_is_given_up_at_once(
    tmp_path: Path, twilio: FakeTwilio
) -> None:
    sid, _ = twilio.recorded(CALL, b"sound")
    here = shelf(tmp_path, twilio)
    found = Recorded(sid, CALL, complete=True)
    await here.note(found)

    assert await here.fetch(found, Credentials(twilio.account_sid, Secret("wrong"))) is None
    assert len(twilio.requests) == 1


async def test_old_recordings_and_transcripts_are_deleted(tmp_path: Path, twilio: FakeTwilio) -> None:
    here = shelf(tmp_path, twilio)
    spoken = Transcribed("TR00000001", CALL, "RE00000001", "Please call back.", failed=False)
    assert await here.keep_transcript(spoken)
    assert not await here.keep_transcript(spoken)
    await here.keep_transcript(Transcribed("TR00000002", "CA00000002", "", "Hello.", failed=False))
    old = tmp_path / "recordings" / CALL / "RE00000001.txt"
    os.utime(old, (time.time() - 31 * DAY,) * 2)

    assert await here.forget(30) == [old]

    assert not old.parent.exists()
    assert (tmp_path / "recordings" / "CA00000002" / "TR00000002.txt").read_text() == "Hello.\n"


async def test_where_nothing_was_recorded_there_is_nothing_to_delete(
    tmp_path: Path, twilio: FakeTwilio
) -> None:
    assert await shelf(tmp_path, twilio).forget(30) == []
    assert list(await shelf(tmp_path, twilio).pending()) == []
