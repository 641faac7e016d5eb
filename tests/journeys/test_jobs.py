"""Reminders, recurring tasks and the heartbeat, from asking for them to hearing of them."""

from typing import Any

from tests.conftest import MakeDaemon
from tests.fakes import FakeAnthropic, FakeTelegram, Reply, Script, ToolUse, newest_user_text
from tests.journeys.watching import OWNER, eventually, user_texts

Json = dict[str, Any]
TEXT = "Reminder: call Ana."


def _reminds(at: str) -> Any:
    """A model that makes a reminder when it is asked to, and reminds when it is due."""

    def answer(body: Json) -> Script | None:
        if body["messages"][-1]["content"][0]["type"] == "tool_result":
            return Reply("I will.")
        text = newest_user_text(body)
        if text.startswith("[cron:"):
            return Reply("Call Ana now!")
        if text.startswith("remind me"):
            payload = {"kind": "systemEvent", "text": TEXT}
            job = {"name": "Call Ana", "schedule": {"kind": "at", "at": at}, "payload": payload}
            return Reply(calls=[ToolUse("cron", {"action": "add", "job": job})])
        return None

    return answer


async def test_remind_me_in_a_second(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    anthropic.answer_with(_reminds("in 1 second"))
    telegram.say("remind me in a second to call Ana")
    await telegram.wait_sent(2)
    assert telegram.texts(OWNER) == ["I will.", "Call Ana now!"]
    asked = user_texts(anthropic.requests[-1])
    assert asked[0] == "remind me in a second to call Ana", (
        "it is said in the conversation it was asked for in"
    )
    assert f"Call Ana] {TEXT}" in asked[-1]

    await eventually(lambda: len(daemon.sessions_json()) == 1, lambda: str(daemon.sessions_json()))
    listed = await daemon.cli("cron", "list", "--json")
    assert listed.json() == {"version": 1, "jobs": []}
    (run,) = (await daemon.cli("cron", "runs", "--json")).json()
    assert (run["status"], run["deliveryStatus"]) == ("ok", "delivered")
    assert await daemon.stop() == 0
    assert [line["role"] for line in daemon.transcript()[1:]] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
        "assistant",
    ]


async def test_a_reminder_survives_sigkill_and_comes_once_when_the_assistant_is_back(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    anthropic.answer_with(_reminds("in 2 seconds"))
    telegram.say("remind me soon to call Ana")
    await telegram.wait_sent(1)
    (job,) = (await daemon.cli("cron", "list", "--json")).json()["jobs"]
    assert (job["name"], job["createdBy"]) == ("Call Ana", f"telegram:{OWNER}")
    await daemon.kill()

    for _ in range(2):
        await daemon.start()
        await telegram.wait_sent(2)
        assert await daemon.stop() == 0
    assert telegram.texts(OWNER) == ["I will.", "Call Ana now!"]


async def test_a_crash_while_it_is_answered_neither_loses_nor_doubles_it(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    anthropic.answer_with(_reminds("in 1 second"))
    telegram.say("remind me soon to call Ana")
    await telegram.wait_sent(1)
    held = anthropic.hold()
    await held.entered.wait()
    await daemon.kill()
    held.release()

    await daemon.start()
    await telegram.wait_sent(2)
    await daemon.cli("cron", "status")
    assert await daemon.stop() == 0
    assert telegram.texts(OWNER) == ["I will.", "Call Ana now!"]


async def test_the_command_line_keeps_jobs_with_and_without_the_daemon(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    added = await daemon.cli(
        "cron", "add", "--name", "News", "--every", "1h", "--message", "Look at the news.", "--json"
    )
    job = added.json()
    assert job["state"]["nextRunAtMs"] > job["createdAtMs"]
    refused = await daemon.cli("cron", "add", "--at", "2020-01-01T09:00:00Z", "--text", "late")
    assert (refused.code, "schedule.at has been" in refused.stderr) == (1, True)

    await daemon.start()
    begun = await daemon.cli("cron", "run", "News")
    assert begun.code == 0, begun.stderr
    await telegram.wait_sent(1)
    (told,) = telegram.texts(OWNER)
    assert told.startswith(f"ok: [cron:{job['id']} News] Look at the news.")
    assert (await daemon.cli("cron", "disable", job["id"])).code == 0
    (listed,) = (await daemon.cli("cron", "list", "--json")).json()["jobs"]
    assert (listed["enabled"], listed["state"]["lastRunStatus"]) == (False, "ok")
    assert (await daemon.cli("cron", "remove", job["id"])).code == 0
    assert await daemon.stop() == 0
    assert f"agent:main:cron:{job['id']}" in daemon.sessions_json()
    usage = (await daemon.cli("costs", "--by", "channel", "--json")).json()
    assert [row["key"] for row in usage["rows"]] == ["cron"]


async def test_the_heartbeat_looks_after_what_stands_in_its_file_and_asks_no_model_before(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon_config["agents"] = {"defaults": {"heartbeat": {"every": "1s"}}}
    daemon = make_daemon(daemon_config)
    await daemon.start()
    telegram.say("hello")
    await telegram.wait_sent(1)
    file = daemon.state_dir / "workspace" / "HEARTBEAT.md"
    await eventually(file.exists, lambda: "no HEARTBEAT.md")
    later = (await daemon.cli("cron", "add", "--at", "in 2 seconds", "--text", "the clock goes on")).code
    assert later == 0
    await telegram.wait_sent(2)
    assert len(anthropic.requests) == 2, "two heartbeats have passed, and nothing stood there"

    anthropic.answer_with(lambda body: Reply("The plants are dry."))
    file.write_text("# HEARTBEAT.md\n- water the plants\n")
    await telegram.wait_sent(3)
    assert telegram.texts(OWNER)[-1] == "The plants are dry."
    request = anthropic.requests[-1]
    assert len(request.body["messages"]) == 1
    assert "# End of Workspace Files" in str(request.body["system"])
    assert "## SOUL.md" not in str(request.body["system"]), "a light context"
    await eventually(lambda: len(anthropic.requests) >= 5, lambda: str(len(anthropic.requests)))
    assert await daemon.stop() == 0
    assert telegram.texts(OWNER).count("The plants are dry.") == 1, "it says nothing twice"
