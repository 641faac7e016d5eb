import pytest

from openclaw.store import echoes, outbox, traces
from openclaw.store.database import Database
from openclaw.store.echoes import Echo
from openclaw.store.receipts import ReceiptStore, moves_on
from openclaw.types.clock import iso
from openclaw.types.receipts import Receipt, ReceiptStatus
from tests.store.made import CHAT, KEY, NOW, SetClock, allow, draft, trace


async def a_sent_message(database: Database, provider_id: str | None = "wamid.1") -> str:
    one = draft()
    await database.write(lambda tx: outbox.insert(tx, one, None, NOW - 2_000))
    await database.write(lambda tx: traces.save(tx, trace("t_1")))
    if provider_id is not None:
        await database.write(lambda tx: outbox.sent(tx, one.id, provider_id, NOW - 1_000))
    return one.id


async def spans(database: Database) -> list[dict[str, object]]:
    found = await database.read(lambda tx: traces.by_id(tx, "t_1"))
    assert found is not None
    told = found["spans"]
    assert isinstance(told, list)
    return told


async def state(database: Database, outbox_id: str) -> tuple[str, str]:
    row = await database.read(
        lambda tx: tx.execute("SELECT state, reason FROM outbox WHERE id = ?", (outbox_id,)).fetchone()
    )
    return row["state"], row["reason"]


async def test_a_delivery_is_told_in_the_trace_of_its_turn(database: Database, clock: SetClock) -> None:
    store = ReceiptStore(database, clock)
    await a_sent_message(database)

    assert await store.take(Receipt("wamid.1", "sent"))
    assert await store.take(Receipt("wamid.1", "delivered"))
    assert await store.take(Receipt("wamid.1", "read"))

    assert await spans(database) == [
        {"name": "delivered", "at": iso(NOW), "ms": 1000.0, "ok": True, "status": status}
        for status in ("delivered", "read")
    ]


async def test_a_failure_says_why_and_ends_the_message(database: Database, clock: SetClock) -> None:
    store = ReceiptStore(database, clock)
    outbox_id = await a_sent_message(database)

    assert await store.take(Receipt("wamid.1", "failed", code=131026, reason="no WhatsApp there"))

    (span,) = await spans(database)
    assert (span["ok"], span["status"], span["errorCode"], span["reason"]) == (
        False,
        "failed",
        131026,
        "no WhatsApp there",
    )
    assert await state(database, outbox_id) == ("failed", "no WhatsApp there")


async def test_repeats_and_what_is_overtaken_change_nothing(database: Database, clock: SetClock) -> None:
    store = ReceiptStore(database, clock)
    outbox_id = await a_sent_message(database)
    await store.take(Receipt("wamid.1", "read"))

    assert [
        await store.take(Receipt("wamid.1", status)) for status in ("read", "delivered", "sent", "failed")
    ] == [False] * 4
    assert len(await spans(database)) == 1
    assert await state(database, outbox_id) == ("sent", "")


async def test_a_receipt_that_overtakes_the_answer_is_known_by_our_own_id(
    database: Database, clock: SetClock
) -> None:
    store = ReceiptStore(database, clock)
    outbox_id = await a_sent_message(database, provider_id=None)

    assert await store.take(Receipt("wamid.1", "delivered", outbox_id))

    (span,) = await spans(database)
    assert (span["status"], span["ms"]) == ("delivered", 0.0)


async def test_a_message_that_is_sent_once_more_is_counted_anew(database: Database, clock: SetClock) -> None:
    store = ReceiptStore(database, clock)
    outbox_id = await a_sent_message(database)
    await store.take(Receipt("wamid.1", "failed", outbox_id, 131026))
    await database.write(lambda tx: outbox.resend(tx, outbox_id))
    await database.write(lambda tx: outbox.sent(tx, outbox_id, "wamid.2", NOW))

    assert not await store.take(Receipt("wamid.1", "read", outbox_id)), "of the copy before"
    assert await store.take(Receipt("wamid.2", "delivered", outbox_id))


async def test_a_message_of_somebody_else_is_none_of_ours(database: Database, clock: SetClock) -> None:
    await a_sent_message(database)

    assert not await ReceiptStore(database, clock).take(Receipt("wamid.9", "delivered"))


@pytest.mark.parametrize(
    ("known", "status", "moves"),
    [
        ("", "sent", True), ("", "read", True), ("", "failed", True),
        ("sent", "delivered", True), ("sent", "failed", True),
        ("delivered", "read", True), ("delivered", "sent", False), ("delivered", "failed", False),
        ("read", "failed", False),
        ("failed", "delivered", False), ("failed", "failed", False), ("read", "read", False),
    ],
)  # fmt: skip
def test_receipts_only_move_on(known: str, status: ReceiptStatus, moves: bool) -> None:
    assert moves_on(known, status) is moves


async def in_doubt(database: Database) -> str:
    outbox_id = await a_sent_message(database, provider_id=None)
    await database.write(lambda tx: outbox.claim(tx, CHAT, allow, "boot_1", NOW))
    await database.write(lambda tx: outbox.settle(tx, outbox_id, "ambiguous", "the answer was lost"))
    await database.write(lambda tx: echoes.insert(tx, Echo("transcript", KEY, "{}\n", outbox_id)))
    return outbox_id


@pytest.mark.parametrize("marked", [False, True])
async def test_what_was_in_doubt_has_arrived_and_is_not_sent_once_more(
    database: Database, clock: SetClock, *, marked: bool
) -> None:
    outbox_id = await in_doubt(database)
    if marked:
        await database.write(lambda tx: outbox.resend_marked(tx, outbox_id))

    assert await ReceiptStore(database, clock).take(Receipt("wamid.1", "sent", outbox_id))

    assert await state(database, outbox_id) == ("sent", "")
    assert await database.read(outbox.addresses_due) == []
    assert await database.read(echoes.targets) == [KEY]


async def test_what_was_in_doubt_may_turn_out_to_have_failed(database: Database, clock: SetClock) -> None:
    outbox_id = await in_doubt(database)

    await ReceiptStore(database, clock).take(
        Receipt("wamid.1", "failed", outbox_id, 131026, "no WhatsApp there")
    )

    assert await state(database, outbox_id) == ("failed", "no WhatsApp there")
