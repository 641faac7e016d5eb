import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Act, Effect, Kind, ToolError, ToolInputError
from openclaw.agent.tools.cron import OUTPUT_CHARACTERS, CronTool, CronTools, maker_of
from openclaw.agent.tools.jobs import JobMaker
from openclaw.types.conversation import AssistantMessage, Entry, Text, UserMessage
from openclaw.types.messages import Address
from tests.agent.tools.scenes import SCENE
from tests.web.fake_jobs import FakeJobs

HERE = replace(SCENE, reply_to=Address("telegram", "821071206"))
JOB = {"name": "Call Ana", "schedule": {"kind": "at", "at": "in 20 minutes"},
       "payload": {"kind": "systemEvent", "text": "call Ana"}}  # fmt: skip


@pytest.fixture
def jobs() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def tool(jobs: FakeJobs) -> CronTool:
    return CronTool(jobs)


async def ask(tool: CronTool, **arguments: Any) -> Any:
    return json.loads(await tool.run(arguments, HERE))


async def test_a_reminder_is_made_for_whoever_asks_in_the_conversation_he_asks_in(
    tool: CronTool, jobs: FakeJobs
) -> None:
    assert (await ask(tool, action="add", job=JOB))["id"] == "job_1"
    assert jobs.makers == [
        JobMaker(
            "main",
            "agent:main:main",
            "telegram:821071206",
            "owner",
            reply_to=Address("telegram", "821071206"),
        )
    ]
    assert jobs.jobs["job_1"]["key"].startswith("run_1 toolu_1 {")


async def test_a_reminder_that_was_asked_for_in_a_call_outlasts_the_call() -> None:
    calling = replace(HERE, channel="voice", reply_to=Address("voice", "+12015550123", thread="CA1"))

    assert maker_of(calling).reply_to == Address("voice", "+12015550123")


async def test_the_fields_of_a_job_may_stand_beside_the_action_or_be_text(
    tool: CronTool, jobs: FakeJobs
) -> None:
    await ask(tool, action="add", schedule="in 20 minutes", text="call Ana", name="Ana")
    assert {name: jobs.jobs["job_1"][name] for name in ("schedule", "text", "name")} == {
        "schedule": "in 20 minutes", "text": "call Ana", "name": "Ana",
    }  # fmt: skip
    await ask(tool, action="add", job=json.dumps(JOB))
    assert jobs.jobs["job_2"]["payload"] == JOB["payload"]


async def test_every_action_reaches_the_jobs(tool: CronTool, jobs: FakeJobs) -> None:
    await ask(tool, action="add", job=JOB)
    assert (await ask(tool, action="status"))["jobs"] == 1
    assert [job["id"] for job in (await ask(tool, action="list"))["jobs"]] == ["job_1"]
    assert (await ask(tool, action="update", id="job_1", patch={"enabled": False}))["enabled"] is False
    assert (await ask(tool, action="run", jobId="job_1"))["ran"] is True
    assert (await ask(tool, action="run", jobId="job_1", mode="due"))["reason"] == "not-due"
    assert (await ask(tool, action="runs", jobId="job_1")) == {"runs": []}
    assert (await ask(tool, action="wake", text="look", mode="next-heartbeat"))["mode"] == "next-heartbeat"
    assert (await ask(tool, action="remove", jobId="job_1"))["removed"] is True
    assert jobs.asked == [
        ("run", "job_1", "force"),
        ("run", "job_1", "due"),
        ("wake", "look", "next-heartbeat"),
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "action is required"),
        ({"action": "snooze"}, 'action must be one of "status", "list"'),
        ({"action": "add"}, "job is required"),
        ({"action": "add", "job": "tomorrow"}, "job must be an object"),
        ({"action": "add", "job": {"name": "x"}}, "schedule is required"),
        ({"action": "update", "patch": {}}, "jobId is required for update"),
        ({"action": "remove"}, "jobId is required for remove"),
        ({"action": "run", "jobId": "job_9"}, "there is no job 'job_9'"),
        ({"action": "run", "jobId": "job_9", "mode": "often"}, "mode must be one of"),
    ],
)
async def test_bad_arguments_are_told_so_that_they_can_be_corrected(
    tool: CronTool, arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ToolInputError) as told:
        await tool.run(arguments, HERE)
    assert complaint in str(told.value)
    assert str(told.value).startswith("ToolInputError: ")


@pytest.mark.parametrize("action", ["status", "list", "runs"])
def test_looking_is_reading(tool: CronTool, action: str) -> None:
    assert tool.act({"action": action}, HERE) == Act(Kind.READ, f"cron {action}")


@pytest.mark.parametrize(
    ("arguments", "target"),
    [
        ({"action": "add", "job": JOB}, "cron add Call Ana"),
        ({"action": "update", "jobId": "job_1", "patch": {"text": "new"}}, "cron update job_1"),
        ({"action": "remove", "jobId": "job_1"}, "cron remove job_1"),
        ({"action": "run", "jobId": "job_1"}, "cron run job_1"),
        ({"action": "wake", "text": "look"}, "cron wake"),
        ({"action": "add", "job": {**JOB, "delivery": {"to": "821071206"}}}, "cron add Call Ana"),
    ],
)
def test_the_rest_makes_the_assistant_act_later(
    tool: CronTool, arguments: dict[str, Any], target: str
) -> None:
    act = tool.act(arguments, HERE)
    assert (act.kind, act.target) == (Kind.SCHEDULE, target)


@pytest.mark.parametrize(
    ("job", "recipient"),
    [
        ({"delivery": {"channel": "telegram", "to": "55"}}, "telegram:55"),
        ({"delivery": {"to": "55"}}, "telegram:55"),
        ({"delivery": {"channel": "sms", "to": "821071206"}}, "sms:821071206"),
        ({"channel": "telegram", "to": "55"}, "telegram:55"),
    ],
)
async def test_what_goes_to_somebody_else_is_judged_as_a_message_to_him_and_to_nobody_else(
    tool: CronTool, jobs: FakeJobs, job: dict[str, Any], recipient: str
) -> None:
    arguments = {"action": "add", "job": {**JOB, **job}}
    act = tool.act(arguments, HERE)
    assert (act.kind, act.target) == (Kind.SEND, recipient)
    assert "call Ana" in act.payload
    await tool.run(arguments, HERE)
    assert jobs.makers[-1].recipient == recipient
    assert tool.act({"action": "update", "jobId": "job_1", "patch": job}, HERE).kind is Kind.SEND


async def test_a_subagent_keeps_no_jobs(tool: CronTool) -> None:
    with pytest.raises(ToolError, match="keeps no jobs"):
        await tool.run({"action": "list"}, replace(HERE, depth=1))


async def test_the_last_messages_may_be_written_down_with_it(tool: CronTool, jobs: FakeJobs) -> None:
    history: list[Entry] = [
        UserMessage("m_1", 0, "old", "telegram:1", "owner"),
        UserMessage("m_2", 0, "the dentist\nis at nine", "telegram:1", "owner"),
        AssistantMessage("m_3", 0, (Text("Noted."),), "anthropic/claude-opus-4-6"),
    ]
    await tool.run({"action": "add", "job": JOB, "contextMessages": 2}, replace(HERE, history=history))
    assert (
        jobs.jobs["job_1"]["context"] == "Said before:\n- user: the dentist is at nine\n- assistant: Noted."
    )


def test_a_job_rests_on_the_least_of_what_was_read() -> None:
    read = replace(HERE, provenances=frozenset({"owner", "tool", "web"}))
    assert maker_of(read).provenance == "web"
    assert maker_of(HERE).provenance == "owner"
    assert maker_of(replace(HERE, sender="cron:telegram:821071206")).sender == "telegram:821071206"


async def test_a_long_list_is_cut_with_a_note(tool: CronTool, jobs: FakeJobs) -> None:
    jobs.jobs = {str(n): {"id": str(n), "name": "x" * 500} for n in range(100)}
    shown = await tool.run({"action": "list"}, HERE)
    assert len(shown) < OUTPUT_CHARACTERS + 100
    assert shown.endswith("characters were left out here]")


def test_the_family_is_the_same_for_everybody(jobs: FakeJobs) -> None:
    family = CronTools(jobs)
    one, other = AgentProfile("main", Path("/a")), AgentProfile("aurora", Path("/b"))
    assert family.tools(one) is family.tools(other)
    (tool,) = family.tools(one)
    assert (tool.name, tool.effect) == ("cron", Effect.KEYED)
