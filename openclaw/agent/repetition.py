"""Whether a turn goes in circles. Pure: the same calls and results give the same verdicts, also after a restart."""

import hashlib
import json
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import Field

from openclaw.schema import ConfigPart
from openclaw.types.conversation import ToolCall, ToolResult

WARNING = (
    "[openclaw: {what}, {count} times now, and nothing changes. Another time will not help: try another way, "
    "or answer with what you have and say what is missing. At {critical} the turn is stopped.]"
)
STOPPED = (
    "I stopped here: {what}, {count} times, and nothing changed. Tell me how to go on, or ask in another way."
)
_POLLS = {
    "process": frozenset({"poll", "log", "list", "status"}),
    "session_status": None,
    "sessions_history": None,
    "command_status": None,
}
"""Tools that only look whether something has gone on; by their `action`, where they have several."""


class LoopDetectorsConfig(ConfigPart):
    generic_repeat: bool = True
    """The same call with the same result."""
    known_poll_no_progress: bool = True
    """Looking at something that does not move; numbers in the result, such as seconds, are no progress."""
    ping_pong: bool = True
    """Two calls in turn, each with its same result."""


class LoopDetectionConfig(ConfigPart):
    enabled: bool = True
    history_size: int = Field(default=30, gt=1)
    """So many calls of a turn are looked back at."""
    warning_threshold: int = Field(default=10, gt=1)
    """From here on the model is told."""
    critical_threshold: int = Field(default=20, gt=1)
    """Here the turn ends."""
    global_circuit_breaker_threshold: int = Field(default=30, gt=1)
    """The same call with the same result ends the turn here, whatever the detectors say."""
    detectors: LoopDetectorsConfig = LoopDetectorsConfig()


@dataclass(frozen=True, slots=True)
class _Done:
    name: str
    call: str
    """Name and arguments, as a digest."""
    outcome: str
    gist: str
    """The outcome without its numbers."""
    polls: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    results: tuple[ToolResult, ...]
    """Those that were given, with a warning behind where one is due."""
    stop: str = ""
    """What to tell the user when the turn must end here."""


class Repetition:
    """The memory of one turn. Give it every step, also those that are replayed after a restart."""

    def __init__(self, config: LoopDetectionConfig) -> None:
        self._config = config
        size = max(config.history_size, config.critical_threshold, config.global_circuit_breaker_threshold)
        self._done: deque[_Done] = deque(maxlen=size)

    def watch(self, calls: Sequence[ToolCall], results: Sequence[ToolResult]) -> Verdict:
        """One step: the calls of a message and their results, in the same order."""
        if not self._config.enabled:
            return Verdict(tuple(results))
        told: list[ToolResult] = []
        stop = ""
        for call, result in zip(calls, results, strict=True):
            self._done.append(_done(call, result))
            what, count = self._circle()
            if count >= self._config.warning_threshold:
                result = _warned(result, what, count, self._config.critical_threshold)
            if not stop and self._is_critical(count):
                stop = STOPPED.format(what=what, count=count)
            told.append(result)
        return Verdict(tuple(told), stop)

    def _is_critical(self, count: int) -> bool:
        breaker = self._config.global_circuit_breaker_threshold
        return count >= self._config.critical_threshold or _same(self._done) >= breaker

    def _circle(self) -> tuple[str, int]:
        """The longest circle that the newest call closes, in words, and how often it went round."""
        detectors, done = self._config.detectors, self._done
        last = done[-1]
        found = [("", 0)]
        if detectors.generic_repeat:
            found.append(
                (f"{last.name} was called with the same arguments and gave the same result", _same(done))
            )
        if detectors.known_poll_no_progress and last.polls:
            found.append((f"{last.name} was asked whether anything has moved", _unmoved(done)))
        if detectors.ping_pong and (count := _ping_pong(done)):
            found.append(
                (f"{done[-2].name} and {last.name} were called in turn with the same results", count)
            )
        return max(found, key=lambda item: item[1])


def _done(call: ToolCall, result: ToolResult) -> _Done:
    arguments = json.dumps(dict(call.arguments), sort_keys=True, default=str)
    actions = _POLLS.get(call.name, frozenset[str]())
    polls = actions is None or call.arguments.get("action") in actions
    return _Done(
        call.name,
        _digest(f"{call.name} {arguments}"),
        _digest(result.content),
        _digest(re.sub(r"\d+", "", result.content)) if polls else "",
        polls,
    )


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()


def _same(done: Sequence[_Done]) -> int:
    """How often the newest call has had its newest outcome, other calls between them or not."""
    last = done[-1]
    count = 0
    for other in reversed(done):
        if other.call == last.call:
            if other.outcome != last.outcome:
                break
            count += 1
    return count


def _unmoved(done: Sequence[_Done]) -> int:
    last = done[-1]
    count = 0
    for other in reversed(done):
        if other.call == last.call:
            if other.gist != last.gist:
                break
            count += 1
    return count


def _ping_pong(done: Sequence[_Done]) -> int:
    """How many calls the newest run of A B A B has; 0 when it is none."""
    if len(done) < 4:
        return 0
    newest = list(reversed(done))
    if newest[0].call == newest[1].call:
        return 0
    count = 2
    while count < len(newest) and _is_again(newest[count], newest[count - 2]):
        count += 1
    return count if count >= 4 else 0


def _is_again(one: _Done, other: _Done) -> bool:
    return one.call == other.call and one.outcome == other.outcome


def _warned(result: ToolResult, what: str, count: int, critical: int) -> ToolResult:
    warning = WARNING.format(what=what, count=count, critical=critical)
    return replace(result, content=f"{result.content}\n\n{warning}")
