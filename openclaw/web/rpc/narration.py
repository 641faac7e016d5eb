"""Turn events told as the `agent` and `chat` events that clients of the original read. Pure but for its memory."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard, get_args

from openclaw.bus import Gap
from openclaw.gateway.quiet import HEARTBEAT
from openclaw.types.conversation import Usage
from openclaw.types.events import (
    Event,
    ModelReplied,
    ReasoningDelta,
    ReplyWithdrawn,
    TextDelta,
    ToolFinished,
    ToolProgressed,
    ToolStarted,
    TurnEvent,
    TurnFinished,
    TurnOutcome,
    TurnStarted,
    WorkTold,
)
from openclaw.web.desk import RunState
from openclaw.web.rpc.handshake import Scope
from openclaw.web.rpc.sessions import agent_of

INTERVAL_SECONDS = 0.15
LONGEST_INTERVAL_SECONDS = 1.0
CHARACTERS_AN_INTERVAL = 8_192
"""Each frame holds the whole text: a longer one is shown less often, so that its bytes stay within bounds."""
MAX_RESULT_CHARS = 16_384
TURN_EVENTS: tuple[type[TurnEvent], ...] = get_args(TurnEvent)


def is_turn_event(event: Event | Gap) -> TypeGuard[TurnEvent]:
    return isinstance(event, TURN_EVENTS)


@dataclass(frozen=True, slots=True)
class Told:
    name: str
    payload: Mapping[str, object]
    cap: str | None = None
    """Only for connections that said they can show it."""
    droppable: bool = False
    scope: Scope = "operator.read"


@dataclass(slots=True)
class _Run:
    """What has been told of a run so far."""

    run_id: str
    session_key: str
    started_at: int
    seq: int = 0
    text: str = ""
    thinking: str = ""
    shown: str = ""
    """What the last frames of the text held."""
    thought: str = ""
    """The same of the thinking."""
    shown_at: float = float("-inf")
    replaces: bool = False
    """A reply before this one has been shown."""

    @property
    def behind(self) -> bool:
        return self.text != self.shown or self.thinking != self.thought


class Narrator:
    """What is written is told at intervals, whole each time; `flush` when `due` says so tells what came since."""

    def __init__(self, interval: float = INTERVAL_SECONDS) -> None:
        self._runs: dict[str, _Run] = {}
        self._interval = interval

    @property
    def due(self) -> float | None:
        """In steady seconds; None when everything has been told."""
        return min((self._next(run) for run in self._runs.values() if run.behind), default=None)

    def flush(self, now: int, clock: float) -> Iterator[Told]:
        for run in self._runs.values():
            if run.behind and clock >= self._next(run):
                yield from self._written(run, now, clock)

    def _next(self, run: _Run) -> float:
        longer = self._interval * len(run.text) / CHARACTERS_AN_INTERVAL
        return run.shown_at + min(max(self._interval, longer), LONGEST_INTERVAL_SECONDS)

    def tell(self, event: TurnEvent, now: int, clock: float) -> Iterator[Told]:
        """`now` in milliseconds since 1970 for the reader, `clock` in steady seconds for the pace."""
        run = self._runs.setdefault(event.run_id, _Run(event.run_id, event.session_key, now))
        match event:
            case TurnStarted():
                run.started_at = now
                yield _agent(run, now, "lifecycle", {"phase": "start", "startedAt": now})
            case TextDelta():
                run.text += event.seen
                yield from self.flush(now, clock)
            case ReasoningDelta():
                run.thinking += event.text
                yield from self.flush(now, clock)
            case ReplyWithdrawn():
                run.text = run.thinking = run.thought = ""
                yield _agent(run, now, "assistant", {"text": "", "delta": "", "replace": True})
                yield self._chat_delta(run, now, clock)
            case ModelReplied():
                yield from self._written(run, now, clock)
                run.replaces = run.replaces or bool(run.shown)
                run.text = run.thinking = run.shown = run.thought = ""
                yield _agent(run, now, "usage", {"model": event.model, **_usage(event.usage)})
            case ToolStarted() | ToolProgressed() | ToolFinished():
                yield self._tool(run, event, now)
            case TurnFinished():
                yield from self._finished(run, event, now)

    def summed_up(self, work: WorkTold, now: int) -> Iterator[Told]:
        """A compaction in the midst of a run, as the original's clients read it."""
        phase = {"begun": "start", "ended": "end", "goes-on": ""}[work.phase]
        for run in self._runs.values() if work.kind == "compaction" and phase else ():
            if run.session_key == work.session_key:
                ended = {"willRetry": not work.failed} if phase == "end" else {}
                yield _agent(run, now, "compaction", {"phase": phase, **ended})

    def catch_up(self, look: Callable[[str], RunState | None], now: int) -> Iterator[Told]:
        """Events were lost: end what has ended meanwhile, so that every run is told to its end exactly once."""
        for run in list(self._runs.values()):
            state = look(run.run_id)
            if state is None:
                del self._runs[run.run_id]
            elif state.status != "in_flight":
                ended: TurnOutcome = "answered" if state.status == "ok" else "dead"
                yield from self._finished(
                    run, TurnFinished(run.run_id, run.session_key, ended, state.text, state.error), now
                )

    def _written(self, run: _Run, now: int, clock: float) -> Iterator[Told]:
        if run.thinking != run.thought:
            added = run.thinking.removeprefix(run.thought)
            run.thought = run.thinking
            yield _agent(run, now, "thinking", {"text": run.thinking, "delta": added}, droppable=True)
        if run.text != run.shown:
            added = run.text.removeprefix(run.shown)
            yield _agent(run, now, "assistant", {"text": run.text, "delta": added}, droppable=True)
            yield self._chat_delta(run, now, clock)
        run.shown_at = clock

    def _tool(self, run: _Run, event: ToolStarted | ToolProgressed | ToolFinished, now: int) -> Told:
        data: dict[str, object] = {"name": event.name, "toolCallId": event.call_id}
        match event:
            case ToolStarted():
                data |= {"phase": "start", "args": event.arguments}
            case ToolProgressed():
                content = [{"type": "text", "text": event.words}]
                data |= {"phase": "update", "elapsedMs": event.ms, "partialResult": {"content": content}}
            case ToolFinished():
                content = [{"type": "text", "text": event.content[:MAX_RESULT_CHARS]}]
                data |= {"phase": "result", "isError": event.failed, "result": {"content": content}}
        return _agent(run, now, "tool", data, cap="tool-events", droppable=isinstance(event, ToolProgressed))

    def _finished(self, run: _Run, event: TurnFinished, now: int) -> Iterator[Told]:
        if event.outcome == "paused":
            # The turn stays open and is probed; its end comes later, or never while we watch.
            data = {"phase": "paused", "reason": event.reason, "text": event.text}
            yield _agent(run, now, "lifecycle", data)
            return
        del self._runs[run.run_id]
        failed = event.outcome == "dead" or (event.outcome == "refused" and not event.text)
        times = {"startedAt": run.started_at, "endedAt": now}
        if failed:
            reason = event.reason or event.text or event.outcome
            yield _agent(run, now, "lifecycle", {"phase": "error", "error": reason, **times})
            yield _chat(run, {"state": "error", "errorMessage": reason})
            return
        yield _agent(run, now, "lifecycle", {"phase": "end", "aborted": False, **times})
        final: dict[str, object] = {"state": "final", "stopReason": "stop", "usage": _usage(event.usage)}
        if event.text:
            final["message"] = _message(event.text, now)
        yield _chat(run, final)

    def _chat_delta(self, run: _Run, now: int, clock: float) -> Told:
        goes_on = run.text.startswith(run.shown) and (bool(run.shown) or not run.replaces)
        added = run.text[len(run.shown) :] if goes_on else run.text
        delta: dict[str, object] = {"state": "delta", "deltaText": added, "message": _message(run.text, now)}
        if not goes_on:
            delta["replace"] = True
        run.shown, run.shown_at, run.replaces = run.text, clock, False
        return _chat(run, delta, droppable=True)


def _agent(
    run: _Run,
    now: int,
    stream: str,
    data: Mapping[str, object],
    *,
    cap: str | None = None,
    droppable: bool = False,
) -> Told:
    heartbeat = run.run_id.startswith(f"{HEARTBEAT}:")
    told = {"stream": stream, "data": data, "ts": now, "isHeartbeat": heartbeat}
    return Told("agent", told | _place(run), cap, droppable)


def _chat(run: _Run, data: Mapping[str, object], *, droppable: bool = False) -> Told:
    return Told("chat", {**_place(run), **data}, droppable=droppable)


def _place(run: _Run) -> dict[str, object]:
    run.seq += 1
    return {
        "runId": run.run_id,
        "sessionKey": run.session_key,
        "agentId": agent_of(run.session_key),
        "seq": run.seq,
    }


def _message(text: str, now: int) -> Mapping[str, object]:
    return {"role": "assistant", "content": [{"type": "text", "text": text}], "timestamp": now}


def _usage(usage: Usage) -> dict[str, object]:
    return {
        "inputTokens": usage.input,
        "outputTokens": usage.output,
        "cacheRead": usage.cache_read,
        "cacheWrite": usage.cache_write,
        "cost": usage.cost,
    }
