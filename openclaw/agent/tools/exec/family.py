"""exec and process: what decides where commands run, and the life of those that do."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread

from openclaw.agent.tools.base import Kind, Tool, ToolError
from openclaw.agent.tools.exec.allowlist import allowed_argv
from openclaw.agent.tools.exec.config import ExecConfig
from openclaw.agent.tools.exec.desk import Desk, Hooks
from openclaw.agent.tools.exec.exec_tool import ExecTool, Place
from openclaw.agent.tools.exec.outside import Outside
from openclaw.agent.tools.exec.process_tool import ProcessTool
from openclaw.agent.tools.exec.sandbox.base import Sandbox, Unavailable
from openclaw.types.clock import Clock

logger = logging.getLogger(__name__)

PROBE_SECONDS = 15.0
OFF = "exec is off: tools.exec.security is deny. The owner can change that in the config file"
NO_NODES = (
    "exec is off: tools.exec.host is node, and there are no nodes here; the owner should make it sandbox"
)
NO_SANDBOX = "exec is off, for nothing here keeps a command in: {reason}"
NOT_YET = "exec is not ready: the sandbox is still being tried out; try again in a moment"

Probe = Callable[[], Sandbox | Unavailable]
"""Blocks."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What commands could reach, or could be made to."""

    environ: Mapping[str, str] = field(default_factory=dict)
    """Of the daemon: a few harmless names of it are passed on outside the sandbox."""
    uid: int = 0
    off_limits: Sequence[Path] = ()
    """Folders no workspace may hold: the state directory, ~/.ssh."""


class ExecFamily:
    def __init__(
        self,
        config: ExecConfig,
        probe: Probe,
        surroundings: Surroundings,
        clock: Clock,
        hooks: Hooks | None = None,
    ) -> None:
        self._config = config
        self._probe = probe
        self._surroundings = surroundings
        self._sandbox: Sandbox | Unavailable | None = None
        self._probed = anyio.Event()
        self._skill_env = (hooks or Hooks()).skill_env
        self._desk = Desk(config, clock, hooks or Hooks())
        self._tools = self._made(config)

    def adopt(self, config: ExecConfig) -> None:
        """For commands that are given from now on; those that run go on."""
        if config == self._config:
            return
        self._config = config
        self._desk.adopt(config)
        self._tools = self._made(config)

    def _made(self, config: ExecConfig) -> tuple[Tool, ...]:
        return (ExecTool(config, self._desk, self, self._skill_env), ProcessTool(self._desk))

    def tools(self, profile: object) -> tuple[Tool, ...]:
        return self._tools

    async def run(self) -> None:
        """Tries the sandbox out, then holds the processes until it is cancelled."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._desk.run)
            try:
                self._sandbox = await anyio.to_thread.run_sync(self._probe)
            except OSError as error:
                self._sandbox = Unavailable(f"the sandbox could not be tried out: {error}")
            self._probed.set()
            if isinstance(self._sandbox, Unavailable) and self.kind is Kind.EXECUTE:
                logger.warning(NO_SANDBOX.format(reason=self._sandbox.reason))

    async def aclose(self) -> None:
        """Every process is killed; returns when they are gone."""
        await self._desk.end_all()

    async def end_all(self, workspace: Path) -> int:
        """To be called before a protected file of the workspace is replaced by another: see `protection.Hold`."""
        return await self._desk.end_all(workspace)

    # -- Places ---------------------------------------------------------------------------------------------

    @property
    def kind(self) -> Kind:
        return Kind.EXECUTE_OUTSIDE if self._config.host == "gateway" else Kind.EXECUTE

    async def place(self, kind: Kind, workspace: Path) -> Place:
        if self._config.security == "deny":
            raise ToolError(OFF)
        if self._config.host == "node":
            raise ToolError(NO_NODES)
        if kind is Kind.EXECUTE_OUTSIDE:
            return Outside(self._surroundings.environ, self._surroundings.uid)
        with anyio.move_on_after(PROBE_SECONDS):
            await self._probed.wait()
        if self._sandbox is None:
            raise ToolError(NOT_YET)
        if isinstance(self._sandbox, Unavailable):
            raise ToolError(NO_SANDBOX.format(reason=self._sandbox.reason))
        await anyio.to_thread.run_sync(self._refuse_precious, workspace)
        return self._sandbox

    async def argv(self, command: str) -> tuple[str, ...]:
        if self._config.security == "allowlist":
            return await anyio.to_thread.run_sync(allowed_argv, command, self._config)
        return (await anyio.to_thread.run_sync(_shell), "-c", command)

    def _refuse_precious(self, workspace: Path) -> None:
        real = workspace.resolve()
        for each in self._surroundings.off_limits:
            precious = each.resolve()
            if real == precious or real in precious.parents:
                raise ToolError(
                    f"exec is off for this agent: its workspace {workspace} holds {each}, which no command may see. "
                    "The owner should give it a folder of its own"
                )


def _shell() -> str:
    return "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh"
