import anyio
import pytest

from openclaw.types.errors import StorageFullError
from openclaw.types.events import MessageReceived, TraceRecorded
from openclaw.types.messages import Arrival, Unusable
from tests.gateway.harness import House, said


def unusable(number: int, *, dead: bool) -> Arrival:
    content = Unusable("not a message", dead=dead)
    return Arrival(f"telegram:default:{number}", "telegram", "default", b"{}", content, number)


async def test_a_message_is_in_the_ledger_before_anybody_hears_of_it(house: House) -> None:
    with house.bus.subscribe(MessageReceived, lossless=True) as announced:
        await house.receive(said("hi"))

        assert await house.column("SELECT key FROM inbox") == ["telegram:default:1"]
        assert isinstance(await announced.next(), MessageReceived)


async def test_a_repeat_is_neither_stored_nor_announced(house: House) -> None:
    await house.receive(said("hi"))
    await house.settled()
    seen = len(house.told(MessageReceived))

    await house.receive(said("hi"))
    await house.receive(said("hi again", number=1), said("new", number=2))
    await house.settled()

    assert await house.column("SELECT key FROM inbox ORDER BY seq") == [
        "telegram:default:1",
        "telegram:default:2",
    ]
    assert len(house.told(MessageReceived)) == seen + 1
    assert len(house.model.requests) == 2


async def test_what_cannot_be_recorded_is_not_accepted(house: House) -> None:
    house.database.no_room = True

    with pytest.raises(StorageFullError):
        await house.receive(said("hi"))

    house.database.no_room = False
    assert await house.column("SELECT count(*) FROM inbox") == [0]
    assert house.told(MessageReceived) == []


async def test_what_is_no_message_ends_at_once_with_its_reason_and_a_trace(house: House) -> None:
    await house.receive(unusable(1, dead=False), unusable(2, dead=True))

    ends = await house.rows(
        "SELECT state, reason, finished_at IS NOT NULL AS finished FROM inbox ORDER BY seq"
    )
    assert [tuple(row.values()) for row in ends] == [
        ("ignored", "not a message", 1),
        ("dead", "not a message", 1),
    ]
    traces = [
        await house.ledger.trace(trace)
        for trace in await house.column("SELECT trace_id FROM inbox ORDER BY seq")
    ]
    assert [trace and (trace["outcome"], trace["reason"]) for trace in traces] == [
        ("ignored", "not a message"),
        ("dead", "not a message"),
    ]
    await house.changes.until(lambda: len(house.told(TraceRecorded)) == 2)
    assert house.told(MessageReceived) == []


async def test_a_message_among_noise_is_announced_although_the_rest_is_cancelled(house: House) -> None:
    async with anyio.create_task_group() as group:

        async def deliver() -> None:
            await house.receive(unusable(1, dead=False), said("hi", number=2))

        async def cancel_after_the_commit() -> None:
            await house.until_rows("SELECT count(*) FROM inbox", [2])
            group.cancel_scope.cancel()

        group.start_soon(cancel_after_the_commit)
        group.start_soon(deliver)

    await house.until_rows("SELECT state FROM inbox WHERE seq = 2", ["answered"])


async def test_a_webhooks_event_is_remembered_where_the_business_looks_for_it(house: House) -> None:
    await house.intake.deliver_webhook([said("hi")])
    await house.intake.deliver_webhook([said("hi")])
    await house.settled()

    assert await house.column("SELECT event_key FROM processed_webhook_events") == ["telegram:default:1"]
    assert len(house.model.requests) == 1


async def test_the_first_spans_of_a_trace_tell_of_the_arrival(house: House) -> None:
    await house.receive(said("hi"))
    await house.settled()

    (trace,) = await house.ledger.recent_traces(1)
    spans = trace["spans"]
    assert isinstance(spans, list)
    assert [span["name"] for span in spans[:4]] == ["received", "stored", "authorised", "session"]
    assert (spans[0]["channel"], spans[0]["sender"]) == ("telegram", "821071206")
