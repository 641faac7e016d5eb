from pathlib import Path

import pytest

from openclaw.ops.backup.archive import BackupError
from openclaw.ops.backup.contents import Premises
from openclaw.ops.backup.creating import Wish, create, place_for
from openclaw.ops.backup.shelf import alone, find, ours, prune, shelved, sweep
from openclaw.store import copies
from tests.ops.backup.house import MINUTE, NOW, House


@pytest.fixture
def house(state_dir: Path) -> House:
    made = House(state_dir)
    create(
        Premises(made.state, made.config),
        place_for(made.state / "backups", NOW),
        Wish(with_secrets=True, with_media=False),
        lambda: NOW,
    )
    copies.keep(made.ledger, NOW + MINUTE, 3)
    return made


def test_backups_and_copies_are_listed_newest_first(house: House) -> None:
    folder = house.state / "backups"
    (folder / "openclaw-20260227T115900Z.tar.gz").write_bytes(b"broken")
    (folder / "mine.tar.gz").write_bytes(b"")
    copy, good, broken = shelved(folder, house.ledger)
    assert (copy.kind, copy.at) == ("ledger", "2026-02-27T12:01:00Z")
    assert (good.kind, good.with_secrets, good.note) == ("backup", True, "without media")
    assert "cannot be used" in broken.note
    assert shelved(house.state / "nowhere", house.state / "nowhere/ledger.sqlite") == []


def test_only_files_of_ours_are_pruned(house: House) -> None:
    folder = house.state / "backups"
    (folder / "openclaw-before-the-move.tar.gz").touch()
    (folder / "openclaw-20250101T000000Z.tar.gz").touch()
    assert [path.name for path in prune(folder, 1)] == ["openclaw-20250101T000000Z.tar.gz"]
    assert (folder / "openclaw-before-the-move.tar.gz").exists()


def test_one_is_found_by_path_by_name_and_as_the_latest(house: House) -> None:
    folder = house.state / "backups"
    (newest,) = ours(folder)
    (copy,) = copies.listed(copies.folder(house.ledger))
    assert find("latest", folder, house.ledger) == newest
    assert find(newest.name, folder, house.ledger) == newest
    assert find(str(newest), house.state, house.ledger) == newest
    assert find(copy.path.name, folder, house.ledger) == copy.path
    for name, where in (("latest", house.state / "media"), ("nothing", folder)):
        with pytest.raises(BackupError, match="openclaw backup"):
            find(name, where, house.ledger)


def test_one_is_made_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(BackupError, match="just being made"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_what_a_killed_maker_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".looking-x").mkdir()
    (tmp_path / ".openclaw-1.tar.gz.partial").touch()
    (tmp_path / "openclaw-mine").touch()
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["openclaw-mine"]
