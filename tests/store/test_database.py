import asyncio
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from openclaw.store import database as module
from openclaw.store.database import Database, LedgerError, Transaction, open_database
from openclaw.store.migrations import STEPS
from openclaw.types.errors import StorageBusyError, StorageFullError

KEEP = "INSERT INTO usage VALUES ('2026', 'main', 'm', 'c', 'k', 't', 1, 1, 0, 0, 0.5, 'llm', '')"


def kept(tx: Transaction) -> int:
    return int(tx.execute("SELECT count(*) FROM usage").fetchone()[0])


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def value(database: Database, pragma: str) -> object:
    return await database.read(lambda tx: tx.execute(f"PRAGMA {pragma}").fetchone()[0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
    ],
)
async def test_what_is_acknowledged_survives_a_power_cut(
    database: Database, name: str, expected: object
) -> None:
    assert await value(database, name) == expected


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def work(tx: Transaction) -> None:
        tx.execute(KEEP)
        raise KeyError("our own mistake")

    with pytest.raises(KeyError):
        await database.write(work)

    assert await database.read(kept) == 0
    await database.write(lambda tx: tx.execute(KEEP))
    assert await database.read(kept) == 1


async def test_a_mistake_of_ours_is_told_as_it_is(database: Database) -> None:
    """Python's own module gives no result code, and nothing may stumble over that."""
    with pytest.raises(sqlite3.ProgrammingError, match="binding"):
        await database.write(lambda tx: tx.execute("SELECT ?"))
    with pytest.raises(sqlite3.OperationalError, match="no such table") as caught:
        await database.write(lambda tx: tx.execute("SELECT * FROM nowhere"))
    assert caught.value.__cause__ is None  # a cause of itself sends who prints it round in circles


async def test_a_write_under_way_is_not_cancelled(database: Database) -> None:
    """Who is cancelled in between still learns what is on the disk."""
    loop, begun, go_on = asyncio.get_running_loop(), anyio.Event(), threading.Event()
    returned: list[str] = []

    def work(tx: Transaction) -> str:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(10)
        tx.execute(KEEP)
        return "kept"

    async def write() -> None:
        returned.append(await database.write(work))

    async with anyio.create_task_group() as group:
        group.start_soon(write)
        await begun.wait()
        group.cancel_scope.cancel()
        go_on.set()

    assert returned == ["kept"]
    assert await database.read(kept) == 1


async def test_transactions_of_many_tasks_do_not_mix(database: Database) -> None:
    def work(tx: Transaction) -> None:
        before = kept(tx)
        tx.execute(KEEP)
        tx.execute(KEEP)
        assert kept(tx) == before + 2

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(database.write, work)

    assert await database.read(kept) == 40


async def test_a_full_disk_is_told_as_such_and_heals(database: Database) -> None:
    used = await value(database, "page_count")
    await database.read(lambda tx: tx.execute(f"PRAGMA max_page_count = {used}").fetchone())
    much = "INSERT INTO traces VALUES ('t', 'at', 'c', 'e', NULL, 'o', '', ?)"

    with pytest.raises(StorageFullError, match=re.escape(str(database.path))):
        await database.write(lambda tx: tx.execute(much, ("x" * 50_000,)))
    assert database.full
    assert await database.read(lambda tx: tx.execute("SELECT count(*) FROM traces").fetchone()[0]) == 0

    await database.read(lambda tx: tx.execute("PRAGMA max_page_count = 100000").fetchone())
    await database.write(lambda tx: tx.execute(much, ("x" * 50_000,)))
    assert not database.full


async def test_a_failure_of_another_kind_does_not_say_that_there_is_room_again(database: Database) -> None:
    database.full = True

    with pytest.raises(sqlite3.IntegrityError):
        await database.write(lambda tx: tx.execute("INSERT INTO usage (at) VALUES (NULL)"))

    assert database.full


QUOTA = """
import anyio, resource, sys
from pathlib import Path
from openclaw.store.database import open_database
from openclaw.types.errors import StorageFullError

KEEP = "INSERT INTO usage VALUES (?,1,1,1,1,1,1,1,1,1,1,1,1)"

async def main():
    async with open_database(Path(sys.argv[1])) as database:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
        try:
            await database.write(lambda tx: tx.execute(KEEP, ("x" * 400_000,)))
        except StorageFullError:
            print("full", database.full)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await database.write(lambda tx: tx.execute(KEEP, (1,)))
        print("healed", not database.full)

anyio.run(main)
"""


def test_a_file_at_its_limit_is_no_room_either(tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-c", QUOTA, tmp_path / "ledger.sqlite"], capture_output=True, text=True, check=True
    )
    assert child.stdout.split("\n")[:2] == ["full True", "healed True"]


async def test_a_lock_held_by_another_process_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.01)
    path = tmp_path / "ledger.sqlite"
    async with open_database(path) as database:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusyError, match=re.escape(str(path))):
            await database.write(kept)
        assert await database.read(kept) == 0, "readers go on"

        other.execute("ROLLBACK")
        await database.write(lambda tx: tx.execute(KEEP))
        other.close()


async def test_others_may_read_while_the_daemon_runs(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    async with open_database(path) as database:
        await database.write(lambda tx: tx.execute(KEEP))
        other = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        assert other.execute("SELECT cost FROM usage").fetchall() == [(0.5,)]
        other.close()


@pytest.mark.parametrize("garbage", [b"no database at all " * 100, b"SQLite format 3\0" + b"\xff" * 5000])
async def test_a_file_that_is_no_ledger_is_named_and_left_alone(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(garbage)

    with pytest.raises(LedgerError, match=re.escape(f"{path} is damaged")):
        async with open_database(path):
            pass

    assert path.read_bytes() == garbage


async def test_pages_that_rot_while_it_is_open_are_told_as_damage(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    async with open_database(path) as database:
        await database.write(lambda tx: [tx.execute(KEEP) for _ in range(2000)])
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))

    with pytest.raises(LedgerError, match="damaged"):
        async with open_database(path) as database:
            await database.read(kept)


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="nowhere"):
        async with open_database(tmp_path / "nowhere" / "ledger.sqlite"):
            pass


async def test_a_newer_ledger_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    async with open_database(path) as database:
        await database.read(lambda tx: tx.execute(f"PRAGMA user_version = {len(STEPS) + 1}"))

    with pytest.raises(LedgerError, match=re.escape(f"{path} is of a newer version ({len(STEPS) + 1})")):
        async with open_database(path):
            pass


async def test_a_ledger_is_migrated_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    async with open_database(path) as database:
        await database.write(lambda tx: tx.execute(KEEP))
        assert await value(database, "user_version") == len(STEPS)
    async with open_database(path) as database:
        assert await database.read(kept) == 1
        assert await value(database, "user_version") == len(STEPS)


async def test_a_step_that_fails_leaves_the_version_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.sqlite"
    monkeypatch.setattr(module, "STEPS", (*STEPS, "CREATE TABLE half (a); CREATE TABLE usage (a);"))
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        async with open_database(path):
            pass

    monkeypatch.setattr(module, "STEPS", (*STEPS, "CREATE TABLE half (a);"))
    async with open_database(path) as database:
        assert await value(database, "user_version") == len(STEPS) + 1


async def test_closing_leaves_one_file(tmp_path: Path) -> None:
    async with open_database(tmp_path / "ledger.sqlite") as database:
        await database.write(lambda tx: tx.execute(KEEP))
    assert names(tmp_path) == ["ledger.sqlite"]


WRITER = """
import anyio, sys
from pathlib import Path
from openclaw.store.database import open_database

async def main():
    async with open_database(Path(sys.argv[1])) as database:
        for number in range(100_000):
            values = (number, *[1] * 12)
            await database.write(lambda tx: tx.execute(f"INSERT INTO usage VALUES ({','.join('?' * 13)})", values))
            print(number, flush=True)

anyio.run(main)
"""


async def test_sigkill_loses_no_acknowledged_row(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"

    def write_until_killed() -> int:
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            acknowledged = [int(child.stdout.readline()) for _ in range(50)]
            child.send_signal(signal.SIGKILL)
            acknowledged += [int(line) for line in child.stdout if line.endswith("\n")]
        return acknowledged[-1]

    last = await anyio.to_thread.run_sync(write_until_killed)

    async with open_database(path) as database:
        rows = await database.read(
            lambda tx: [int(row[0]) for row in tx.execute("SELECT at FROM usage ORDER BY rowid")]
        )
    assert rows[: last + 1] == list(range(last + 1))
    assert len(rows) in {last + 1, last + 2}, "at most one more was committed and not yet told"
