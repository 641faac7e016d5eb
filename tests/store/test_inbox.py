import dataclasses

import pytest

from openclaw.store import inbox
from openclaw.store.database import Database, Transaction
from openclaw.store.inbox import Admission, EventEndedError, InboxRow
from openclaw.types.channel import LastArrival
from openclaw.types.clock import iso
from openclaw.types.messages import Address, Arrival, Brought, ClientTool, Inbound, Sender, Unusable
from tests.store.made import KEY, NOW, arrival, inbound

DAY = 86_400_000
FULL = Inbound(
    channel="telegram",
    sender=Sender("821071206", 'Zoë "Z" 🙂\u202e'),
    text="Grüße\n\t\x00 \u2028 漢字 🙂 👩‍👩‍👧",
    sent_at=NOW - 5,
    account="second",
    chat_type="group",
    reply_to=Address("telegram", "-100821071206", "second", "17"),
    message_id="41",
    session_key="agent:main:main",
    agent="aurora",
    run_id="run_asked_for",
    operator=True,
    brought=Brought("{}\n", "Be brief.", (ClientTool("lamp", "On.", {"type": "object", "properties": {}}),)),
)


async def take(database: Database, *arrivals: Arrival, now: int = NOW) -> list[Arrival]:
    fresh = await database.write(lambda tx: inbox.insert(tx, arrivals, now))
    return [one for one, _ in fresh]


async def accepted(database: Database) -> list[InboxRow]:
    return await database.read(lambda tx: inbox.accepted(tx, 100))


async def column(database: Database, name: str) -> list[object]:
    return await database.read(
        lambda tx: [row[0] for row in tx.execute(f"SELECT {name} FROM inbox ORDER BY seq")]
    )


async def queue(database: Database, *numbers: int, key: str = KEY) -> None:
    await take(database, *map(arrival, numbers))

    def work(tx: Transaction) -> None:
        for row in inbox.accepted(tx, 100):
            inbox.admit(tx, Admission(row.seq, key, "main", "owner"), 0)

    await database.write(work)


async def waiting(database: Database, key: str = KEY) -> str | None:
    row = next(iter(await database.read(lambda tx: inbox.waiting(tx, key, 1))), None)
    return row.key.rpartition(":")[2] if row is not None else None


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(FULL, id="every field set"),
        pytest.param(Inbound("webchat", Sender("operator"), "", 0), id="every field left"),
        pytest.param(dataclasses.replace(FULL, reply_to=Address("telegram", "1")), id="no thread"),
    ],
)
async def test_a_message_comes_back_as_it_came_in(database: Database, message: Inbound) -> None:
    await take(database, arrival(1, message))
    (row,) = await accepted(database)
    assert row.event == message


async def test_the_raw_event_is_kept_byte_for_byte(database: Database) -> None:
    raw = bytes(range(256)) + "Grüße".encode("utf-16")
    await take(database, dataclasses.replace(arrival(1), raw=raw))
    assert await column(database, "raw") == [raw]


async def test_a_message_waits_to_be_looked_at_with_names_of_its_own(database: Database) -> None:
    await take(database, arrival(1), arrival(2, inbound(run_id="run_asked_for")))

    first, second = await accepted(database)
    assert (first.state, first.role, first.session_key, first.received_at) == (
        "accepted",
        "stranger",
        "",
        NOW,
    )
    assert first.run_id.startswith("run_")
    assert second.run_id == "run_asked_for"
    assert len({first.run_id, second.run_id, first.trace_id, second.trace_id}) == 4


async def test_a_repeat_is_passed_over(database: Database) -> None:
    """Also within its own batch, and when it was said differently the second time."""
    assert len(await take(database, arrival(1), arrival(1, inbound("again")), arrival(2))) == 2
    assert len(await take(database, arrival(2), arrival(3))) == 1

    assert await column(database, "key") == [f"telegram:default:{n}" for n in (1, 2, 3)]
    assert (await accepted(database))[0].event.text == "hello"


async def test_only_what_is_new_is_told_with_its_trace(database: Database) -> None:
    await take(database, arrival(1))
    fresh = await database.write(lambda tx: inbox.insert(tx, [arrival(1), arrival(2)], NOW))

    assert [(one.key, trace) for one, trace in fresh] == [
        ("telegram:default:2", (await accepted(database))[1].trace_id)
    ]


async def test_messages_are_looked_at_in_the_order_of_their_arrival(database: Database) -> None:
    await take(database, arrival(9), arrival(3))
    await take(database, arrival(5), now=NOW - DAY)  # the wall clock has jumped back

    assert [row.key[-1] for row in await accepted(database)] == ["9", "3", "5"]
    assert len(await database.read(lambda tx: inbox.accepted(tx, 2))) == 2


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (Unusable("an edited message"), "ignored"),
        (Unusable("a malformed message", dead=True), "dead"),
    ],
)
async def test_what_cannot_be_answered_is_kept_with_its_end(
    database: Database, content: Unusable, state: str
) -> None:
    await take(database, arrival(1, content))

    assert await accepted(database) == []
    assert await column(database, "state") == [state]
    assert await column(database, "reason") == [content.reason]
    assert await column(database, "raw") == [b'{"update_id":1}']
    assert await column(database, "finished_at") == [iso(NOW)]


@pytest.mark.parametrize(
    "message", [inbound("half a pair: \ud83d"), inbound(sender=Sender("1", "\udfff")), inbound(sent_at=2**70)]
)
async def test_what_cannot_be_recorded_is_dead_and_blocks_nothing_behind_it(
    database: Database, message: Inbound
) -> None:
    fresh = await take(database, arrival(1, message), arrival(2))

    assert await column(database, "state") == ["dead", "accepted"]
    assert await column(database, "raw") == [b'{"update_id":1}', b'{"update_id":2}']
    assert isinstance(fresh[0].content, Unusable), "who announces it must know"


async def test_the_poll_goes_on_from_the_newest_arrival_not_from_the_greatest_number(
    database: Database,
) -> None:
    """After a quiet week Telegram counts on from a random number, perhaps a lower one."""
    await take(database, arrival(900), now=NOW - DAY)
    await take(database, arrival(17), arrival(18))
    await take(database, dataclasses.replace(arrival(19), key="telegram:sha256:ab", sequence=None))
    await take(database, arrival(5000, account="second"))

    last = await database.read(lambda tx: inbox.last_arrival(tx, "telegram", "default"))
    assert last == LastArrival(18, NOW, "telegram:default:18")
    assert await database.read(lambda tx: inbox.last_arrival(tx, "sms", "default")) is None


async def test_a_session_gets_its_messages_in_order(database: Database) -> None:
    await queue(database, 1, 2)
    await queue(database, 3, key="agent:main:other")

    assert await waiting(database) == "1"
    assert await waiting(database, "agent:main:other") == "3"
    assert await waiting(database, "agent:main:nobody") is None

    await database.write(lambda tx: inbox.finish(tx, 1, "answered", "", NOW))
    assert await waiting(database) == "2"


async def test_a_message_that_was_cut_off_comes_before_those_behind_it(database: Database) -> None:
    await queue(database, 1, 2)
    await database.write(lambda tx: inbox.mark_running(tx, 1))

    assert await waiting(database) == "1"


async def test_the_session_that_has_waited_longest_is_first(database: Database) -> None:
    await queue(database, 1, key="agent:main:b")
    await queue(database, 2, key="agent:main:a")
    await queue(database, 3, key="agent:main:b")

    assert await database.read(inbox.sessions_waiting) == ["agent:main:b", "agent:main:a"]


async def test_an_admission_says_who_speaks_and_where_it_goes(database: Database) -> None:
    await take(database, arrival(1))
    await database.write(lambda tx: inbox.admit(tx, Admission(1, "agent:aurora:main", "aurora", "member"), 0))

    row = next(iter(await database.read(lambda tx: inbox.waiting(tx, "agent:aurora:main", 1))), None)
    assert row is not None
    assert (row.role, row.agent, row.session_key, row.state) == (
        "member",
        "aurora",
        "agent:aurora:main",
        "queued",
    )


async def test_an_event_ends_once(database: Database) -> None:
    await queue(database, 1)

    assert await database.write(lambda tx: inbox.finish(tx, 1, "answered", "silent", NOW))
    assert not await database.write(lambda tx: inbox.finish(tx, 1, "dead", "internal_error", NOW + 9))

    assert await column(database, "state") == ["answered"]
    assert await column(database, "reason") == ["silent"]
    assert await column(database, "finished_at") == [iso(NOW)]


async def test_a_run_is_asked_after_by_its_name(database: Database) -> None:
    await queue(database, 1)
    row = next(iter(await database.read(lambda tx: inbox.waiting(tx, KEY, 1))), None)
    assert row is not None

    assert await database.read(lambda tx: inbox.end_of_run(tx, row.run_id)) == ("queued", "", KEY)
    await database.write(lambda tx: inbox.finish(tx, 1, "dead", "poison", NOW))
    assert await database.read(lambda tx: inbox.end_of_run(tx, row.run_id)) == ("dead", "poison", KEY)
    assert await database.read(lambda tx: inbox.end_of_run(tx, "run_unknown")) is None


async def test_only_unfinished_events_are_counted(database: Database) -> None:
    await queue(database, 1, 2)
    await take(database, arrival(3), arrival(4, Unusable("x")))
    await database.write(lambda tx: inbox.finish(tx, 1, "answered", "", NOW))

    assert await database.read(inbox.counts) == {"queued": 1, "accepted": 1}


async def test_what_was_said_is_forgotten_before_the_key_is(database: Database) -> None:
    await queue(database, 1, 2, 3)
    await take(database, arrival(4, Unusable("malformed", dead=True)))
    await take(database, dataclasses.replace(arrival(5), raw=b""))
    for seq, at in [(1, NOW - 100 * DAY), (2, NOW - 8 * DAY), (5, NOW - 8 * DAY)]:
        await database.write(lambda tx, seq=seq, at=at: inbox.finish(tx, seq, "answered", "", at))  # type: ignore[misc]

    await database.write(
        lambda tx: inbox.forget(tx, raw_before=iso(NOW - 7 * DAY), rows_before=iso(NOW - 90 * DAY))
    )

    said = await database.read(
        lambda tx: [
            tuple(row) for row in tx.execute("SELECT seq, raw, event IS NULL FROM inbox ORDER BY seq")
        ]
    )
    assert said == [
        (2, b"", 1),
        (3, b'{"update_id":3}', 0),
        (4, b'{"update_id":4}', 1),
        (5, b"", 1),
    ]
    assert await take(database, arrival(2)) == [], "its key still refuses a repeat"


async def test_an_unfinished_event_is_never_forgotten(database: Database) -> None:
    await queue(database, 1)
    await take(database, arrival(2))

    await database.write(lambda tx: inbox.forget(tx, raw_before="9999", rows_before="9999"))

    assert await column(database, "event IS NOT NULL") == [1, 1]


async def test_an_event_that_has_ended_begins_no_turn(database: Database) -> None:
    await queue(database, 1)
    await database.write(lambda tx: inbox.finish(tx, 1, "ignored", "stopped", NOW))

    with pytest.raises(EventEndedError):
        await database.write(lambda tx: inbox.mark_running(tx, 1))

    assert await column(database, "state") == ["ignored"]


async def test_an_admission_keeps_what_the_house_has_read(database: Database) -> None:
    await take(database, arrival(1))
    row = next(iter(await database.read(lambda tx: inbox.accepted(tx, 1))))
    event = dataclasses.replace(row.event, text="hello", settings={"thinkingLevel": "high"})
    await database.write(lambda tx: inbox.admit(tx, Admission(1, KEY, "main", "owner", event), NOW))

    (kept,) = await database.read(lambda tx: inbox.waiting(tx, KEY, 1))
    assert kept.event == event
