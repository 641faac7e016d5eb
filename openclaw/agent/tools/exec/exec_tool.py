"""The tool `exec`: a command, now or in the background."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Protocol

import anyio
from pydantic import BaseModel, ConfigDict, Field

from openclaw.agent.tools.arguments import checked, schema_of
from openclaw.agent.tools.base import Act, Effect, Kind, Output, Scene, ToolError, ToolInputError
from openclaw.agent.tools.exec.config import ExecConfig
from openclaw.agent.tools.exec.desk import Desk
from openclaw.agent.tools.exec.running import Command, Running
from openclaw.agent.tools.exec.sandbox.base import Cell, Limits, Order
from openclaw.types.conversation import Provenance

MOST_COMMAND_BYTES = 100_000
"""The kernel takes 128 KiB in one argument."""
MOST_WAIT_MS = 600_000
DEATH_SECONDS = 3.0
STOPPED = "the turn was stopped"
GOES_ON = (
    "status: running\nsessionId: {id}\n\n{output}\n\n[it goes on in the background, {seconds:.1f} s so far: "
    "process poll, log, write or kill with this sessionId; it ends with the assistant, and after {timeout:g} s]"
)
INSIDE = (
    "It sees no network, and of the machine only its programs and the workspace, which is its folder /work and all it "
    "can write; instruction files, memory/ and skills/ are read-only."
)
OUTSIDE = "It runs on the owner's machine itself, in the workspace, without a sandbox."
LEFT_RUNNING = (
    "What a command leaves running when it ends is killed: use background for servers and the like."
)
OFF_HERE = "exec is off in this conversation: its owner said /exec security=deny"
_STRICTER = ("full", "allowlist", "deny")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOADER = re.compile(
    r"LD_.*|DYLD_.*|PATH|BASH_ENV|ENV|SHELLOPTS|BASHOPTS|IFS|PS4|PROMPT_COMMAND|BASH_FUNC_.*"
)
"""These make a program run other code than its own."""


class ExecArguments(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    command: Annotated[str, Field(min_length=1, description="Read by bash.")]
    workdir: Annotated[str, Field(description="A folder of the workspace; without it, the workspace.")] = ""
    env: Annotated[dict[str, str], Field(description="More variables.")] = {}
    yield_ms: Annotated[
        int,
        Field(
            alias="yieldMs",
            ge=0,
            le=MOST_WAIT_MS,
            description="Wait so long, then let it go on in the background.",
        ),
    ] = 10_000
    background: Annotated[
        bool, Field(description="Do not wait at all; only such a process takes input (process write).")
    ] = False
    timeout: Annotated[float, Field(gt=0, description="Seconds until it is killed.")] = 1800
    pty: bool = False
    host: Literal["", "sandbox", "gateway", "node"] = ""
    security: Literal["", "deny", "allowlist", "full"] = ""
    ask: Literal["", "off", "on-miss", "always"] = ""
    node: str = ""
    elevated: bool = False


class Place(Protocol):
    """Where commands run."""

    @property
    def root(self) -> str: ...

    def prepare(self, order: Order) -> Cell: ...


class House(Protocol):
    @property
    def kind(self) -> Kind:
        """Inside or outside, when the call does not say."""

    async def place(self, kind: Kind, workspace: Path) -> Place:
        """Raises ToolError when nothing may run there."""

    async def argv(self, command: str) -> tuple[str, ...]:
        """Raises ToolError when this command may not run."""


SkillEnv = Callable[[Scene], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that makes sense."""

    command: str
    folder: str
    env: Mapping[str, str]
    wait_seconds: float
    background: bool
    timeout_seconds: float
    kind: Kind


class ExecTool:
    name = "exec"
    effect = Effect.ONCE
    provenance: Provenance = "tool"
    timeout_seconds = MOST_WAIT_MS / 1000 + 60

    def __init__(
        self, config: ExecConfig, desk: Desk, house: House, skill_env: SkillEnv | None = None
    ) -> None:
        self._config = config
        self._desk = desk
        self._house = house
        self._skill_env = skill_env
        where = INSIDE if house.kind is Kind.EXECUTE else OUTSIDE
        self.description = f"Run a shell command. {where} {LEFT_RUNNING}"
        self.schema = _with_defaults(schema_of(ExecArguments), config)

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        wish = self._wish(arguments, scene)
        more = "".join(f"{name}={value} " for name, value in wish.env.items())
        where = f"\n(in {wish.folder})" if wish.folder else ""
        return Act(wish.kind, f"{more}{wish.command}{where}")

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> Output:
        wish = self._wish(arguments, scene)
        place = await self._house.place(wish.kind, scene.workspace)
        env = dict(await self._skill_env(scene)) if self._skill_env else {}
        limits = Limits(cpu_seconds=min(Limits().cpu_seconds, max(int(wish.timeout_seconds), 1)))
        order = Order(
            await self._house.argv(wish.command),
            scene.workspace,
            wish.folder,
            {**env, **wish.env, **self._path(wish)},
            limits,
        )
        command = Command(
            wish.command,
            order,
            scene,
            wish.timeout_seconds,
            wish.background,
            outside=wish.kind is Kind.EXECUTE_OUTSIDE,
        )
        running = await self._desk.start(command, place.prepare)
        return await self._desk.told(running, await self._outcome(running, wish))

    def _path(self, wish: Wish) -> Mapping[str, str]:
        if not self._config.path_prepend:
            return {}
        usual = "/usr/local/bin:/usr/bin:/bin"
        return {"PATH": ":".join((*self._config.path_prepend, usual))}

    async def _outcome(self, running: Running, wish: Wish) -> str:
        try:
            await running.begun.wait()
            with anyio.move_on_after(0 if wish.background else wish.wait_seconds):
                await running.ended.wait()
        except anyio.get_cancelled_exc_class():
            running.stop(STOPPED)
            with anyio.CancelScope(shield=True), anyio.move_on_after(DEATH_SECONDS):
                await running.ended.wait()
            self._desk.forget(running)
            raise
        if not running.ended.is_set():
            running.in_background = True
            output = running.recording.news().rstrip() or "(no output yet)"
            return GOES_ON.format(
                id=running.session_id, output=output, seconds=running.seconds, timeout=wish.timeout_seconds
            )
        self._desk.forget(running)
        if running.failure is not None:
            raise running.failure
        return f"{running.recording.text().rstrip() or '(no output)'}\n\n[{running.ending}]"

    def _wish(self, arguments: Mapping[str, object], scene: Scene) -> Wish:
        given = {"yieldMs": self._config.background_ms, "timeout": self._config.timeout_sec, **arguments}
        asked = checked(ExecArguments, given, self.schema)
        self._refuse(asked)
        command = asked.command
        if not command.strip():
            raise ToolInputError("command is required")
        if "\0" in command or len(command.encode(errors="replace")) > MOST_COMMAND_BYTES:
            raise ToolInputError(
                f"command must be of at most {MOST_COMMAND_BYTES:,} bytes, without NUL; write a script into the "
                "workspace and run that"
            )
        if scene.settings.get("execSecurity") == "deny":
            raise ToolError(OFF_HERE)
        within = "sandbox" in {asked.host, scene.settings.get("execHost")}
        kind = Kind.EXECUTE if within else self._house.kind
        folder = _folder(asked.workdir, scene.workspace)
        background = asked.background or asked.yield_ms == 0
        return Wish(
            command, folder, _environment(asked.env), asked.yield_ms / 1000, background, asked.timeout, kind
        )

    def _refuse(self, asked: ExecArguments) -> None:
        """A call may narrow what the owner's file says, and never widen it."""
        config = self._config
        if asked.host == "gateway" and config.host != "gateway":
            raise ToolError(
                "host: commands run in the sandbox here; only the owner's tools.exec.host can change that"
            )
        if asked.host == "node" or asked.node:
            raise ToolError("host, node: there are no nodes here; leave both out")
        if asked.security and asked.security != config.security:
            if _STRICTER.index(asked.security) < _STRICTER.index(config.security):
                raise ToolError(
                    f"security: the owner's file says {config.security}, and a call cannot widen that"
                )
            raise ToolError(f"security: {config.security} is how commands run here; leave it out")
        if asked.ask not in {"", "off", config.ask}:
            raise ToolError("ask: when the owner is asked is the owner's setting; leave it out")
        if asked.elevated:
            raise ToolError("elevated: there is no way past the sandbox by a call; leave it out")
        if asked.pty:
            raise ToolError("pty: no terminal is given; `script -qec '<command>' /dev/null` makes one inside")


def _with_defaults(schema: Mapping[str, object], config: ExecConfig) -> Mapping[str, object]:
    properties = schema["properties"]
    assert isinstance(properties, dict)
    changed = {"yieldMs": config.background_ms, "timeout": config.timeout_sec}
    more = {name: {**properties[name], "default": value} for name, value in changed.items()}
    return {**schema, "properties": {**properties, **more}}


def _environment(env: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in env.items():
        if _NAME.fullmatch(name) is None:
            raise ToolInputError(f"env: {name!r} is no name of a variable")
        if _LOADER.fullmatch(name):
            raise ToolInputError(f"env: {name} may not be set: it changes which code programs run")
        if "\0" in value:
            raise ToolInputError(f"env: the value of {name} holds a NUL")
    return env


def _folder(workdir: str, workspace: Path) -> str:
    """Relative to the workspace, which is also called /work."""
    wanted = PurePosixPath(workdir.strip() or ".")
    if "\0" in workdir:
        raise ToolInputError("workdir holds a NUL")
    if wanted.is_absolute():
        root = next((root for root in ("/work", str(workspace)) if wanted.is_relative_to(root)), None)
        if root is None:
            raise ToolInputError(f"workdir must lie in the workspace (/work), not {workdir!r}")
        wanted = wanted.relative_to(root)
    if ".." in wanted.parts or wanted.parts[:1] == ("~",):
        raise ToolInputError(f"workdir must lie in the workspace, without .. and ~, not {workdir!r}")
    return "" if str(wanted) == "." else str(wanted)
