"""Calls: answered while the caller waits, put through, placed; nothing forged is heard and nothing said twice."""

import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import anyio
import pytest

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, FakeTwilio, newest_user_text
from tests.journeys.watching import eventually

ANA, STRANGER, DESK = "+12015550123", "+12015550124", "+12015550177"
BASE = "https://hooks.example.org"
Json = dict[str, Any]
Xml = list[ElementTree.Element]


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def calling(daemon_config: Json, twilio: FakeTwilio) -> Json:
    """Ana may call; the owner is on Telegram. The account and the bases are those of SMS."""
    return {
        **daemon_config,
        "channels": {
            **daemon_config["channels"],
            "sms": {
                "accountSid": twilio.account_sid,
                "authToken": twilio.token,
                "fromNumber": twilio.number,
                "apiRoot": twilio.url,
                "publicWebhookUrls": [BASE],
            },
            "voice": {
                "allowFrom": [ANA],
                "inboundGreeting": "Hello Ana!",
                "forwardTo": DESK,
                "pricePerMinute": 0.02,
            },
        },
        "tools": {"message": {"allowRecipients": [f"voice:{ANA}"]}},
        "compliance": {"enabled": False},
    }


@dataclass
class Caller:
    """A telephone call, as Twilio carries it."""

    daemon: Daemon
    twilio: FakeTwilio
    number: str = ANA
    sid: str = "CA" + "a" * 32
    said: list[str] = field(default_factory=list)
    slowest: float = 0.0

    async def ask(self, url: str = f"{BASE}/voice/webhook", **fields: str) -> Xml:
        form = self.twilio.call(sender=self.number, sid=self.sid, **fields)
        parts = urlsplit(url)
        local = f"http://127.0.0.1:{self.daemon.webhook_port}{parts.path}?{parts.query}".rstrip("?")
        started = time.monotonic()
        status, body = await self.twilio.post(local, form, public=url)
        self.slowest = max(self.slowest, time.monotonic() - started)
        assert status == 200, body
        found = list(ElementTree.fromstring(body))
        self.said += [say.text or "" for element in found for say in element.iter("Say")]
        return found

    async def say(self, listening: Xml, words: str) -> Xml:
        """Until there is an answer."""
        found = await self.ask(listening[0].attrib["action"], status="in-progress", SpeechResult=words)
        return await self.wait(found)

    async def wait(self, found: Xml) -> Xml:
        while found[-1].tag == "Redirect":
            found = await self.ask(found[-1].text or "", status="in-progress")
        return found

    async def hang_up(self, seconds: int) -> None:
        done = {"status": "completed", "CallDuration": str(seconds), "SequenceNumber": "3"}
        await self.ask(f"{BASE}/voice/status", **done)


async def started(make_daemon: MakeDaemon, config: Json) -> Daemon:
    daemon = make_daemon(config)
    await daemon.start()
    await daemon.wait_said("voice is connected")
    return daemon


def rows(daemon: Daemon, query: str) -> list[Any]:
    connection = sqlite3.connect(daemon.state_dir / "ledger.sqlite")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def test_a_call_is_a_conversation(
    make_daemon: MakeDaemon, calling: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, calling)
    ana = Caller(daemon, twilio)
    anthropic.reply("It is **22 °C** in Sydney.")
    anthropic.reply("You are welcome.")

    listening = await ana.ask()
    listening = await ana.say(listening, "What's the weather like in Sydney?")
    await ana.say(listening, "Thank you")
    await ana.hang_up(61)

    assert [words for words in ana.said if words != "One moment, please."] == [
        "Hello Ana!", "It is 22 °C in Sydney.", "You are welcome.",
    ]  # fmt: skip
    assert ana.slowest < 5
    assert "What's the weather like in Sydney?" in newest_user_text(anthropic.requests[0].body)
    await _is_on_record(daemon, twilio)


async def _is_on_record(daemon: Daemon, twilio: FakeTwilio) -> None:
    (session,) = (await daemon.cli("sessions", "list", "--json")).json()
    assert session["key"] == f"agent:main:voice:direct:{ANA}"
    assert [line["content"] for line in daemon.transcript() if line.get("role") == "assistant"] == [
        "It is **22 °C** in Sydney.", "You are welcome.",
    ]  # fmt: skip
    assert rows(daemon, "SELECT direction, from_number, to_number, status, duration FROM twilio_calls") == [
        ("inbound", ANA, twilio.number, "completed", 61)
    ]
    models = (await daemon.cli("costs", "--by", "model", "--json")).json()["rows"]
    assert [row["cost"] for row in models if row["key"] == "twilio/voice"] == [0.04]
    assert rows(daemon, "SELECT role FROM inbox WHERE state = 'answered'") == [("member",), ("member",)]
    traces = (await daemon.cli("trace", "list", "--json")).json()
    answered = [trace for trace in traces if trace["outcome"] == "answered"]
    assert {"received", "authorised", "llm", "send"} <= {span["name"] for span in answered[0]["spans"]}


async def test_whoever_is_not_on_the_list_is_not_taken_and_nothing_forged_is_heard(
    make_daemon: MakeDaemon, calling: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, calling)
    stranger, ana = Caller(daemon, twilio, STRANGER, "CA" + "b" * 32), Caller(daemon, twilio)

    assert [element.tag for element in await stranger.ask()] == ["Reject"]
    listening = await ana.ask()
    action = listening[0].attrib["action"]
    stolen = Caller(daemon, twilio, STRANGER, "CA" + "c" * 32)
    assert [element.tag for element in await stolen.ask(action, SpeechResult="hi")] == ["Hangup"]
    assert await _forged(daemon, twilio, action) == {403}
    answers = [await ana.say(listening, "once") for _ in range(3)]

    assert {answer[0].attrib.get("action") for answer in answers} == {answers[0][0].attrib["action"]}
    assert len(anthropic.requests) == 1
    assert rows(daemon, "SELECT count(*) FROM inbox WHERE event IS NOT NULL") == [(1,)]


async def _forged(daemon: Daemon, twilio: FakeTwilio, action: str) -> set[int]:
    """By the hundred: another secret, another address, other words than those that were signed."""
    form = twilio.call(sender=ANA, sid="CA" + "a" * 32, SpeechResult="open the door")
    parts, seen = urlsplit(action), set[int]()
    local = f"http://127.0.0.1:{daemon.webhook_port}{parts.path}?{parts.query}"
    for number in range(34):
        changed = {**form, "SpeechResult": f"open door {number}"}
        for public, shown in (
            (f"https://evil{number}.example.org{parts.path}", None),
            (action, twilio.signature(action, form)),
            (action, "AAAA"),
        ):
            status, _ = await twilio.post(local, changed, public=public, signature=shown)
            seen.add(status)
    return seen


async def test_the_assistant_puts_a_caller_through_to_the_owner(
    make_daemon: MakeDaemon, calling: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, calling)
    ana = Caller(daemon, twilio)
    anthropic.call_tool("forward_call", {})
    anthropic.reply("I put you through.")

    through = await ana.say(await ana.ask(), "I want to speak to a human")

    assert [element.tag for element in through] == ["Say", "Dial"]
    assert (ana.said[-1], through[-1].text) == ("I put you through.", DESK)
    busy = await ana.ask(through[-1].attrib["action"], status="in-progress", DialCallStatus="busy")
    assert busy[0].tag == "Gather"


async def test_a_call_goes_on_after_a_crash_in_the_middle_of_its_answer(
    make_daemon: MakeDaemon, calling: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, calling)
    ana, hold = Caller(daemon, twilio), anthropic.hold()
    listening = await ana.ask()
    waiting = await ana.ask(listening[0].attrib["action"], status="in-progress", SpeechResult="still there?")
    await hold.entered.wait()
    assert ana.said[-1] == "One moment, please."

    await daemon.kill()
    hold.release()
    await daemon.start()
    await daemon.wait_said("voice is connected", count=2)
    await ana.wait(waiting)

    assert "I was interrupted for a moment. I am still here." in ana.said
    assert ana.said[-1] == "ok: still there?"
    assert ana.slowest < 5
    assert rows(daemon, "SELECT count(*) FROM inbox WHERE event IS NOT NULL") == [(1,)]


async def test_an_answer_that_nobody_has_fetched_before_a_crash_is_told_after_it_once(
    make_daemon: MakeDaemon, calling: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, calling)
    ana, hold = Caller(daemon, twilio), anthropic.hold()
    listening = await ana.ask()
    waiting = await ana.ask(listening[0].attrib["action"], status="in-progress", SpeechResult="still there?")
    hold.release()
    sending = "SELECT count(*) FROM outbox WHERE state = 'sending'"
    await eventually(lambda: rows(daemon, sending) == [(1,)], lambda: "nothing is sent")

    await daemon.kill()
    await daemon.start()
    await daemon.wait_said("voice is connected", count=2)
    await ana.wait(waiting)

    assert ana.said.count("ok: still there?") == 1
    assert len(anthropic.requests) == 1


async def test_a_reminder_that_was_asked_for_in_a_call_is_a_call(
    make_daemon: MakeDaemon,
    calling: Json,
    twilio: FakeTwilio,
    anthropic: FakeAnthropic,
    telegram: FakeTelegram,
) -> None:
    del calling["compliance"]
    calling["tools"]["toolsBySender"] = {f"id:{ANA}": {"alsoAllow": ["cron"]}}
    daemon = await started(make_daemon, calling)
    await daemon.cli("phone", "numbers", "add", ANA)
    ana = Caller(daemon, twilio)
    what = {
        "schedule": {"kind": "at", "at": "in 1 second"},
        "payload": {"kind": "systemEvent", "text": "milk"},
    }
    anthropic.call_tool("cron", {"action": "add", "job": what})
    anthropic.reply("I will call you.")
    anthropic.reply("Do not forget the **milk**!")

    async with anyio.create_task_group() as group:
        greeted = await ana.ask()
        group.start_soon(ana.say, greeted, "Remind me of the milk in a second")
        (asked,) = await telegram.wait_sent(1)
        telegram.say(asked.buttons["Allow once"])
    assert ana.said[-1] == "I will call you."
    await ana.hang_up(10)
    (placed,) = await twilio.wait_calls(1)

    assert placed.to == ANA
    assert ElementTree.fromstring(placed.params["Twiml"][0])[0].text == "Do not forget the milk!"
    assert rows(daemon, "SELECT recipient, outcome FROM gate_verdicts") == [(ANA, "allow")]


async def test_the_gates_stand_before_calls_of_ones_own(
    make_daemon: MakeDaemon, calling: Json, twilio: FakeTwilio, telegram: FakeTelegram
) -> None:
    del calling["compliance"]
    daemon = await started(make_daemon, calling)

    held = (await daemon.cli("phone", "call", STRANGER, "Buy a boat!", "--json")).json()
    assert (held["status"], twilio.calls) == ("held", [])
    await telegram.wait_sent(1)
    await daemon.cli("phone", "numbers", "add", ANA)
    await daemon.cli("phone", "call", ANA, "Your taxi is there")
    (placed,) = await twilio.wait_calls(1)
    over = {"Direction": "outbound-api", "From": twilio.number, "To": ANA, "status": "busy"}
    await Caller(daemon, twilio, ANA, placed.sid).ask(f"{BASE}/voice/status", **over)

    assert placed.to == ANA
    _, told = await telegram.wait_sent(2)
    assert f"{ANA} was called in vain: busy" in told.text
    assert rows(daemon, "SELECT recipient, state, reason FROM outbox WHERE channel = 'voice'") == [
        (STRANGER, "held", "compliance-gate: no_consent"), (ANA, "failed", "the call ended busy"),
    ]  # fmt: skip


async def test_the_owner_has_somebody_called(
    make_daemon: MakeDaemon,
    calling: Json,
    twilio: FakeTwilio,
    anthropic: FakeAnthropic,
    telegram: FakeTelegram,
) -> None:
    daemon = await started(make_daemon, calling)
    anthropic.call_tool("place_call", {"to": ANA, "message": "Your **taxi** is there."})
    anthropic.reply("I have called her.")
    telegram.say("Call Ana: her taxi is there")

    (placed,) = await twilio.wait_calls(1)
    await telegram.wait_sent(1)

    assert (placed.sender, placed.to) == (twilio.number, ANA)
    say, onward = ElementTree.fromstring(placed.params["Twiml"][0])
    assert say.text == "Your taxi is there."
    ours = {"Direction": "outbound-api", "From": twilio.number, "To": ANA, "status": "in-progress"}
    ana = Caller(daemon, twilio, ANA, placed.sid)
    listening = await ana.ask(onward.text or "", **ours)
    answered = await ana.ask(listening[0].attrib["action"], **ours, SpeechResult="I am coming")
    while answered[-1].tag == "Redirect":
        answered = await ana.ask(answered[-1].text or "", **ours)
    assert ana.said[-1] == "ok: I am coming"
    assert "You: Your taxi is there." in str(anthropic.requests[-1].body["messages"])
    assert rows(daemon, "SELECT sid, direction, to_number FROM twilio_calls") == [
        (placed.sid, "outbound", ANA)
    ]


async def test_a_recording_is_kept_with_its_transcript(
    make_daemon: MakeDaemon, calling: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    calling["channels"]["voice"]["record"] = True
    daemon = await started(make_daemon, calling)
    ana = Caller(daemon, twilio)
    await ana.ask()
    await twilio.wait_until(lambda: bool(twilio.recording), lambda: "nothing is recorded", 10)
    sid, _ = twilio.recorded(ana.sid, b"sound")

    await ana.ask(f"{BASE}/voice/recording-complete", RecordingSid=sid, RecordingStatus="completed")
    transcript = {"TranscriptionSid": "TR00000001", "RecordingSid": sid, "TranscriptionText": "Hello Ana!"}
    await ana.ask(f"{BASE}/voice/transcription", **transcript)
    await daemon.wait_said("a recording is kept")

    folder = daemon.state_dir / "media" / "recordings" / ana.sid
    assert (folder / f"{sid}.mp3").read_bytes() == b"sound"
    assert (folder / f"{sid}.txt").read_text() == "Hello Ana!\n"
    assert "This call is recorded." in ana.said
