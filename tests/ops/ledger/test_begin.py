from pathlib import Path

import pytest

from openclaw.ops.ledger import begin
from openclaw.store import copies, replacing
from tests.ops.backup.house import NOW, House


@pytest.fixture
def house(state_dir: Path) -> House:
    made = House(state_dir)
    made.answer(made.arrive("one"))
    return made


def rot(house: House) -> None:
    with house.ledger.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 8192)


def test_a_ledger_that_is_whole_is_opened_as_it_is(house: House) -> None:
    before = house.ledger.read_bytes()
    assert begin.look(house.ledger, NOW) is None
    assert house.ledger.read_bytes() == before


def test_a_first_start_finds_nothing_and_says_nothing(
    state_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert begin.look(state_dir / "ledger.sqlite", NOW) is None
    assert caplog.text == ""


def test_a_ledger_that_has_gone_while_its_copies_are_there_is_wondered_at(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    copy = copies.keep(house.ledger, NOW, 3)
    house.ledger.unlink()
    assert begin.look(house.ledger, NOW) is None
    assert f"openclaw backup restore {copy.path}" in caplog.text


def test_damage_is_replaced_and_told(house: House, caplog: pytest.LogCaptureFixture) -> None:
    copies.keep(house.ledger, NOW, 3)
    rot(house)
    rescued = begin.look(house.ledger, NOW)
    assert rescued is not None
    assert str(rescued) in caplog.text
    assert begin.look(house.ledger, NOW) is None
    assert house.inbox() == {"one": "answered"}


def test_a_large_ledger_is_looked_at_when_there_is_a_reason(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(begin, "LOOKED_AT_WHOLE", 4096)
    copies.keep(house.ledger, NOW, 3)
    rot(house)
    assert begin.look(house.ledger, NOW) is None
    begin.suspect(house.ledger)
    assert begin.look(house.ledger, NOW) is not None
    assert not begin.suspicion(house.ledger).exists()


def test_what_was_killed_on_its_way_takes_its_place_first(house: House, tmp_path: Path) -> None:
    with copies.reading(house.ledger) as source:
        copies.write(source, replacing.coming(house.ledger))
    house.arrive("later")
    assert begin.look(house.ledger, NOW) is None
    assert house.inbox() == {"one": "answered"}
