import json
from collections.abc import Sequence
from pathlib import Path

import anyio.to_thread
import pytest

from openclaw.store.database import Database, open_database
from openclaw.store.glance import Glances, look
from openclaw.types.clock import iso
from openclaw.types.errors import OpenClawError
from tests.store.made import NOW

MINUTE = 60_000


async def fill(database: Database, table: str, *rows: dict[str, object]) -> None:
    def insert(tx: object) -> None:
        for row in rows:
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            tx.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))  # type: ignore[attr-defined]

    await database.write(insert)


def came(number: int, channel: str, ms: int, *, state: str = "done") -> dict[str, object]:
    return {
        "key": f"{channel}:{number}", "channel": channel, "account": "default", "received_at": iso(ms), "raw": b"",
        "state": state, "run_id": f"r{number}", "trace_id": f"t{number}",
        "finished_at": iso(ms) if state == "done" else None,
    }  # fmt: skip


def went(number: int, state: str, sent: int | None = None) -> dict[str, object]:
    return {
        "id": f"out_{number}", "part": number, "channel": "telegram", "account": "default", "recipient": "1",
        "text": "x", "purpose": "reply", "audience": "owner", "state": state, "trace_id": "t",
        "created_at": iso(NOW), "sent_at": iso(sent) if sent else None,
    }  # fmt: skip


def trace(number: int, outcome: str, ms: int, reason: str = "") -> dict[str, object]:
    return {
        "id": f"t_{number}", "at": iso(ms), "channel": "telegram", "event": "e", "outcome": outcome,
        "reason": reason, "spans": "[]",
    }  # fmt: skip


def job(number: int, at: int | None, *, enabled: bool = True) -> dict[str, object]:
    return {
        "id": f"job_{number}", "agent": "main", "creator": "owner", "enabled": enabled, "next_run_at": at,
        "job": json.dumps({"name": f"job {number}"}), "state": "{}", "created_at": NOW,
    }  # fmt: skip


LEFT = {
    "queue": {"waiting": 1},
    "running": 1,
    "outbox": {"ambiguous": 1, "pending": 1},
    "sessions": 0,
    "oldestUnfinishedAt": NOW - 5 * MINUTE,
    "lastMessages": [
        {"channel": "sms", "account": "default", "receivedAt": NOW, "sentAt": None},
        {"channel": "telegram", "account": "default", "receivedAt": NOW - 3 * MINUTE, "sentAt": NOW - MINUTE},
    ],
    "lastError": {"trace": "t_1", "at": NOW - 2, "channel": "telegram", "reason": "model_unavailable"},
    "nextJob": {"id": "job_2", "agent": "main", "at": NOW + 5, "name": "job 2"},
    "costToday": 0.0,
}


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def test_a_house_that_stopped_tells_what_it_has_left(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    async with open_database(path) as database:
        rows: Sequence[dict[str, object]] = [
            came(1, "telegram", NOW - 9 * MINUTE), came(2, "sms", NOW - 5 * MINUTE, state="queued"),
            came(3, "telegram", NOW - 3 * MINUTE), came(4, "sms", NOW, state="running"),
        ]  # fmt: skip
        await fill(database, "inbox", *rows)
        await fill(
            database, "outbox", went(1, "sent", NOW - MINUTE), went(2, "ambiguous"), went(3, "pending")
        )
        await fill(
            database, "traces", trace(1, "dead", NOW - 2, "model_unavailable"), trace(2, "answered", NOW)
        )
        await fill(
            database, "jobs", job(1, NOW + 9), job(2, NOW + 5), job(3, NOW + 1, enabled=False), job(4, None)
        )

    found = await anyio.to_thread.run_sync(look, path, NOW)

    assert found == LEFT
    assert names(tmp_path) == ["ledger.sqlite"]


async def test_what_a_running_house_has_not_yet_moved_into_its_file_is_seen_too(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    async with open_database(path) as database:
        await fill(database, "inbox", came(1, "telegram", NOW, state="queued"))
        found = await anyio.to_thread.run_sync(look, path, NOW)
        lately = await Glances(database).lately()
    assert found is not None
    assert found["queue"] == {"waiting": 1}
    assert found | lately == found
    assert (lately["lastError"], lately["nextJob"]) == (None, None)


def test_a_house_that_never_ran_has_left_nothing(tmp_path: Path) -> None:
    assert look(tmp_path / "ledger.sqlite", NOW) is None


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_text("this is no database, but it is long enough to be looked at as if it were one" * 9)
    with pytest.raises(OpenClawError, match=r"ledger\.sqlite cannot be read .*doctor"):
        look(path, NOW)
