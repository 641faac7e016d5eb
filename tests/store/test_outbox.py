from dataclasses import replace

import pytest

from openclaw.store import outbox
from openclaw.store.database import Database
from openclaw.store.outbox import Block, Claimed, Draft, Later
from openclaw.types.clock import iso
from openclaw.types.messages import Address, Enclosure, Outbound, Part
from openclaw.types.sending import Decide, Outcome, SendIntent, Verdict
from tests.store.made import CHAT, NOW, allow, draft

TOPIC = Address("telegram", "821071206", "default", "17")
OTHER = Address("telegram", "-100821071206")
MINUTE = 60_000


async def insert(database: Database, *drafts: Draft, seq: int | None = None) -> None:
    await database.write(lambda tx: [outbox.insert(tx, one, seq, NOW) for one in drafts])


async def claim(
    database: Database,
    to: Address = CHAT,
    decide: Decide = allow,
    *,
    boot: str = "boot_1",
    now: int = NOW,
) -> Claimed | Later | None:
    return await database.write(lambda tx: outbox.claim(tx, to, decide, boot, now))


async def claimed_text(database: Database, to: Address = CHAT) -> str | None:
    found = await claim(database, to)
    return found.message.part.text if isinstance(found, Claimed) else None


async def listed(database: Database, state: str | None = None) -> list[dict[str, object]]:
    return await database.read(lambda tx: outbox.listing(tx, state, 99))


async def state(database: Database, outbox_id: str) -> str | None:
    return await database.read(lambda tx: outbox.state_of(tx, outbox_id))


async def settle(database: Database, outbox_id: str, state: str) -> None:
    await database.write(lambda tx: outbox.settle(tx, outbox_id, state, ""))  # type: ignore[arg-type]


async def test_a_message_is_claimed_as_it_was_written(database: Database) -> None:
    one = draft(to=TOPIC, text="Grüße 🙂", rich="<b>Grüße</b> 🙂")
    await insert(database, one)

    assert await claim(database) == Claimed(
        Outbound(one.id, TOPIC, Part("Grüße 🙂", "<b>Grüße</b> 🙂")), 1, "t_1", "owner"
    )
    assert await state(database, one.id) == "sending"


async def test_an_address_gets_its_messages_in_order_whatever_their_topic(database: Database) -> None:
    await insert(database, draft(text="1"), draft(1, to=OTHER, text="a"), draft(2, to=TOPIC, text="2"))
    await insert(database, draft(text="3"))

    assert [await claimed_text(database) for _ in range(4)] == ["1", "2", "3", None]
    assert await claimed_text(database, OTHER) == "a"


@pytest.mark.parametrize("to", [Address("sms", "821071206"), Address("telegram", "821071206", "second")])
async def test_another_channel_or_account_is_another_address(database: Database, to: Address) -> None:
    await insert(database, draft())
    assert await claim(database, to) is None


async def test_a_message_put_off_keeps_those_behind_it_waiting(database: Database) -> None:
    first, second = draft(text="first"), draft(text="second")
    await insert(database, first, second)
    await claim(database)
    await database.write(lambda tx: outbox.retry(tx, first.id, NOW + 1000, "429"))

    assert await claim(database, now=NOW + 999) == Later(NOW + 1000)
    again = await claim(database, now=NOW + 1000)
    assert isinstance(again, Claimed)
    assert (again.message.id, again.attempts) == (first.id, 2)


def for_the_first(outcome: Outcome, until: int | None = None) -> Decide:
    def decide(intent: SendIntent) -> Verdict:
        return Verdict(outcome, "quiet-hours", "night", until) if intent.text == "first" else Verdict("allow")

    return decide


@pytest.mark.parametrize(("outcome", "state"), [("block", "refused"), ("hold", "held")])
async def test_a_gate_that_stops_a_message_lets_the_next_one_through(
    database: Database, outcome: Outcome, state: str
) -> None:
    first, second = draft(text="first"), draft(text="second")
    await insert(database, first, second)

    found = await claim(database, decide=for_the_first(outcome))

    assert isinstance(found, Claimed)
    assert found.message.id == second.id
    (stopped,) = await listed(database, state)
    assert (stopped["id"], stopped["reason"], stopped["attempts"]) == (first.id, "quiet-hours: night", 0)


@pytest.mark.parametrize(("until", "due"), [(NOW + 5 * MINUTE, NOW + 5 * MINUTE), (None, NOW + MINUTE)])
async def test_a_gate_may_put_a_message_off(database: Database, until: int | None, due: int) -> None:
    await insert(database, draft(text="first"), draft(text="second"))

    assert await claim(database, decide=for_the_first("defer", until)) == Later(due)
    assert await claim(database, now=due - 1) == Later(due)
    assert isinstance(await claim(database, now=due), Claimed)


async def test_a_gate_sees_what_it_decides_about(database: Database) -> None:
    seen: list[SendIntent] = []

    def decide(intent: SendIntent) -> Verdict:
        seen.append(intent)
        return Verdict("allow")

    one = draft(to=TOPIC, text="secret?")
    await insert(database, one)
    await claim(database, decide=decide)

    assert seen == [SendIntent(one.id, TOPIC, "secret?", "reply", "owner", 0, NOW)]


async def test_a_gate_that_fails_sends_nothing(database: Database) -> None:
    def decide(intent: SendIntent) -> Verdict:
        raise ZeroDivisionError

    one = draft()
    await insert(database, one)
    with pytest.raises(ZeroDivisionError):
        await claim(database, decide=decide)

    assert await state(database, one.id) == "pending"


async def test_an_event_is_answered_once(database: Database) -> None:
    await insert(database, draft(0, text="one"), draft(1, text="two"), seq=7)
    second = draft(0, text="another answer")
    assert not await database.write(lambda tx: outbox.insert(tx, second, 7, NOW))
    await insert(database, draft(0, text="to the next event"), seq=8)
    await insert(database, draft(0, text="of no event"), draft(0, text="of none either"))

    texts = [await claimed_text(database) for _ in range(6)]
    assert texts == ["one", "two", "to the next event", "of no event", "of none either", None]


async def test_what_was_sent_is_not_sent_again(database: Database) -> None:
    one = draft()
    await insert(database, one)
    await claim(database)
    await database.write(lambda tx: outbox.sent(tx, one.id, "telegram:55", NOW + 3))

    assert await claim(database) is None
    (row,) = await listed(database, "sent")
    assert (row["providerId"], row["sentAt"], row["attempts"]) == ("telegram:55", iso(NOW + 3), 1)


async def test_only_what_an_earlier_life_was_sending_is_in_doubt(database: Database) -> None:
    sent, doubtful, ours, pending = (draft(to=Address("telegram", str(n))) for n in range(4))
    await insert(database, sent, doubtful, ours, pending)
    for one, boot in [(sent, "boot_0"), (doubtful, "boot_0"), (ours, "boot_1")]:
        await claim(database, one.to, boot=boot)
    await database.write(lambda tx: outbox.sent(tx, sent.id, "p", NOW))

    await database.write(lambda tx: outbox.doubt_unanswered(tx, "boot_1"))

    states = [await state(database, one.id) for one in (sent, doubtful, ours, pending)]
    assert states == ["sent", "ambiguous", "sending", "pending"]
    (found,) = await database.read(outbox.ambiguous)
    assert (found.claimed.message.id, found.claimed.audience, found.since) == (doubtful.id, "owner", NOW)
    assert await claim(database, doubtful.to) is None, "nobody decided yet"


@pytest.mark.parametrize("rich", ["<b>hi</b>", None])
async def test_a_doubtful_message_is_sent_once_more_and_marked(database: Database, rich: str | None) -> None:
    one = draft(text="hi", rich=rich)
    await insert(database, one)
    await claim(database)
    await settle(database, one.id, "ambiguous")

    await database.write(lambda tx: outbox.resend_marked(tx, one.id))
    copy = await claim(database)
    assert isinstance(copy, Claimed)
    assert copy.message.part == Part("↻ hi", rich and f"↻ {rich}")
    assert copy.attempts == 2

    await settle(database, one.id, "ambiguous")
    await database.write(lambda tx: outbox.resend_marked(tx, one.id))
    assert await state(database, one.id) == "ambiguous", "a copy gets no copy"
    assert await database.read(outbox.ambiguous) == []


async def test_what_arrived_meanwhile_gets_no_marked_copy(database: Database) -> None:
    one = draft()
    await insert(database, one)
    await claim(database)
    await database.write(lambda tx: outbox.sent(tx, one.id, "p", NOW))
    await database.write(lambda tx: outbox.resend_marked(tx, one.id))

    assert await state(database, one.id) == "sent"


@pytest.mark.parametrize("settled", ["failed", "ambiguous", "held", "refused"])
async def test_the_owner_may_send_an_unsettled_message_again(database: Database, settled: str) -> None:
    one = draft()
    await insert(database, one)
    await claim(database)
    await settle(database, one.id, settled)
    await database.write(lambda tx: outbox.resend(tx, one.id))

    again = await claim(database)
    assert isinstance(again, Claimed)
    assert again.attempts == 1


async def test_asked_for_twice_a_message_goes_out_once(database: Database) -> None:
    one = draft()
    await insert(database, one)
    await claim(database)
    await settle(database, one.id, "failed")
    await database.write(lambda tx: outbox.resend(tx, one.id))
    await claim(database)
    await database.write(lambda tx: outbox.resend(tx, one.id))

    assert await claim(database) is None


async def test_addresses_with_something_due_are_found(database: Database) -> None:
    sent = draft(to=Address("sms", "+12015550123"))
    await insert(database, sent, draft(to=OTHER), draft(to=TOPIC), draft(to=OTHER))
    await claim(database, sent.to)

    due = await database.read(outbox.addresses_due)
    assert due == [OTHER, CHAT], "an address is a chat: its topics share one order"
    assert await database.read(lambda tx: outbox.address_of(tx, sent.id)) == sent.to
    assert await database.read(lambda tx: outbox.address_of(tx, "o_unknown")) is None
    assert await state(database, "o_unknown") is None


async def test_the_listing_shows_what_is_not_settled_newest_first(database: Database) -> None:
    sent, dropped, failed, pending = (draft(text=str(n)) for n in range(4))
    await insert(database, sent, dropped, failed, pending)
    await database.write(lambda tx: outbox.sent(tx, sent.id, "p", NOW))
    await settle(database, dropped.id, "dropped")
    await settle(database, failed.id, "failed")

    assert [row["id"] for row in await listed(database)] == [pending.id, failed.id]
    assert [row["id"] for row in await listed(database, "sent")] == [sent.id]
    assert await database.read(outbox.counts) == {"failed": 1, "pending": 1}


async def test_only_what_is_settled_is_forgotten(database: Database) -> None:
    sent, failed, pending = draft(), draft(), draft()
    await insert(database, sent, failed, pending)
    await database.write(lambda tx: outbox.sent(tx, sent.id, "p", NOW))
    await settle(database, failed.id, "failed")

    await database.write(lambda tx: outbox.forget(tx, iso(NOW)))
    assert await state(database, sent.id) == "sent", "not older than that"
    await database.write(lambda tx: outbox.forget(tx, iso(NOW + 1)))

    assert [await state(database, one.id) for one in (sent, failed, pending)] == [None, "failed", "pending"]


async def test_an_edit_cut_off_by_a_crash_is_simply_made_again(database: Database) -> None:
    edit = replace(draft(), edits="1002")
    await insert(database, edit)
    claimed = await claim(database)
    assert isinstance(claimed, Claimed)
    assert claimed.message.edits == "1002"

    await database.write(lambda tx: outbox.doubt_unanswered(tx, "boot_2"))

    assert await state(database, edit.id) == "pending"


async def test_an_edit_without_its_message_becomes_a_message_of_its_own(database: Database) -> None:
    edit = replace(draft(), edits="1002")
    await insert(database, edit)
    await claim(database)

    await database.write(lambda tx: outbox.send_anew(tx, edit.id))
    await database.write(lambda tx: outbox.doubt_unanswered(tx, "boot_2"))

    assert await state(database, edit.id) == "ambiguous"


async def test_a_block_keeps_the_words_it_was_made_of(database: Database) -> None:
    await insert(database, replace(draft(), block=Block(2, "**words**")), seq=None)

    rows = await database.read(
        lambda tx: [tuple(row) for row in tx.execute("SELECT step, source FROM outbox")]
    )
    assert rows == [(2, "**words**")]


async def test_a_file_is_claimed_with_its_message_and_shown_to_the_gates_by_its_name(
    database: Database,
) -> None:
    file = Enclosure("outbound/2026-11-21/ab-quote.pdf", "quote.pdf", "application/pdf", 8)
    one = draft()
    judged: list[str] = []

    def decide(intent: SendIntent) -> Verdict:
        judged.append(intent.text)
        return allow(intent)

    await insert(database, replace(one, part=Part("", file=file)))

    assert [row["text"] for row in await listed(database)] == ["[quote.pdf]"]
    found = await claim(database, decide=decide)
    assert isinstance(found, Claimed)
    assert (found.message.part, judged) == (Part("", file=file), ["[quote.pdf]"])
