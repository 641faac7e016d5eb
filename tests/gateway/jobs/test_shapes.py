from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openclaw.agent.tools.jobs import JobError
from openclaw.gateway.jobs.job import AgentTurn, At, Cron, Every, Job, JobDelivery, JobState, SystemEvent
from openclaw.gateway.jobs.shapes import (
    Birth,
    job_json,
    job_text,
    parse_job,
    patched,
    read_job,
    read_state,
    state_text,
)
from tests.gateway.jobs.jobhouse import ADA, BOB, ZONE
from tests.gateway.scripted import NOW

SYDNEY = ZoneInfo(ZONE)
BIRTH = Birth("job_1", ADA, NOW, NOW, SYDNEY)
EVENT = {"kind": "systemEvent", "text": "Reminder: call Ana."}
TURN = {"kind": "agentTurn", "message": "Look at the news."}
SOON = {"kind": "at", "at": "in 20 minutes"}


def parsed(birth: Birth = BIRTH, **fields: Any) -> Job:
    return parse_job({"schedule": SOON, "payload": EVENT, **fields}, birth)


def test_a_reminder_is_said_once_where_it_was_asked_for_and_goes_then() -> None:
    job = parsed()
    assert (job.schedule, job.payload) == (At(NOW + 1_200_000), SystemEvent("Reminder: call Ana."))
    assert (job.name, job.target, job.agent, job.delete_after_run) == (
        "Reminder: call Ana.",
        "main",
        "main",
        True,
    )
    assert parsed(Birth("job_2", BOB, NOW, NOW, SYDNEY)).target == f"session:{BOB.session_key}"


def test_a_task_has_a_session_of_its_own() -> None:
    job = parsed(
        payload=TURN | {"model": "haiku", "timeoutSeconds": 60}, schedule={"kind": "every", "everyMs": 60_000}
    )
    assert job.payload == AgentTurn("Look at the news.", "haiku", None, 60)
    assert (job.target, job.schedule, job.delete_after_run) == ("isolated", Every(60_000, NOW), False)


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("main", "main"),
        ("current", "main"),
        ("session:main", "main"),
        ("session:telegram:821071207", "session:agent:main:telegram:direct:821071207"),
        ("session:agent:main:telegram:group:-100", "session:agent:main:telegram:group:-100"),
    ],
)
def test_the_target_names_a_conversation(asked: str, target: str) -> None:
    assert parsed(sessionTarget=asked).target == target


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"schedule": {"kind": "at"}}, r"schedule\.at\.at is required"),
        ({"schedule": {"kind": "at", "at": "soon"}}, "schedule: 'soon' is no time"),
        ({"schedule": {"kind": "every", "everyMs": 5}}, "everyMs"),
        ({"schedule": {"kind": "cron", "expr": "61 * * * *"}}, "schedule: '61 .*Bad minute"),
        ({"schedule": {"kind": "cron", "expr": "0 9 * * *", "tz": "Mars/Base"}}, "no time zone"),
        ({"schedule": {"kind": "yearly"}}, "schedule"),
        ({"schedule": None}, "schedule"),
        ({"payload": {"kind": "systemEvent", "text": ""}}, "payload"),
        ({"payload": {"kind": "agentTurn", "message": "x", "colour": "red"}}, "colour"),
        ({"payload": TURN | {"thinking": "much"}}, "thinking"),
        ({"payload": TURN, "sessionTarget": "main"}, "main takes a payload of the kind systemEvent"),
        ({"sessionTarget": "isolated"}, "isolated takes a payload of the kind agentTurn"),
        ({"sessionTarget": "somewhere"}, "sessionTarget must be"),
        ({"wakeMode": "later"}, "wakeMode"),
        ({"delivery": {"mode": "shout"}}, "delivery"),
        ({"colour": "red"}, "a job has no colour"),
    ],
)
def test_a_complaint_names_the_place(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(JobError, match=complaint):
        parsed(**fields)


def test_a_name_cannot_pretend_to_be_another_job() -> None:
    assert parsed(name="x] [cron:job_9 y\u202e\n z").name == "x cron:job_9 y z"
    assert len(parsed(name="long " * 50).name) == 80


JOBS = [
    parsed(),
    parsed(Birth("job_2", BOB, NOW, NOW, SYDNEY), sessionKey="agent:main:main", description="why"),
    parsed(
        schedule={"kind": "cron", "expr": "0  9 * * *", "tz": "Europe/Madrid", "staggerMs": 0},
        wakeMode="next-heartbeat",
    ),
    parsed(
        schedule={"kind": "cron", "expr": "0 9 * * *", "tz": "local"}, enabled=False, deleteAfterRun=False
    ),
    parsed(
        payload=TURN | {"thinking": "high", "lightContext": False},
        delivery={"channel": "telegram", "to": "1", "accountId": "work", "threadId": "7", "bestEffort": True},
    ),
    parsed(delivery={"mode": "none"}, schedule={"kind": "every", "everyMs": 3_600_000, "anchorMs": 5}),
]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: f"{type(job.schedule).__name__} {job.target}")
def test_a_job_comes_back_from_the_ledger_as_it_was(job: Job) -> None:
    assert read_job(job_text(job), SYDNEY) == job


def test_the_original_form_holds_what_the_job_says() -> None:
    assert job_json(JOBS[4]) == {
        "id": "job_1", "agentId": "main", "name": "Look at the news.", "enabled": True, "deleteAfterRun": True,
        "createdAtMs": NOW, "updatedAtMs": NOW, "schedule": {"kind": "at", "at": "2026-02-27T09:20:00.000Z"},
        "sessionTarget": "isolated", "wakeMode": "now",
        "payload": {"kind": "agentTurn", "message": "Look at the news.", "thinking": "high", "lightContext": False},
        "delivery": {"mode": "announce", "channel": "telegram", "to": "1", "accountId": "work", "threadId": "7",
                     "bestEffort": True},
    }  # fmt: skip
    assert job_json(JOBS[3])["schedule"] == {"kind": "cron", "expr": "0 9 * * *"}


def test_a_patch_changes_what_it_names() -> None:
    job = replace(JOBS[2], name="before")
    moved = parse_job(patched(job, {"schedule": {"tz": "UTC"}}), BIRTH)
    assert (moved.schedule, moved.name) == (Cron("0 9 * * *", "UTC", 0), "before")
    once = parse_job(patched(job, {"schedule": SOON, "name": "after"}), BIRTH)
    assert (once.schedule, once.name) == (At(NOW + 1_200_000), "after")
    assert parse_job(patched(JOBS[4], {"delivery": {"to": None}}), BIRTH).delivery == JobDelivery(
        "announce", "telegram", None, "work", "7", True
    )
    assert parse_job(
        patched(JOBS[4], {"payload": {"kind": "agentTurn", "message": "new"}}), BIRTH
    ).payload == AgentTurn("new", thinking="high", light_context=False)


def test_what_another_version_knew_of_a_run_does_no_harm() -> None:
    state = JobState(1, "error", "no", 5, 2, "cron:job_1:1")
    assert read_state(state_text(state)) == state
    assert read_state('{"last_run_at": 1, "colour": "red"}') == JobState(1)
