import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest

from openclaw.store import jobs
from openclaw.store.database import Database
from openclaw.store.echoes import Echo
from openclaw.store.jobs import RUNS_KEPT, Begun, JobLedger, JobRow, RunEnd
from openclaw.store.ledger import Ledger
from openclaw.store.migrations import STEPS
from openclaw.types.messages import Inbound, Sender
from tests.store.made import KEY, NOW, draft
from tests.store.made import arrival as arrived

HOUR = 3_600_000


def row(
    number: int = 1, *, due: int | None = NOW, enabled: bool = True, creator: str = "telegram:1"
) -> JobRow:
    return JobRow(f"job_{number}", "main", creator, enabled, due, '{"name":"x"}', "{}", NOW)


def begun(number: int = 1, due: int = NOW) -> Begun:
    event = Inbound(
        "cron", Sender("telegram:1"), "look", due, role="owner", run_id=f"cron:job_{number}:{due}"
    )
    return Begun(f"cron:job_{number}:{due}", f"job_{number}", due, KEY, event)


def ended(run: Begun, job: JobRow | None, **more: object) -> RunEnd:
    fields = {"status": "ok", "error": "", "summary": "done", "at": NOW + 5} | more
    return RunEnd(run.key, job=job, job_id=run.job_id, **fields)  # type: ignore[arg-type]


@pytest.fixture
def ledger_of_jobs(database: Database) -> JobLedger:
    return JobLedger(database)


async def test_due_jobs_come_in_order_and_the_next_time_is_that_of_the_others(
    ledger_of_jobs: JobLedger,
) -> None:
    for number, due in enumerate([NOW - 1, NOW - 5, NOW + 7, None, NOW + 9], start=1):
        await ledger_of_jobs.add(row(number, due=due), 100)
    await ledger_of_jobs.add(row(9, due=NOW - 9, enabled=False), 100)
    found, following = await ledger_of_jobs.due(NOW, 10)
    assert ([each.id for each in found], following) == (["job_2", "job_1"], NOW + 7)
    assert [each.id for each in (await ledger_of_jobs.due(NOW, 1))[0]] == ["job_2"]
    assert [each.id for each in await ledger_of_jobs.every()][-2:] == ["job_4", "job_9"]


async def test_a_job_is_added_once_and_no_more_than_one_may_have(ledger_of_jobs: JobLedger) -> None:
    assert await ledger_of_jobs.add(row(1), 2) == "added"
    assert await ledger_of_jobs.add(row(1), 2) == "known"
    assert await ledger_of_jobs.add(row(2), 2) == "added"
    assert await ledger_of_jobs.add(row(3), 2) == "full"
    assert await ledger_of_jobs.add(row(4, creator="telegram:2"), 2) == "added"
    assert await ledger_of_jobs.remove("job_1")
    assert not await ledger_of_jobs.remove("job_1")
    assert await ledger_of_jobs.add(row(3), 2) == "added"


async def test_a_run_is_claimed_once_and_its_job_does_not_run_beside_itself(
    ledger_of_jobs: JobLedger,
) -> None:
    await ledger_of_jobs.add(row(), 9)
    assert await ledger_of_jobs.begin(begun(), NOW + HOUR, NOW)
    assert not await ledger_of_jobs.begin(begun(), NOW + HOUR, NOW)
    assert not await ledger_of_jobs.begin(begun(due=NOW + 1), NOW + HOUR, NOW)
    kept = await ledger_of_jobs.find("job_1")
    assert kept is not None
    assert (kept.running, kept.next_run_at) == (begun().key, NOW + HOUR)
    assert (await ledger_of_jobs.due(NOW + 2 * HOUR, 9))[0] == []

    assert await ledger_of_jobs.end(ended(begun(), replace(kept, state='{"a":1}')))
    assert not await ledger_of_jobs.end(ended(begun(), replace(kept, state='{"a":2}')))
    after = await ledger_of_jobs.find("job_1")
    assert after is not None
    assert (after.running, after.state) == (None, '{"a":1}')
    assert not await ledger_of_jobs.begin(begun(), NOW + HOUR, NOW), "that run has been"


async def test_an_open_run_knows_whether_it_was_delivered_and_has_ended(
    ledger: Ledger, ledger_of_jobs: JobLedger, database: Database
) -> None:
    await ledger_of_jobs.add(row(), 9)
    await ledger_of_jobs.begin(begun(), None, NOW)
    (run,) = await ledger_of_jobs.open_runs()
    assert (run.begun, run.inbox_seq, run.has_ended, run.started_at) == (begun(), None, False, NOW)
    await ledger.accept([replace(arrived(1, begun().event), key=begun().key)])
    (run,) = await ledger_of_jobs.open_runs()
    assert (run.inbox_seq, run.inbox_state, run.has_ended) == (1, "accepted", False)
    await database.write(
        lambda tx: tx.execute("UPDATE inbox SET state = 'dead', reason = 'gone', finished_at = 'x'")
    )
    (run,) = await ledger_of_jobs.open_runs()
    assert (run.inbox_state, run.inbox_reason, run.has_ended) == ("dead", "gone", True)
    await ledger_of_jobs.end(ended(begun(), row()))
    assert await ledger_of_jobs.open_runs() == []


async def test_what_follows_from_an_end_is_in_the_same_commit(
    ledger: Ledger, ledger_of_jobs: JobLedger, database: Database
) -> None:
    await ledger_of_jobs.add(row(), 9)
    await ledger_of_jobs.begin(begun(), None, NOW)
    await ledger.accept([replace(arrived(1, begun().event), key=begun().key)])
    notice, echo = [draft(-200, text="it failed")], Echo("transcript", KEY, "{}\n")
    await ledger_of_jobs.end(ended(begun(), None, notice=notice, inbox_seq=1, echo=echo))
    assert await ledger_of_jobs.find("job_1") is None
    assert await ledger_of_jobs.deliveries([begun().key, "nobody's"]) == {
        begun().key: [("pending", "")],
        "nobody's": [],
    }
    assert [each.lines for each in await ledger.released_echoes(KEY)] == ["{}\n"]
    assert await database.read(lambda tx: tx.execute("SELECT event FROM job_runs").fetchone()[0]) == "{}"


async def test_only_the_newest_runs_of_a_job_are_kept(ledger_of_jobs: JobLedger) -> None:
    await ledger_of_jobs.add(row(1), 9)
    await ledger_of_jobs.add(row(2), 9)
    await ledger_of_jobs.begin(begun(2), NOW, NOW)
    await ledger_of_jobs.end(ended(begun(2), row(2)))
    for number in range(RUNS_KEPT + 5):
        run = begun(due=NOW + number)
        await ledger_of_jobs.begin(run, NOW, NOW)
        await ledger_of_jobs.end(ended(run, row()))
    rows = await ledger_of_jobs.runs(["job_1"], 1000)
    assert (len(rows), rows[0]["due_at"]) == (RUNS_KEPT, NOW + RUNS_KEPT + 4)
    assert len(await ledger_of_jobs.runs(["job_2"], 1000)) == 1
    assert len(await ledger_of_jobs.runs(None, 1000)) == RUNS_KEPT + 1
    assert await ledger_of_jobs.runs([], 1000) == []


async def test_words_that_wait_are_taken_by_one_heartbeat(ledger_of_jobs: JobLedger) -> None:
    for key in ("one", "one", "two"):
        await ledger_of_jobs.keep_event(key, "main", f"text {key}", "web", NOW)
    await ledger_of_jobs.keep_event("three", "aurora", "hers", "owner", NOW)
    waiting = await ledger_of_jobs.waiting_events("main")
    assert [(each.text, each.provenance) for each in waiting] == [("text one", "web"), ("text two", "web")]
    beat = replace(begun(), key="heartbeat:main:1", job_id="heartbeat:main")
    assert await ledger_of_jobs.begin_beat(beat, [waiting[0].seq], NOW)
    assert not await ledger_of_jobs.begin_beat(beat, [waiting[1].seq], NOW)
    assert [each.text for each in await ledger_of_jobs.waiting_events("main")] == ["text two"]
    assert len(await ledger_of_jobs.waiting_events("aurora")) == 1


async def test_times_are_changed_together(ledger_of_jobs: JobLedger) -> None:
    await ledger_of_jobs.add(row(1), 9)
    await ledger_of_jobs.add(row(2), 9)
    await ledger_of_jobs.reschedule([("job_1", NOW + 1), ("job_2", None), ("job_3", 5)])
    assert [each.next_run_at for each in await ledger_of_jobs.every()] == [NOW + 1, None]


OFTEN: dict[str, Callable[[sqlite3.Connection], object]] = {
    "due": lambda tx: jobs.due(tx, NOW, 10),
    "open_runs": jobs.open_runs,
    "waiting_events": lambda tx: jobs.waiting_events(tx, "main"),
    "deliveries": lambda tx: jobs.deliveries(tx, "cron:job_1:1"),
}


@pytest.mark.parametrize("query", OFTEN)
def test_what_is_asked_every_half_minute_reads_no_whole_table(query: str) -> None:
    tx = sqlite3.connect(":memory:", isolation_level=None)
    tx.row_factory = sqlite3.Row
    for step in STEPS:
        tx.executescript(step)
    asked: list[str] = []
    tx.set_trace_callback(asked.append)
    OFTEN[query](tx)
    tx.set_trace_callback(None)
    steps = [step["detail"] for statement in asked for step in tx.execute(f"EXPLAIN QUERY PLAN {statement}")]
    tx.close()
    assert steps
    assert [step for step in steps if step.startswith("SCAN") and "USING" not in step] == []
