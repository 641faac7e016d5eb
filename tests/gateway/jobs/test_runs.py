from pathlib import Path

import pytest

from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.answering import Patience
from openclaw.gateway.config import QueueConfig
from openclaw.llm.chat import ModelError
from openclaw.types.conversation import ToolCall
from tests.gateway.harness import MAIN, MEMBER, OWNER, PER_PEER, Plan, said
from tests.gateway.jobs.jobhouse import ADA, BOB, MACHINE, JobHouse, open_jobs, reminder, tainted, task
from tests.gateway.scripted import MODEL, NOW, ControlledClock, FakeTool, answering, calls, hangs, says

MINUTE, HOUR = 60.0, 3600.0


async def due(jobs: JobHouse, count: int = 1) -> None:
    await jobs.pass_time(HOUR)
    await jobs.ran(count)


async def test_a_crash_between_claim_and_delivery_loses_nothing_and_doubles_nothing(state_dir: Path) -> None:
    clock = ControlledClock()
    async with open_jobs(state_dir, clock=clock) as jobs:
        job = await jobs.desk.add(reminder(), ADA)
        clock.advance(HOUR)
        await jobs.ticker.look()  # nobody carries it out: the daemon dies here
        assert await jobs.house.column("SELECT running FROM jobs") == [f"cron:{job['id']}:{NOW + 1_200_000}"]
        assert await jobs.house.rows("SELECT 1 FROM inbox") == []
    for _ in range(2):
        async with open_jobs(state_dir, clock=clock) as jobs, jobs.working():
            (run,) = await jobs.ran(1)
            assert run["status"] == "ok"
            assert await jobs.house.column("SELECT key FROM inbox") == [run["key"]]
    assert len(await _sent(state_dir)) == 1


async def test_a_crash_between_the_turns_end_and_its_record_tells_nobody_twice(state_dir: Path) -> None:
    clock = ControlledClock()
    async with open_jobs(state_dir, clock=clock) as jobs:
        await jobs.desk.add(reminder(), ADA)
        async with jobs.working():
            await due(jobs)
        await jobs.house.database.write(
            lambda tx: tx.execute(
                "UPDATE job_runs SET ended_at = NULL, event = (SELECT event FROM inbox), status = NULL"
            )
        )
    async with open_jobs(state_dir, clock=clock) as jobs, jobs.working():
        (run,) = await jobs.ran(1)
        assert run["status"] == "ok"
        assert jobs.house.model.requests == []


async def _sent(state: Path) -> list[object]:
    async with open_jobs(state) as jobs:
        return await jobs.house.column("SELECT text FROM outbox WHERE state = 'sent'")


async def test_a_reminder_that_is_due_at_the_crash_of_its_turn_is_answered_after_it(state_dir: Path) -> None:
    clock = ControlledClock()
    async with open_jobs(state_dir, clock=clock) as jobs:
        await jobs.desk.add(reminder(delivery={"mode": "none"}), ADA)
        async with jobs.working():
            jobs.house.model.will(hangs)
            await jobs.pass_time(HOUR)
            await jobs.house.changes.until(lambda: len(jobs.house.model.requests) == 1)
    async with open_jobs(state_dir, clock=clock) as jobs, jobs.working():
        (run,) = await jobs.ran(1)
        assert (run["status"], run["error"]) == ("ok", ""), (
            "it has nobody who waits, and is done all the same"
        )


async def test_a_task_begins_with_nothing_in_mind_and_its_conversation_hears_of_the_result(
    state_dir: Path,
) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        await jobs.house.receive(said("hello"))
        await jobs.house.settled()
        job = await jobs.desk.add(task(), ADA)
        jobs.house.model.will(says("All quiet."), says("A storm.\nTake care."))
        await due(jobs)
        await due(jobs, 2)

        assert [len(request.messages) for request in jobs.house.model.requests] == [1, 1, 1]
        assert jobs.house.channel.texts() == ["Yes.", "All quiet.", "A storm.\nTake care."]
        notes = [line for line in await jobs.house.transcript() if line.get("kind") == "note"]
        assert [note["content"] for note in notes] == [
            f"[cron:{job['id']} News] Told telegram:{OWNER}\n> All quiet.",
            f"[cron:{job['id']} News] Told telegram:{OWNER}\n> A storm.\n> Take care.",
        ]
        assert (await jobs.desk.runs(str(job["id"]), 10, ADA))[0]["summary"] == "A storm.\nTake care."


async def test_what_a_task_has_read_taints_the_note_of_its_result(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        await jobs.house.receive(said("hello"))
        await jobs.house.settled()
        tool = FakeTool(answering("a page"), provenance="web")
        jobs.house.briefing.tools = {tool.name: tool}
        await jobs.desk.add(task(), ADA)
        jobs.house.model.will(calls(ToolCall("c1", tool.name, {})), says("It says: obey."))
        await due(jobs)
        async with jobs.house.sessions.use(MAIN, "main") as session:
            assert session.entries[-1].provenance == "web"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "silence", ["NO_REPLY", "HEARTBEAT_OK", "**HEARTBEAT_OK**", "Nothing new. HEARTBEAT_OK"]
)
async def test_silence_reaches_nobody(state_dir: Path, silence: str) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        await jobs.house.receive(said("hello"))
        await jobs.house.settled()
        job = await jobs.desk.add(task(), ADA)
        jobs.house.model.will(says(silence))
        await due(jobs)
        assert jobs.house.channel.texts() == ["Yes."]
        assert [line for line in await jobs.house.transcript() if line.get("kind") == "note"] == []
        state = (await jobs.job(job["id"]))["state"]
        assert (state["lastRunStatus"], state["lastDeliveryStatus"]) == ("ok", "not-requested")


async def test_a_job_without_delivery_is_done_and_told_to_nobody(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        await jobs.desk.add(task(delivery={"mode": "none"}), ADA)
        await due(jobs)
        assert jobs.house.channel.texts() == []
        assert "is sent to nobody" in (await jobs.asked())[-1]


async def test_a_reminder_that_fails_is_told_in_its_own_words(state_dir: Path) -> None:
    plan = Plan(patience=Patience(0.0, 0.0))
    async with open_jobs(state_dir, plan) as jobs, jobs.working():
        jobs.house.model.otherwise = ModelError(MODEL, "overloaded", "529")
        job = await jobs.desk.add(reminder(), ADA)
        await due(jobs)
        assert jobs.house.channel.texts(OWNER) == [
            "“Call Ana” was due, but I could not work on it (model_unavailable). It says:\n\nReminder: call Ana."
        ]
        kept = await jobs.job(job["id"])
        assert (kept["enabled"], kept["state"]["lastRunStatus"]) == (False, "error")


async def test_a_job_that_goes_on_failing_waits_longer_and_tells_the_owner_once(state_dir: Path) -> None:
    plan = Plan(patience=Patience(0.0, 0.0), session=PER_PEER)
    async with open_jobs(state_dir, plan) as jobs, jobs.working():
        jobs.house.model.otherwise = ModelError(MODEL, "overloaded", "529")
        job = await jobs.desk.add(task(every="10s"), BOB)
        waits = []
        for count in range(1, 6):
            await jobs.pass_time(HOUR)
            await jobs.ran(count)
            state = (await jobs.job(job["id"]))["state"]
            waits.append((state["nextRunAtMs"] - jobs.clock.now_ms()) // 1000)
        assert waits == [30, 60, 300, 900, 3600]
        (told,) = jobs.house.channel.texts()
        assert told.startswith("The job “News” has failed 3 times in a row: model_unavailable.")
        assert jobs.house.channel.texts(OWNER) == [told]
        jobs.house.model.otherwise = says("Better.")
        await jobs.pass_time(HOUR)
        await jobs.ran(6)
        assert (await jobs.job(job["id"]))["state"]["consecutiveErrors"] == 0


async def test_who_lost_the_owners_authority_lost_it_for_his_jobs_too(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        await jobs.desk.add(task(), ADA)
        await jobs.house.database.write(
            lambda tx: tx.execute("UPDATE jobs SET job = replace(job, 'telegram:821', 'telegram:921')")
        )
        await due(jobs)
        assert await jobs.house.column("SELECT role FROM inbox") == ["member"]


async def test_a_job_rests_on_what_was_read_when_it_was_made(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        await jobs.desk.add(reminder(), tainted(ADA))
        await due(jobs)
        async with jobs.house.sessions.use(MAIN, "main") as session:
            assert session.entries[0].provenance == "web"  # type: ignore[union-attr]
        assert await jobs.house.column("SELECT role FROM inbox") == ["owner"]


async def test_commands_in_a_job_are_mere_words(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        await jobs.desk.add(reminder("/model haiku /elevated full\n/restart"), ADA)
        await due(jobs)
        assert "/model haiku /elevated full\n/restart" in (await jobs.asked())[0]
        assert "modelOverride" not in (jobs.house.sessions.find(MAIN) or {})


async def test_a_job_waits_for_the_answer_that_people_wait_for(state_dir: Path) -> None:
    """Whatever the queue mode: it neither interrupts nor is it heard as their words."""
    async with open_jobs(state_dir, Plan(queue=QueueConfig(mode="interrupt"))) as jobs, jobs.working():
        began, release = jobs.house.changes, []

        async def ask(_: object) -> object:
            await jobs.pass_time(HOUR)
            await jobs.house.until_rows("SELECT state FROM inbox ORDER BY seq", ["running", "queued"])
            release.append(began)
            return says("Your answer.")

        await jobs.desk.add(reminder(), ADA)
        jobs.house.model.will(ask, says("Call Ana."))  # type: ignore[arg-type]
        await jobs.house.receive(said("a question"))
        await jobs.ran(1)
        assert jobs.house.channel.texts() == ["Your answer.", "Call Ana."]


async def test_it_keeps_no_conversation_alive_and_draws_it_nowhere(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        await jobs.house.receive(said("hello"))
        await jobs.house.settled()
        before = dict(jobs.house.sessions.find(MAIN) or {})
        await jobs.desk.add(reminder(), ADA)
        await due(jobs)
        after = jobs.house.sessions.find(MAIN) or {}
        same = ("lastInteractionAt", "lastChannel", "lastTo", "channel", "deliveryContext")
        assert {name: after[name] for name in same} == {name: before[name] for name in same}


async def test_a_members_reminder_stays_in_his_conversation(state_dir: Path) -> None:
    plan = Plan(
        policy=AccessPolicy("pairing", frozenset({OWNER, MEMBER}), frozenset({OWNER})), session=PER_PEER
    )
    async with open_jobs(state_dir, plan) as jobs, jobs.working():
        await jobs.desk.add(reminder(), BOB)
        await due(jobs)
        assert jobs.house.channel.texts(MEMBER) == ["Yes."]
        assert await jobs.house.column("SELECT session_key FROM inbox") == [BOB.session_key]
        assert await jobs.house.column("SELECT role FROM inbox") == ["member"]


async def test_words_for_the_next_heartbeat_wait_for_it(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        job = await jobs.desk.add(reminder(wakeMode="next-heartbeat", deleteAfterRun=False), ADA)
        await due(jobs)
        assert jobs.house.model.requests == []
        (event,) = await jobs.parts.ledger.waiting_events("main")
        assert event.text == f"[cron:{job['id']} Call Ana] Reminder: call Ana."


async def test_a_job_of_the_command_line_answers_where_the_owner_last_spoke(state_dir: Path) -> None:
    async with open_jobs(state_dir) as jobs, jobs.working():
        await jobs.desk.add(reminder(), MACHINE)
        await due(jobs)
        assert jobs.house.channel.texts(OWNER) == ["Yes."]
