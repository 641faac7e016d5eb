"""The tool `process`: what goes on in the background, read, written to and ended."""

import signal
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import anyio
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from openclaw.agent.tools.arguments import checked, schema_of
from openclaw.agent.tools.base import Act, Effect, Kind, Output, Scene, ToolError, ToolInputError
from openclaw.agent.tools.exec.desk import KILLED_ON_REQUEST, REMOVED, Desk
from openclaw.agent.tools.exec.keys import strokes
from openclaw.agent.tools.exec.running import Running
from openclaw.types.conversation import Provenance

Action = Literal["list", "poll", "log", "write", "send-keys", "submit", "paste", "kill", "clear", "remove"]
MOST_WAIT_MS = 60_000
MOST_LINES = 5_000
LINES = 200
SHOWN_COMMAND = 100
SETTLE_SECONDS = 0.3
"""After input, for what it brings."""
DEATH_SECONDS = 5.0
_READS = {"list", "poll", "log"}


class ProcessArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    action: Action
    session_id: Annotated[
        str,
        Field(
            validation_alias=AliasChoices("sessionId", "session_id"),
            serialization_alias="sessionId",
            description="As exec and list tell it. All but list need it.",
        ),
    ] = ""
    data: Annotated[str, Field(description="For write, submit: goes to its input as it is.")] = ""
    keys: Annotated[
        list[str], Field(description='For send-keys: ["C-c"], ["Up", "Enter"] and so on; C-d ends its input.')
    ] = []
    text: Annotated[str, Field(description="For paste.")] = ""
    offset: Annotated[
        int | None, Field(ge=1, description="For log: the first line. Without it, the last ones.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=MOST_LINES, description="For log: how many lines.")] = LINES
    timeout: Annotated[
        int, Field(ge=0, le=MOST_WAIT_MS, description="For poll: wait so many milliseconds for news.")
    ] = 0


class ProcessTool:
    name = "process"
    description = (
        "Processes of exec that go on in the background: list them; poll (what is new), log (all, by lines), write, "
        "submit (with a line's end), send-keys, paste; kill; clear (forget an ended one), remove (kill and forget)."
    )
    # After a crash there is none of them any more: the same call again finds nothing to do.
    effect = Effect.IDEMPOTENT
    provenance: Provenance = "tool"
    timeout_seconds = MOST_WAIT_MS / 1000 + 30

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.schema: Mapping[str, object] = schema_of(ProcessArguments)

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        asked = self._asked(arguments)
        if asked.action in _READS:
            return Act(Kind.READ, f"process {asked.action} {asked.session_id}".strip())
        running = self._find(asked.session_id, scene)
        kind = Kind.EXECUTE_OUTSIDE if running.command.outside else Kind.EXECUTE
        words = asked.data or asked.text or " ".join(asked.keys)
        return Act(kind, f"process {asked.action} {asked.session_id}: {running.command.text}", words)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> Output:
        asked = self._asked(arguments)
        if asked.action == "list":
            return Output(self._list(scene))
        running = self._find(asked.session_id, scene)
        return await self._desk.told(running, await self._done(asked, running))

    async def _done(self, asked: ProcessArguments, running: Running) -> str:
        match asked.action:
            case "poll":
                await running.wait_for_news(asked.timeout / 1000)
                return _news(running)
            case "log":
                return _log(running, asked.offset, asked.limit)
            case "clear":
                if not running.ended.is_set():
                    raise ToolError("it is still running; remove kills and forgets it")
                self._desk.forget(running)
                return "Forgotten."
            case "kill":
                return await _kill(running, KILLED_ON_REQUEST)
            case "remove":
                told = await _kill(running, REMOVED)
                self._desk.forget(running)
                return told
            case _:
                await _put_in(running, asked)
                await running.wait_for_news(SETTLE_SECONDS)
                return _news(running)

    def _asked(self, arguments: Mapping[str, object]) -> ProcessArguments:
        keys = arguments.get("keys")
        given = {**arguments, "keys": keys.split()} if isinstance(keys, str) else arguments
        asked = checked(ProcessArguments, given, self.schema)
        if asked.action != "list" and not asked.session_id:
            raise ToolInputError(f"sessionId is required for {asked.action}")
        return asked

    def _find(self, session_id: str, scene: Scene) -> Running:
        mine: Sequence[Running] = tuple(self._desk.of(scene))
        found = next((each for each in mine if each.session_id == session_id), None)
        if found is None:
            there = ", ".join(each.session_id for each in mine) or "none"
            raise ToolError(f"there is no process {session_id!r} in this conversation; there is {there}")
        return found

    def _list(self, scene: Scene) -> str:
        lines = [
            f"{each.session_id}  {_state(each)}  {_shortened(each.command.text)}"
            for each in self._desk.of(scene)
            if each.in_background
        ]
        return "\n".join(lines) or "No process is running or kept."


def _news(running: Running) -> str:
    return f"{running.recording.news().rstrip() or '(nothing new)'}\n\n[{_state(running)}]"


def _log(running: Running, offset: int | None, limit: int) -> str:
    page = running.recording.page(offset, limit)
    first = max(page.lines - limit, 0) + 1 if offset is None else offset
    shown = len(page.text.splitlines())
    place = f"lines {first} to {first + shown - 1} of {page.lines}" if shown else f"{page.lines} lines in all"
    return f"{page.text or '(nothing here)'}\n\n[{place}; {_state(running)}]"


async def _kill(running: Running, reason: str) -> str:
    if running.ended.is_set():
        return f"It has ended already: {_state(running)}."
    running.stop(reason)
    with anyio.move_on_after(DEATH_SECONDS):
        await running.ended.wait()
    return _state(running)


async def _put_in(running: Running, asked: ProcessArguments) -> None:
    match asked.action:
        case "write":
            await running.send(_required(asked.data, "data").encode())
        case "submit":
            await running.send(f"{asked.data}\n".encode())
        case "paste":
            await running.send(_required(asked.text or asked.data, "text").encode())
        case _:
            if not asked.keys:
                raise ToolInputError("keys is required for send-keys")
            # All are read before the first is sent.
            for stroke in tuple(strokes(asked.keys)):
                if isinstance(stroke, signal.Signals):
                    await running.interrupt(stroke)
                elif isinstance(stroke, bytes):
                    await running.send(stroke)
                else:
                    await running.end_input()


def _required(value: str, name: str) -> str:
    if not value:
        raise ToolInputError(f"{name} is required")
    return value


def _state(running: Running) -> str:
    if running.failure is not None:
        return f"did not start: {running.failure}"
    return str(running.ending) if running.ending else f"running, {running.seconds:.1f} s"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_COMMAND else line[: SHOWN_COMMAND - 1] + "…"
