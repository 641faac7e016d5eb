"""Calls as Twilio and their callers meet them."""

from pathlib import Path

import anyio
import pytest

from openclaw.channels.voice import reception, switchboard, talk
from openclaw.types.clock import SystemClock
from openclaw.types.errors import DeliveryError, StorageFullError
from openclaw.types.messages import Inbound
from tests.channels.voice.house import BASE, CALLER, OTHER_BASE, SID, Phone, call_address, open_phone
from tests.fakes import FakeTwilio

pytestmark = pytest.mark.usefixtures("hasty")


# -- a conversation ---------------------------------------------------------------------------------------


async def test_a_call_is_greeted_heard_answered_and_heard_again(phone: Phone) -> None:
    greeted = await phone.talk()
    answered = await phone.converse(greeted, "What's the weather?", "It is **sunny**.")
    await phone.answer(answered, "Thank you")

    assert phone.said[:2] == ["Hello!", "It is sunny."]
    assert phone.heard == ["What's the weather?", "Thank you"]
    (first, second) = [arrival for arrival in phone.taken if isinstance(arrival.content, Inbound)]
    assert isinstance(first.content, Inbound)
    assert first.content.reply_to == call_address()
    assert first.key != second.key


async def test_keys_are_words_as_well(phone: Phone) -> None:
    await phone.answer(await phone.talk(), Digits="12#")

    assert phone.heard == ["[pressed on the keypad: 12#]"]


async def test_while_the_answer_is_made_the_caller_is_sent_round(phone: Phone) -> None:
    waiting = await phone.answer(await phone.talk(), "What's the weather?")
    again = await phone.talk(waiting[-1].text or "", status="in-progress")

    assert [element.tag for element in waiting] == ["Say", "Redirect"]
    assert [element.tag for element in again] == ["Pause", "Redirect"]
    assert phone.said == ["Hello!", talk.MOMENT]
    assert phone.heard == ["What's the weather?"]


async def test_an_answer_that_comes_after_the_patience_is_told_at_the_next_silence(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "PATIENCE_SECONDS", 0.0)
    listening = await phone.answer(await phone.talk(), "What's the weather?")
    async with anyio.create_task_group() as group:
        group.start_soon(phone.send, "It is sunny.")
        await anyio.wait_all_tasks_blocked()
        await phone.answer(listening)

    assert phone.said == ["Hello!", talk.TOO_LONG, "It is sunny."]


async def test_a_turn_without_words_is_told_as_that(phone: Phone) -> None:
    greeted = await phone.talk()
    async with anyio.create_task_group() as group:
        group.start_soon(phone.channel.show_working, call_address())
        await anyio.wait_all_tasks_blocked()
        waiting = await phone.answer(greeted, "Never mind")
        group.cancel_scope.cancel()
    await phone.wait_on(waiting)

    assert phone.said[-1] == talk.NOTHING


async def test_a_silent_caller_is_asked_twice_and_then_let_go(phone: Phone) -> None:
    asked = await phone.answer(await phone.talk())
    asked = await phone.answer(asked)
    gone = await phone.answer(asked)

    assert phone.said == ["Hello!", *talk.STILL_THERE, talk.GOODBYE]
    assert [element.tag for element in gone] == ["Say", "Hangup"]
    assert phone.heard == []


async def test_a_call_ends_at_its_longest_time(tmp_path: Path, twilio: FakeTwilio) -> None:
    class LateClock(SystemClock):
        late = 0

        def now_ms(self) -> int:
            return super().now_ms() + self.late

    clock = LateClock()
    async with open_phone(tmp_path, twilio, clock=clock, maxDurationSeconds=60) as phone:
        greeted = await phone.talk()
        clock.late = 61_000
        ended = await phone.answer(greeted)

    assert [element.tag for element in ended] == ["Say", "Hangup"]
    assert talk.TIME_IS_UP in phone.said


async def test_whoever_hangs_up_is_not_spoken_to(phone: Phone) -> None:
    greeted = await phone.talk()

    assert await phone.answer(greeted, status="completed") == []
    with pytest.raises(DeliveryError, match="the call is over"):
        await phone.send("Hello?")


async def test_a_caller_who_hangs_up_before_the_answer_never_heard_it(phone: Phone) -> None:
    greeted = await phone.talk()
    await phone.answer(greeted, "What's the weather?")
    failures: list[DeliveryError] = []

    async def send() -> None:
        try:
            await phone.send("It is sunny.")
        except DeliveryError as error:
            failures.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(send)
        await anyio.wait_all_tasks_blocked()
        await phone.post("/voice/status", phone.twilio.call(sender=CALLER, sid=SID, status="completed"))

    assert [error.retry_after for error in failures] == [None]


async def test_what_is_said_while_hanging_up_is_heard_once(phone: Phone) -> None:
    (gather,) = await phone.talk()
    for _ in range(2):
        said = {"status": "completed", "SpeechResult": "Remember the milk"}
        assert await phone.talk(gather.attrib["action"], **said) == []
    await phone.until_taken(2)

    assert phone.heard == ["Remember the milk"]
    assert phone.refs.count("1") == 1
    with pytest.raises(DeliveryError, match="the call is over"):
        await phone.send("I will.")


async def test_words_on_the_way_to_an_answer_leave_the_caller_waiting_for_it(phone: Phone) -> None:
    greeted = await phone.talk()
    async with anyio.create_task_group() as group:
        group.start_soon(phone.channel.show_working, call_address())
        group.start_soon(phone.send, "Let me look.")
        await anyio.wait_all_tasks_blocked()
        held = await phone.answer(greeted, "What's the weather?")
        again = await phone.talk(held[-1].text or "", status="in-progress")
        group.cancel_scope.cancel()
    async with anyio.create_task_group() as group:
        group.start_soon(phone.send, "It is sunny.")
        listening = await phone.wait_on(again)

    assert [element.tag for element in held] == ["Say", "Redirect"]
    assert phone.said == ["Hello!", "Let me look.", "It is sunny."]
    assert listening[0].tag == "Gather"


# -- put through, hung up ---------------------------------------------------------------------------------


async def test_the_assistant_puts_a_caller_through(tmp_path: Path, twilio: FakeTwilio) -> None:
    async with open_phone(tmp_path, twilio, forwardTo="+12015550177") as phone:
        greeted = await phone.talk()
        assert phone.channel.forward(call_address()) == ""
        through = await phone.converse(greeted, "A human, please", "I put you through.")
        back = await phone.talk(through[-1].attrib["action"], status="in-progress", DialCallStatus="busy")

    say, dial = through
    assert (say.text, dial.tag, dial.text) == ("I put you through.", "Dial", "+12015550177")
    assert dial.attrib["callerId"] == twilio.number
    assert back[0].tag == "Gather"
    assert phone.said[-1] == talk.NOBODY_THERE


async def test_after_they_have_talked_the_call_ends(tmp_path: Path, twilio: FakeTwilio) -> None:
    async with open_phone(tmp_path, twilio, forwardTo="+12015550177") as phone:
        greeted = await phone.talk()
        phone.channel.forward(call_address())
        through = await phone.converse(greeted, "A human, please", "I put you through.")
        ended = await phone.talk(through[-1].attrib["action"], status="completed", DialCallStatus="completed")

    assert [element.tag for element in ended] == ["Hangup"]


async def test_the_assistant_ends_a_call(phone: Phone) -> None:
    greeted = await phone.talk()
    assert phone.channel.hang_up(call_address()) == ""
    ended = await phone.converse(greeted, "That's all", "Goodbye then.")

    assert [element.tag for element in ended] == ["Say", "Hangup"]
    assert phone.said[-1] == "Goodbye then."


# -- forged and repeated requests -------------------------------------------------------------------------


async def test_an_unsigned_or_forged_request_is_not_heard(phone: Phone) -> None:
    form = phone.twilio.call(sender=CALLER, sid=SID)
    for path in (
        "/voice",
        "/voice/webhook",
        "/voice/status",
        "/voice/recording-complete",
        "/voice/transcription",
    ):
        for signature in ("", "AAAA", phone.twilio.signature(f"{BASE}/sms", form)):
            answer = await phone.post(path, form, signature=signature)
            assert answer.status == 403

    assert phone.taken == []


async def test_nothing_is_authentic_before_the_token_is_known(tmp_path: Path, twilio: FakeTwilio) -> None:
    async with open_phone(tmp_path, twilio, running=False) as phone:
        answer = await phone.post("/voice", twilio.call(sender=CALLER))

    assert (answer.status, answer.body) == (403, b"not-ready")


async def test_a_replayed_beginning_begins_nothing_and_gives_out_no_new_address(phone: Phone) -> None:
    first = await phone.talk()
    second = await phone.talk()

    assert first[0].attrib["action"] == second[0].attrib["action"]
    await phone.answer(first, "hello")
    late = await phone.talk()
    assert late[0].attrib["action"] == first[0].attrib["action"]
    assert await phone.rows("SELECT count(*) FROM twilio_calls") == [(1,)]


async def test_ten_copies_of_what_was_said_are_one_turn_and_one_answer(phone: Phone) -> None:
    greeted = await phone.talk()
    answers: list[list[str]] = []

    async def say() -> None:
        found = await phone.answer(greeted, "What's the weather?")
        answers.append([element.tag + (element.text or "") for element in found])

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(say)

    assert phone.heard == ["What's the weather?"]
    assert len(answers) == 10
    assert len({tuple(answer) for answer in answers}) == 1


async def test_the_address_of_one_call_is_no_good_for_another(phone: Phone) -> None:
    (gather,) = await phone.talk()
    stolen = await phone.talk(
        gather.attrib["action"], sid="CA000000000000000000000000000000bb", SpeechResult="let me in"
    )

    assert [element.tag for element in stolen] == ["Hangup"]
    assert phone.heard == []


async def test_an_address_that_was_used_up_leads_nowhere(phone: Phone) -> None:
    first = await phone.talk()
    listening = first
    for number in range(switchboard.KEPT_ANSWERS + 1):
        listening = await phone.converse(listening, f"words {number}", "Yes.")
    replayed = await phone.answer(first, "something else")

    assert [element.tag for element in replayed] == ["Hangup"]
    assert "something else" not in phone.heard


async def test_the_way_back_is_the_base_by_which_the_request_came(phone: Phone) -> None:
    (here,) = await phone.talk()
    (there,) = await phone.talk(base=OTHER_BASE, sid="CA000000000000000000000000000000bb")

    assert here.attrib["action"].startswith(f"{BASE}/voice/webhook?")
    assert there.attrib["action"].startswith(f"{OTHER_BASE}/voice/webhook?")


# -- restarts and failures ---------------------------------------------------------------------------------


async def test_a_call_goes_on_after_a_restart(tmp_path: Path, twilio: FakeTwilio) -> None:
    async with open_phone(tmp_path, twilio) as before:
        waiting = await before.answer(await before.talk(), "What's the weather?")
    async with open_phone(tmp_path, twilio) as phone:
        with pytest.raises(DeliveryError) as early:
            await phone.send("It is sunny.")
        told = await phone.talk(waiting[-1].text or "", status="in-progress")
        async with anyio.create_task_group() as group:
            group.start_soon(phone.send, "It is sunny.")
            listening = await phone.wait_on(told)
        await phone.answer(listening, "Thank you")

    assert early.value.retry_after is not None
    assert phone.said[:2] == [talk.BACK, "It is sunny."]
    assert phone.heard == ["Thank you"]


async def test_words_that_were_said_twice_around_a_restart_are_one_message(
    tmp_path: Path, twilio: FakeTwilio
) -> None:
    async with open_phone(tmp_path, twilio) as before:
        greeted = await before.talk()
        await before.answer(greeted, "What's the weather?")
    async with open_phone(tmp_path, twilio) as phone:
        await phone.answer(greeted, "What's the weather?")

    def spoken(house: Phone) -> list[str]:
        return [arrival.key for arrival in house.taken if isinstance(arrival.content, Inbound)]

    assert spoken(phone) == spoken(before) == [f"voice:default:{SID}:1"]


async def test_a_full_disk_is_told_and_ends_the_call(phone: Phone) -> None:
    greeted = await phone.talk()
    await anyio.wait_all_tasks_blocked()
    phone.failure = StorageFullError("no room")

    ended = await phone.answer(greeted, "What's the weather?")

    assert [element.tag for element in ended] == ["Say", "Hangup"]
    assert phone.said[-1] == talk.NO_ROOM


async def test_a_mistake_of_ours_is_an_apology_and_no_silence(
    phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    greeted = await phone.talk()
    phone.failure = RuntimeError("ours")

    await phone.answer(greeted, "What's the weather?")

    assert phone.said[-1] == talk.FAILED
    assert "could not be taken in" in caplog.text


async def test_a_ledger_that_does_not_get_on_keeps_no_caller_in_silence(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    greeted = await phone.talk()
    stuck = anyio.Event()

    async def deliver(arrivals: object) -> None:
        await stuck.wait()

    monkeypatch.setattr(phone, "deliver", deliver)
    waiting = await phone.answer(greeted, "What's the weather?")

    assert [element.tag for element in waiting] == ["Say", "Redirect"]
    stuck.set()


async def test_a_request_that_waits_too_long_comes_again(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "ANSWER_SECONDS", 0.02)
    monkeypatch.setattr(reception, "WAIT_SECONDS", 30.0)
    greeted = await phone.talk()
    again = await phone.answer(greeted, "What's the weather?")

    assert [element.tag for element in again] == ["Pause", "Redirect"]
    assert again[-1].text == greeted[0].attrib["action"]


async def test_a_request_about_no_call_is_hung_up(phone: Phone) -> None:
    assert [element.tag for element in await phone.talk(CallSid="x")] == ["Hangup"]
