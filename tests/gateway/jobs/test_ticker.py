from pathlib import Path

import anyio

from openclaw.gateway.config import CronConfig
from openclaw.gateway.jobs.ticker import NAP_SECONDS
from tests.gateway.harness import OWNER, said
from tests.gateway.jobs.jobhouse import ADA, MACHINE, open_jobs, reminder, task
from tests.gateway.scripted import NOW, ControlledClock, hangs, says

MINUTE, HOUR = 60.0, 3600.0


async def test_a_reminder_comes_when_it_is_due_and_not_before(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        job = await jobs.desk.add(reminder(), ADA)
        await jobs.pass_time(20 * MINUTE - 1)
        await jobs.house.receive(said("still here?"))
        await jobs.house.settled()
        assert len(jobs.house.model.requests) == 1

        jobs.house.model.will(says("Time to call Ana."))
        await jobs.pass_time(1)
        (run,) = await jobs.ran(1)
        assert (run["key"], run["status"]) == (f"cron:{job['id']}:{NOW + 1_200_000}", "ok")
        assert jobs.house.channel.texts(OWNER) == ["Yes.", "Time to call Ana."]
        assert (await jobs.asked())[-1].startswith(f"[cron:{job['id']} Call Ana] Reminder: call Ana.\n\n")
        assert await jobs.desk.listing(ADA) == [], "it has done its work"


async def test_what_was_due_while_the_machine_was_off_runs_once_and_says_how_late_it_is(
    state_dir: Path,
) -> None:
    clock = ControlledClock()
    async with open_jobs(state_dir, clock=clock) as jobs:
        once = await jobs.desk.add(reminder(), ADA)
        hourly = await jobs.desk.add(task(), ADA)
    clock.advance(5.5 * HOUR)
    async with open_jobs(state_dir, clock=clock) as jobs, jobs.working():
        runs = await jobs.ran(2)
        assert [run["job_id"] for run in runs] == [once["id"], hourly["id"]]
        first = next(text for text in await jobs.asked() if "Call Ana" in text)
        assert "(It was due at 2026-02-27 20:20 Australia/Sydney (5 h 10 min ago).)" in first
        assert (await jobs.job(hourly["id"]))["state"]["nextRunAtMs"] == NOW + 6 * 3_600_000


async def test_after_a_nights_sleep_a_job_runs_once(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        await jobs.desk.add(task(every="10m"), ADA)
        await jobs.pass_time(8 * HOUR)
        await jobs.ran(1)
        await jobs.pass_time(599)
        await jobs.house.receive(said("awake?"))
        await jobs.ran(1)
        await jobs.pass_time(1)
        await jobs.ran(2)


async def test_a_clock_that_goes_ahead_and_is_put_back_loses_no_job_and_repeats_none(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        job = await jobs.desk.add(task(), ADA)
        await jobs.pass_time(24 * HOUR)
        await jobs.ran(1)
        assert (await jobs.job(job["id"]))["state"]["nextRunAtMs"] == NOW + 25 * 3_600_000

        jobs.clock._ms -= 24 * 3_600_000
        await jobs.ticker.look()
        assert (await jobs.job(job["id"]))["state"]["nextRunAtMs"] == NOW + 3_600_000
        await jobs.pass_time(HOUR)
        await jobs.ticker.look()
        await jobs.ran(1)
        assert (await jobs.job(job["id"]))["state"]["nextRunAtMs"] == NOW + 2 * 3_600_000, "that run has been"
        await jobs.pass_time(HOUR)
        await jobs.ran(2)


async def test_no_nap_is_longer_than_a_machine_may_be_asleep_unseen(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs:
        assert await jobs.ticker.look() == NAP_SECONDS
        await jobs.desk.add(reminder(at="in 3 hours"), ADA)
        assert await jobs.ticker.look() == NAP_SECONDS
        await jobs.desk.add(reminder(at="in 12 seconds"), ADA)
        assert await jobs.ticker.look() == 12


async def test_a_job_never_runs_beside_itself(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        release = anyio.Event()

        async def slowly(_: object) -> object:
            await release.wait()
            return says("done")

        jobs.house.model.will(slowly)  # type: ignore[arg-type]
        job = await jobs.desk.add(task(every="10m"), ADA)
        await jobs.pass_time(10 * MINUTE)
        await jobs.house.changes.until(lambda: len(jobs.house.model.requests) == 1)
        await jobs.pass_time(25 * MINUTE)
        await jobs.ticker.look()
        assert (await jobs.desk.run(str(job["id"]), "force", ADA))["reason"] == "already-running"
        assert "runningAtMs" in (await jobs.job(job["id"]))["state"]
        release.set()
        await jobs.ran(1)
        assert (await jobs.job(job["id"]))["state"]["nextRunAtMs"] == NOW + 40 * 60_000


async def test_more_than_may_run_at_once_wait_for_one_another(state_dir: Path) -> None:
    async with open_jobs(state_dir, cron=CronConfig(max_concurrent_runs=1)) as jobs, jobs.working():
        release = anyio.Event()

        async def slowly(_: object) -> object:
            await release.wait()
            return says("done")

        jobs.house.model.will(slowly)  # type: ignore[arg-type]
        for _ in range(3):
            await jobs.desk.add(task(), ADA)
        await jobs.pass_time(HOUR)
        await jobs.house.changes.until(lambda: len(jobs.house.model.requests) == 1)
        await jobs.ticker.look()
        assert len(await jobs.house.rows("SELECT 1 FROM job_runs")) == 1
        release.set()
        await jobs.ran(3)


async def test_with_cron_off_nothing_is_due_and_everything_is_kept(state_dir: Path) -> None:
    async with open_jobs(state_dir, cron=CronConfig(enabled=False)) as jobs, jobs.working():
        await jobs.desk.add(reminder(), ADA)
        await jobs.pass_time(HOUR)
        await jobs.ticker.look()
        assert await jobs.house.rows("SELECT 1 FROM job_runs") == []
        assert (await jobs.desk.status(ADA))["enabled"] is False


async def test_a_job_that_cannot_be_read_is_switched_off_and_delays_no_other(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        await jobs.desk.add(reminder("bad"), ADA)
        await jobs.house.database.write(
            lambda tx: tx.execute("UPDATE jobs SET job = replace(job, 'systemEvent', 'x')")
        )
        await jobs.desk.add(reminder("good"), MACHINE)
        await jobs.pass_time(HOUR)
        (run,) = await jobs.ran(1)
        assert run["status"] == "ok"
        assert await jobs.house.column("SELECT enabled FROM jobs") == [0]


async def test_a_turn_that_takes_longer_than_its_task_may_is_stopped(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        jobs.house.model.will(hangs)
        payload = {"kind": "agentTurn", "message": "look", "timeoutSeconds": 30}
        job = await jobs.desk.add({"schedule": {"every": "1h"}, "payload": payload}, ADA)
        await jobs.pass_time(HOUR)
        await jobs.house.changes.until(lambda: len(jobs.house.model.requests) == 1)
        await jobs.pass_time(30)
        (run,) = await jobs.ran(1)
        assert (run["status"], run["error"]) == ("error", "it took longer than it may")
        assert (await jobs.job(job["id"]))["state"]["consecutiveErrors"] == 1


async def test_old_transcripts_of_runs_go_and_those_of_people_stay(state_dir: Path) -> None:
    async with open_jobs(state_dir, cron=CronConfig(session_retention="1h")) as jobs, jobs.working():
        await jobs.desk.add(task(), ADA)
        for count in (1, 2):
            await jobs.pass_time(HOUR)
            await jobs.ran(count)
        folder = state_dir / "agents/main/sessions"
        archived = anyio.Path(folder)
        before = [path async for path in archived.glob("*.reset.*")]
        assert len(before) == 1
        jobs.clock._ms += 40 * 365 * 86_400_000  # the file's own time is the real one
        await jobs.ticker.look()
        assert [path async for path in archived.glob("*.reset.*")] == []
