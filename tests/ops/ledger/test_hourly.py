from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from openclaw.ops.ledger import hourly
from openclaw.ops.ledger.begin import suspicion
from openclaw.ops.ledger.hourly import first_wait, keep_copies, keep_one
from openclaw.store import copies
from openclaw.store.config import LedgerCopies
from openclaw.store.database import open_database
from tests.store.made import NOW, SetClock


@pytest.mark.parametrize(
    ("newest", "expected"),
    [(None, 60), (NOW, 3600), (NOW - 3_000_000, 600), (NOW - 9_000_000, 60), (NOW + 9_000_000, 3600)],
)
def test_a_daemon_that_starts_again_and_again_keeps_its_hours(newest: int | None, expected: float) -> None:
    assert first_wait(newest, NOW, 3600) == expected


async def kept(ledger: Path) -> list[copies.Copy]:
    return await anyio.to_thread.run_sync(lambda: copies.listed(copies.folder(ledger)))


async def test_copies_are_made_again_and_again_while_the_ledger_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hourly, "FIRST_SECONDS", 0)
    clock, ledger, told = SetClock(), tmp_path / "ledger.sqlite", list[str]()

    async def alert(kind: str, text: str) -> None:
        told.append(text)

    async with open_database(ledger), anyio.create_task_group() as group:
        group.start_soon(keep_copies, ledger, LedgerCopies(), alert, clock)
        with anyio.fail_after(20):
            while not await kept(ledger):
                await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert told == []


async def test_none_are_made_when_they_are_switched_off(tmp_path: Path) -> None:
    async def alert(kind: str, text: str) -> None:
        raise AssertionError(text)

    await keep_copies(tmp_path / "ledger.sqlite", LedgerCopies(every_minutes=0), alert, SetClock())


async def test_damage_that_a_copy_meets_is_told_and_looked_into_at_the_next_start(tmp_path: Path) -> None:
    ledger, told = tmp_path / "ledger.sqlite", dict[str, str]()

    async def alert(kind: str, text: str) -> None:
        told[kind] = text

    ledger.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    await keep_one(ledger, LedgerCopies(), alert, SetClock())
    assert suspicion(ledger).exists()
    assert "openclaw service restart" in told["ledger-damaged"]

    ledger.unlink()
    await keep_one(ledger, LedgerCopies(), alert, SetClock())
    assert "could not be copied: there is no" in told["ledger-copy"]
