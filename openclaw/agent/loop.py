"""One turn: ask the model, run the tools it calls, and again, until it answers."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import anyio

from openclaw.agent.ports import Emit, Journal, Model, RecordedStep, Spans
from openclaw.agent.tools.base import Effect, Tool, ToolError
from openclaw.llm.chat import Delta, OnDelta, Reply, Request
from openclaw.types.clock import Clock
from openclaw.types.conversation import (
    AssistantMessage,
    Block,
    Entry,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    Usage,
)
from openclaw.types.events import (
    ModelReplied,
    ReasoningDelta,
    ReplyWithdrawn,
    TextDelta,
    ToolFinished,
    ToolStarted,
)
from openclaw.types.ids import new_id

logger = logging.getLogger(__name__)

INTERRUPTED = (
    "interrupted: the assistant was stopped while {name} ran. It may have run or not; it is not repeated by itself. "
    "Find out what has happened before you decide to do it again."
)
LIMIT_REACHED = (
    "I stopped here: {steps} steps of work were not enough to finish this. Tell me to go on if I should."
)
NOTHING_SAID = "I have no answer to that: the model returned nothing."
CUT_SHORT = "[cut here: the answer reached the model's output limit]"
DECLINED = "The model declined to answer this."


@dataclass(frozen=True, slots=True)
class Turn:
    run_id: str
    session_key: str
    prompt: Callable[[Sequence[Entry]], Request]
    """The request for the conversation with these entries of the turn behind it."""
    tools: Mapping[str, Tool]
    steps: int
    recorded: Sequence[RecordedStep]
    paused: Callable[[], bool]
    """Whether the daemon is stopping: asked at every step boundary."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`entries` are all of the turn's, the final message last."""

    entries: tuple[Entry, ...]
    text: str
    usage: Usage
    reason: str = ""


class TurnPausedError(Exception):
    """The daemon stops; every finished step is in the ledger."""


@dataclass(frozen=True, slots=True)
class House:
    """What the turn was handed."""

    model: Model
    journal: Journal
    spans: Spans
    emit: Emit
    clock: Clock


async def run_turn(turn: Turn, house: House) -> Answer:
    """Raises ModelError when the model cannot be reached, TurnPausedError when the daemon stops."""
    entries: list[Entry] = []
    usage = Usage()
    for number in range(max(turn.steps, len(turn.recorded))):
        recorded = turn.recorded[number] if number < len(turn.recorded) else None
        if recorded is None:
            message, reason = await _ask(turn, house, entries)
            if not message.calls:
                return Answer((*entries, message), message.text, usage + message.usage, reason)
            await house.journal.replied(message)
            recorded = RecordedStep(message, {}, frozenset())
        usage += recorded.message.usage
        entries.append(recorded.message)
        results = await _run_tools(turn, house, recorded)
        # Named after its message: asked again after a failure, the request is the same to the byte.
        entries.append(ToolMessage(f"{recorded.message.id}.results", house.clock.now_ms(), results))
    text = LIMIT_REACHED.format(steps=turn.steps)
    last = AssistantMessage(new_id("m"), house.clock.now_ms(), (Text(text),), house.model.name)
    return Answer((*entries, last), text, usage, "limit")


async def _ask(turn: Turn, house: House, entries: Sequence[Entry]) -> tuple[AssistantMessage, str]:
    if turn.paused():
        raise TurnPausedError
    with house.spans.timed("prompt") as facts:
        request = turn.prompt(entries)
        facts["messages"] = len(request.messages)
        facts["tools"] = len(request.tools)
    with house.spans.timed("llm", model=house.model.name) as facts:
        reply = await house.model.ask(request, *_watchers(turn, house))
        facts.update(_told(reply))
    await house.emit(ModelReplied(turn.run_id, turn.session_key, reply.model, reply.usage))
    blocks, reason = _whole(reply)
    return AssistantMessage(new_id("m"), house.clock.now_ms(), blocks, reply.model, reply.usage), reason


def _watchers(turn: Turn, house: House) -> tuple[OnDelta, Callable[[], Awaitable[None]]]:
    async def see(delta: Delta) -> None:
        kind = TextDelta if delta.kind == "text" else ReasoningDelta
        await house.emit(kind(turn.run_id, turn.session_key, delta.text))

    async def withdraw() -> None:
        await house.emit(ReplyWithdrawn(turn.run_id, turn.session_key))

    return see, withdraw


def _told(reply: Reply) -> dict[str, object]:
    usage = reply.usage
    return {
        "model": reply.model,
        "input": usage.input,
        "output": usage.output,
        "cacheRead": usage.cache_read,
        "cacheWrite": usage.cache_write,
        "cost": usage.cost,
        "stop": reply.stop,
        "request": reply.request_id,
    }


def _whole(reply: Reply) -> tuple[tuple[Block, ...], str]:
    """The blocks to keep. A reply without calls always says something."""
    if reply.stop == "refusal":
        # What it had called before it declined is not run.
        said = tuple(block for block in reply.blocks if not isinstance(block, ToolCall))
        return (*said, _appended(reply, DECLINED)), "refusal"
    if any(isinstance(block, ToolCall) for block in reply.blocks):
        return reply.blocks, ""
    if reply.stop == "max_tokens":
        return (*reply.blocks, _appended(reply, CUT_SHORT)), "max_tokens"
    if not reply.text.strip():
        return (*reply.blocks, Text(NOTHING_SAID)), "empty"
    return reply.blocks, ""


def _appended(reply: Reply, remark: str) -> Text:
    return Text(f"\n\n{remark}" if reply.text.strip() else remark)


async def _run_tools(turn: Turn, house: House, step: RecordedStep) -> tuple[ToolResult, ...]:
    """All calls of one message at once; the results in the order of the calls."""
    calls = step.message.calls
    results: dict[str, ToolResult] = dict(step.results)

    async def run(call: ToolCall) -> None:
        results[call.id] = await _run_tool(turn, house, call, started=call.id in step.started)

    async with anyio.create_task_group() as group:
        for call in calls:
            if call.id not in results:
                group.start_soon(run, call)
    return tuple(results[call.id] for call in calls)


async def _run_tool(turn: Turn, house: House, call: ToolCall, *, started: bool) -> ToolResult:
    await house.emit(ToolStarted(turn.run_id, turn.session_key, call.id, call.name, call.arguments))
    with house.spans.timed("tool", tool=call.name) as facts:
        if started:
            result = ToolResult(call.id, INTERRUPTED.format(name=call.name), failed=True)
        else:
            result = await _result_of(turn.tools.get(call.name), call, house.journal)
        facts["ok"] = not result.failed
    await house.journal.finished(call, result)
    await house.emit(
        ToolFinished(turn.run_id, turn.session_key, call.id, call.name, result.content, result.failed)
    )
    return result


async def _result_of(tool: Tool | None, call: ToolCall, journal: Journal) -> ToolResult:
    """Never raises for what the model or the tool did wrong: the model reads the result and tries another way."""
    if tool is None:
        return ToolResult(call.id, f"There is no tool named {call.name!r}.", failed=True)
    if tool.effect is Effect.ONCE:
        await journal.starting(call)
    try:
        with anyio.move_on_after(tool.timeout_seconds):
            content = await tool.run(call.arguments)
            return ToolResult(call.id, _encodable(content), provenance=tool.provenance)
    except ToolError as error:
        return ToolResult(call.id, _encodable(str(error)), failed=True, provenance=tool.provenance)
    except Exception as error:
        logger.exception("the tool %s failed", call.name)
        told = f"{call.name} failed: {type(error).__name__}: {error}"
        return ToolResult(call.id, _encodable(told), failed=True, provenance=tool.provenance)
    told = f"{call.name} took longer than {tool.timeout_seconds:g} s and was stopped."
    return ToolResult(call.id, told, failed=True)


def _encodable(text: str) -> str:
    """Half a surrogate pair, from a file's name for instance, fits into no journal."""
    return text.encode("utf-8", "replace").decode()
