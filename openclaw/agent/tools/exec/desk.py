"""The processes there are: whose they are, how many there may be, and when they are forgotten."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import anyio.abc

from openclaw.agent.taint import ordered
from openclaw.agent.tools.base import Output, Scene, ToolError
from openclaw.agent.tools.exec.config import ExecConfig
from openclaw.agent.tools.exec.running import Command, Ending, Running
from openclaw.agent.tools.exec.sandbox.base import Cell, Order
from openclaw.types.clock import Clock
from openclaw.types.conversation import Provenance

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 8
"""Of one conversation."""
MOST_IN_ALL = 32
MOST_ENDED = 64
SWEEP_SECONDS = 60.0
END_SECONDS = 5.0
TOLD_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class ProcessEnded:
    """A process that went on in the background has come to its end."""

    session_id: str
    command: str
    ending: Ending
    output: str
    """The last of it."""
    scene: Scene
    """The turn that started it, without what was said in it."""


OnExit = Callable[[ProcessEnded], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Hooks:
    on_exit: OnExit | None = None
    watching: Callable[[Scene], AbstractAsyncContextManager[None]] | None = None
    """Around a command: who wants to know what it changes in the workspace. Must not raise."""
    skill_env: Callable[[Scene], Awaitable[Mapping[str, str]]] | None = None
    """What the skills of this turn may see in their environment."""
    whose: Callable[[Scene, str, str], Awaitable[frozenset[Provenance]]] | None = None
    """Whose words, besides the owner's, a command has brought from the workspace with what it said."""


class Desk:
    def __init__(self, config: ExecConfig, clock: Clock, hooks: Hooks) -> None:
        self._config = config
        self._clock = clock
        self._hooks = hooks
        self._processes: dict[str, Running] = {}
        self._group: anyio.abc.TaskGroup | None = None

    def adopt(self, config: ExecConfig) -> None:
        self._config = config

    async def run(self) -> None:
        """What is started lives in here, and ends when this is cancelled."""
        async with anyio.create_task_group() as group:
            self._group = group
            try:
                while True:
                    await anyio.sleep(SWEEP_SECONDS)
                    self._forget_old()
            finally:
                self._group = None

    async def start(self, command: Command, prepare: Callable[[Order], Cell]) -> Running:
        """Raises ToolError when too many run already."""
        if self._group is None:
            raise ToolError("commands cannot be run now: the assistant is starting or stopping")
        self._forget_old()
        mine = [each for each in self.of(command.scene) if each.ending is None]
        if len(mine) >= MOST_AT_ONCE:
            raise ToolError(
                f"{len(mine)} processes of this conversation are running, which is the most; end one: process kill"
            )
        if sum(each.ending is None for each in self._processes.values()) >= MOST_IN_ALL:
            raise ToolError(f"{MOST_IN_ALL} processes are running, which is the most; wait or end one")
        running = Running(f"x{secrets.token_hex(4)}", command, self._clock)
        self._processes[running.session_id] = running
        self._group.start_soon(self._live, running, prepare)
        return running

    def of(self, scene: Scene) -> Iterator[Running]:
        """Those of this agent in this conversation: nobody sees another's."""
        for each in self._processes.values():
            whose = each.command.scene
            if (whose.agent, whose.session_key) == (scene.agent, scene.session_key):
                yield each

    def forget(self, running: Running) -> None:
        self._processes.pop(running.session_id, None)

    async def told(self, running: Running, text: str) -> Output:
        """What a command has said. It is as foreign as the files that it has it from."""
        command = running.command
        whose = (
            await self._hooks.whose(command.scene, command.text, text) if self._hooks.whose else frozenset()
        )
        return Output(text, provenance=ordered({"tool", *whose})[-1])

    async def end_all(self, workspace: Path | None = None) -> int:
        """Those in this workspace, or all; returns when they are gone. How many there were."""
        ended = [
            each
            for each in self._processes.values()
            if each.ending is None and workspace in {None, each.command.order.workspace}
        ]
        for each in ended:
            each.stop("the workspace's instructions change" if workspace else "the assistant stops")
        with anyio.move_on_after(END_SECONDS):
            for each in ended:
                await each.ended.wait()
        return len(ended)

    async def _live(self, running: Running, prepare: Callable[[Order], Cell]) -> None:
        scene = running.command.scene
        try:
            # What it changed is known before the turn goes on to change the workspace itself.
            async with self._hooks.watching(scene) if self._hooks.watching else nullcontext():
                await running.live(prepare)
            running.finish()
            await self._announce(running)
        except Exception:
            logger.exception("the process %s of %s failed", running.session_id, scene.session_key)
        finally:
            running.finish()

    async def _announce(self, running: Running) -> None:
        ending, config = running.ending, self._config
        if not (running.in_background and ending and self._hooks.on_exit and config.notify_on_exit):
            return
        output = running.recording.text()[-TOLD_CHARACTERS:]
        if ending.succeeded and not output.strip() and not config.notify_on_exit_empty_success:
            return
        if ending.reason in {KILLED_ON_REQUEST, REMOVED}:
            return
        scene, origin = running.command.scene, (await self.told(running, output)).provenance
        heard = scene.provenances | ({origin} if origin else set())
        scene = replace(scene, history=(), entries=(), provenances=heard)
        await self._hooks.on_exit(
            ProcessEnded(running.session_id, running.command.text, ending, output, scene)
        )

    def _forget_old(self) -> None:
        now = self._clock.monotonic()
        ended = [each for each in self._processes.values() if each.ended.is_set() and each.in_background]
        kept = self._config.cleanup_ms / 1000
        for number, each in enumerate(reversed(ended)):
            if number >= MOST_ENDED or now - each.started_at - each.seconds > kept:
                self.forget(each)


KILLED_ON_REQUEST = "killed on request"
REMOVED = "removed on request"
