from collections.abc import Sequence
from typing import Any

import pytest

from openclaw.store import outbox
from openclaw.store.database import Database
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.store.phone import PhoneStore, call_moves_on, text_moves_on
from openclaw.store.traces import Span
from openclaw.store.turning import Ending
from openclaw.store.usage import UsageRow
from openclaw.types.clock import iso
from openclaw.types.messages import Address, Part
from openclaw.types.phone import CallRow, SmsRow
from tests.store.made import KEY, NOW, SetClock, claimed, queued, session, trace

ANA, OURS = "+12015550123", "+12015550199"
TO = Address("sms", ANA)


class House:
    def __init__(self, database: Database, ledger: Ledger, clock: SetClock) -> None:
        self.database = database
        self.ledger = ledger
        self.clock = clock
        self.seen: list[UsageRow] = []
        self.phone = PhoneStore(database, clock, self.seen.append)

    async def rows(self, query: str) -> list[dict[str, Any]]:
        return await self.database.read(lambda tx: [dict(row) for row in tx.execute(query).fetchall()])

    async def turn_with_text(self) -> str:
        """A turn has ended with a text on its way; its id."""
        row = await queued(self.ledger, 1)
        await self.ledger.begin_turn(row, session())
        draft = Draft("o_1", TO, Part("Hi"), 0, "reply", "member", row.trace_id)
        await self.ledger.end(
            Ending(row.seq, "answered", "", trace(row.trace_id), (draft,), run_id=row.run_id)
        )
        self.trace_id = row.trace_id
        return draft.id

    async def spans(self) -> Sequence[Span]:
        found = await self.ledger.trace(self.trace_id)
        assert found is not None
        spans = found["spans"]
        assert isinstance(spans, list)
        return [span for span in spans if span["name"] == "delivered"]


@pytest.fixture
def house(database: Database, ledger: Ledger, clock: SetClock) -> House:
    return House(database, ledger, clock)


def text(sid: str = "SM1", **more: Any) -> SmsRow:
    return SmsRow(**{
        "sid": sid, "direction": "outbound", "from_number": OURS, "to_number": ANA, "body": "Hi",
        "status": "queued", **more,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("known", "status", "moves"),
    [
        ("queued", "sent", True),
        ("sent", "queued", False),
        ("sent", "sent", False),
        ("sent", "delivered", True),
        ("delivered", "sent", False),
        ("delivered", "undelivered", False),
        ("undelivered", "delivered", False),
        ("delivered", "read", True),
        ("sent", "read", True),
        ("failed", "read", False),
        ("read", "delivered", False),
        ("sent", "partially_delivered", True),
        ("queued", "something new", False),
    ],
)
def test_a_status_never_goes_back(known: str, status: str, moves: bool) -> None:
    assert text_moves_on(known, status) is moves


@pytest.mark.parametrize(
    ("known", "sequence", "status", "number", "moves"),
    [
        ("ringing", -1, "in-progress", None, True),
        ("in-progress", -1, "ringing", None, False),
        ("in-progress", -1, "completed", None, True),
        ("completed", -1, "busy", None, False),
        ("ringing", 1, "completed", 3, True),
        ("completed", 3, "in-progress", 2, False),
        ("completed", 3, "completed", 3, False),
        ("queued", -1, "ringing", 0, True),
    ],
)
def test_a_call_goes_by_its_running_number(
    known: str, sequence: int, status: str, number: int | None, moves: bool
) -> None:
    assert call_moves_on((known, sequence), status, number) is moves


async def test_a_text_is_kept_once_and_is_an_event_once(house: House) -> None:
    row = text(direction="inbound", from_number=ANA, to_number=OURS, status="received", body="Hello\nthere")

    assert await house.phone.sms(row)
    assert not await house.phone.sms(row)
    assert await house.phone.known_sms("SM1")
    assert not await house.phone.known_sms("SM2")

    (kept,) = await house.rows(
        "SELECT sid, direction, from_number, to_number, body, status, error_code, at FROM twilio_sms"
    )
    assert kept == {
        "sid": "SM1", "direction": "inbound", "from_number": ANA, "to_number": OURS, "body": "Hello\nthere",
        "status": "received", "error_code": None, "at": iso(NOW),
    }  # fmt: skip
    (event,) = await house.rows("SELECT channel, kind, ref, summary FROM omni_events")
    assert event == {
        "channel": "sms", "kind": "sms.received", "ref": "SM1", "summary": f"{ANA} → {OURS}: Hello there",
    }  # fmt: skip


@pytest.mark.parametrize(
    "order", [["sent", "delivered", "queued"], ["delivered", "sent", "queued", "delivered"]]
)
async def test_whatever_the_order_of_callbacks_the_last_state_holds(house: House, order: list[str]) -> None:
    await house.phone.sms(text())

    news = [await house.phone.sms_status("SM1", status) for status in order]

    (kept,) = await house.rows("SELECT status FROM twilio_sms")
    assert kept["status"] == "delivered"
    assert news.count(True) == order.index("delivered") + 1


async def test_the_turn_that_sent_a_text_learns_that_it_arrived(house: House) -> None:
    outbox_id = await house.turn_with_text()
    sending = await claimed(house.ledger, TO)
    await house.phone.sms(text(outbox_id=outbox_id))
    await house.ledger.sent(sending, "SM1", {"name": "send"})

    house.clock.ms += 1500
    await house.phone.sms_status("SM1", "sent")
    await house.phone.sms_status("SM1", "delivered")
    await house.phone.sms_status("SM1", "delivered")

    assert await house.spans() == [
        {"name": "delivered", "at": iso(NOW + 1500), "ms": 1500.0, "ok": True, "status": "delivered"}
    ]
    (row,) = await house.rows("SELECT state FROM outbox")
    assert row["state"] == "sent"


async def test_a_lost_text_fails_with_its_reason(house: House) -> None:
    outbox_id = await house.turn_with_text()
    sending = await claimed(house.ledger, TO)
    await house.phone.sms(text(outbox_id=outbox_id))
    await house.ledger.sent(sending, "SM1", {"name": "send"})

    await house.phone.sms_status("SM1", "undelivered", 30003)

    (span,) = await house.spans()
    assert (span["ok"], span["status"], span["errorCode"]) == (False, "undelivered", 30003)
    (row,) = await house.rows("SELECT state, reason FROM outbox")
    assert row == {"state": "failed", "reason": "undelivered (error 30003)"}
    (kept,) = await house.rows("SELECT status, error_code FROM twilio_sms")
    assert kept == {"status": "undelivered", "error_code": 30003}


async def test_a_status_that_comes_before_the_answer_is_not_lost(house: House) -> None:
    outbox_id = await house.turn_with_text()

    assert await house.phone.sms_status("SM1", "delivered")
    assert await house.spans() == []
    assert not await house.phone.known_sms("SM1")
    assert await house.phone.sms(text(outbox_id=outbox_id))

    (kept,) = await house.rows("SELECT status, from_number, body FROM twilio_sms")
    assert kept == {"status": "delivered", "from_number": OURS, "body": "Hi"}
    (span,) = await house.spans()
    assert span["status"] == "delivered"


async def test_a_text_of_another_channel_is_found_by_what_its_provider_called_it(house: House) -> None:
    await house.turn_with_text()
    await house.ledger.sent(await claimed(house.ledger, TO), "SM9", {"name": "send"})

    await house.phone.sms_status("SM9", "read")

    assert [span["status"] for span in await house.spans()] == ["read"]


async def test_what_a_text_cost_is_on_the_account_of_its_turn(house: House) -> None:
    outbox_id = await house.turn_with_text()

    await house.phone.sms(text(outbox_id=outbox_id, segments=2, cost=0.02))
    await house.phone.sms(text(outbox_id=outbox_id, segments=2, cost=0.02))

    (row,) = await house.rows(
        "SELECT agent, model, channel, session_key, trace_id, cost, kind, sender FROM usage"
    )
    assert row == {
        "agent": "main", "model": "twilio/sms", "channel": "sms", "session_key": KEY, "trace_id": house.trace_id,
        "cost": 0.02, "kind": "sms", "sender": f"sms:{ANA}",
    }  # fmt: skip
    assert [seen.usage.cost for seen in house.seen] == [0.02]
    (shown,) = await house.ledger.costs("model", 0)
    assert (shown["key"], shown["cost"]) == ("twilio/sms", 0.02)


async def test_a_text_without_a_turn_costs_as_well(house: House) -> None:
    await house.phone.sms(text(cost=0.01))

    (row,) = await house.rows("SELECT agent, session_key, trace_id, cost FROM usage")
    assert row == {"agent": "", "session_key": "", "trace_id": "SM1", "cost": 0.01}


async def test_the_last_texts_with_somebody(house: House) -> None:
    await house.phone.sms(text("SM1", direction="inbound", from_number=ANA, to_number=OURS, body="one"))
    house.clock.ms += 1
    await house.phone.sms(text("SM2", body="two"))
    await house.phone.sms(text("SM3", to_number="+12015550100"))

    assert [row["body"] for row in await house.phone.texts_with(ANA, 10)] == ["two", "one"]
    assert [row["body"] for row in await house.phone.texts_with(ANA, 1)] == ["two"]


async def test_since_when_a_number_is_listened_to_never_changes(house: House) -> None:
    assert await house.phone.listening_since("sms", OURS) == NOW
    house.clock.ms += 5000

    assert await house.phone.listening_since("sms", OURS) == NOW
    assert await house.phone.listening_since("voice", OURS) == NOW + 5000


async def test_a_call_and_what_becomes_of_it(house: House) -> None:
    call = CallRow("CA1", "inbound", ANA, OURS, "ringing")
    assert await house.phone.call(call)
    assert not await house.phone.call(call)

    assert await house.phone.call_status("CA1", "in-progress", sequence=1)
    assert await house.phone.call_status("CA1", "completed", sequence=2, duration=61, cost=0.03)
    assert not await house.phone.call_status("CA1", "completed", sequence=2, duration=61, cost=0.03)
    await house.phone.recording("CA1", "media/recordings/CA1/RE1.mp3")

    (row,) = await house.rows(
        "SELECT direction, from_number, to_number, status, duration, recording FROM twilio_calls"
    )
    assert row == {
        "direction": "inbound", "from_number": ANA, "to_number": OURS, "status": "completed", "duration": 61,
        "recording": "media/recordings/CA1/RE1.mp3",
    }  # fmt: skip
    assert [event["kind"] for event in await house.rows("SELECT kind FROM omni_events")] == [
        "call.inbound", "call.completed",
    ]  # fmt: skip
    (cost,) = await house.rows("SELECT model, kind, sender, cost FROM usage")
    assert cost == {"model": "twilio/voice", "kind": "call", "sender": f"voice:{ANA}", "cost": 0.03}
    assert [seen.kind for seen in house.seen] == ["call"]


async def test_a_call_may_be_told_of_before_it_is_known(house: House) -> None:
    assert await house.phone.call_status("CA1", "ringing", sequence=0)
    assert await house.phone.call(CallRow("CA1", "outbound", OURS, ANA, "queued"))

    (row,) = await house.rows("SELECT direction, from_number, status FROM twilio_calls")
    assert row == {"direction": "outbound", "from_number": OURS, "status": "ringing"}


async def test_anything_else_that_happened_is_one_short_line(house: House) -> None:
    await house.phone.happened("voice", "transcript", "CA1", "a\nb" + "x" * 500)

    (event,) = await house.rows("SELECT at, channel, kind, ref, summary FROM omni_events")
    assert (event["at"], event["kind"]) == (iso(NOW), "transcript")
    assert event["summary"].startswith("a bxxx")
    assert len(event["summary"]) == 200


async def test_the_turn_that_had_somebody_called_is_told_how_it_ended(house: House) -> None:
    row = await queued(house.ledger, 1)
    await house.ledger.begin_turn(row, session())
    placing = Draft(
        "o_1", Address("voice", ANA), Part("Your taxi is there."), 0, "message", "member", row.trace_id
    )
    in_call = Draft(
        "o_2", Address("voice", ANA, thread="CA1"), Part("Hm."), 1, "reply", "member", row.trace_id
    )
    ending = Ending(row.seq, "answered", "", trace(row.trace_id), (placing, in_call), run_id=row.run_id)
    await house.ledger.end(ending)
    house.trace_id = row.trace_id
    for outbox_id in ("o_1", "o_2"):
        await sent(house, outbox_id, "CA1")

    assert await house.phone.said_in("CA1") == "Your taxi is there."
    assert await house.phone.said_in("CA2") == ""
    await house.phone.call(CallRow("CA1", "outbound", OURS, ANA, "queued"))
    await house.phone.call_status("CA1", "ringing", sequence=1)
    assert await house.spans() == []
    for _ in range(2):
        await house.phone.call_status("CA1", "busy", sequence=2)

    (span,) = await house.spans()
    assert (span["ok"], span["status"]) == (False, "busy")
    assert await house.rows("SELECT id, state, reason FROM outbox ORDER BY id") == [
        {"id": "o_1", "state": "failed", "reason": "the call ended busy"},
        {"id": "o_2", "state": "sent", "reason": ""},
    ]


async def sent(house: House, outbox_id: str, provider_id: str) -> None:
    await house.database.write(lambda tx: outbox.sent(tx, outbox_id, provider_id, NOW))


async def test_the_text_that_a_message_has_become_is_found_again(house: House) -> None:
    await house.phone.sms(text("SM1", outbox_id="o_1"))
    await house.phone.sms(text("SM2", outbox_id=""))

    assert [await house.phone.sms_of(id) for id in ("o_1", "o_2", "")] == ["SM1", None, None]
