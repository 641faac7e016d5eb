"""What stands in for the world around the gateway: a clock, a model, a channel and tools that do as they are told."""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

import anyio

from openclaw.agent.tools.base import Act, Effect, Kind, Output, Scene
from openclaw.llm.chat import Delta, Message, OnDelta, Reply, Request, StopReason
from openclaw.types.channel import Deliver, Report, WebhookRoute
from openclaw.types.conversation import (
    AssistantMessage,
    Block,
    Compaction,
    Entry,
    Note,
    Provenance,
    Text,
    ToolCall,
    ToolMessage,
    Usage,
    UserMessage,
)
from openclaw.types.messages import Address, Outbound, Part, Parts

NOW = 1_772_182_800_000  # 2026-02-27T09:00:00Z
MODEL = "anthropic/claude-opus-4-6"
SPENT = Usage(input=100, output=10, cache_read=50, cache_write=5, cost=0.25)


class ControlledClock:
    """Stands still until it is told otherwise."""

    def __init__(self, now: int = NOW) -> None:
        self._ms = now
        self._monotonic = 1_000.0

    def now_ms(self) -> int:
        return self._ms

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._ms += round(seconds * 1000)
        self._monotonic += seconds


class Changes:
    """Something has happened; whoever waits for more looks again."""

    def __init__(self) -> None:
        self._next = anyio.Event()

    def notify(self) -> None:
        happened, self._next = self._next, anyio.Event()
        happened.set()

    async def until(self, holds: Callable[[], bool], seconds: float = 10) -> None:
        async def check() -> bool:
            return holds()

        await self.until_true(check, seconds)

    async def until_true(self, holds: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
        with anyio.fail_after(seconds):
            while True:
                change = self._next
                if await holds():
                    return
                await change.wait()


async def forever() -> NoReturn:
    await anyio.sleep_forever()
    raise AssertionError("only a cancellation ends it")


async def hangs(request: Request) -> Reply:
    await forever()


def says(text: str, *, stop: StopReason = "end", usage: Usage = SPENT) -> Reply:
    return Reply((Text(text),), stop, usage, MODEL)


def calls(*wanted: ToolCall, text: str = "") -> Reply:
    said: tuple[Block, ...] = (Text(text),) if text else ()
    return Reply((*said, *wanted), "tool_use", SPENT, MODEL)


@dataclass(frozen=True)
class Writes:
    """A reply that comes in pieces: texts, waits, and what takes it all back."""

    pieces: Sequence[str | Delta | anyio.Event | None]
    """None withdraws what was written so far."""
    reply: Reply | Exception


Step = Reply | Exception | Writes | Callable[[Request], Awaitable[Reply]]


@dataclass
class ScriptedModel:
    """Answers with what it was given, in order; after that, always the same."""

    changes: Changes = field(default_factory=Changes)
    script: deque[Step] = field(default_factory=deque)
    otherwise: Step = field(default_factory=lambda: says("Yes."))
    requests: list[Request] = field(default_factory=list)
    name: str = MODEL

    def will(self, *steps: Step) -> None:
        self.script.extend(steps)

    async def ask(
        self, request: Request, on_delta: OnDelta, on_withdraw: Callable[[], Awaitable[None]]
    ) -> Reply:
        self.requests.append(request)
        self.changes.notify()
        step = self.script.popleft() if self.script else self.otherwise
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Writes):
            return await self._write(step, on_delta, on_withdraw)
        reply = step if isinstance(step, Reply) else await step(request)
        if reply.text:
            await on_delta(Delta("text", reply.text))
        return reply

    async def _write(
        self, step: Writes, on_delta: OnDelta, on_withdraw: Callable[[], Awaitable[None]]
    ) -> Reply:
        for piece in step.pieces:
            match piece:
                case str():
                    await on_delta(Delta("text", piece))
                case Delta():
                    await on_delta(piece)
                case anyio.Event():
                    await piece.wait()
                case None:
                    await on_withdraw()
        if isinstance(step.reply, Exception):
            raise step.reply
        return step.reply


@dataclass
class FakeChannel:
    """A channel in memory. What it was told to raise for a chat comes before what it takes."""

    changes: Changes = field(default_factory=Changes)
    name: str = "telegram"
    account: str = "default"
    limit: int = 4096
    offered: list[Outbound] = field(default_factory=list)
    sent: list[Outbound] = field(default_factory=list)
    faults: dict[str, deque[Exception]] = field(default_factory=dict)
    shown_to: list[Address] = field(default_factory=list)
    showing: int = 0

    def will_raise(self, chat: str, *faults: Exception) -> None:
        self.faults.setdefault(chat, deque()).extend(faults)

    def texts(self, chat: str | None = None) -> list[str]:
        return [message.part.text for message in self.sent if chat in (None, message.to.chat)]

    async def run(self, deliver: Deliver, report: Report) -> None:
        await anyio.sleep_forever()

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]:
        return ()

    def compose(self, text: str) -> Parts:
        pieces = [text[at : at + self.limit] for at in range(0, len(text), self.limit)]
        return [Part(piece, f"<p>{piece}</p>") for piece in pieces]

    async def send(self, message: Outbound) -> str:
        await anyio.lowlevel.checkpoint()
        self.offered.append(message)
        faults = self.faults.get(message.to.chat)
        try:
            if faults:
                raise faults.popleft()
            self.sent.append(message)
            return str(len(self.sent))
        finally:
            self.changes.notify()

    async def show_working(self, to: Address) -> None:
        self.shown_to.append(to)
        self.showing += 1
        try:
            await anyio.sleep_forever()
        finally:
            self.showing -= 1

    async def aclose(self) -> None: ...


@dataclass
class EditableChannel(FakeChannel):
    """What people see of each message is what it was last changed to."""

    edits: list[tuple[str, str]] = field(default_factory=list)
    """Id and text, in order."""
    gone: set[str] = field(default_factory=set)
    """Messages that somebody has deleted."""

    async def begin_preview(self, to: Address, part: Part) -> str:
        return await self.send(Outbound("", to, part))

    async def edit(self, to: Address, message_id: str, part: Part) -> bool:
        await anyio.lowlevel.checkpoint()
        try:
            if faults := self.faults.get(to.chat):
                raise faults.popleft()
            if message_id in self.gone:
                return False
            self.edits.append((message_id, part.text))
            at = int(message_id) - 1
            self.sent[at] = replace(self.sent[at], part=part)
            return True
        finally:
            self.changes.notify()

    async def withdraw(self, to: Address, message_id: str) -> None:
        self.gone.add(message_id)
        self.changes.notify()

    def seen(self) -> list[str]:
        return [text for at, text in enumerate(self.texts(), start=1) if str(at) not in self.gone]


Work = Callable[[Mapping[str, object]], Awaitable[str | Output]]


@dataclass
class FakeTool:
    """Does what it was given, and counts how often."""

    work: Work
    name: str = "get_weather"
    effect: Effect = Effect.READ_ONLY
    description: str = "Weather now."
    schema: Mapping[str, object] = field(default_factory=lambda: {"type": "object"})
    provenance: Provenance = "web"
    timeout_seconds: float = 30.0
    runs: int = 0

    kind: Kind = Kind.CONSULT

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        return Act(self.kind, self.name)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str | Output:
        self.runs += 1
        return await self.work(arguments)


def answering(text: str) -> Work:
    async def work(arguments: Mapping[str, object]) -> str:
        return text

    return work


def raising(error: Exception) -> Work:
    async def work(arguments: Mapping[str, object]) -> str:
        raise error

    return work


def plainly(entries: Sequence[Entry]) -> tuple[Message, ...]:
    """The conversation as a request holds it, without any decoration."""
    return tuple(_message(entry) for entry in entries)


def _message(entry: Entry) -> Message:
    match entry:
        case UserMessage() | Note():
            return Message("user", (Text(entry.text),))
        case AssistantMessage():
            return Message("assistant", entry.blocks)
        case ToolMessage():
            return Message("user", entry.results)
        case Compaction():
            return Message("user", (Text(entry.summary),))
