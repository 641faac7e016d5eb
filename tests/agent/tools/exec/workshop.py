"""Commands in a sandbox, and the tools around them, alone on a bench."""

import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio

from openclaw.agent.tools.base import Output, Scene
from openclaw.agent.tools.exec.config import ExecConfig
from openclaw.agent.tools.exec.desk import Hooks, ProcessEnded
from openclaw.agent.tools.exec.family import ExecFamily, Surroundings
from openclaw.agent.tools.exec.sandbox.base import Limits, Order, Sandbox, Unavailable
from openclaw.types.clock import SystemClock
from tests.agent.tools.scenes import SCENE


@dataclass(frozen=True)
class Done:
    code: int
    said: str


def shell(
    sandbox: Sandbox, script: str, workspace: Path, limits: Limits | None = None, *, wait: float = 30
) -> Done:
    """Without the tools: what the sandbox alone does with a script."""
    order = Order(("/bin/bash", "-c", script), workspace, limits=limits or Limits())
    cell = sandbox.prepare(order)
    try:
        owner, group = cell.launch.owner or (None, None)
        done = subprocess.run(
            cell.launch.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(cell.launch.env),
            cwd=cell.launch.cwd,
            pass_fds=cell.launch.descriptors,
            start_new_session=True,
            timeout=wait,
            user=owner,
            group=group,
            extra_groups=[] if owner is not None else None,
        )
    finally:
        cell.close()
    return Done(done.returncode, done.stdout.decode(errors="replace"))


@dataclass
class Workshop:
    family: ExecFamily
    scene: Scene
    told: list[ProcessEnded] = field(default_factory=list)

    async def exec(self, command: str, **more: object) -> str:
        return await self.call("exec", command=command, **more)

    async def process(self, action: str, **more: object) -> str:
        return await self.call("process", action=action, **more)

    async def call(self, name: str, **arguments: object) -> str:
        return (await self.outcome(name, **arguments)).text

    async def outcome(self, name: str, **arguments: object) -> Output:
        tool = next(tool for tool in self.family.tools(None) if tool.name == name)
        outcome = await tool.run(arguments, self.scene)
        assert isinstance(outcome, Output)
        return outcome

    async def background(self, command: str) -> str:
        said = await self.exec(command, background=True)
        return said.partition("sessionId: ")[2].split()[0]

    def elsewhere(self, **other: str) -> "Workshop":
        return Workshop(self.family, replace(self.scene, **other), self.told)  # type: ignore[arg-type]


@asynccontextmanager
async def open_workshop(
    probe: Callable[[], Sandbox | Unavailable],
    workspace: Path,
    config: ExecConfig | None = None,
    *,
    surroundings: Surroundings | None = None,
    hooks: Hooks | None = None,
) -> AsyncIterator[Workshop]:
    told: list[ProcessEnded] = []

    async def on_exit(ended: ProcessEnded) -> None:
        told.append(ended)

    family = ExecFamily(
        config or ExecConfig(),
        probe,
        surroundings or Surroundings(),
        SystemClock(),
        hooks or Hooks(on_exit=on_exit),
    )
    async with anyio.create_task_group() as group:
        group.start_soon(family.run)
        await anyio.wait_all_tasks_blocked()
        yield Workshop(family, replace(SCENE, workspace=workspace), told)
        await family.aclose()
        group.cancel_scope.cancel()


def running(marker: str) -> list[int]:
    """Processes of this machine with the marker in their command line."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if marker.encode() in line:
                found.append(int(folder.name))
    return found
