from pathlib import Path

import pytest

from openclaw.store.database import open_database
from openclaw.store.jobs import JobLedger
from openclaw.web.office.heartbeats import HeartbeatBook, beat

RUN = {
    "key": "hb_1", "job_id": "heartbeat:main", "started_at": 1000, "ended_at": 4000, "status": "ok", "error": "",
    "summary": "All is well.",
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "was_sent", "told"),
    [
        ("ok", True, ("sent", "alert")),
        ("ok", False, ("ok-token", "ok")),
        ("skipped", False, ("skipped", "ok")),
        ("error", False, ("failed", "error")),
    ],
)
def test_how_a_heartbeat_is_told(status: str, was_sent: bool, told: tuple[str, str]) -> None:
    shown = beat({**RUN, "status": status}, was_sent=was_sent)
    assert (shown["status"], shown["indicatorType"]) == told
    assert (shown["ts"], shown["durationMs"], shown["preview"], shown["agentId"]) == (
        4000, 3000, "All is well.", "main",
    )  # fmt: skip


async def test_where_there_was_none_there_is_nothing_to_tell(tmp_path: Path) -> None:
    async with open_database(tmp_path / "ledger.sqlite") as database:
        assert await HeartbeatBook(JobLedger(database), ["main"]).last() is None
