"""Brings jobs into the ledger, under the ids they had."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

import anyio

from openclaw.agent.tools.jobs import JobError, JobMaker
from openclaw.gateway.jobs.desk import MOST, OPERATOR
from openclaw.gateway.jobs.job import At, Job, JobState
from openclaw.gateway.jobs.lenient import canonical_job
from openclaw.gateway.jobs.schedule import next_run
from openclaw.gateway.jobs.shapes import Birth, job_text, parse_job, state_text
from openclaw.migrate.carrying import Carrier
from openclaw.migrate.records import FoundJob, Json, Told
from openclaw.sessions.keys import main_key
from openclaw.store.database import open_database
from openclaw.store.jobs import JobLedger, JobRow

MAKER = f"{OPERATOR}migrate"
LEDGER = "ledger.sqlite"
_UNKNOWN = ("displayName", "declarationKey", "owner", "notify", "failureAlert")
"""Of newer versions, without an effect here."""


@dataclass(frozen=True, slots=True)
class JobPlace:
    agents: Sequence[str]
    """Known here."""
    now: int
    zone: tzinfo


def read_rows(jobs: Sequence[FoundJob], place: JobPlace) -> tuple[list[tuple[JobRow, Told]], list[Told]]:
    """Pure. Those that can be kept here, and why the others cannot."""
    rows, left = [], []
    for found in jobs:
        name = str(found.raw.get("name") or found.raw.get("id") or "without a name")
        try:
            job = _job(found.raw, place)
        except JobError as error:
            left.append(Told("left", f"job {name}", found.source, "", str(error)))
            continue
        next_at = next_run(job.schedule, place.now, place.zone, job.id)
        if next_at is None and isinstance(job.schedule, At):
            left.append(Told("left", f"job {name}", found.source, "", "its time has been"))
            continue
        row = JobRow(
            job.id, job.agent, MAKER, job.enabled, next_at, job_text(job), state_text(JobState()), job.created_at
        )  # fmt: skip
        why = "" if job.enabled else "it is switched off, as it was"
        rows.append((row, Told("came over", f"job {name}", found.source, LEDGER, why)))
    return rows, left


def _job(raw: Json, place: JobPlace) -> Job:
    """Raises JobError. Who asked for it is not known: it is the owner's, resting on what a file says."""
    agent = str(raw.get("agentId") or place.agents[0])
    if agent not in place.agents:
        raise JobError(f"there is no agent {agent!r} here")
    name = raw.get("id")
    if not isinstance(name, str) or not name:
        raise JobError("it has no id")
    maker = JobMaker(agent, main_key(agent), MAKER, "owner", provenance="file")
    made = raw.get("createdAtMs")
    created = made if isinstance(made, int) and 0 <= made < 2**53 else place.now
    known = {key: value for key, value in raw.items() if key not in _UNKNOWN and value is not None}
    return parse_job(canonical_job(known), Birth(name, maker, created, created, place.zone))


def put_jobs(jobs: Sequence[FoundJob], place: JobPlace, carrier: Carrier) -> list[Told]:
    """Raises LedgerError for a ledger of ours that cannot be used."""
    rows, told = read_rows(jobs, place)
    if not rows or not carrier.writing:
        return [*told, *(line for _, line in rows)]
    return [*told, *anyio.run(_add, carrier.state / LEDGER, rows, carrier.passed)]


async def _add(path: Path, rows: Sequence[tuple[JobRow, Told]], passed: Callable[[str], None]) -> list[Told]:
    told = []
    async with open_database(path) as database:
        ledger = JobLedger(database)
        known = {row.id for row in await ledger.every()}
        for row, line in rows:
            if row.id in known:
                told.append(Told("there already", line.what, line.source, LEDGER))
                continue
            passed(f"before job {row.id}")
            added = await ledger.add(row, MOST)
            passed(f"after job {row.id}")
            why = f"there are {MOST} jobs already; remove some first"
            told.append(Told("left", line.what, line.source, "", why) if added == "full" else line)
    return told
