"""Upgrades: every ledger that a released version has left behind, and kills at every statement of its way."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import anyio.to_thread
import pytest

from openclaw.store import copies, versions
from openclaw.store import database as module
from openclaw.store.database import Database, LedgerError, open_database
from openclaw.store.migrations import STEPS
from tests.store.past import ROW, left_by


def schema(path: Path) -> tuple[int, frozenset[str]]:
    with closing(sqlite3.connect(path)) as tx:
        (version,) = tx.execute("PRAGMA user_version").fetchone()
        return version, frozenset(
            str(row[0]) for row in tx.execute("SELECT sql FROM sqlite_master WHERE sql <> ''")
        )


async def states(database: Database) -> list[str]:
    return await database.read(lambda tx: [row[0] for row in tx.execute("SELECT state FROM inbox")])


async def kept(path: Path) -> list[copies.Copy]:
    return await anyio.to_thread.run_sync(lambda: copies.listed(copies.folder(path)))


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("CREATE TABLE a (b TEXT NOT NULL);\n CREATE INDEX c ON a(b);", True),
        ("ALTER TABLE a ADD COLUMN d TEXT;", True),
        ("ALTER TABLE a ADD COLUMN d TEXT NOT NULL DEFAULT ''", True),
        ("ALTER TABLE a ADD COLUMN d", True),
        ("-- a remark; with a stop\nCREATE TABLE a (b)", True),
        ("ALTER TABLE a ADD COLUMN d TEXT CHECK (d <> '')", False),
        ("ALTER TABLE a RENAME COLUMN b TO c", False),
        ("CREATE UNIQUE INDEX c ON a(b)", False),
        ("CREATE TABLE a (b); UPDATE c SET d = 1", False),
        ("DROP TABLE a", False),
    ],
)
def test_only_what_adds_is_additive(step: str, expected: bool) -> None:
    assert versions.is_additive(step) is expected


def test_a_ledger_is_readable_from_its_last_step_that_changed_something() -> None:
    steps = ["CREATE TABLE a (b)", "CREATE TABLE c (d)", "UPDATE a SET b = 1", "CREATE TABLE e (f)"]
    assert [versions.readable_from(steps[:count]) for count in range(5)] == [0, 1, 1, 3, 3]


def test_the_note_of_a_version_waits_for_its_table() -> None:
    assert versions.record(STEPS[:1]) == ""
    assert f"VALUES ({len(STEPS)}, " in versions.record(STEPS)


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> list[frozenset[str]]:
    """By version."""
    folder = tmp_path_factory.mktemp("schemas")
    found = [frozenset[str]()]
    for version in range(1, len(STEPS) + 1):
        with closing(sqlite3.connect(folder / f"{version}.sqlite", isolation_level=None)) as tx:
            tx.execute("PRAGMA synchronous = OFF")
            for step in STEPS[:version]:
                tx.executescript(step)
        found.append(schema(folder / f"{version}.sqlite")[1])
    return found


@pytest.mark.parametrize("version", range(1, len(STEPS)))
async def test_every_older_ledger_is_brought_up_and_a_copy_of_it_kept(
    tmp_path: Path, version: int, schemas: list[frozenset[str]]
) -> None:
    path = left_by(version, tmp_path / "ledger.sqlite")

    async with open_database(path) as database:
        assert await states(database) == ["queued"]

    assert schema(path) == (len(STEPS), schemas[-1])
    (copy,) = await kept(path)
    assert (copy.version, copy.before) == (version, len(STEPS))
    assert schema(copy.path) == (version, schemas[version])
    assert copy.path.stat().st_mode & 0o777 == 0o600


async def test_a_new_ledger_and_one_that_is_up_to_date_need_no_copy(tmp_path: Path) -> None:
    for _ in range(2):
        async with open_database(tmp_path / "ledger.sqlite"):
            pass
    assert await kept(tmp_path / "ledger.sqlite") == []


def killed_at(statement: int, path: Path) -> bool:
    """A process that opens the ledger and is killed before its n-th statement; False: it came to its end."""
    child = os.fork()
    if child == 0:
        left = [statement]

        def count(_: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        tx = sqlite3.connect(path, isolation_level=None)
        tx.execute("PRAGMA synchronous = OFF")  # a killed process loses nothing by it, and the test its time
        tx.set_trace_callback(count)
        module._migrate(tx, path)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_a_kill_in_any_step_leaves_one_version_or_the_next(
    tmp_path: Path, schemas: list[frozenset[str]]
) -> None:
    seen: set[int] = set()
    template = left_by(1, tmp_path / "ledger.sqlite").read_bytes()
    # Every step has at least four: its begin, its own, its version, its commit.
    for statement in range(1, 1000, 3):
        path = tmp_path / f"{statement}.sqlite"
        path.write_bytes(template)
        if not killed_at(statement, path):
            break
        version, there = schema(path)
        assert there == schemas[version]
        if version not in seen:
            seen.add(version)
            with closing(sqlite3.connect(path, isolation_level=None)) as tx:
                module._migrate(tx, path)
                assert tx.execute("SELECT state FROM inbox").fetchall() == [("queued",)]
            assert schema(path) == (len(STEPS), schemas[-1])
    assert seen == set(range(1, len(STEPS))), "and the last one when nobody kills it"


def test_a_kill_while_a_new_ledger_is_made_leaves_nothing_or_all_of_it(
    tmp_path: Path, schemas: list[frozenset[str]]
) -> None:
    for statement in range(1, 1000, 7):
        path = tmp_path / f"{statement}.sqlite"
        if not killed_at(statement, path):
            break
        assert schema(path) == (0, frozenset())
    assert statement > 2 * len(STEPS), "it was killed in each of its steps"
    assert schema(path) == (len(STEPS), schemas[-1])


async def test_an_older_program_goes_on_with_what_a_newer_one_has_only_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ledger.sqlite"
    newer = (
        *STEPS,
        "CREATE TABLE later (a);",
        "ALTER TABLE inbox ADD COLUMN later TEXT NOT NULL DEFAULT '';",
    )
    with monkeypatch.context() as newer_program:
        newer_program.setattr(module, "STEPS", newer)
        async with open_database(path):
            pass

    async with open_database(path) as database:
        await database.write(lambda tx: tx.execute(ROW))
        await database.write(module.touch)

    assert "which this program can use as well" in caplog.text
    assert schema(path)[0] == len(newer), "the newer program does not begin its steps anew"
    with monkeypatch.context() as newer_program:
        newer_program.setattr(module, "STEPS", newer)
        async with open_database(path) as database:
            assert await states(database) == ["queued"]


async def test_an_older_program_says_how_to_go_back_where_it_cannot_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = left_by(len(STEPS), tmp_path / "ledger.sqlite")
    with monkeypatch.context() as newer_program:
        newer_program.setattr(
            module, "STEPS", (*STEPS, "ALTER TABLE inbox RENAME COLUMN state TO condition;")
        )
        async with open_database(path):
            pass
    (copy,) = await kept(path)

    with pytest.raises(LedgerError) as refused:
        async with open_database(path):
            pass

    assert str(refused.value).endswith(f"openclaw backup restore {copy.path}")


async def test_without_room_for_a_copy_only_what_adds_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A file where the folder should be stands for a disk that takes nothing more."""
    path = left_by(len(STEPS) - 1, tmp_path / "ledger.sqlite")
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "ledger").write_text("")
    async with open_database(path):
        pass
    assert "without a copy" in caplog.text

    monkeypatch.setattr(module, "STEPS", (*STEPS, "UPDATE inbox SET state = 'dead';"))
    with pytest.raises(LedgerError, match="is not without a copy"):
        async with open_database(path):
            pass
    assert schema(path)[0] == len(STEPS)
