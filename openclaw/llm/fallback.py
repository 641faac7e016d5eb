"""A turn's model and those that stand in for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from openclaw.llm.attempts import Patience
from openclaw.llm.chat import Attempt, Fault, ModelError, OnDelta, Reply, Request, Substitution, ThinkingLevel
from openclaw.llm.config import RetryConfig
from openclaw.llm.line import OnWithdraw, Watch
from openclaw.llm.thinking import without_thoughts
from openclaw.types.clock import Clock

SWITCH_SECONDS = 8.0
"""By then the last of the models is being asked: people see an answer begin within ten seconds."""
SWITCHING: frozenset[Fault] = frozenset({"rate_limited", "overloaded", "unreachable", "auth", "billing"})


class OneModel(Protocol):
    @property
    def name(self) -> str: ...

    async def ask(self, request: Request, watch: Watch, patience: Patience) -> Reply: ...


@dataclass(slots=True)
class Outages:
    """Models that did not answer a moment ago: a turn that has another one does not wait for them again."""

    clock: Clock
    _known: dict[str, tuple[float, Fault]] = field(default_factory=dict)

    def note(self, model: str, fault: Fault, seconds: float) -> None:
        if fault in {"overloaded", "unreachable"}:
            self._known[model] = (self.clock.monotonic() + seconds, fault)

    def end(self, model: str) -> None:
        self._known.pop(model, None)

    def of(self, model: str) -> Fault | None:
        until, fault = self._known.get(model, (0.0, None))
        return fault if self.clock.monotonic() < until else None


@dataclass(frozen=True, slots=True)
class Rules:
    retry: RetryConfig
    probe_seconds: float
    thinking: Mapping[str, ThinkingLevel]
    """By model: how much it is to think when the request does not say."""


class TurnChain:
    """The models of one turn, the one that was chosen first. Satisfies `models.TurnModel`."""

    def __init__(self, models: Sequence[OneModel], rules: Rules, outages: Outages) -> None:
        self._models = models
        self._rules = rules
        self._outages = outages
        self._at = 0
        """A turn that has gone to another model stays with it: the next step continues what that one has begun."""
        self._switched: Fault | None = None

    @property
    def name(self) -> str:
        return self._models[self._at].name

    async def ask(self, request: Request, on_delta: OnDelta, on_withdraw: OnWithdraw) -> Reply:
        tried: list[Attempt] = []
        watch = Watch(on_delta, on_withdraw, tried)
        started, rendered_for = self._outages.clock.monotonic(), self.name
        first: ModelError | None = None
        places = self._places()
        for turn, place in enumerate(places):
            model = self._models[place]
            asked = request if model.name == rendered_for else _translated(request)
            asked = replace(asked, thinking=request.thinking or self._rules.thinking.get(model.name))
            try:
                reply = await model.ask(asked, watch, self._patience(turn, len(places), started))
            except ModelError as error:
                self._outages.note(model.name, error.fault, self._rules.probe_seconds)
                if first is None and error.fault not in SWITCHING:
                    raise _telling(error, tried) from error
                first = first or error
                self._switched = self._switched or error.fault
                continue
            self._outages.end(model.name)
            self._at = place
            return replace(reply, attempts=tuple(tried), instead_of=self._substitution(place))
        assert first is not None
        raise _telling(first, tried) from first

    def _places(self) -> list[int]:
        """From the turn's present model on; what was out of reach a moment ago comes last."""
        places = range(self._at, len(self._models))
        down = [place for place in places if self._outages.of(self._models[place].name) is not None]
        if down and down[0] == self._at:
            self._switched = self._switched or self._outages.of(self.name)
        return [*(place for place in places if place not in down), *down]

    def _patience(self, turn: int, turns: int, started: float) -> Patience:
        """The models before the last one share the time in which the last one has to be asked."""
        retry, probe = self._rules.retry, self._rules.probe_seconds
        if turn == turns - 1:
            return Patience(retry, probe)
        ends = started + SWITCH_SECONDS * (turn + 1) / (turns - 1)
        left = max(ends - self._outages.clock.monotonic(), 0.0)
        seconds = min(retry.deadline_seconds, left)
        return Patience(retry.model_copy(update={"deadline_seconds": seconds}), probe, ends)

    def _substitution(self, place: int) -> Substitution | None:
        if place == 0:
            return None
        return Substitution(self._models[0].name, self._switched or "unreachable")


def _translated(request: Request) -> Request:
    return replace(request, messages=without_thoughts(request.messages))


def _telling(error: ModelError, tried: list[Attempt]) -> ModelError:
    told = ModelError(error.model, error.fault, error.detail, retry_after=error.retry_after)
    told.attempts = tuple(tried)
    return told
