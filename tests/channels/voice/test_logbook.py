"""What is left of a call when it is over."""

from pathlib import Path

import anyio
import pytest

from tests.channels.voice.house import CALLER, SID, Phone, call_address, open_phone
from tests.fakes import FakeTwilio

pytestmark = pytest.mark.usefixtures("hasty")


async def test_a_call_its_state_and_its_price_are_in_the_ledger(phone: Phone) -> None:
    await phone.talk()
    await anyio.wait_all_tasks_blocked()
    form = phone.twilio.call(
        sender=CALLER, sid=SID, status="completed", SequenceNumber="3", CallDuration="61"
    )
    late = phone.twilio.call(sender=CALLER, sid=SID, status="in-progress", SequenceNumber="2")
    for each in (form, late, form):
        assert (await phone.post("/voice/status", each)).status == 200

    assert await phone.rows(
        "SELECT direction, from_number, to_number, status, duration FROM twilio_calls"
    ) == [("inbound", CALLER, phone.twilio.number, "completed", 61)]
    assert [round(row.usage.cost, 4) for row in phone.spent] == [0.028]
    assert "begin" in phone.refs
    assert "status:3:completed" in phone.refs
    kinds = await phone.rows("SELECT kind FROM omni_events ORDER BY id")
    assert kinds == [("call.inbound",), ("call.completed",)]


async def test_the_end_of_a_call_that_nobody_knew_is_counted_too(phone: Phone) -> None:
    form = phone.twilio.call(sender=CALLER, sid=SID, status="completed", CallDuration="10")
    await phone.post("/voice/status", form)

    assert await phone.rows("SELECT status, duration FROM twilio_calls") == [("completed", 10)]
    assert len(phone.spent) == 1


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
async def test_the_owner_hears_of_a_call_that_nobody_took(phone: Phone, status: str) -> None:
    form = phone.twilio.call(
        sender=phone.twilio.number, sid=SID, status=status, Direction="outbound-api", To=CALLER
    )
    for _ in range(2):
        await phone.post("/voice/status", form)
    await phone.post("/voice/status", phone.twilio.call(sender=CALLER, sid="CA" + "b" * 32, status=status))

    assert phone.alerts == [("call-unanswered", f"{CALLER} was called in vain: {status} ({SID})")]


async def test_a_call_that_is_not_taken_is_noted(tmp_path: Path, twilio: FakeTwilio) -> None:
    async with open_phone(tmp_path, twilio, inboundPolicy="disabled") as phone:
        assert [element.tag for element in await phone.talk()] == ["Reject"]
        await phone.until_taken(1)

        assert ("call.refused",) in await phone.rows("SELECT kind FROM omni_events")


async def test_the_call_to_whom_somebody_was_put_through_costs_as_well(
    tmp_path: Path, twilio: FakeTwilio
) -> None:
    async with open_phone(tmp_path, twilio, forwardTo="+12015550177", pricePerMinute=0.02) as phone:
        greeted = await phone.talk()
        phone.channel.forward(call_address())
        through = await phone.converse(greeted, "A human, please", "I put you through.")
        dialled = {"DialCallStatus": "completed", "DialCallSid": "CA" + "d" * 32, "DialCallDuration": "125"}
        for _ in range(2):
            await phone.talk(through[-1].attrib["action"], status="completed", **dialled)
        with anyio.fail_after(5):
            while not phone.spent:
                await anyio.lowlevel.checkpoint()
        calls = await phone.rows("SELECT direction, to_number, status, duration FROM twilio_calls")

    assert ("outbound", "+12015550177", "completed", 125) in calls
    assert [round(row.usage.cost, 4) for row in phone.spent] == [0.06]
