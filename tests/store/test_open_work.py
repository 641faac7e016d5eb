from openclaw.store.database import Database
from openclaw.store.jobs import JobLedger, JobRow
from openclaw.store.ledger import Ledger
from openclaw.store.open_work import OpenJob, Unfinished, WorkLedger
from tests.store.made import KEY, NOW, queued

SMS = "agent:main:sms:direct:+12015550123"


def job(number: int, due: int | None, *, agent: str = "main", enabled: bool = True) -> JobRow:
    return JobRow(f"job_{number}", agent, "telegram:1", enabled, due, f'{{"name":"job {number}"}}', "{}", NOW)


async def test_open_work_is_what_is_due_what_is_asked_and_what_is_not_answered(
    database: Database, ledger: Ledger
) -> None:
    jobs = JobLedger(database)
    for row in (
        job(1, NOW + 2),
        job(2, NOW + 1),
        job(3, None),
        job(4, NOW, enabled=False),
        job(5, NOW, agent="b"),
    ):
        await jobs.add(row, 10)
    await queued(ledger, 1)
    await queued(ledger, 2, key=SMS)
    await database.write(
        lambda tx: tx.execute(
            "INSERT INTO approvals (id, run_id, call_id, agent, session_key, tool, kind, why, arguments, sha256,"
            " summary, text, state, asked_at, expires_at) VALUES ('a', 'r', 'c', 'main', ?, 'exec', 'x', '', '', '',"
            " 'exec: rm old.txt', '', 'pending', '', '')",
            (KEY,),
        )
    )
    found = await WorkLedger(database).open_work("main", but=SMS, limit=8)
    assert found.jobs == (OpenJob("job 2", NOW + 1), OpenJob("job 1", NOW + 2), OpenJob("job 3", None))
    assert found.approvals == ("exec: rm old.txt",)
    assert found.unfinished == (Unfinished(KEY, "hello", NOW),)
    assert len((await WorkLedger(database).open_work("main", but=SMS, limit=1)).jobs) == 1
