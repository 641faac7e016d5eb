import sqlite3
from contextlib import closing
from pathlib import Path

import anyio.to_thread
import pytest

from openclaw.store import copies
from openclaw.store.copies import Copy, CopyError, DamagedError
from openclaw.store.database import open_database
from openclaw.store.migrations import STEPS

KEEP = "INSERT INTO usage VALUES ('2026', 'main', 'm', 'c', 'k', 't', 1, 1, 0, 0, 0.5, 'llm', '')"
NOON, HOUR = 1_772_193_600_000, 3_600_000


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """With a few hundred pages."""
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as tx:
        tx.execute("PRAGMA journal_mode = WAL")
        tx.execute("CREATE TABLE t (a)")
        tx.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 400)"
            " INSERT INTO t SELECT printf('%.2000c', 'x') FROM n"
        )
        tx.execute("PRAGMA user_version = 5")
    return path


def rot(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(40 * 4096)
        file.write(b"\xa5" * 4096 * 20)


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as tx:
        return int(tx.execute("SELECT count(*) FROM t").fetchone()[0])


def test_copies_are_named_after_their_time_and_version_and_only_so_many_are_kept(ledger: Path) -> None:
    for hour in range(4):
        made = copies.keep(ledger, NOON + hour * HOUR, most=2)
    assert made == Copy(made.path, "20260227T150000Z", 5)
    names = [each.path.name for each in copies.listed(copies.folder(ledger))]
    assert names == ["ledger-20260227T150000Z-v5.sqlite", "ledger-20260227T140000Z-v5.sqlite"]
    assert count(made.path) == 400
    assert {path.name for path in made.path.parent.iterdir()} == set(names), "nothing else lies beside them"


def test_copies_before_a_change_of_the_schema_are_counted_by_themselves(ledger: Path) -> None:
    with copies.reading(ledger) as source:
        for hour in range(5):
            copies.keep_before(source, ledger, NOON + hour * HOUR, coming=6)
    copies.keep(ledger, NOON + 9 * HOUR, most=1)
    kept = copies.listed(copies.folder(ledger))
    assert [(each.version, each.before) for each in kept] == [(5, None), (5, 6), (5, 6), (5, 6)]


async def test_a_ledger_in_use_is_copied_with_all_that_is_committed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    async with open_database(path) as database:
        await database.write(lambda tx: tx.execute(KEEP))
        made = await anyio.to_thread.run_sync(copies.keep, path, NOON, 3)
        await database.write(lambda tx: tx.execute(KEEP))
    with closing(sqlite3.connect(made.path)) as tx:
        assert tx.execute("SELECT count(*) FROM usage").fetchone() == (1,)
        assert tx.execute("PRAGMA user_version").fetchone() == (len(STEPS),)


def test_a_damaged_ledger_is_not_kept_as_a_copy(ledger: Path) -> None:
    copies.keep(ledger, NOON, most=1)
    rot(ledger)
    with pytest.raises(DamagedError):
        copies.keep(ledger, NOON + HOUR, most=1)
    (good,) = copies.listed(copies.folder(ledger))
    assert good.at == "20260227T120000Z"
    assert not list(copies.folder(ledger).glob(".*"))


@pytest.mark.parametrize("garbage", [b"no database" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_faults_are_told(ledger: Path, garbage: bytes) -> None:
    assert copies.faults(ledger) == ""
    rot(ledger)
    assert copies.faults(ledger) != ""
    ledger.write_bytes(garbage)
    assert copies.faults(ledger) == "file is not a database"


def test_a_ledger_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CopyError, match=r"there is no .*nowhere\.sqlite"):
        copies.keep(tmp_path / "nowhere.sqlite", NOON, 1)


def test_what_a_killed_copy_has_left_is_in_nobodys_way(ledger: Path) -> None:
    place = copies.folder(ledger)
    place.mkdir(parents=True)
    (place / ".ledger-20260101T120000Z-v5.sqlite.partial").write_bytes(b"half")
    (place / "ledger-of-somebody.sqlite").write_bytes(b"")
    made = copies.keep(ledger, NOON, most=1)
    assert copies.faults(made.path) == ""
    assert copies.listed(place) == [made]
    assert not list(place.glob(".*"))


def test_a_copy_does_not_fill_the_disk(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": copies.LEFT_FREE}))
    with pytest.raises(CopyError, match=r"100 MB are free, 10\d are needed"):
        copies.keep(ledger, NOON, 1)


def test_a_target_that_cannot_be_written_is_told(ledger: Path, tmp_path: Path) -> None:
    with copies.reading(ledger) as source, pytest.raises(CopyError, match="cannot be written: No such file"):
        copies.write(source, tmp_path / "nowhere" / "copy.sqlite")


def test_the_newest_copy_that_a_program_can_read_is_found(tmp_path: Path) -> None:
    for name in ("ledger-20260227T120000Z-v5.sqlite", "ledger-20260227T130000Z-v6.sqlite"):
        (tmp_path / name).touch()
    found = copies.newest_for(tmp_path, 5)
    assert found is not None
    assert found.version == 5
    assert copies.newest_for(tmp_path, 4) is None
