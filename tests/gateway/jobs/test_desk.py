from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from openclaw.agent.config import AgentsConfig
from openclaw.agent.tools.jobs import JobError, JobMaker
from openclaw.gateway.jobs.desk import MOST
from openclaw.types.events import JobChanged
from tests.gateway.harness import MEMBER, OWNER, Plan
from tests.gateway.jobs.jobhouse import ADA, BOB, MACHINE, open_jobs, reminder, tainted, task
from tests.gateway.scripted import NOW

HOUR = 3600.0


async def test_a_job_is_kept_as_it_was_understood_with_its_next_time_where_the_owner_is(
    state_dir: Path,
) -> None:
    async with open_jobs(state_dir) as jobs:
        job = await jobs.desk.add({"at": "2026-02-28T09:00", "tz": "local", "text": "call Ana"}, ADA)
        assert job["schedule"] == {"kind": "at", "at": "2026-02-27T22:00:00.000Z"}
        assert job["nextRun"] == "2026-02-28 09:00 Australia/Sydney (in 13 h)"
        assert (job["createdBy"], job["sessionTarget"]) == (f"telegram:{OWNER}", "main")
        assert job["state"] == {"nextRunAtMs": NOW + 13 * 3_600_000, "consecutiveErrors": 0}
        assert await jobs.desk.listing(ADA) == [job]


async def test_the_same_call_twice_makes_one_job(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs:
        first = await jobs.desk.add(reminder(), ADA, key="run_1 toolu_1 …")
        jobs.clock.advance(60)
        assert (await jobs.desk.add(reminder(), ADA, key="run_1 toolu_1 …"))["id"] == first["id"]
        assert (await jobs.desk.add(reminder(), ADA, key="run_2 toolu_1 …"))["id"] != first["id"]
        assert len(await jobs.desk.listing(ADA)) == 2


async def test_a_time_that_has_been_is_refused_with_what_time_it_is(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs:
        with pytest.raises(JobError) as told:
            await jobs.desk.add(reminder(at="2026-02-27T08:00:00Z"), ADA)
        assert str(told.value) == (
            "schedule.at has been: 2026-02-27 19:00 Australia/Sydney (1 h ago); "
            "now it is 2026-02-27 20:00 Australia/Sydney"
        )


async def test_whoever_watches_is_told_of_every_change(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        with jobs.house.bus.subscribe(JobChanged, depth=16, lossless=True) as news:
            job = str((await jobs.desk.add(reminder(), ADA, key="once"))["id"])
            await jobs.desk.add(reminder(), ADA, key="once")
            await jobs.desk.update(job, {"name": "other"}, ADA)
            await jobs.desk.run(job, "force", ADA)
            await jobs.desk.remove(job, ADA)
            seen = [event for _ in range(5) if isinstance(event := await news.next(), JobChanged)]
    assert {event.job_id for event in seen} == {job}
    assert [event.action for event in seen if event.action != "finished"] == [
        "added", "updated", "started", "removed",
    ]  # fmt: skip
    assert [event.status for event in seen if event.action == "finished"] == ["ok"]


async def test_what_is_wanted_at_once_may_be_looked_at_a_moment_later(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs:
        assert (await jobs.desk.add(reminder(at=str(NOW - 900)), ADA))["state"]
        with pytest.raises(JobError, match=r"schedule\.at has been"):
            await jobs.desk.add(reminder(at=str(NOW - 1_100)), ADA)


async def test_nobody_has_more_jobs_than_he_may(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs:
        for _ in range(MOST):
            await jobs.desk.add(reminder(), BOB)
        with pytest.raises(JobError, match="there are 100 jobs already"):
            await jobs.desk.add(reminder(), BOB)
        await jobs.desk.add(reminder(), ADA)


async def test_others_see_and_touch_their_own_jobs_alone(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        ours = str((await jobs.desk.add(reminder(), ADA))["id"])
        his = str((await jobs.desk.add(task(), BOB))["id"])
        await jobs.pass_time(HOUR)
        await jobs.ran(2)
        assert [job["id"] for job in await jobs.desk.listing(BOB)] == [his]
        assert [run["jobId"] for run in await jobs.desk.runs(None, 10, BOB)] == [his]
        assert (await jobs.desk.status(BOB))["jobs"] == 1
        for touch in (
            jobs.desk.update(ours, {"enabled": False}, BOB),
            jobs.desk.remove(ours, BOB),
            jobs.desk.run(ours, "force", BOB),
            jobs.desk.runs(ours, 10, BOB),
        ):
            with pytest.raises(JobError, match="there is no job"):
                await touch
        assert {run["jobId"] for run in await jobs.desk.runs(None, 10, ADA)} == {ours, his}
        assert (await jobs.desk.remove(his, ADA))["removed"]


@pytest.mark.parametrize(
    ("fields", "maker", "complaint"),
    [
        ({"sessionTarget": "main"}, BOB, "sessionTarget must be current or isolated"),
        ({"sessionTarget": f"session:telegram:{OWNER}"}, BOB, "other conversations are not yours"),
        ({"delivery": {"to": OWNER}}, BOB, "delivery.to must be this conversation"),
        ({"delivery": {"channel": "sms"}}, BOB, "delivery.channel must be the channel of this conversation"),
        ({"agentId": "aurora"}, BOB, "only the agent main is yours"),
        ({"agentId": "nobody"}, ADA, "there is no agent 'nobody'; there is main, aurora"),
        ({"sessionTarget": "session:agent:aurora:main"}, ADA, "that session is of the agent aurora"),
        ({"delivery": {"mode": "webhook", "to": "https://example.org"}}, ADA, "for the owner's command line"),
        ({"delivery": {"mode": "webhook", "to": "ftp://example.org"}}, MACHINE, "must be an http or https address"),
        ({"delivery": {"channel": "telegram", "to": "55"}}, ADA, "the result would go to telegram:55: name it"),
        ({"sessionTarget": "session:agent:main:telegram:group:-100"}, ADA, "the result would go to telegram:-100"),
        ({"delivery": {"channel": "sms"}}, ADA, "delivery.to is required: nobody is known on sms"),
        ({"delivery": {"to": "55"}}, MACHINE, "delivery: 55 is looked for on no channel; name the channel"),
        ({"delivery": {"channel": "last", "to": "55"}}, MACHINE, "delivery: 55 is looked for on no channel"),
        ({"delivery": {"channel": "sms", "to": "+12015550123"}}, MACHINE, r"sms \(default\) is not connected"),
    ],
)  # fmt: skip
async def test_a_job_reaches_no_further_than_whoever_asks(
    state_dir: Path, fields: dict[str, Any], maker: JobMaker, complaint: str
) -> None:
    async with open_jobs(state_dir, Plan(agents=("main", "aurora"))) as jobs:
        async with jobs.house.sessions.use("agent:main:telegram:group:-100", "main") as session:
            entry = {
                "sessionId": session.id,
                "deliveryContext": {"channel": "telegram", "to": "-100"},
                "updatedAt": 1,
            }
            jobs.house.sessions.keep_entry(session, entry)
        with pytest.raises(JobError, match=complaint):
            await jobs.desk.add(reminder(**fields), maker)
        kept = await jobs.desk.add(reminder(), maker)
        with pytest.raises(JobError, match=complaint):
            await jobs.desk.update(str(kept["id"]), fields, maker)


async def test_somebody_else_is_told_only_if_he_was_asked_about(state_dir: Path) -> None:
    fields = reminder(delivery={"channel": "telegram", "to": "55"})
    async with open_jobs(state_dir) as jobs, jobs.working():
        job = await jobs.desk.add(fields, replace(ADA, recipient="telegram:55"))
        with pytest.raises(JobError, match="would go to telegram:55"):
            await jobs.desk.update(str(job["id"]), {"text": "something else"}, ADA)
        await jobs.pass_time(HOUR)
        await jobs.ran(1)
        assert jobs.house.channel.texts("55") == ["Yes."]


async def test_what_changes_a_job_is_added_to_what_it_rests_on(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs:
        job_id = str((await jobs.desk.add(reminder(), ADA))["id"])
        await jobs.desk.update(job_id, {"text": "obey"}, tainted(ADA))
        await jobs.desk.update(job_id, {"name": "harmless"}, ADA)
        assert '"provenance":"web"' in (await jobs.house.column("SELECT job FROM jobs"))[0]


async def test_a_job_is_changed_by_its_id_or_its_only_name(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs:
        job = await jobs.desk.add(task(), ADA)
        changed = await jobs.desk.update("news", {"schedule": "every 2 hours", "message": "Look twice."}, ADA)
        assert changed["schedule"] == {"kind": "every", "everyMs": 7_200_000, "anchorMs": NOW}
        assert changed["payload"] == {"kind": "agentTurn", "message": "Look twice.", "lightContext": True}
        assert changed["id"] == job["id"]
        await jobs.desk.add(task(), ADA)
        with pytest.raises(JobError, match="2 jobs are named 'News'"):
            await jobs.desk.remove("News", ADA)


async def test_a_change_of_words_moves_no_time_and_a_switch_keeps_everything(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs:
        job = await jobs.desk.add(task(every="1h"), ADA)
        job_id, due = str(job["id"]), NOW + 3_600_000
        jobs.clock.advance(600)
        off = await jobs.desk.update(job_id, {"enabled": False}, ADA)
        assert (off["enabled"], "nextRun" in off) == (False, False)
        on = await jobs.desk.update(job_id, {"enabled": True}, ADA)
        assert on["state"]["nextRunAtMs"] == due  # type: ignore[index]


async def test_a_job_is_run_at_once_when_somebody_wants_it(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        job_id = str((await jobs.desk.add(task(), ADA))["id"])
        assert (await jobs.desk.run(job_id, "due", ADA))["reason"] == "not-due"
        done = await jobs.desk.run(job_id, "force", ADA)
        (run,) = await jobs.ran(1)
        assert (done["ran"], run["key"]) == (True, done["runId"])
        job = await jobs.job(job_id)
        assert job["state"]["nextRunAtMs"] == NOW + 3_600_000
        assert (job["state"]["lastRunStatus"], job["state"]["lastDeliveryStatus"]) == ("ok", "delivered")
        assert await jobs.desk.runs(job_id, 10, ADA) == [
            {
                "jobId": job_id, "runId": run["key"], "sessionKey": f"agent:main:cron:{job_id}", "dueAtMs": NOW,
                "runAtMs": NOW, "durationMs": 0, "status": "ok", "summary": "Yes.", "deliveryStatus": "delivered",
            }
        ]  # fmt: skip


async def test_without_a_daemon_a_run_waits_in_the_inbox(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs:
        job_id = str((await jobs.desk.add(task(), MACHINE))["id"])
        assert (await jobs.desk.run(job_id, "force", MACHINE))["ran"]
        assert await jobs.house.column("SELECT state FROM inbox") == ["accepted"]
    async with open_jobs(state_dir) as jobs, jobs.working():
        (run,) = await jobs.ran(1)
        assert run["status"] == "ok"


async def test_words_to_oneself_come_now_or_with_the_next_heartbeat(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        with pytest.raises(JobError, match="has no heartbeat"):
            await jobs.desk.wake("look", "next-heartbeat", ADA)
        with pytest.raises(JobError, match="text is required"):
            await jobs.desk.wake(" ", "now", ADA)
        await jobs.desk.wake("The parcel is here.", "now", ADA)
        await jobs.pass_time(1)
        await jobs.ran(1)
        assert "The parcel is here." in (await jobs.asked())[0]


async def test_a_member_wakes_nobody_elses_heartbeat(state_dir: Path) -> None:
    async with open_jobs(state_dir, agents=AgentsConfig()) as jobs:
        with pytest.raises(JobError, match="heartbeats are the owner's"):
            await jobs.desk.wake("look", "next-heartbeat", BOB)
        assert (await jobs.desk.wake("look", "next-heartbeat", ADA))["ok"]
        assert [event.text for event in await jobs.parts.ledger.waiting_events("main")] == ["look"]


async def test_the_address_of_a_member_is_his_own(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs:
        job = await jobs.desk.add(reminder(delivery={"to": MEMBER}), BOB)
        assert job["delivery"] == {"mode": "announce", "to": MEMBER}
