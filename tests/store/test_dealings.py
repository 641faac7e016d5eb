from typing import Any

import pytest

from openclaw.store import dealings, outbox
from openclaw.store.consents import ComplianceEvent, ConsentLedger
from openclaw.store.database import Database
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.types.dealings import Campaign, Contact, Dealings, Tally, Thread
from openclaw.types.messages import Address, Arrival, Inbound, Part, Sender
from openclaw.types.sending import SendIntent
from tests.store.made import NOW, SetClock

THEIRS, OTHER, OURS = "+12015550123", "+12015550124", "+12125550100"
TO = Address("sms", THEIRS)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def text(
    words: str, number: int = 1, *, channel: str = "sms", sender: str = THEIRS, chat: str = ""
) -> Arrival:
    to = Address(channel, chat or sender)
    message = Inbound(channel, Sender(sender), words, NOW, reply_to=to)
    return Arrival(f"{channel}:SM{number}", channel, "default", b"", message)


def intent(name: str = "o_1", words: str = "See you.", to: Address = TO, **more: Any) -> SendIntent:
    return SendIntent(name, to, words, "api", "stranger", 0, NOW, **more)


async def read(database: Database, about: SendIntent, now: int = NOW) -> Dealings:
    return await database.read(lambda tx: dealings.read(tx, about, OURS, now))


async def sent(
    database: Database, about: SendIntent, *, at: int = NOW, aim: str = "transactional", trace: str = ""
) -> None:
    await database.write(lambda tx: dealings.sends(tx, about, aim, trace or about.id, at))


async def insert(
    database: Database, name: str, *, seq: int | None = None, trace: str = "t_1", **more: Any
) -> None:
    draft = Draft(name, TO, Part("See you."), 0, "reply", "stranger", trace, **more)
    await database.write(lambda tx: outbox.insert(tx, draft, seq, NOW))


# -- what comes in ----------------------------------------------------------------------------------------


async def test_what_came_last_is_known(ledger: Ledger, database: Database, clock: SetClock) -> None:
    await ledger.accept([text("first")])
    clock.ms += MINUTE
    await ledger.accept_webhook([text("second", 2), text("elsewhere", 3, sender=OTHER)])

    thread = (await read(database, intent(), clock.ms)).thread

    assert thread == Thread(NOW + MINUTE, "second", lately=(("in", NOW), ("in", NOW + MINUTE)))


async def test_a_repeat_and_other_channels_leave_no_trace(ledger: Ledger, database: Database) -> None:
    await ledger.accept([text("hi"), text("hi"), text("STOP", 2, channel="telegram")])
    rows = await database.read(lambda tx: tx.execute("SELECT ref FROM dealings").fetchall())
    assert [row[0] for row in rows] == ["sms:SM1"]
    assert (await read(database, intent())).contact.opt_outs == ()


@pytest.mark.parametrize(
    ("words", "said"), [("STOP", ["keyword"]), ("please stop texting me", ["words"]), ("What time?", [])]
)
async def test_an_opt_out_is_recorded_with_the_text_that_says_it(
    ledger: Ledger, database: Database, words: str, said: list[str]
) -> None:
    await ledger.accept([text(words)])
    assert [each.said for each in (await read(database, intent())).contact.opt_outs] == said


@pytest.mark.parametrize(
    ("back", "opted_out"), [("START", False), ("unstop", False), ("yes", False), ("ok", True)]
)
async def test_they_come_back_by_their_own_word(
    ledger: Ledger, database: Database, back: str, opted_out: bool
) -> None:
    await ledger.accept([text("STOP"), text(back, 2)])
    assert bool((await read(database, intent())).contact.opt_outs) is opted_out


async def test_a_keyword_that_only_the_carrier_knows_counts(ledger: Ledger, database: Database) -> None:
    said = Inbound("sms", Sender(THEIRS), "ADIOS", NOW, reply_to=TO, wish="stop")
    await ledger.accept([Arrival("sms:SM1", "sms", "default", b"", said)])
    assert [each.said for each in (await read(database, intent())).contact.opt_outs] == ["keyword"]
    (row,) = await ledger.accepted(1)
    assert row.event.wish == "stop"


async def test_a_text_that_is_fetched_late_keeps_its_time(
    ledger: Ledger, database: Database, clock: SetClock
) -> None:
    clock.ms += 3 * HOUR
    await ledger.accept([text("STOP"), text("hi", 2, channel="quo")])

    late = await read(database, intent(), clock.ms)
    assert (late.thread.newest_in, [each.at for each in late.contact.opt_outs]) == (NOW, [NOW])
    elsewhere = await read(database, intent(to=Address("quo", THEIRS)), clock.ms)
    assert elsewhere.thread.newest_in == clock.ms


async def test_what_the_owner_says_in_such_a_conversation_is_not_theirs(
    ledger: Ledger, database: Database
) -> None:
    said = Inbound("sms", Sender(THEIRS), "stop", NOW, reply_to=TO, operator=True)
    await ledger.accept([Arrival("sms:SM1", "sms", "default", b"", said)])
    assert await read(database, intent()) == Dealings(Contact(number=THEIRS))


async def test_yes_to_a_question_is_no_opt_in(ledger: Ledger, database: Database) -> None:
    await ledger.accept([text("yes")])
    rows = await database.read(lambda tx: tx.execute("SELECT kind FROM compliance_events").fetchall())
    assert rows == []


async def test_stop_said_in_a_call_is_said_to_who_is_talking(ledger: Ledger, database: Database) -> None:
    await ledger.accept([text("stop", channel="voice"), text("never call me again", 2, channel="voice")])
    (opt_out,) = (await read(database, intent())).contact.opt_outs
    assert (opt_out.channel, opt_out.said) == ("voice", "words")


async def test_a_person_is_known_behind_a_conversation_with_another_name(
    ledger: Ledger, database: Database
) -> None:
    await ledger.accept([text("STOP", channel="salesmsg", chat="conv_7")])

    by_conversation = await read(database, intent(to=Address("salesmsg", "conv_7")))
    by_number = await read(database, intent())

    assert by_conversation.contact.number == THEIRS
    assert len(by_number.contact.opt_outs) == 1
    assert by_conversation.contact.opt_outs


# -- what goes out ----------------------------------------------------------------------------------------


async def test_an_answer_is_bound_to_what_it_answers(ledger: Ledger, database: Database) -> None:
    await ledger.accept([text("hi"), text("hello", 2, sender=OTHER)])
    one, other = await ledger.accepted(2)
    await insert(database, "o_1", seq=one.seq)
    await insert(database, "o_2", seq=other.seq)

    assert (await read(database, intent("o_1"))).thread.answers == NOW
    assert (await read(database, intent("o_2"))).thread.answers is None


async def test_what_went_out_is_counted_without_the_message_itself(database: Database) -> None:
    for number in range(3):
        await sent(database, intent(f"o_{number}", f"words {number}"), at=NOW - number * MINUTE)
    await sent(database, intent("o_9", "to another", Address("sms", OTHER)), at=NOW - 2 * HOUR)

    found = await read(database, intent("o_0", "words 0"))

    assert (found.thread.last_out, found.thread.unanswered) == (NOW - MINUTE, 2)
    assert found.counters.contact_hour == Tally(2, NOW - 2 * MINUTE)
    assert found.counters.sender_hour == found.counters.house_hour == Tally(2, NOW - 2 * MINUTE)


async def test_another_attempt_counts_once_from_its_last_time(database: Database) -> None:
    await sent(database, intent(), at=NOW - HOUR)
    await sent(database, intent(), at=NOW - MINUTE)
    assert (await read(database, intent("o_2"))).counters.contact_hour == Tally(1, NOW - MINUTE)


async def test_the_parts_of_one_answer_count_once_as_unanswered(ledger: Ledger, database: Database) -> None:
    for number in range(4):
        await sent(database, intent(f"o_{number}", f"part {number}"), trace="t_1", at=NOW - HOUR)
    await insert(database, "o_5", trace="t_2")
    assert (await read(database, intent("o_5"))).thread.unanswered == 1
    await ledger.accept([text("thanks")])
    assert (await read(database, intent("o_5"))).thread.unanswered == 0


@pytest.mark.parametrize("state", ["pending", "held", "sending"])
async def test_a_later_part_waits_for_the_earlier_one(database: Database, state: str) -> None:
    await insert(database, "o_1")
    await insert(database, "o_2", trace="t_2")
    await insert(database, "o_3")
    await database.write(lambda tx: tx.execute("UPDATE outbox SET state = ? WHERE id = 'o_1'", (state,)))

    waits = [(await read(database, intent(name))).thread.older_unsent for name in ("o_1", "o_2", "o_3")]
    assert waits == [False, False, True]

    await database.write(lambda tx: outbox.sent(tx, "o_1", "SM9", NOW))
    assert not (await read(database, intent("o_3"))).thread.older_unsent


@pytest.mark.parametrize(
    ("state", "counts"),
    [("sent", True), ("sending", True), ("failed", False), ("dropped", False), ("refused", False)],
)
async def test_the_same_words_are_found_again_where_they_left(
    database: Database, state: str, counts: bool
) -> None:
    await insert(database, "o_1")
    await database.write(lambda tx: tx.execute("UPDATE outbox SET state = ? WHERE id = 'o_1'", (state,)))
    await sent(database, intent("o_1"), at=NOW - HOUR)

    found = (await read(database, intent("o_2", "SEE you!"))).counters.duplicate_at
    assert found == (NOW - HOUR if counts else None)
    assert (await read(database, intent("o_2", "See me."))).counters.duplicate_at is None
    assert (await read(database, intent("o_2"), NOW + DAY)).counters.duplicate_at is None


async def test_two_calls_without_words_are_not_the_same_words(database: Database) -> None:
    await sent(database, intent("c_1", "", Address("voice", THEIRS)))
    counters = (await read(database, intent("c_2", "", Address("voice", OTHER)))).counters
    assert (counters.duplicate_at, counters.same_words_to) == (None, 0)


async def test_the_same_words_to_many_numbers_are_counted(database: Database) -> None:
    for number in range(3):
        await sent(database, intent(f"o_{number}", to=Address("sms", f"+1201555010{number}")))
    assert (await read(database, intent("o_9"))).counters.same_words_to == 3


async def test_marketing_is_counted_by_day_and_month(database: Database) -> None:
    for days in (0, 2, 40):
        await sent(database, intent(f"o_{days}", f"offer {days}"), at=NOW - days * DAY - 1, aim="marketing")
    counters = (await read(database, intent("o_9"))).counters
    assert (counters.marketing_day.count, counters.marketing_month.count) == (1, 2)
    assert counters.marketed_before
    assert not (await read(database, intent("o_9", to=Address("sms", OTHER)))).counters.marketed_before


async def test_how_the_last_messages_fared_is_known(database: Database) -> None:
    fates = [
        ("sent", "delivered", None),
        ("sent", "undelivered", 30007),
        ("failed", None, None),
        ("sending", None, None),
    ]
    for number, (state, status, code) in enumerate(fates):
        name = f"o_{number}"
        await insert(database, name)
        await sent(database, intent(name, f"words {number}"), at=NOW - DAY + 1000 + number)
        await database.write(
            lambda tx, row=(state, f"SM{number}", name): tx.execute(  # type: ignore[misc]
                "UPDATE outbox SET state = ?, provider_id = ? WHERE id = ?", row
            )
        )
        await database.write(
            lambda tx, row=(f"SM{number}", status or "sent", code): tx.execute(  # type: ignore[misc]
                "INSERT INTO twilio_sms (sid, direction, from_number, to_number, body, status, error_code, at,"
                " updated_at) VALUES (?, 'outbound', '', '', '', ?, ?, '', '')",
                row,
            )
        )

    sender = (await read(database, intent("o_9"))).sender

    assert (sender.sends, sender.filtered, sender.failures) == (3, 1, 2)


async def test_a_campaign_is_known_by_its_name(database: Database, clock: SetClock) -> None:
    await ConsentLedger(database, clock).record(ComplianceEvent("campaign_approved", "spring", by="ana"))
    await sent(database, intent("o_1", campaign="spring"))
    about = intent("o_9", campaign="spring")
    assert (await read(database, about)).campaign == Campaign(approved=True, sent=1, delivered=0)
    assert (await read(database, intent("o_9"))).campaign == Campaign()


async def test_what_cannot_arrive_does_not_stop_a_campaign(database: Database) -> None:
    for number, status in enumerate(("delivered", "undelivered", "sent")):
        name = f"o_{number}"
        await insert(database, name)
        await sent(database, intent(name, f"words {number}", campaign="spring"))
        await database.write(
            lambda tx, row=(name, status): (  # type: ignore[misc]
                tx.execute("UPDATE outbox SET state = 'sent', provider_id = id WHERE id = ?", row[:1]),
                tx.execute(
                    "INSERT INTO twilio_sms (sid, direction, from_number, to_number, body, status, at, updated_at)"
                    " VALUES (?, 'outbound', '', '', '', ?, '', '')",
                    row,
                ),
            )
        )
    found = (await read(database, intent("o_9", campaign="spring"))).campaign
    assert (found.sent, found.delivered) == (2, 1)


async def test_a_confirmation_that_is_let_out_is_the_only_one(ledger: Ledger, database: Database) -> None:
    await ledger.accept([text("STOP")])
    await sent(database, intent("o_1"), aim="optout_confirm")
    assert [each.confirmed_by for each in (await read(database, intent("o_2"))).contact.opt_outs] == ["o_1"]


async def test_what_texts_cost_in_a_day_is_known(database: Database) -> None:
    def spend(tx: Any) -> None:
        for kind, cost in (("sms", 0.02), ("call", 0.5), ("turn", 9.0)):
            tx.execute(
                "INSERT INTO usage VALUES ('2026-11-21T11:00:00.000Z', '', '', '', '', '', 0, 0, 0, 0, ?, ?, '')",
                (cost, kind),
            )

    await database.write(spend)
    assert (await read(database, intent(), NOW)).counters.spent_today == pytest.approx(0.52)


async def test_what_is_old_is_forgotten(database: Database) -> None:
    await sent(database, intent("o_1", "old"), at=NOW - DAY)
    await sent(database, intent("o_2", "new"), at=NOW)
    await database.write(lambda tx: dealings.forget(tx, NOW - HOUR))
    rows = await database.read(lambda tx: tx.execute("SELECT ref FROM dealings").fetchall())
    assert [row[0] for row in rows] == ["o_2"]
