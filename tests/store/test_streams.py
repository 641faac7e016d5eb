import pytest

from openclaw.store.database import Database
from openclaw.store.inbox import InboxRow
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Block, Claimed, Draft
from openclaw.store.streams import Delivered, StreamLedger
from openclaw.store.turning import Ending
from openclaw.types.ids import new_id
from openclaw.types.messages import Part
from tests.store.made import CHAT, NOW, SetClock, allow, queued, session, trace


@pytest.fixture
def streams(database: Database, clock: SetClock) -> StreamLedger:
    return StreamLedger(database, clock)


@pytest.fixture
async def row(ledger: Ledger) -> InboxRow:
    """A message whose turn is open."""
    row = await queued(ledger, 1)
    await ledger.begin_turn(row, session())
    return row


def part(text: str, block: Block | None = None, **more: object) -> Draft:
    return Draft(new_id("o"), CHAT, Part(text), 0, "reply", "owner", "t_1", block=block, **more)  # type: ignore[arg-type]


async def test_blocks_are_numbered_as_they_come_and_their_words_are_known(
    streams: StreamLedger, row: InboxRow
) -> None:
    assert await streams.delivered(row.run_id, row.seq) == Delivered()

    assert await streams.post(row.run_id, row.seq, [part("one", Block(0, "one ")), part("two")])
    assert await streams.post(row.run_id, row.seq, [part("three", Block(0, "two "))])
    assert await streams.post(row.run_id, row.seq, [part("four", Block(1, "four"))])

    assert await streams.delivered(row.run_id, row.seq) == Delivered({0: "one two ", 1: "four"}, 4)


async def test_nothing_is_added_to_a_turn_that_has_ended(
    streams: StreamLedger, ledger: Ledger, row: InboxRow
) -> None:
    await ledger.end(Ending(row.seq, "answered", "", trace(row.trace_id), run_id=row.run_id))

    assert not await streams.post(row.run_id, row.seq, [part("late", Block(0, "late"))])
    assert (await streams.delivered(row.run_id, row.seq)).parts == 0


async def test_a_notice_takes_no_place_of_the_answer(
    streams: StreamLedger, ledger: Ledger, row: InboxRow
) -> None:
    await ledger.post(Draft("o_1", CHAT, Part("wait"), -1, "notice", "owner", "t_1"), row.seq)

    assert (await streams.delivered(row.run_id, row.seq)).parts == 0


async def test_the_preview_is_known_to_the_next_life(
    streams: StreamLedger, ledger: Ledger, row: InboxRow
) -> None:
    await streams.keep_preview(row.run_id, "1002")
    await ledger.begin_turn(row, session())

    assert (await streams.delivered(row.run_id, row.seq)).preview == "1002"


async def test_an_address_is_clear_when_nothing_is_on_its_way_to_it(
    streams: StreamLedger, ledger: Ledger, row: InboxRow
) -> None:
    assert await streams.is_clear(CHAT)
    await streams.post(row.run_id, row.seq, [part("one")])
    assert not await streams.is_clear(CHAT)
    claimed = await ledger.claim(CHAT, allow)
    assert isinstance(claimed, Claimed)
    assert not await streams.is_clear(CHAT)
    await ledger.sent(claimed, "1002", {"name": "send"})
    assert await streams.is_clear(CHAT)


async def test_a_message_leaves_no_sooner_than_it_may(
    streams: StreamLedger, ledger: Ledger, clock: SetClock, row: InboxRow
) -> None:
    await streams.post(row.run_id, row.seq, [part("one", not_before=NOW + 900)])

    assert not isinstance(await ledger.claim(CHAT, allow), Claimed)
    clock.ms += 900
    assert isinstance(await ledger.claim(CHAT, allow), Claimed)
