"""A program of the original asks the owner before it runs a command itself."""

from typing import Any

from tests.conftest import MakeDaemon
from tests.fakes import FakeAnthropic, FakeTelegram
from tests.journeys.test_approvals import question
from tests.journeys.test_control import connected
from tests.journeys.watching import OWNER, drop_old_polls, eventually

Json = dict[str, Any]
ASKED: Json = {
    "id": "7c0e8e0e-5f1e-4c33-9e0b-0d6f3c1f2a11",
    "command": "git push origin main",
    "commandArgv": ["git", "push", "origin", "main"],
    "env": {"GIT_SSH_COMMAND": "ssh -i /home/ada/.ssh/site"},
    "cwd": "/home/ada/site",
    "sessionKey": "agent:main:main",
    "turnSourceThreadId": None,
    "timeoutMs": 600_000,
    "twoPhase": True,
}


async def test_the_owners_button_answers_a_program_once_also_after_a_restart(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    async with connected(daemon) as (client, _):
        name = await client.send("exec.approval.request", **ASKED)
        accepted = (await client.answer(name))["payload"]
        assert (accepted["status"], accepted["id"]) == ("accepted", ASKED["id"])
        asked = await question(telegram)
        assert asked.chat == OWNER
        assert all(words in asked.text for words in ("> git push origin main", "/home/ada/site", "GIT_SSH"))
        assert ".ssh/site" not in asked.text
        await client.until(lambda event: event["event"] == "exec.approval.requested")
        (told,) = [each for each in client.events if each["event"] == "exec.approval.requested"]
        assert told["payload"]["id"] == accepted["approvalId"]
        (row,) = (await daemon.cli("approvals", "list", "--json")).json()
        assert (row["id"], row["kind"], row["state"]) == (accepted["approvalId"], "device-command", "pending")
        await daemon.kill()
    drop_old_polls(telegram)
    telegram.press(asked, "Allow once")
    await daemon.start()

    async with connected(daemon) as (client, _):
        decided = await client.call("exec.approval.waitDecision", id=ASKED["id"])
        assert (decided["id"], decided["decision"]) == (ASKED["id"], "allow-once")
        other = await client.send("exec.approval.request", **{**ASKED, "cwd": "/"})
        assert (await client.answer(other))["error"]["details"] == {"code": "APPROVAL_ID_IN_USE"}
    async with connected(daemon) as (client, _):
        again = await client.call("exec.approval.waitDecision", id=ASKED["id"])
        assert (again["decision"], again["outcome"]) == (None, "used")
        short = {**ASKED, "id": "short", "timeoutMs": 200}
        name = await client.send("exec.approval.request", **short)
        assert (await client.answer(name))["payload"]["status"] == "accepted"
        ended = (await client.answer(name))["payload"]
        assert (ended["decision"], ended["outcome"]) == (None, "expired")
    await eventually(lambda: asked.buttons == {}, lambda: f"still {asked.buttons}")
    assert f"allowed once by telegram:{OWNER}" in asked.text
    assert len(anthropic.requests) == 0, "no model is asked about it"
