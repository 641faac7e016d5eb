from pathlib import Path

import pytest

from openclaw.ops.ledger import begin
from openclaw.ops.ledger.rescue import readable, rescue
from openclaw.store import copies, replacing
from openclaw.store.database import LedgerError
from tests.fake.killing import killed_before
from tests.ops.backup.house import MINUTE, NOW, House

LATER = NOW + 30 * MINUTE


@pytest.fixture
def house(state_dir: Path) -> House:
    """A copy was taken at NOW; since then one of two waiting messages was answered, and two have come."""
    made = House(state_dir)
    made.answer(made.arrive("old"))
    waiting = made.arrive("waiting")
    made.arrive("open")
    copies.keep(made.ledger, NOW, 3)
    made.answer(waiting, LATER)
    made.answer(made.arrive("new", LATER), LATER)
    made.arrive("newest", LATER)
    return made


def garbage(house: House) -> None:
    house.ledger.write_bytes(b"\xa5" * 20_000)


def test_of_a_ledger_beyond_reading_the_copy_is_left_and_nobody_is_answered_twice(house: House) -> None:
    garbage(house)
    rescued = rescue(house.ledger, "it is no database", LATER)

    assert house.inbox() == {"old": "answered", "waiting": "answered", "open": "queued"}
    assert house.outbox() == ["ambiguous"], "its reply has most likely left since"
    assert (rescued.settled.answered, rescued.settled.doubtful) == (1, 1)
    assert rescued.aside.read_bytes() == b"\xa5" * 20_000
    told = str(rescued)
    assert "The copy of 2026-02-27 12:00 UTC has taken its place" in told
    assert "1 message may have been sent or not" in told
    assert str(rescued.aside) in told


def test_what_can_be_read_of_the_damaged_ledger_is_newer_than_the_copy(house: House) -> None:
    """Only the index of the usage is damaged, say: every row is there."""
    rescued = rescue(house.ledger, "an index is not in order", LATER)
    assert rescued.salvaged.broken == frozenset()
    assert house.inbox() == {
        "old": "answered", "waiting": "answered", "open": "queued", "new": "answered", "newest": "queued",
    }  # fmt: skip
    assert house.outbox() == ["pending", "pending", "pending"]


def test_the_newest_copy_may_be_damaged_too(house: House) -> None:
    bad = copies.keep(house.ledger, LATER, 3)
    bad.path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    garbage(house)
    rescued = rescue(house.ledger, "x", LATER)
    assert rescued.copy is not None
    assert rescued.copy.at == "20260227T120000Z"
    assert bad.path.exists(), "it is not ours to throw away"


def test_without_a_copy_it_begins_anew_with_what_can_be_read(house: House) -> None:
    for copy in copies.listed(copies.folder(house.ledger)):
        copy.path.unlink()
    rescued = rescue(house.ledger, "x", LATER)
    assert "There was no copy" in str(rescued)
    assert len(house.inbox()) == 5


def test_without_room_it_says_so_and_changes_nothing(house: House) -> None:
    replacing.coming(house.ledger).mkdir()
    before = house.ledger.read_bytes()
    with pytest.raises(LedgerError, match="free some space on its disk and start again"):
        rescue(house.ledger, "x", LATER)
    assert house.ledger.read_bytes() == before


def test_a_kill_at_any_point_is_made_good_by_the_next_start(tmp_path: Path) -> None:
    for change in range(1, 60, 2):
        house = House(tmp_path / str(change))
        house.answer(house.arrive("old"))
        copies.keep(house.ledger, NOW, 3)
        garbage(house)
        killed = killed_before(change, lambda ledger=house.ledger: begin.look(ledger, LATER))  # type: ignore[misc]
        begin.look(house.ledger, LATER)
        assert house.inbox() == {"old": "answered"}, change
        assert any(path.read_bytes()[:1] == b"\xa5" for path in house.state.glob("ledger.sqlite.*-*"))
        if not killed:
            break
    assert not killed
    assert change > 8


def test_times_are_written_for_people() -> None:
    assert readable("20261121T170000Z") == "2026-11-21 17:00 UTC"
