import os
import signal
import sys
from pathlib import Path

import anyio
import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.exec.config import ExecConfig
from openclaw.agent.tools.exec.family import Surroundings
from openclaw.agent.tools.exec.sandbox.base import Sandbox, Unavailable
from tests.agent.tools.exec.workshop import open_workshop, running


def none() -> Unavailable:
    return Unavailable("bubblewrap is not installed: `apt install bubblewrap`")


async def test_the_tools_are_the_same_for_everybody_and_for_ever(workspace: Path) -> None:
    async with open_workshop(none, workspace) as shop:
        assert shop.family.tools("main") is shop.family.tools("aurora")
        assert [tool.name for tool in shop.family.tools(None)] == ["exec", "process"]


async def test_where_nothing_keeps_a_command_in_it_is_off_and_says_why(
    workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_workshop(none, workspace) as shop:
        with pytest.raises(
            ToolError, match="exec is off, for nothing here keeps a command in: bubblewrap is not"
        ):
            await shop.exec("true")
    assert "apt install bubblewrap" in caplog.text


async def test_a_probe_that_fails_is_a_reason_too(workspace: Path) -> None:
    def failing() -> Unavailable:
        raise OSError(24, "Too many open files")

    async with open_workshop(failing, workspace) as shop:
        with pytest.raises(ToolError, match=r"could not be tried out: .* Too many open files"):
            await shop.exec("true")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (ExecConfig(security="deny"), "exec is off: tools.exec.security is deny"),
        (ExecConfig(host="node"), "exec is off: tools.exec.host is node"),
    ],
)
async def test_the_owner_may_switch_it_off(
    sandbox: Sandbox, workspace: Path, config: ExecConfig, reason: str
) -> None:
    async with open_workshop(lambda: sandbox, workspace, config) as shop:
        with pytest.raises(ToolError, match=reason):
            await shop.exec("true")


async def test_a_workspace_that_holds_the_keys_is_not_shown_to_commands(
    sandbox: Sandbox, workspace: Path, tmp_path: Path
) -> None:
    (workspace / ".ssh").mkdir()
    (tmp_path / "link").symlink_to(workspace)
    for precious in (workspace / ".ssh", workspace, tmp_path / "link"):
        surroundings = Surroundings(off_limits=(precious,))
        async with open_workshop(lambda: sandbox, workspace, surroundings=surroundings) as shop:
            with pytest.raises(ToolError, match="exec is off for this agent: its workspace"):
                await shop.exec("true")
    surroundings = Surroundings(off_limits=(tmp_path, tmp_path / "other"))
    async with open_workshop(lambda: sandbox, workspace, surroundings=surroundings) as shop:
        assert "exit code 0" in await shop.exec("true")


async def test_with_an_allow_list_no_shell_reads_the_command(sandbox: Sandbox, workspace: Path) -> None:
    async with open_workshop(lambda: sandbox, workspace, ExecConfig(security="allowlist")) as shop:
        assert (await shop.exec("wc -c")).startswith("0\n\n[exit code 0")
        for refused in ("wc -c; id", "wc $(id)", "bash -c id", "cat AGENTS.md"):
            with pytest.raises(ToolError):
                await shop.exec(refused)


async def test_on_the_machine_itself_only_if_the_owner_wrote_so_and_never_as_root(
    sandbox: Sandbox, workspace: Path
) -> None:
    config = ExecConfig(host="gateway")
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(workspace), "ANTHROPIC_API_KEY": "sk-invented"}
    ordinary, root = Surroundings(environ, uid=1000), Surroundings(environ, uid=0)
    async with open_workshop(lambda: sandbox, workspace, config, surroundings=ordinary) as shop:
        said = await shop.exec("pwd; env; ls -d /etc")
        assert said.startswith(f"{workspace}\n")
        assert "/etc\n" in said
        assert "sk-invented" not in said
        assert (await shop.exec("pwd", host="sandbox")).startswith("/work\n")
        await shop.background("sleep 4720.5 & sleep 4720.5")
    assert running("4720.5") == []
    async with open_workshop(lambda: sandbox, workspace, config, surroundings=root) as shop:
        with pytest.raises(ToolError, match="as root nothing runs outside the sandbox"):
            await shop.exec("true")


async def test_a_command_is_ended_before_it_can_write_a_replaced_instruction_for_long(
    sandbox: Sandbox, workspace: Path
) -> None:
    """A mount goes with the entry it lies on, so an editor that renames its file takes the cover off."""
    if sys.platform != "linux":
        pytest.skip("only mounts come off")
    async with open_workshop(lambda: sandbox, workspace) as shop:
        session = await shop.background("echo up; sleep 4721.5")
        await shop.process("poll", sessionId=session, timeout=20_000)
        new = anyio.Path(workspace / "new")
        await new.write_text("- likes coffee\n")
        await new.replace(workspace / "MEMORY.md")
        said = await shop.process("poll", sessionId=session, timeout=20_000)
        assert "MEMORY.md of the workspace was replaced while the command ran" in said
    assert running("4721.5") == []


DAEMON = """
import sys
from pathlib import Path
import anyio
from openclaw.agent.tools.exec.sandbox.probe import probe
from tests.agent.tools.exec.workshop import open_workshop

async def main() -> None:
    async with open_workshop(probe, Path(sys.argv[1])) as shop:
        await shop.background("(setsid sleep 4722.5 &); trap '' TERM; echo up > started; sleep 4722.5")
        while not (Path(sys.argv[1]) / "started").exists():
            await anyio.sleep(0.01)
        print("up", flush=True)
        await anyio.sleep_forever()

anyio.run(main)
"""


async def test_a_daemon_that_is_killed_takes_its_processes_along(sandbox: Sandbox, workspace: Path) -> None:
    process = await anyio.open_process(
        [sys.executable, "-c", DAEMON, str(workspace)],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        stderr=None,
    )
    async with process:
        assert process.stdout is not None
        assert b"up" in await process.stdout.receive()
        assert len(running("4722.5")) >= 3
        process.send_signal(signal.SIGKILL)
        await process.wait()
    with anyio.fail_after(5):
        while running("4722.5"):
            await anyio.lowlevel.checkpoint()
