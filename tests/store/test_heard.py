from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from openclaw.store.database import open_database
from openclaw.store.inbox import OVERHEARD, Admission, admit, overhear
from openclaw.store.ledger import Ledger
from openclaw.types.clock import SystemClock
from tests.gateway.harness import MAIN, MEMBER, OWNER, said


async def test_what_waits_can_be_reworded_and_what_was_read_cannot(state_dir: Path) -> None:
    async with open_database(state_dir / "ledger.sqlite") as database:
        ledger = Ledger(database, SystemClock(), "boot_1")
        await ledger.accept([said("tulips", number=1, message_id="7"), said("ivy", number=2, message_id="8")])
        first, second = await ledger.accepted(10)
        await database.write(lambda tx: admit(tx, Admission(first.seq, MAIN, "main", "owner"), 0))

        assert await ledger.heard.reword(first.seq, second.event)
        assert not await ledger.heard.reword(second.seq, first.event)
        (waits,) = await ledger.waiting(MAIN)
        assert (waits.seq, waits.event.text) == (first.seq, "ivy")


@pytest.mark.parametrize(
    ("message_id", "sender", "key", "found"),
    [
        ("7", OWNER, MAIN, "tulips"),
        ("7", MEMBER, MAIN, "ivy"),
        ("8", OWNER, MAIN, None),
        ("7", OWNER, "agent:main:other", None),
    ],
)
async def test_what_is_changed_is_its_senders_own(
    state_dir: Path, message_id: str, sender: str, key: str, found: str | None
) -> None:
    async with open_database(state_dir / "ledger.sqlite") as database:
        ledger = Ledger(database, SystemClock(), "boot_1")
        await ledger.accept(
            [said("tulips", number=1, message_id="7"), said("ivy", MEMBER, number=2, message_id="7")]
        )
        for row in await ledger.accepted(10):
            await database.write(partial(admit, admission=Admission(row.seq, MAIN, "main", "owner"), now=0))
        await ledger.accept([said("roses", sender, number=3, message_id=message_id, edit=True)])
        (edit,) = await ledger.accepted(10)
        before = await ledger.heard.said(replace(edit, session_key=key))

    assert (before.event.text if before else None) == found


async def test_an_album_has_called_once_one_message_of_it_was_let_in(state_dir: Path) -> None:
    async with open_database(state_dir / "ledger.sqlite") as database:
        ledger = Ledger(database, SystemClock(), "boot_1")
        await ledger.accept([said("roofs", number=1, album="a"), said("ivy", number=2, album="b")])
        first, second = await ledger.accepted(10)
        await database.write(partial(overhear, seq=second.seq, session_key=MAIN, role="member"))
        assert not await ledger.heard.called(MAIN, "a", OWNER)
        await database.write(lambda tx: admit(tx, Admission(first.seq, MAIN, "main", "owner"), 0))

        assert await ledger.heard.called(MAIN, "a", OWNER)
        assert not await ledger.heard.called(MAIN, "b", OWNER)
        assert not await ledger.heard.called(MAIN, "a", MEMBER)
        assert not await ledger.heard.called("agent:main:other", "a", OWNER)


async def test_the_newest_that_was_overheard_is_told_in_its_order(state_dir: Path) -> None:
    async with open_database(state_dir / "ledger.sqlite") as database:
        ledger = Ledger(database, SystemClock(), "boot_1")
        await ledger.accept([said(f"word {n}", number=n) for n in range(1, 5)])
        for row in await ledger.accepted(10):
            await database.write(partial(overhear, seq=row.seq, session_key=MAIN, role="member"))
        await database.write(lambda tx: tx.execute("UPDATE inbox SET reason = ?", (OVERHEARD,)))
        rows = await ledger.heard.overheard(MAIN, 2)

    assert [(row.event.text, row.role) for row in rows] == [("word 3", "member"), ("word 4", "member")]
