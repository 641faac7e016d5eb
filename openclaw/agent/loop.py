"""One turn: ask the model, run the tools it calls, and again, until it answers."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import anyio

from openclaw.agent.ports import Ears, Emit, Gate, Journal, Model, RecordedStep, Spans
from openclaw.agent.repetition import Repetition
from openclaw.agent.taint import provenances
from openclaw.agent.tools.base import Act, Effect, Output, Scene, Tool, ToolError, ToolInputError
from openclaw.agent.tools.handing import closed, handed_over
from openclaw.agent.tools.watching import Watch
from openclaw.agent.untrusted import encodable
from openclaw.llm.chat import Delta, ModelError, OnDelta, Reply, Request, Substitution
from openclaw.types.clock import Clock
from openclaw.types.conversation import (
    AssistantMessage,
    Block,
    Entry,
    Provenance,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    Usage,
    UserMessage,
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
SKIPPED = "skipped: the person has written again; read that first and decide anew"
MALFORMED = "the arguments must be one JSON object, and this is none: {written}"
LIMIT_REACHED = (
    "I stopped here: {steps} steps of work were not enough to finish this. Tell me to go on if I should."
)
NOTHING_SAID = "I have no answer to that: the model returned nothing."
CUT_SHORT = "[cut here: the answer reached the model's output limit]"
DECLINED = "The model declined to answer this."


@dataclass(frozen=True, slots=True)
class Turn:
    scene: Scene
    """Its provenances are those of the history and of what was asked."""
    prompt: Callable[[Sequence[Entry]], Request]
    """The request for the conversation with these entries of the turn behind it."""
    tools: Mapping[str, Tool]
    steps: int
    recorded: Sequence[RecordedStep]
    heard: Sequence[UserMessage]
    """What was said behind the last recorded step."""
    paused: Callable[[], bool]
    """Whether the daemon is stopping: asked at every step boundary."""
    repetition: Repetition
    client_tools: frozenset[str] = frozenset()
    """Names of those that run in the program that asks: to call one ends the turn."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`entries` are all of the turn's, the final message last."""

    entries: tuple[Entry, ...]
    text: str
    usage: Usage
    reason: str = ""
    instead_of: Substitution | None = None
    """The model that was asked for, when another one answered."""
    calls: tuple[ToolCall, ...] = ()
    """For the program that asked."""


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
    ears: Ears
    gate: Gate


def step_limit(keys: int) -> int:
    """Model requests in one turn, where nobody has said how many: with more keys more is likely to be tried again."""
    return min(max(24 + 8 * keys, 32), 160)


async def run_turn(turn: Turn, house: House) -> Answer:
    """Raises ModelError when the model cannot be reached, TurnPausedError when the daemon stops."""
    entries: list[Entry] = []
    usage = Usage()
    for number in range(max(turn.steps, len(turn.recorded))):
        recorded = turn.recorded[number] if number < len(turn.recorded) else None
        if recorded is None:
            if number == len(turn.recorded):
                entries += turn.heard
            if number:
                entries += await house.ears.listen()
            message, reply = await _ask(turn, house, entries)
            if not message.calls:
                spent = usage + message.usage
                return Answer((*entries, message), message.text, spent, _whole(reply)[1], reply.instead_of)
            await house.journal.replied(message)
            recorded = RecordedStep(message, {}, frozenset())
        usage += recorded.message.usage
        entries += [*recorded.heard, recorded.message]
        if handed := handed_over(recorded.message, turn.client_tools):
            entries.append(closed(recorded.message, handed, house.clock.now_ms()))
            return Answer(tuple(entries), recorded.message.text, usage, "client_tools", calls=handed)
        results = await _run_tools(turn, house, recorded, _scene(turn, entries))
        verdict = turn.repetition.watch(recorded.message.calls, results)
        # Named after its message: asked again after a failure, the request is the same to the byte.
        entries.append(
            ToolMessage(f"{recorded.message.id}.results", house.clock.now_ms(), tuple(verdict.results))
        )
        if verdict.stop:
            return _stopped(entries, usage, verdict.stop, "loop", house)
    return _stopped(entries, usage, LIMIT_REACHED.format(steps=turn.steps), "limit", house)


def _stopped(entries: Sequence[Entry], usage: Usage, text: str, reason: str, house: House) -> Answer:
    """The model did not come to an end: people get what there is, and why."""
    last = AssistantMessage(new_id("m"), house.clock.now_ms(), (Text(text),), house.model.name)
    return Answer((*entries, last), text, usage, reason)


async def _ask(turn: Turn, house: House, entries: Sequence[Entry]) -> tuple[AssistantMessage, Reply]:
    if turn.paused():
        raise TurnPausedError
    with house.spans.timed("prompt") as facts:
        request = turn.prompt(entries)
        facts["messages"] = len(request.messages)
        facts["tools"] = len(request.tools)
    with house.spans.timed("llm", model=house.model.name) as facts:
        try:
            reply = await house.model.ask(request, *_watchers(turn, house))
        except ModelError as error:
            facts["tried"] = [asdict(each) for each in error.attempts]
            raise
        facts.update(_told(reply))
    await house.emit(ModelReplied(turn.scene.run_id, turn.scene.session_key, reply.model, reply.usage))
    blocks, _ = _whole(reply)
    return AssistantMessage(new_id("m"), house.clock.now_ms(), blocks, reply.model, reply.usage), reply


def _watchers(turn: Turn, house: House) -> tuple[OnDelta, Callable[[], Awaitable[None]]]:
    async def see(delta: Delta) -> None:
        kind = TextDelta if delta.kind == "text" else ReasoningDelta
        await house.emit(kind(turn.scene.run_id, turn.scene.session_key, delta.text))

    async def withdraw() -> None:
        await house.emit(ReplyWithdrawn(turn.scene.run_id, turn.scene.session_key))

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
        **_way(reply),
    }


def _way(reply: Reply) -> dict[str, object]:
    """With which key and thought it was answered, and what had been tried before."""
    if not reply.attempts:
        return {}
    *before, last = reply.attempts
    way: dict[str, object] = {"profile": last.profile, "thinking": last.thinking}
    if reply.instead_of is not None:
        way |= {"insteadOf": reply.instead_of.model, "because": reply.instead_of.fault}
    return {**way, "tried": [asdict(each) for each in before]} if before else way


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


def _scene(turn: Turn, entries: Sequence[Entry]) -> Scene:
    """What the model has read when it makes the calls of this step."""
    seen = turn.scene.provenances | provenances(entries)
    return replace(turn.scene, provenances=seen, entries=tuple(entries))


async def _run_tools(turn: Turn, house: House, step: RecordedStep, scene: Scene) -> tuple[ToolResult, ...]:
    """The results in the order of the calls.

    What only reads runs side by side. What has effects runs alone and in order, and not at all once somebody has
    something to say: the model hears that first.
    """
    results: dict[str, ToolResult] = dict(step.results)
    open_calls = [call for call in step.message.calls if call.id not in results]
    for number, together in enumerate(_batches(turn.tools, open_calls)):
        skipped = number > 0 and await house.ears.waiting()

        watch = Watch(scene, house.emit, house.clock, len(together))

        async def run(call: ToolCall, skipped: bool = skipped, watch: Watch = watch) -> None:
            began = call.id in step.started
            here = replace(scene, call_id=call.id, tell=watch.begin(call))
            if skipped and not began:
                results[call.id] = await _skip(turn, house, call)
            else:
                results[call.id] = await _run_tool(turn, house, call, here, began)
            watch.end(call)

        try:
            async with anyio.create_task_group() as group:
                for call in together:
                    group.start_soon(run, call)
                group.start_soon(watch.run)
        except BaseExceptionGroup as failures:
            # The daemon stops while a call waits for its owner's word.
            if failures.subgroup(TurnPausedError) is None:
                raise
            raise TurnPausedError from None
    return tuple(results[call.id] for call in step.message.calls)


def _batches(tools: Mapping[str, Tool], calls: Sequence[ToolCall]) -> list[list[ToolCall]]:
    """Neighbours that only read are one batch; everything else is a batch of its own."""
    batches: list[list[ToolCall]] = []
    side_by_side = False
    for call in calls:
        tool = tools.get(call.name)
        reads = tool is None or tool.effect is Effect.READ_ONLY
        if reads and side_by_side:
            batches[-1].append(call)
        else:
            batches.append([call])
        side_by_side = reads
    return batches


async def _skip(turn: Turn, house: House, call: ToolCall) -> ToolResult:
    result = ToolResult(call.id, SKIPPED, failed=True)
    house.spans.add("tool", tool=call.name, ok=False, skipped=True)
    await house.journal.finished(call, result)
    await house.emit(
        ToolFinished(turn.scene.run_id, turn.scene.session_key, call.id, call.name, SKIPPED, failed=True)
    )
    return result


async def _run_tool(turn: Turn, house: House, call: ToolCall, scene: Scene, started: bool) -> ToolResult:
    await house.emit(
        ToolStarted(turn.scene.run_id, turn.scene.session_key, call.id, call.name, call.arguments)
    )
    with house.spans.timed("tool", tool=call.name) as facts:
        if started:
            result = ToolResult(call.id, INTERRUPTED.format(name=call.name), failed=True)
        else:
            result = await _result_of(turn.tools.get(call.name), call, scene, house)
            result = replace(result, content=encodable(result.content))
        facts["ok"] = not result.failed
    await house.journal.finished(call, result)
    await house.emit(
        ToolFinished(
            turn.scene.run_id, turn.scene.session_key, call.id, call.name, result.content, result.failed
        )
    )
    return result


async def _result_of(tool: Tool | None, call: ToolCall, scene: Scene, house: House) -> ToolResult:
    """Never raises for what the model or the tool did wrong: the model reads the result and tries another way."""
    if tool is None:
        return ToolResult(call.id, f"There is no tool named {call.name!r}.", failed=True)
    if call.malformed:
        return ToolResult(
            call.id, str(ToolInputError(MALFORMED.format(written=call.malformed[:200]))), failed=True
        )
    act: Act | None = None
    try:
        act = tool.act(call.arguments, scene)
        if refusal := await house.gate.admit(call, act, scene):
            return ToolResult(call.id, refusal, failed=True)
        if tool.effect is Effect.ONCE:
            await house.journal.starting(call)
        with anyio.move_on_after(tool.timeout_seconds):
            return _brought(tool, call, await tool.run(call.arguments, scene))
    except ToolError as error:
        # Before anybody is asked the words are ours.
        whence: Provenance = tool.provenance if act is not None else "tool"
        return ToolResult(call.id, _encodable(str(error)), failed=True, provenance=whence)
    except TurnPausedError:
        raise
    except Exception as error:
        logger.exception("the tool %s failed", call.name)
        told = f"{call.name} failed: {type(error).__name__}: {error}"
        return ToolResult(call.id, _encodable(told), failed=True, provenance=tool.provenance)
    told = f"{call.name} took longer than {tool.timeout_seconds:g} s and was stopped."
    return ToolResult(call.id, told, failed=True)


def _brought(tool: Tool, call: ToolCall, outcome: str | Output) -> ToolResult:
    output = Output(outcome) if isinstance(outcome, str) else outcome
    whence = output.provenance or tool.provenance
    return ToolResult(call.id, _encodable(output.text), provenance=whence, pictures=output.pictures)


def _encodable(text: str) -> str:
    """Half a surrogate pair, from a file's name for instance, fits into no journal."""
    return text.encode("utf-8", "replace").decode()
