from pathlib import Path

import anyio
import pytest

from openclaw.agent.tools.base import Scene, ToolError
from openclaw.agent.tools.exec.config import ExecConfig
from openclaw.agent.tools.exec.desk import MOST_AT_ONCE, Hooks, ProcessEnded
from openclaw.agent.tools.exec.sandbox.base import Sandbox
from openclaw.types.conversation import Provenance
from tests.agent.tools.exec.workshop import Workshop, open_workshop, running


async def ended(shop: Workshop, count: int = 1) -> None:
    with anyio.fail_after(20):
        while len(shop.told) < count:
            await anyio.wait_all_tasks_blocked()
            await anyio.lowlevel.checkpoint()


async def test_the_end_of_a_process_in_the_background_is_told(sandbox: Sandbox, workspace: Path) -> None:
    async with open_workshop(lambda: sandbox, workspace) as shop:
        session = await shop.background("echo built; exit 2")
        await ended(shop)
    (told,) = shop.told
    assert (told.session_id, told.command, told.output) == (session, "echo built; exit 2", "built\n")
    assert told.ending.code == 2
    assert (told.scene.session_key, told.scene.history) == (shop.scene.session_key, ())


async def test_a_success_without_words_and_one_that_was_asked_to_end_are_not_told(
    sandbox: Sandbox, workspace: Path
) -> None:
    async with open_workshop(lambda: sandbox, workspace) as shop:
        await shop.exec("echo in the foreground; exit 1")
        await shop.background("true")
        killed = await shop.background("echo x; sleep 300")
        await shop.process("kill", sessionId=killed)
        await shop.background("echo this one")
        await ended(shop)
    assert [each.command for each in shop.told] == ["echo this one"]


async def test_what_is_said_from_files_of_others_is_theirs(sandbox: Sandbox, workspace: Path) -> None:
    heard: list[ProcessEnded] = []

    async def on_exit(ended: ProcessEnded) -> None:
        heard.append(ended)

    async def whose(scene: Scene, command: str, said: str) -> frozenset[Provenance]:
        return frozenset({"web"} if "mallory" in said else set())

    hooks = Hooks(on_exit=on_exit, whose=whose)
    async with open_workshop(lambda: sandbox, workspace, hooks=hooks) as shop:
        own = await shop.outcome("exec", command="echo mine")
        page = await shop.outcome("exec", command="echo to mallory")
        session = await shop.background("read; echo to mallory")
        log = await shop.outcome("process", action="submit", sessionId=session, data="")
        while not heard:
            await shop.process("poll", sessionId=session, timeout=100)

    assert [each.provenance for each in (own, page, log)] == ["tool", "web", "web"]
    assert heard[0].scene.provenances == {"owner", "web"}


async def test_the_owner_may_hear_of_every_end_or_of_none(sandbox: Sandbox, workspace: Path) -> None:
    every = ExecConfig(notify_on_exit_empty_success=True)
    async with open_workshop(lambda: sandbox, workspace, every) as shop:
        await shop.background("true")
        await ended(shop)
    none = ExecConfig(notify_on_exit=False)
    async with open_workshop(lambda: sandbox, workspace, none) as shop:
        session = await shop.background("echo x")
        while "exit code" not in await shop.process("poll", sessionId=session, timeout=100):
            pass
        await anyio.wait_all_tasks_blocked()
        assert shop.told == []


async def test_whoever_is_told_may_fail_alone(
    sandbox: Sandbox, workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def on_exit(ended: ProcessEnded) -> None:
        raise RuntimeError("no room")

    async with open_workshop(lambda: sandbox, workspace, hooks=Hooks(on_exit=on_exit)) as shop:
        session = await shop.background("echo x")
        while "exit code" not in await shop.process("poll", sessionId=session, timeout=100):
            pass
        assert (await shop.exec("echo still here")).startswith("still here")
    assert "no room" in caplog.text


async def test_a_conversation_has_only_so_many_at_once(sandbox: Sandbox, workspace: Path) -> None:
    async with open_workshop(lambda: sandbox, workspace) as shop:
        sessions = [await shop.background("sleep 4718.5") for _ in range(MOST_AT_ONCE)]
        with pytest.raises(
            ToolError, match=r"8 processes of this conversation are running, which is the most"
        ):
            await shop.exec("true")
        assert "exit code 0" in await shop.elsewhere(session_key="agent:main:other").exec("true")
        await shop.process("kill", sessionId=sessions[0])
        assert "exit code 0" in await shop.exec("true")
    assert running("4718.5") == []


async def test_what_has_ended_is_forgotten_after_a_while(sandbox: Sandbox, workspace: Path) -> None:
    async with open_workshop(lambda: sandbox, workspace, ExecConfig(cleanup_ms=0)) as shop:
        await shop.background("echo x")
        await ended(shop)
        await shop.exec("true")
        assert await shop.process("list") == "No process is running or kept."


async def test_outside_the_assistants_life_nothing_is_started(sandbox: Sandbox, workspace: Path) -> None:
    async with open_workshop(lambda: sandbox, workspace) as shop:
        pass
    with pytest.raises(ToolError, match="commands cannot be run now"):
        await shop.exec("true")


async def test_those_of_one_workspace_can_be_ended_alone(
    sandbox: Sandbox, workspace: Path, tmp_path: Path
) -> None:
    async with open_workshop(lambda: sandbox, workspace) as shop:
        here = await shop.background("sleep 4719.5")
        assert await shop.family.end_all(tmp_path / "elsewhere") == 0
        assert await shop.family.end_all(workspace) == 1
        assert "the workspace's instructions change" in await shop.process("poll", sessionId=here)
    assert running("4719.5") == []
