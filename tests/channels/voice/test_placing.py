from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import anyio
import pytest

from openclaw.channels.voice import channel as voice
from openclaw.types.channel import Reconciling
from openclaw.types.clock import SystemClock
from openclaw.types.errors import AmbiguousDeliveryError, ChannelError, DeliveryError
from openclaw.types.messages import Address, Inbound
from openclaw.types.phone import PhoneRefusal
from tests.channels.voice.house import (
    BASE,
    CALLER,
    SID,
    Phone,
    call_address,
    open_phone,
    outbound,
)
from tests.fakes import FakeTwilio

pytestmark = pytest.mark.usefixtures("hasty")


async def test_words_for_somebody_who_is_not_on_the_line_place_a_call(phone: Phone) -> None:
    sid = await phone.send("Your **taxi** is there & waiting.", thread=None)

    (call,) = phone.twilio.calls
    assert (call.sid, call.sender, call.to) == (sid, phone.twilio.number, CALLER)
    say, redirect = ElementTree.fromstring(call.params["Twiml"][0])
    assert say.text == "Your taxi is there & waiting."
    assert redirect.text == f"{BASE}/voice/webhook"
    assert call.params["StatusCallback"] == [f"{BASE}/voice/status"]
    assert call.params["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    assert "Record" not in call.params
    assert await phone.rows("SELECT sid, direction, from_number, to_number, status FROM twilio_calls") == [
        (sid, "outbound", phone.twilio.number, CALLER, "queued")
    ]


async def test_somebody_who_has_left_a_call_without_a_word_is_called(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice, "HEARD_SECONDS", 0.01)
    greeted = await phone.talk()

    sid = await phone.send("Your taxi is there.", thread=None)

    assert [call.sid for call in phone.twilio.calls] == [sid]
    await phone.answer(greeted)
    assert phone.said[:1] == ["Hello!"]
    assert "Your taxi is there." not in phone.said


async def test_the_assistant_knows_what_it_has_called_for(phone: Phone) -> None:
    sid = await phone.send("Shall I book for seven?", thread=None)
    await phone.sent("Shall I book for seven?", sid)
    ours = {"sid": sid, "Direction": "outbound-api", "From": phone.twilio.number, "To": CALLER}

    listening = await phone.talk("/voice/webhook", **ours)
    listening = await phone.answer(listening, **ours)
    assert await phone.answer(listening, "Better at eight", **{**ours, "status": "completed"}) == []
    await phone.until_taken(2)
    (said,) = [each.content for each in phone.taken if isinstance(each.content, Inbound)]

    assert said.quoted is not None
    assert (said.quoted.text, said.quoted.own) == ("Shall I book for seven?", True)


async def test_whom_we_have_called_may_answer(phone: Phone) -> None:
    sid = await phone.send("Your taxi is there.", thread=None)
    ours = {"sid": sid, "Direction": "outbound-api", "From": phone.twilio.number, "To": CALLER}

    listening = await phone.talk("/voice/webhook", sender=phone.twilio.number, **ours)
    assert phone.said == []
    await phone.answer(listening, "I am coming", **ours)

    assert phone.heard == ["I am coming"]
    assert [arrival.content.sender.id for arrival in phone.taken if isinstance(arrival.content, Inbound)] == [
        CALLER
    ]


@pytest.mark.parametrize(
    ("policy", "allowed", "last"),
    [
        ("allowlist", [], "Hangup"),
        ("allowlist", [CALLER], "Redirect"),
        ("disabled", [], "Hangup"),
        ("pairing", [], "Redirect"),
    ],
)
async def test_whoever_may_not_speak_with_us_only_hears_the_message(
    tmp_path: Path, twilio: FakeTwilio, policy: str, allowed: list[str], last: str
) -> None:
    async with open_phone(tmp_path, twilio, inboundPolicy=policy, allowFrom=allowed) as phone:
        await phone.send("Your taxi is there.", thread=None)

    assert [each.tag for each in ElementTree.fromstring(twilio.calls[0].params["Twiml"][0])] == ["Say", last]


async def test_without_a_public_address_calls_are_placed_and_none_come_in(
    tmp_path: Path, twilio: FakeTwilio
) -> None:
    async with open_phone(tmp_path, twilio, publicWebhookUrls=[]) as phone:
        await phone.send("Your taxi is there.", thread=None)
        assert phone.channel.routes(phone.deliver) == ()

    assert "StatusCallback" not in twilio.calls[0].params


@pytest.mark.parametrize(("forward_to", "limit"), [(None, ["360"]), ("+12015550177", None)])
async def test_twilio_ends_a_call_of_ours_unless_somebody_may_be_put_through(
    tmp_path: Path, twilio: FakeTwilio, forward_to: str | None, limit: list[str] | None
) -> None:
    async with open_phone(tmp_path, twilio, forwardTo=forward_to, maxDurationSeconds=300) as phone:
        await phone.send("Your taxi is there.", thread=None)

    assert twilio.calls[0].params.get("TimeLimit") == limit


async def test_a_call_of_ours_is_recorded_where_the_owner_wants_it(
    tmp_path: Path, twilio: FakeTwilio
) -> None:
    async with open_phone(tmp_path, twilio, record=True) as phone:
        await phone.send("Your taxi is there.", thread=None)

    params = twilio.calls[0].params
    assert [each.text for each in ElementTree.fromstring(params["Twiml"][0])][:2] == [
        "This call is recorded.", "Your taxi is there.",
    ]  # fmt: skip
    assert params["Record"] == ["true"]
    assert params["RecordingStatusCallback"] == [f"{BASE}/voice/recording-complete"]


async def test_words_for_somebody_who_is_on_the_line_are_said_there(phone: Phone) -> None:
    greeted = await phone.talk()
    async with anyio.create_task_group() as group:
        group.start_soon(phone.channel.send, outbound("Your taxi is there.", Address("voice", CALLER)))
        await anyio.wait_all_tasks_blocked()
        await phone.answer(greeted)

    assert phone.said == ["Hello!", "Your taxi is there."]
    assert phone.twilio.calls == []


@pytest.mark.parametrize(
    ("to", "keys", "reason"),
    [("5550123", {}, "no international number"), (CALLER, {"fromNumber": None}, "fromNumber is not set")],
)
async def test_a_call_that_cannot_be_placed_says_why(
    tmp_path: Path, twilio: FakeTwilio, to: str, keys: dict[str, Any], reason: str
) -> None:
    async with open_phone(tmp_path, twilio, **keys) as phone:
        with pytest.raises(DeliveryError, match=reason) as refused:
            await phone.send("Hello", thread=None, to=to)

    assert refused.value.retry_after is None


async def test_what_twilio_refuses_is_told_with_its_mend(phone: Phone) -> None:
    phone.twilio.fail(400, 21211, "Invalid 'To' Phone Number")

    with pytest.raises(DeliveryError, match="21211") as refused:
        await phone.send("Hello", thread=None)

    assert refused.value.retry_after is None


async def test_others_hear_why_a_number_cannot_be_called(tmp_path: Path, twilio: FakeTwilio) -> None:
    told: list[PhoneRefusal] = []

    async def tell(refusal: PhoneRefusal) -> None:
        told.append(refusal)

    async with open_phone(tmp_path, twilio, tell_refusal=tell) as phone:
        twilio.fail(400, 21215, "Account not authorized")
        with pytest.raises(DeliveryError, match="Geo permissions"):
            await phone.send("Hello", thread=None)

    assert told == [PhoneRefusal("voice", 21215, twilio.number, CALLER, "")]


async def test_credentials_that_were_refused_are_looked_up_anew(phone: Phone) -> None:
    phone.twilio.fail(401, 20003, "Authenticate")

    with pytest.raises(DeliveryError) as refused:
        await phone.send("Hello", thread=None)
    await phone.send("Hello", thread=None)

    assert refused.value.retry_after == 60
    assert len(phone.twilio.calls) == 1


async def test_too_many_calls_are_tried_again_later(phone: Phone) -> None:
    phone.twilio.fail(429, 20429, "Too Many Requests", headers={"retry-after": "7"})

    with pytest.raises(DeliveryError) as refused:
        await phone.send("Hello", thread=None)

    assert refused.value.retry_after == 7


async def test_nobody_is_called_twice_because_an_answer_got_lost(phone: Phone) -> None:
    phone.twilio.accept_and_drop()

    sid = await phone.send("Hello", thread=None)

    assert [call.sid for call in phone.twilio.calls] == [sid]
    assert await phone.rows("SELECT sid, direction FROM twilio_calls") == [(sid, "outbound")]


async def test_an_earlier_call_is_not_taken_for_the_one_whose_answer_got_lost(phone: Phone) -> None:
    earlier = await phone.send("Hello", thread=None)
    await phone.sent("Hello", earlier)
    phone.twilio.accept_and_drop()

    later = await phone.send("Hello again", thread=None)

    assert [call.sid for call in phone.twilio.calls] == [earlier, later]


async def test_a_call_that_twilio_does_not_have_is_placed_again(phone: Phone) -> None:
    phone.twilio.fail(502)

    with pytest.raises(DeliveryError, match="Twilio does not have it") as lost:
        await phone.send("Hello", thread=None)

    assert lost.value.retry_after is not None


async def test_where_twilio_says_nothing_the_doubt_remains(phone: Phone) -> None:
    phone.twilio.accept_and_drop()
    phone.twilio.list_failures = 1

    with pytest.raises(AmbiguousDeliveryError):
        await phone.send("Hello", thread=None)


async def test_what_an_earlier_life_has_placed_is_found_again(phone: Phone) -> None:
    assert isinstance(phone.channel, Reconciling)
    message = outbound("Hello", Address("voice", CALLER))
    since = SystemClock().now_ms()
    assert await phone.channel.sent_before(message, since) is None
    sid = await phone.send("Hello", thread=None)

    assert await phone.channel.sent_before(message, since) == sid
    assert await phone.channel.sent_before(message, since + 3_600_000) is None
    phone.twilio.list_failures = 1
    with pytest.raises(ChannelError):
        await phone.channel.sent_before(message, since)


@pytest.mark.parametrize(("goes_on", "was_told"), [("waiting", False), ("listening", True)])
async def test_a_calls_next_request_shows_whether_an_earlier_life_has_told_its_answer(
    tmp_path: Path, twilio: FakeTwilio, goes_on: str, was_told: bool
) -> None:
    async with open_phone(tmp_path, twilio) as before:
        found = await before.answer(await before.talk(), "What's the weather?")
        if goes_on == "listening":
            async with anyio.create_task_group() as group:
                group.start_soon(before.send, "It is sunny.")
                found = await before.wait_on(found)
    told: list[str | None] = []
    async with open_phone(tmp_path, twilio) as phone:

        async def ask() -> None:
            told.append(await phone.channel.sent_before(outbound("It is sunny.", call_address()), 0))

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            assert told == []
            if goes_on == "listening":
                await phone.answer(found, "Thank you")
            else:
                await phone.talk(found[-1].text or "", status="in-progress")

    assert told == [SID if was_told else None]
