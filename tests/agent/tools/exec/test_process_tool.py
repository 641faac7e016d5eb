import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from openclaw.agent.tools.base import Act, Kind, ToolError, ToolInputError
from openclaw.agent.tools.exec.sandbox.base import Sandbox
from tests.agent.tools.exec.workshop import Workshop, open_workshop, running
from tests.agent.tools.scenes import SCENE

ECHO = "while read line; do echo got $line; done; echo over"


@pytest.fixture
async def shop(sandbox: Sandbox, workspace: Path) -> AsyncIterator[Workshop]:
    async with open_workshop(lambda: sandbox, workspace) as shop:
        yield shop


async def told(shop: Workshop, action: str, session: str, **more: object) -> str:
    """All that comes until something does."""
    said = await shop.process(action, sessionId=session, **more)
    for _ in range(100):
        if not said.startswith("(nothing new)"):
            break
        said = await shop.process("poll", sessionId=session, timeout=200)
    return said


async def test_words_reach_its_input(shop: Workshop) -> None:
    session = await shop.background(ECHO)
    assert (await told(shop, "submit", session, data="one")).startswith("got one\n\n[running, ")
    assert (await told(shop, "write", session, data="two\nthr")).startswith("got two\n\n")
    assert (await told(shop, "send-keys", session, keys=["e", "e", "Enter"])).startswith("got three\n\n")
    assert (await told(shop, "paste", session, text="four\n")).startswith("got four\n\n")
    assert "over" in await told(shop, "send-keys", session, keys="C-d")
    assert "got one\ngot two\ngot three\ngot four\nover" in await shop.process("log", sessionId=session)


async def test_an_interrupt_is_a_signal(shop: Workshop) -> None:
    session = await shop.background(
        "trap 'echo caught; exit 7' INT; echo ready; while :; do sleep 0.05; done"
    )
    assert "ready" in await told(shop, "poll", session, timeout=20_000)
    said = await told(shop, "send-keys", session, keys="C-c")
    assert "caught" in said
    for _ in range(100):
        if "exit code 7" in await shop.process("list"):
            return
        await shop.process("poll", sessionId=session, timeout=100)
    raise AssertionError("it did not end")


async def test_what_runs_is_listed_and_told_by_lines(shop: Workshop) -> None:
    session = await shop.background("seq 1000; sleep 300")
    while "1000" not in await shop.process("log", sessionId=session):
        await shop.process("poll", sessionId=session, timeout=100)
    assert re.match(rf"{session}  running, \d+\.\d s  seq 1000; sleep 300$", await shop.process("list"))
    said = await shop.process("log", sessionId=session, offset=10, limit=2)
    assert said.startswith("10\n11\n\n[lines 10 to 11 of 1000; running, ")
    said = await shop.process("log", sessionId=session, limit=2)
    assert said.startswith("999\n1000\n\n[lines 999 to 1000 of 1000; running, ")
    assert (await shop.process("log", sessionId=session, offset=5000)).startswith(
        "(nothing here)\n\n[1000 lines in all"
    )
    with pytest.raises(ToolError, match="it is still running; remove kills and forgets it"):
        await shop.process("clear", sessionId=session)


async def test_a_kill_ends_everything_and_keeps_the_output(shop: Workshop) -> None:
    session = await shop.background("(setsid sleep 4714.5 &); echo up; sleep 4714.5")
    await told(shop, "poll", session, timeout=20_000)
    said = await shop.process("kill", sessionId=session)
    assert said.endswith("killed on request")
    assert running("4714.5") == []
    assert (await shop.process("log", sessionId=session)).startswith("up\n")
    assert (await shop.process("kill", sessionId=session)).startswith("It has ended already: ended after")
    with pytest.raises(ToolError, match="the process takes no input"):
        await shop.process("write", sessionId=session, data="x")
    assert await shop.process("clear", sessionId=session) == "Forgotten."
    assert await shop.process("list") == "No process is running or kept."


async def test_what_is_removed_is_forgotten(shop: Workshop) -> None:
    session = await shop.background("sleep 300")
    await shop.process("remove", sessionId=session)
    with pytest.raises(
        ToolError, match=rf"there is no process '{session}' in this conversation; there is none"
    ):
        await shop.process("poll", sessionId=session)


async def test_nobody_sees_the_processes_of_another_conversation_or_agent(shop: Workshop) -> None:
    session = await shop.background("sleep 300")
    for other in (shop.elsewhere(session_key="agent:main:other"), shop.elsewhere(agent="aurora")):
        assert await other.process("list") == "No process is running or kept."
        for action in ("poll", "log", "kill", "remove", "clear"):
            with pytest.raises(ToolError, match="there is no process"):
                await other.process(action, sessionId=session)
    assert session in await shop.process("list")


async def test_a_command_that_was_not_sent_to_the_background_takes_no_input(shop: Workshop) -> None:
    said = await shop.exec("cat; sleep 300", yieldMs=100)
    session = said.partition("sessionId: ")[2].split()[0]
    with pytest.raises(ToolError, match="only what was started with background: true does"):
        await shop.process("submit", sessionId=session, data="x")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "action is required"),
        ({"action": "jump"}, 'action must be one of "list", "poll"'),
        ({"action": "poll"}, "sessionId is required for poll"),
        (
            {"action": "poll", "sessionId": "x1", "timeout": 99_999},
            "timeout must be an integer ≥ 0 and ≤ 60000",
        ),
        ({"action": "log", "sessionId": "x1", "limit": 0}, "limit must be an integer ≥ 1"),
        ({"action": "list", "pid": 1}, "there is no argument pid"),
    ],
)
async def test_arguments_that_make_no_sense_are_told(
    shop: Workshop, arguments: Mapping[str, object], complaint: str
) -> None:
    with pytest.raises(ToolInputError, match=re.escape(complaint)):
        await shop.call("process", **arguments)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"action": "write"}, "data is required"),
        ({"action": "paste"}, "text is required"),
        ({"action": "send-keys"}, "keys is required"),
        ({"action": "send-keys", "keys": ["a", "Nokey"]}, "there is no key 'Nokey'"),
    ],
)
async def test_input_without_words_is_told(
    shop: Workshop, arguments: Mapping[str, object], complaint: str
) -> None:
    session = await shop.background(ECHO)
    with pytest.raises(ToolInputError, match=re.escape(complaint)):
        await shop.call("process", sessionId=session, **arguments)
    assert (await told(shop, "submit", session, data="clean")).startswith("got clean")


async def test_the_act_tells_reading_from_doing(shop: Workshop) -> None:
    session = await shop.background("sleep 300")
    process = shop.family.tools(None)[1]
    assert process.act({"action": "list"}, SCENE) == Act(Kind.READ, "process list")
    assert process.act({"action": "poll", "sessionId": session}, shop.scene).kind is Kind.READ
    act = process.act({"action": "submit", "session_id": session, "data": "rm x"}, shop.scene)
    assert act == Act(Kind.EXECUTE, f"process submit {session}: sleep 300", "rm x")
    with pytest.raises(ToolError, match="there is no process"):
        process.act({"action": "kill", "sessionId": "x0"}, shop.scene)
