from typing import Any

import pytest

from openclaw.store.database import Database
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.store.phone import PhoneStore
from openclaw.store.phone_archive import Page, PhoneArchive
from openclaw.store.turning import Ending
from openclaw.types.messages import Address, Arrival, Part, Sender, Unusable
from openclaw.types.phone import CallRow, SmsRow
from tests.store.made import SetClock, inbound, trace

ADA, BEN, OURS = "+12015550123", "+12015550145", "+12015550100"
CALL = "CA" + "a" * 32


@pytest.fixture
def phone(database: Database, clock: SetClock) -> PhoneStore:
    return PhoneStore(database, clock, lambda row: None)


@pytest.fixture
def archive(database: Database) -> PhoneArchive:
    return PhoneArchive(database)


def text(sid: str, other: str = ADA, *, out: bool = False, **more: Any) -> SmsRow:
    ends = (OURS, other) if out else (other, OURS)
    return SmsRow(
        sid, "outbound" if out else "inbound", *ends, more.pop("body", f"words of {sid}"), "sent", **more
    )


async def test_each_number_has_its_thread_with_the_newest_text_first(
    phone: PhoneStore, archive: PhoneArchive, clock: SetClock
) -> None:
    for sid, other, out in (("SM1", ADA, False), ("SM2", BEN, False), ("SM3", ADA, True)):
        clock.ms += 1000
        await phone.sms(text(sid, other, out=out))
    await phone.sms_status("SM9", "delivered")  # of a text that nobody has told us of
    await phone.sms(text("SM4", channel="whatsapp"))

    threads = await archive.threads(10)

    assert [(row["number"], row["count"], row["body"]) for row in threads] == [
        (ADA, 2, "words of SM3"),
        (BEN, 1, "words of SM2"),
    ]
    assert [row["number"] for row in await archive.threads(1)] == [ADA]


async def test_a_thread_is_read_page_by_page(
    phone: PhoneStore, archive: PhoneArchive, clock: SetClock
) -> None:
    for number in range(5):  # two and two at the same instant
        clock.ms += number % 2
        await phone.sms(text(f"SM{number}", out=bool(number % 2), segments=2, cost=0.02))
    await phone.sms(text("SMx", BEN))

    first = await archive.texts(Page(ADA, 2))
    second = await archive.texts(Page(ADA, 2, first[-1]["place"]))
    third = await archive.texts(Page(ADA, 2, second[-1]["place"]))

    assert [row["id"] for row in (*first, *second, *third)] == ["SM4", "SM3", "SM2", "SM1", "SM0"]
    assert (first[1]["direction"], first[1]["segments"], first[1]["cost"]) == ("outbound", 2, 0.02)
    assert len(await archive.texts(Page())) == 6


async def test_what_a_stranger_wrote_is_marked_and_what_has_not_left_stands_beside(
    phone: PhoneStore, archive: PhoneArchive, ledger: Ledger, clock: SetClock
) -> None:
    arrival = Arrival("sms:SM1", "sms", "default", b"", inbound("Buy now", channel="sms", sender=Sender(BEN)))
    await ledger.accept([arrival])
    (row,) = await ledger.accepted(1)
    await ledger.sort([], [Ending(row.seq, "ignored", "stream", trace(row.trace_id))])
    await phone.sms(text("SM1", BEN, body="Buy now"))
    clock.ms += 1000
    await ledger.post(
        Draft("o_1", Address("sms", BEN), Part("No, thanks"), 0, "api", "stranger", "t_9"), None
    )

    waiting, theirs = await archive.texts(Page(BEN))

    assert (theirs["streamed"], theirs["trace"]) == (True, row.trace_id)
    assert (waiting["id"], waiting["status"], waiting["body"], waiting["trace"]) == (
        "o_1", "pending", "No, thanks", "t_9",
    )  # fmt: skip
    await phone.sms(text("SM2", BEN, out=True, outbox_id="o_1"))
    assert [row["id"] for row in await archive.texts(Page(BEN))] == ["SM2", "SM1"]


async def test_a_call_has_its_length_its_price_and_its_words(
    phone: PhoneStore, archive: PhoneArchive, ledger: Ledger, database: Database, clock: SetClock
) -> None:
    await phone.call(CallRow(CALL, "inbound", ADA, OURS, "in-progress"))
    said = inbound("Is it warm?", channel="voice", sender=Sender(ADA))
    await ledger.accept([Arrival(f"voice:default:{CALL}:1", "voice", "default", b"", said)])
    await ledger.accept([Arrival(f"voice:default:{CALL[:-1]}b:1", "voice", "default", b"", said)])
    clock.ms += 2000
    await ledger.post(
        Draft("o_2", Address("voice", ADA, thread=CALL), Part("Quite."), 0, "reply", "member", "t"), None
    )
    await database.write(
        lambda tx: tx.execute("UPDATE outbox SET state = 'sent', provider_id = ? WHERE id = 'o_2'", (CALL,))
    )
    await phone.call_status(CALL, "completed", duration=61, cost=0.04)
    await phone.recording(CALL, "media/recordings/x.mp3")

    (found,) = await archive.calls(Page(ADA))

    assert (found["duration"], found["cost"], found["status"], found["recorded"]) == (
        61,
        0.04,
        "completed",
        True,
    )
    assert await archive.call(CALL) == found
    assert [(line["by"], line["text"]) for line in await archive.words(CALL)] == [
        ("them", "Is it warm?"),
        ("us", "Quite."),
    ]
    assert await archive.calls(Page(BEN)) == []
    assert await archive.calls(Page(before=found["place"])) == []
    assert await archive.call("CA0") is None


async def test_what_was_heard_is_known_by_its_turns_when_its_words_are_gone(
    archive: PhoneArchive, ledger: Ledger, database: Database
) -> None:
    said = inbound("Is it warm?", channel="voice", sender=Sender(ADA))
    await ledger.accept([Arrival(f"voice:default:{CALL}:1", "voice", "default", b"", said)])
    await ledger.accept(
        [Arrival(f"voice:default:{CALL}:begin", "voice", "default", b"", Unusable("a call began"))]
    )
    forgotten = "UPDATE inbox SET event = NULL, session_key = 'agent:main:main' WHERE event IS NOT NULL"
    await database.write(lambda tx: tx.execute(forgotten))

    (line,) = await archive.words(CALL)

    assert (line["by"], line["text"], line["session"]) == ("them", None, "agent:main:main")
