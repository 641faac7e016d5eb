from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from openclaw.migrate.carrying import Carrier
from openclaw.migrate.jobs import MAKER, JobPlace, put_jobs, read_rows
from openclaw.migrate.records import FoundJob
from tests.migrate.houses import JOB, JOBS

PLACE = JobPlace(("main", "aurora"), 1772200000000, UTC)
EVERY = {"kind": "every", "everyMs": 3_600_000}
TURN = {"kind": "agentTurn", "message": "look"}


def job(**more: object) -> FoundJob:
    raw: dict[str, Any] = {"id": "j", "name": "Look", "schedule": EVERY, "payload": TURN, **more}
    return FoundJob("cron/jobs.json", {name: value for name, value in raw.items() if value is not None})


def test_a_job_keeps_its_id_and_is_due_when_it_was() -> None:
    ((row, told),), left = read_rows([FoundJob("cron/jobs.json", JOBS[0])], PLACE)

    assert (row.id, row.agent, row.creator, row.enabled) == (JOB, "main", MAKER, True)
    assert row.next_run_at == 1772265600000  # nine in Vienna
    assert told.outcome == "came over"
    assert left == []


def test_words_of_a_job_that_nobody_knows_the_author_of_are_not_the_owners() -> None:
    ((row, _),), _ = read_rows([job()], PLACE)

    assert '"provenance":"file"' in row.job


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (job(agentId="gone"), "there is no agent 'gone' here"),
        (job(id=None), "it has no id"),
        (job(id=7), "it has no id"),
        (job(schedule={"kind": "at", "at": "2020-01-01T00:00:00Z"}), "its time has been"),
        (job(schedule={"kind": "cron", "expr": "nonsense"}), "is no cron expression"),
        (job(payload={"kind": "command", "argv": ["rm"]}), "payload"),
        (job(schedule=None), "schedule"),
    ],
)
def test_what_cannot_be_kept_says_why(found: FoundJob, why: str) -> None:
    rows, (told,) = read_rows([found], PLACE)

    assert rows == []
    assert told.outcome == "left"
    assert why in told.why


def test_a_job_that_was_off_stays_off() -> None:
    ((row, told),), _ = read_rows([job(enabled=False, displayName="shown", owner={})], PLACE)

    assert not row.enabled
    assert told.why == "it is switched off, as it was"


def test_a_second_time_adds_nothing_and_a_dry_run_makes_no_ledger(tmp_path: Path) -> None:
    def outcomes(carrier: Carrier) -> list[str]:
        return [each.outcome for each in put_jobs([job()], PLACE, carrier)]

    assert outcomes(Carrier(tmp_path, writing=False)) == ["came over"]
    assert list(tmp_path.iterdir()) == []
    assert outcomes(Carrier(tmp_path)) == ["came over"]
    assert outcomes(Carrier(tmp_path)) == ["there already"]
