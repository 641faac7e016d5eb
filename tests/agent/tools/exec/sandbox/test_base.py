"""What every sandbox promises, held against a corpus of commands that try to get around it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from openclaw.agent.tools.exec.sandbox.base import Limits, Sandbox
from openclaw.agent.tools.exec.sandbox.protection import FILES, FOLDERS
from tests.agent.tools.exec import bypasses
from tests.agent.tools.exec.workshop import shell

AT_ONCE = 40
"""In one sandbox, each for two seconds at most."""


def attempt(sandbox: Sandbox, commands: Sequence[str], workspace: Path) -> None:
    folder = workspace / "attempts"
    folder.mkdir()
    for first in range(0, len(commands), AT_ONCE):
        for number, command in enumerate(commands[first : first + AT_ONCE]):
            (folder / f"{number:03}").write_text(command)
        count = len(commands[first : first + AT_ONCE])
        done = shell(
            sandbox,
            "for each in /work/attempts/*; do echo mine > /work/mine; timeout -s KILL 2 bash $each; echo tried; done "
            "2>/dev/null | grep -ac ^tried",
            workspace,
            Limits(cpu_seconds=60),
            wait=120,
        )
        assert int(done.said.split()[-1]) == count
        for path in folder.iterdir():
            path.unlink()


def content(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the workspace that anybody may write."""
    folder = tmp_path / "outside"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    (folder / "canary").write_text("sings\n")
    (folder / "canary").chmod(0o666)
    return folder


def test_the_corpus_is_large_enough_and_no_command_is_there_twice() -> None:
    every = [
        *bypasses.effective("/x"),
        *bypasses.CLIMBING,
        *(each.replace("{name}", name) for each in bypasses.INSTRUCTING for name in (*FILES, *FOLDERS)),
        *bypasses.REACHING,
        *bypasses.KILLING,
    ]
    assert len(every) == len(set(every))
    assert len(every) >= 400


def test_without_a_sandbox_every_one_of_these_commands_has_its_effect(outside: Path) -> None:
    """Else the next test would prove nothing."""
    canary, scratch, idle = outside / "canary", outside / "scratch", []
    for command in bypasses.effective(str(canary)):
        canary.unlink(missing_ok=True)
        canary.write_text("sings\n")
        scratch.mkdir()
        environ = {**os.environ, "TMPDIR": str(scratch)}
        subprocess.run(["bash", "-c", command], cwd=outside, env=environ, capture_output=True, timeout=10)
        if canary.exists() and not canary.is_symlink() and canary.read_text() == "sings\n":
            idle.append(command)
        shutil.rmtree(scratch)
    assert idle == []


def test_no_command_changes_what_lies_outside(sandbox: Sandbox, workspace: Path, outside: Path) -> None:
    before = content(outside)
    target = str(outside / "canary")
    climbing = [each.replace("{target}", target) for each in bypasses.CLIMBING]
    attempt(sandbox, [*bypasses.effective(target), *climbing], workspace)
    assert content(outside) == before


def instructions(workspace: Path) -> dict[str, tuple[int, bytes]]:
    every = content(workspace)
    return {name: found for name, found in every.items() if name.split("/")[0] in (*FILES, *FOLDERS)}


@pytest.mark.parametrize("name", ["AGENTS.md", "SOUL.md", "memory/2026-02-27.md", "skills/new.md"])
def test_no_command_writes_an_instruction(sandbox: Sandbox, workspace: Path, name: str) -> None:
    """One that is there, one that is not, and both in folders."""
    before = instructions(workspace)
    attempt(sandbox, list(bypasses.effective(f"/work/{name}")), workspace)
    assert instructions(workspace) == before


def test_no_command_moves_covers_or_unlocks_an_instruction(sandbox: Sandbox, workspace: Path) -> None:
    before = instructions(workspace)
    names = (*FILES, *FOLDERS, "memory/2026-02-27.md")
    attempt(
        sandbox, [each.replace("{name}", name) for name in names for each in bypasses.INSTRUCTING], workspace
    )
    assert instructions(workspace) == before


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_no_command_reaches_a_port(sandbox: Sandbox, workspace: Path, listener: socket.socket) -> None:
    port = str(listener.getsockname()[1])
    attempt(sandbox, [each.replace("{port}", port) for each in bypasses.REACHING], workspace)
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_no_command_ends_a_process_of_the_machine(sandbox: Sandbox, workspace: Path) -> None:
    with subprocess.Popen(["sleep", "308.125"]) as victim:
        *quiet, last = [
            each.replace("{pid}", str(victim.pid)).replace("{marker}", "308.125") for each in bypasses.KILLING
        ]
        attempt(sandbox, quiet, workspace)
        shell(sandbox, last, workspace)
        alive = victim.poll() is None
        victim.kill()
    assert alive
