import os
import time
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from openclaw.channels.voice import channel as voice
from openclaw.channels.voice.channel import VoiceChannel
from openclaw.channels.voice.config import VoiceConfig
from openclaw.types.channel import ChannelParts
from openclaw.types.clock import SystemClock
from openclaw.types.errors import ChannelError, ConfigError, DeliveryError
from openclaw.types.messages import Address, Arrival, Inbound
from tests.channels.voice.house import (
    BASE,
    SID,
    NoLedger,
    Phone,
    PlainResolver,
    call_address,
    open_phone,
    outbound,
)
from tests.fakes import FakeTwilio

pytestmark = pytest.mark.usefixtures("hasty")


# -- words in a call --------------------------------------------------------------------------------------


async def test_there_must_be_something_to_say(phone: Phone) -> None:
    assert phone.channel.compose("🌞 \n") == []
    with pytest.raises(DeliveryError, match="nothing in it"):
        await phone.channel.send(outbound("🌞", call_address()))


async def test_words_for_a_call_that_nobody_knows_wait_only_shortly_after_the_start(
    tmp_path: Path, twilio: FakeTwilio
) -> None:
    class LaterClock(SystemClock):
        late = 0.0

        def monotonic(self) -> float:
            return super().monotonic() + self.late

    clock = LaterClock()
    async with open_phone(tmp_path, twilio, clock=clock) as phone:
        with pytest.raises(DeliveryError) as young:
            await phone.send("Hello")
        clock.late = voice.RESTART_SECONDS
        with pytest.raises(DeliveryError) as old:
            await phone.send("Hello")

    assert (young.value.retry_after, old.value.retry_after) == (1.0, None)


async def test_words_that_nobody_comes_for_are_given_up(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice, "HEARD_SECONDS", 0.01)
    greeted = await phone.talk()

    with pytest.raises(DeliveryError, match="before it could be said"):
        await phone.send("Hello")
    await phone.answer(greeted)

    assert "Hello" not in phone.said


async def test_wishes_need_a_call(phone: Phone) -> None:
    assert "no call under way" in phone.channel.hang_up(call_address())
    assert "no call under way" in phone.channel.hang_up(Address("telegram", "821071206"))
    assert "forwardTo is not set" in phone.channel.forward(call_address())
    await phone.talk()
    assert phone.channel.hang_up(call_address()) == ""


# -- recordings -------------------------------------------------------------------------------------------


def recorded_form(phone: Phone, sid: str, status: str = "completed") -> dict[str, str]:
    return {
        "AccountSid": phone.twilio.account_sid, "CallSid": SID, "RecordingSid": sid, "RecordingStatus": status,
        "RecordingUrl": "https://elsewhere.example.org/steals-the-token", "RecordingDuration": "12",
    }  # fmt: skip


async def test_a_recording_is_fetched_and_kept(phone: Phone) -> None:
    sid, _ = phone.twilio.recorded(SID, b"sound")
    await phone.talk()
    for _ in range(2):
        assert (await phone.post("/voice/recording-complete", recorded_form(phone, sid))).status == 200
    kept = phone.media / "recordings" / SID / f"{sid}.mp3"
    with anyio.fail_after(5):
        while (None,) in await phone.rows("SELECT recording FROM twilio_calls"):
            await anyio.lowlevel.checkpoint()

    assert kept.read_bytes() == b"sound"
    assert await phone.rows("SELECT recording FROM twilio_calls") == [(f"media/recordings/{SID}/{sid}.mp3",)]
    assert phone.refs.count(f"recording:{sid}") == 1
    assert len(phone.twilio.requests) == 1


async def test_a_recording_that_was_announced_before_a_restart_is_fetched_after_it(
    tmp_path: Path, twilio: FakeTwilio
) -> None:
    async with open_phone(tmp_path, twilio, apiRoot="http://127.0.0.1:9") as before:
        await before.post("/voice/recording-complete", recorded_form(before, "RE" + "1" * 32))
    sid, _ = twilio.recorded(SID, b"sound", sid="RE" + "1" * 32)
    async with open_phone(tmp_path, twilio) as phone:
        await twilio.wait_requests(1)
        with anyio.fail_after(5):
            while ("call.recording",) not in await phone.rows("SELECT kind FROM omni_events"):
                await anyio.lowlevel.checkpoint()

    assert [path.name for path in (tmp_path / "media" / "recordings" / SID).iterdir()] == [f"{sid}.mp3"]


async def test_a_recording_that_is_too_old_is_gone_from_the_ledger_as_well(
    tmp_path: Path, twilio: FakeTwilio
) -> None:
    kept = tmp_path / "media" / "recordings" / SID / "RE00000001.mp3"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"sound")
    os.utime(kept, (time.time() - 31 * 86_400,) * 2)
    async with open_phone(tmp_path, twilio, running=False) as phone:
        await phone.talk_of(SID, str(kept))
        async with anyio.create_task_group() as group:
            group.start_soon(phone.channel.run, phone.deliver, phone.states.append)
            with anyio.fail_after(5):
                while await phone.rows("SELECT recording FROM twilio_calls") != [("",)]:
                    await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()

    assert not kept.exists()


async def test_what_was_not_recorded_is_not_fetched(phone: Phone) -> None:
    await phone.post("/voice/recording-complete", recorded_form(phone, "RE" + "1" * 32, status="absent"))
    await anyio.wait_all_tasks_blocked()

    assert phone.twilio.requests == []
    assert phone.taken == []


async def test_an_incoming_call_is_recorded_where_the_owner_wants_it(
    tmp_path: Path, twilio: FakeTwilio
) -> None:
    async with open_phone(tmp_path, twilio, record=True) as phone:
        await phone.talk()
        await twilio.wait_until(lambda: bool(twilio.recording), lambda: "nothing is recorded", 5)

    ((sid, params),) = twilio.recording
    assert sid == SID
    assert params["RecordingStatusCallback"] == [f"{BASE}/voice/recording-complete"]
    assert phone.said == ["Hello!", "This call is recorded."]


async def test_a_call_that_rings_yet_is_recorded_once_it_is_answered(
    tmp_path: Path, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice, "RECORD_WAITS", (0.0, 0.0))
    async with open_phone(tmp_path, twilio, record=True) as phone:
        twilio.fail(400, 21220, "Requested resource is not eligible for recording")
        await phone.talk()
        await twilio.wait_until(lambda: bool(twilio.recording), lambda: "nothing is recorded", 5)

    assert len(twilio.recording) == 1


async def test_a_call_that_may_not_be_recorded_goes_on(
    tmp_path: Path, twilio: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_phone(tmp_path, twilio, record=True) as phone:
        twilio.fail(403, 20403, "Forbidden")
        listening = await phone.talk()
        await twilio.wait_requests(1)
        with anyio.fail_after(5):
            while "is not recorded" not in caplog.text:
                await anyio.lowlevel.checkpoint()
        assert (await phone.answer(listening, "Hello"))[0].tag == "Say"


async def test_a_transcription_is_kept_beside_its_recording(phone: Phone) -> None:
    form = {
        "AccountSid": phone.twilio.account_sid, "CallSid": SID, "TranscriptionSid": "TR00000001",
        "RecordingSid": "RE00000001", "TranscriptionStatus": "completed", "TranscriptionText": "Please call back.",
    }  # fmt: skip
    for _ in range(2):
        assert (await phone.post("/voice/transcription", form)).status == 200

    kept = phone.media / "recordings" / SID / "RE00000001.txt"
    assert kept.read_text() == "Please call back.\n"
    assert kept.stat().st_mode & 0o077 == 0
    assert phone.refs == ["transcription:TR00000001"]


async def test_a_failed_transcription_leaves_no_file(phone: Phone) -> None:
    form = {
        "AccountSid": phone.twilio.account_sid, "CallSid": SID, "TranscriptionSid": "TR00000001",
        "TranscriptionStatus": "failed",
    }  # fmt: skip
    await phone.post("/voice/transcription", form)

    assert not (phone.media / "recordings").exists()


# -- its life ---------------------------------------------------------------------------------------------


async def test_a_channel_without_an_account_says_what_is_missing(tmp_path: Path, twilio: FakeTwilio) -> None:
    async with open_phone(tmp_path, twilio, running=False, accountSid=None) as phone:
        with pytest.raises(ChannelError, match=r"channels\.voice\.accountSid is not set"):
            await phone.channel.run(phone.deliver, phone.states.append)


async def test_stopping_loses_no_words_that_were_said_already(tmp_path: Path, twilio: FakeTwilio) -> None:
    gate, reached = anyio.Event(), anyio.Event()
    async with open_phone(tmp_path, twilio, running=False) as phone:

        async def deliver(arrivals: Sequence[Arrival]) -> None:
            if any(isinstance(arrival.content, Inbound) for arrival in arrivals):
                reached.set()
                await gate.wait()
            await Phone.deliver(phone, arrivals)

        phone.deliver = deliver  # type: ignore[method-assign]
        async with anyio.create_task_group() as group:
            group.start_soon(phone.channel.run, deliver, phone.states.append)
            await anyio.wait_all_tasks_blocked()
            greeted = await phone.talk()
            await phone.answer(greeted, "Remember the milk")
            await reached.wait()
            group.cancel_scope.cancel()
            gate.set()

    assert phone.heard == ["Remember the milk"]


async def test_a_house_without_a_ledger_for_calls_has_no_such_channel() -> None:
    with pytest.raises(ConfigError):
        VoiceChannel(VoiceConfig(), ChannelParts(PlainResolver(), NoLedger(), SystemClock()))


async def test_one_errand_that_fails_does_not_end_the_channel(
    phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise RuntimeError("ours")

    await phone.channel.begin(fail)
    await anyio.wait_all_tasks_blocked()

    assert "was not done" in caplog.text
    assert (await phone.talk())[0].tag == "Gather"
