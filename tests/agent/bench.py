"""One turn of the agent, alone on a bench."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from openclaw.agent.loop import Answer, House, Turn, run_turn
from openclaw.agent.ports import RecordedStep
from openclaw.agent.repetition import LoopDetectionConfig, Repetition
from openclaw.agent.tools.base import Act, Scene, Tool
from openclaw.llm.chat import Request
from openclaw.types.conversation import (
    AssistantMessage,
    Entry,
    Provenance,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from openclaw.types.events import TurnEvent
from tests.gateway.scripted import ControlledClock, FakeTool, ScriptedModel, calls, plainly

RUN, KEY = "run_1", "agent:main:main"
SYDNEY = ToolCall("toolu_1", "get_weather", {"location": "Sydney"})


@dataclass
class Diary:
    """The journal, the trace and the watchers of a turn, in one list."""

    wrote: list[tuple[str, str]] = field(default_factory=list)
    spans: list[dict[str, object]] = field(default_factory=list)
    events: list[TurnEvent] = field(default_factory=list)

    async def replied(self, message: AssistantMessage) -> None:
        await anyio.lowlevel.checkpoint()
        self.wrote.append(("replied", ",".join(call.id for call in message.calls)))

    async def starting(self, call: ToolCall) -> None:
        await anyio.lowlevel.checkpoint()
        self.wrote.append(("starting", call.id))

    async def finished(self, call: ToolCall, result: ToolResult) -> None:
        await anyio.lowlevel.checkpoint()
        self.wrote.append(("finished", call.id))

    @contextmanager
    def timed(self, name: str, **facts: object) -> Iterator[dict[str, object]]:
        span = {"name": name, **facts}
        self.spans.append(span)
        yield span

    def add(self, name: str, ms: float = 0.0, **facts: object) -> None:
        self.spans.append({"name": name, **facts})

    async def emit(self, event: TurnEvent) -> None:
        self.events.append(event)


@dataclass
class Ears:
    """What somebody says while tools run: `says` is heard once, at the next step."""

    says: list[UserMessage] = field(default_factory=list)

    async def waiting(self) -> bool:
        await anyio.lowlevel.checkpoint()
        return bool(self.says)

    async def listen(self) -> Sequence[UserMessage]:
        await anyio.lowlevel.checkpoint()
        heard, self.says = self.says, []
        return heard


@dataclass
class Gate:
    """Lets every call through but those it was told to refuse."""

    refuses: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[Act, Scene]] = field(default_factory=list)

    async def admit(self, call: ToolCall, act: Act, scene: Scene) -> str:
        await anyio.lowlevel.checkpoint()
        self.asked.append((act, scene))
        return self.refuses.get(call.id, "")


@dataclass
class Bench:
    """One turn, set up."""

    model: ScriptedModel = field(default_factory=ScriptedModel)
    diary: Diary = field(default_factory=Diary)
    tools: dict[str, Tool] = field(default_factory=dict)
    steps: int = 32
    recorded: Sequence[RecordedStep] = ()
    stopping: bool = False
    ears: Ears = field(default_factory=Ears)
    heard: Sequence[UserMessage] = ()
    gate: Gate = field(default_factory=Gate)
    read: frozenset[Provenance] = frozenset({"owner"})
    client_tools: frozenset[str] = frozenset()

    async def run(self) -> Answer:
        def prompt(entries: Sequence[Entry]) -> Request:
            return Request("claude-opus-4-6", "", plainly(entries))

        repetition = Repetition(LoopDetectionConfig())
        turn = Turn(
            Scene("main", KEY, RUN, Path("/workspace"), provenances=self.read),
            prompt,
            self.tools,
            self.steps,
            self.recorded,
            self.heard,
            lambda: self.stopping,
            repetition,
            self.client_tools,
        )
        house = House(
            self.model, self.diary, self.diary, self.diary.emit, ControlledClock(), self.ears, self.gate
        )
        return await run_turn(turn, house)

    async def result_of(self, tool: FakeTool | None, call: ToolCall = SYDNEY) -> ToolResult:
        """What the model reads of one call."""
        if tool is not None:
            self.tools[tool.name] = tool
        self.model.will(calls(call))
        (_, results, _) = (await self.run()).entries
        assert isinstance(results, ToolMessage)
        return results.results[0]
