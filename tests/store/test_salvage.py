import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from openclaw.store.database import Transaction
from openclaw.store.salvage import Salvaged, salvage


def made(path: Path, rows: int) -> Transaction:
    tx = sqlite3.connect(path, isolation_level=None)
    tx.executescript(
        "CREATE TABLE big (id INTEGER PRIMARY KEY, said TEXT UNIQUE, more TEXT);"
        "CREATE TABLE pairs (a TEXT, b INT, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;"
        "CREATE TABLE child (id INTEGER PRIMARY KEY, of INTEGER REFERENCES big(id));"
    )
    tx.execute("BEGIN")
    tx.executemany("INSERT INTO big VALUES (?, ?, ?)", [(n, f"{n}", "x" * 900) for n in range(1, rows + 1)])
    tx.execute("COMMIT")
    return tx


def ids(tx: Transaction) -> set[int]:
    return {row[0] for row in tx.execute("SELECT id FROM big")}


def rot(path: Path, table: str, *, page: int) -> None:
    """The n-th leaf of a table is overwritten."""
    with closing(sqlite3.connect(path)) as tx:
        (root,) = tx.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    data = bytearray(path.read_bytes())
    cells = int.from_bytes(data[(root - 1) * 4096 + 3 : (root - 1) * 4096 + 5], "big")
    assert cells > page, "the table is larger than one page"
    at = int.from_bytes(data[(root - 1) * 4096 + 12 + 2 * page :][:2], "big")
    leaf = int.from_bytes(data[(root - 1) * 4096 + at :][:4], "big")
    data[(leaf - 1) * 4096 : leaf * 4096] = b"\xa5" * 4096
    path.write_bytes(data)


def test_a_ledger_that_can_be_read_gives_all_that_is_newer(tmp_path: Path) -> None:
    with closing(made(tmp_path / "copy", 10)) as copy, closing(made(tmp_path / "now", 30)) as now:
        now.execute("UPDATE big SET more = 'changed' WHERE id = 4")
        now.execute("INSERT INTO pairs VALUES ('k', 2, 'v')")
        found = salvage(copy, tmp_path / "now")
        assert found == Salvaged(frozenset({"big", "pairs", "child"}))
        assert ids(copy) == set(range(1, 31))
        assert copy.execute("SELECT more FROM big WHERE id = 4").fetchone() == ("changed",)
        assert copy.execute("SELECT * FROM pairs").fetchall() == [("k", 2, "v")]


@pytest.mark.parametrize(
    ("table", "there", "left"),
    [("jobs", (2, 3), {2, 3}), ("jobs", (), {1, 2}), ("inbox", (2, 3), {1, 2, 3})],
)
def test_what_was_taken_away_stays_away_only_where_that_is_daily_life(
    tmp_path: Path, table: str, there: tuple[int, ...], left: set[int]
) -> None:
    """A table that is suddenly empty may have been emptied by the damage."""
    with closing(made(tmp_path / "copy", 0)) as copy, closing(made(tmp_path / "now", 0)) as now:
        for tx, rows in ((copy, (1, 2)), (now, there)):
            tx.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY)")
            tx.executemany(f"INSERT INTO {table} VALUES (?)", [(row,) for row in rows])
        salvage(copy, tmp_path / "now")
        assert {row[0] for row in copy.execute(f"SELECT id FROM {table}")} == left


def test_around_the_damage_both_sides_are_read_and_the_copy_fills_the_gap(tmp_path: Path) -> None:
    with closing(made(tmp_path / "copy", 60)) as copy:
        made(tmp_path / "now", 200).close()
        rot(tmp_path / "now", "big", page=20)
        found = salvage(copy, tmp_path / "now")
        assert found == Salvaged(frozenset({"pairs", "child"}), frozenset({"big"}))
        lost = set(range(1, 201)) - ids(copy)
        assert 0 < len(lost) < 8
        assert min(lost) > 60


def test_rows_whose_other_half_is_lost_are_left_out(tmp_path: Path) -> None:
    with closing(made(tmp_path / "copy", 1)) as copy, closing(made(tmp_path / "now", 1)) as now:
        now.executescript("INSERT INTO child VALUES (1, 1); INSERT INTO child VALUES (2, 77);")
        salvage(copy, tmp_path / "now")
        assert copy.execute("SELECT id FROM child").fetchall() == [(1,)]


def test_columns_and_tables_that_one_side_lacks_are_no_obstacle(tmp_path: Path) -> None:
    with closing(made(tmp_path / "copy", 1)) as copy, closing(made(tmp_path / "now", 2)) as now:
        copy.execute("ALTER TABLE big ADD COLUMN newer TEXT NOT NULL DEFAULT 'n'")
        copy.execute("CREATE TABLE only_here (a)")
        now.execute("CREATE TABLE only_there (a)")
        found = salvage(copy, tmp_path / "now")
        assert found.broken == {"only_here"}
        assert copy.execute("SELECT newer FROM big").fetchall() == [("n",), ("n",)]


def test_of_what_is_no_database_nothing_is_taken(tmp_path: Path) -> None:
    (tmp_path / "now").write_bytes(b"\xa5" * 9000)
    with closing(made(tmp_path / "copy", 5)) as copy:
        assert salvage(copy, tmp_path / "now").broken == {"big", "pairs", "child"}
        assert ids(copy) == {1, 2, 3, 4, 5}
