"""Hard caps on what models cost. The sums are kept in memory, so that a check reads no disk."""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

from openclaw.agent.ports import Model, RecordedStep
from openclaw.gateway.limits import BudgetsConfig
from openclaw.llm.chat import OnDelta, Reply, Request
from openclaw.store.ledger import Ledger
from openclaw.store.usage import UsageRow
from openclaw.types.calendar import day_of, local
from openclaw.types.clock import Clock, iso
from openclaw.types.errors import OpenClawError
from openclaw.types.money import usd

HOUR_MS = 3_600_000

Cap = Literal["perDay", "perSession", "perTurn", "perSenderPerHour"]


@dataclass(frozen=True, slots=True)
class Spender:
    """For whom a model is to be asked, and what is not in the ledger's sums under a name of its own."""

    sender: str
    """`<channel>:<id>`."""
    session: float = 0.0
    """What the conversation had cost before this turn: `cost` of its entry."""
    turn: float = 0.0
    """What this turn has cost so far: see `spent_in`."""


@dataclass(frozen=True, slots=True)
class Refusal:
    cap: Cap
    limit: float
    spent: float
    frees_at: int | None
    """None: not by waiting."""
    text: str
    """One line for the sender."""


class BudgetSpentError(OpenClawError):
    """The model was not asked."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


class Budgets:
    def __init__(self, config: BudgetsConfig, clock: Clock, zone: tzinfo, zone_name: str) -> None:
        self._config = config
        self._clock = clock
        self._zone = zone
        self._zone_name = zone_name
        self._day = (0, 0)
        self._today = 0.0
        self._hours: dict[str, deque[tuple[int, float]]] = {}
        """What each sender cost in the last hour, oldest first."""

    def adopt(self, config: BudgetsConfig) -> None:
        """Holds for the next question already: what is spent stays spent."""
        self._config = config

    async def load(self, ledger: Ledger) -> None:
        """From now on every row that is committed counts."""
        now = self._clock.now_ms()
        self._turn_day(now)
        ledger.watch_usage(self.count)
        for row in await ledger.spent_since(min(self._day[0], now - HOUR_MS)):
            self._add(row.at, row.sender, row.cost)

    def count(self, row: UsageRow) -> None:
        self._add(row.at, row.sender, row.usage.cost)

    def _add(self, at: int, sender: str, cost: float) -> None:
        self._turn_day(self._clock.now_ms())
        if at >= self._day[0]:
            self._today += cost
        if cost and self._config.per_sender_per_hour is not None:
            self._hours.setdefault(sender, deque()).append((at, cost))

    def _turn_day(self, now: int) -> None:
        if now < self._day[1]:
            return
        self._day, self._today = day_of(now, self._zone), 0.0
        for sender in list(self._hours):
            self._last_hour(sender, now)

    def _last_hour(self, sender: str, now: int) -> Sequence[tuple[int, float]]:
        spent = self._hours.get(sender)
        while spent and spent[0][0] <= now - HOUR_MS:
            spent.popleft()
        if not spent:
            self._hours.pop(sender, None)
        return spent or ()

    def check(self, spender: Spender) -> Refusal | None:
        """Before each request to a model. Of several caps the one that holds longest answers."""
        now = self._clock.now_ms()
        self._turn_day(now)
        config = self._config
        if _is_spent(self._today, config.per_day):
            return self._refusal("perDay", self._today, self._day[1])
        if _is_spent(spent := spender.session + spender.turn, config.per_session):
            return self._refusal("perSession", spent, None)
        if config.per_sender_per_hour is not None:
            hour = self._last_hour(spender.sender, now)
            spent = sum(cost for _, cost in hour)
            if _is_spent(spent, config.per_sender_per_hour):
                return self._refusal("perSenderPerHour", spent, _frees_at(hour, config.per_sender_per_hour))
        if _is_spent(spender.turn, config.per_turn):
            return self._refusal("perTurn", spender.turn, None)
        return None

    def _refusal(self, cap: Cap, spent: float, frees_at: int | None) -> Refusal:
        limit = self._limits()[cap]
        frees_at = frees_at if limit > 0 else None
        when = f"{local(frees_at, self._zone):%a %d %b, %H:%M} ({self._zone_name})" if frees_at else ""
        return Refusal(cap, limit, spent, frees_at, _text(cap, limit, spent, when))

    def _limits(self) -> Mapping[Cap, float]:
        config = self._config
        limits: dict[Cap, float | None] = {
            "perDay": config.per_day,
            "perSession": config.per_session,
            "perTurn": config.per_turn,
            "perSenderPerHour": config.per_sender_per_hour,
        }
        return {cap: limit for cap, limit in limits.items() if limit is not None}

    def state(self) -> list[dict[str, object]]:
        """Each cap there is, and what is spent of those that all share: `{cap, limit, spent, freesAt}`."""
        self._turn_day(self._clock.now_ms())
        shared: Mapping[Cap, dict[str, object]] = {
            "perDay": {"spent": round(self._today, 6), "freesAt": iso(self._day[1])}
        }
        return [{"cap": cap, "limit": limit, **shared.get(cap, {})} for cap, limit in self._limits().items()]


class CappedModel:
    """Satisfies `agent.ports.Model`: asks the budget before each request."""

    def __init__(self, model: Model, budgets: Budgets, spender: Callable[[], Spender]) -> None:
        self._model = model
        self._budgets = budgets
        self._spender = spender

    @property
    def name(self) -> str:
        return self._model.name

    async def ask(
        self, request: Request, on_delta: OnDelta, on_withdraw: Callable[[], Awaitable[None]]
    ) -> Reply:
        """Raises BudgetSpentError, and whatever the model does."""
        if (refusal := self._budgets.check(self._spender())) is not None:
            raise BudgetSpentError(refusal)
        return await self._model.ask(request, on_delta, on_withdraw)


def spent_in(steps: Sequence[RecordedStep]) -> float:
    """What the recorded steps of a turn have cost."""
    return sum(step.message.usage.cost for step in steps)


def _is_spent(spent: float, limit: float | None) -> bool:
    # Sums of many small costs end a hair below the limit that they reach.
    return limit is not None and spent >= limit - 1e-9


def _frees_at(hour: Sequence[tuple[int, float]], limit: float) -> int | None:
    """When enough of the last hour's costs are older than an hour."""
    left = sum(cost for _, cost in hour)
    for at, cost in hour:
        left -= cost
        if not _is_spent(left, limit):
            return at + HOUR_MS
    return None


def _text(cap: Cap, limit: float, spent: float, when: str) -> str:
    if limit <= 0:
        return f"My owner has set budgets.{cap} to $0, so I may not ask my language model."
    sums = f"{usd(spent)} of {usd(limit)} (budgets.{cap})"
    match cap:
        case "perDay":
            return f"I have used up today's budget: {sums}. I can answer again from {when}."
        case "perSession":
            return f"This conversation has used up its budget: {sums}. Send /new to begin another one."
        case "perTurn":
            return (
                f"I stopped here: this answer has used up its budget, {sums}. Your next message has its own."
            )
        case "perSenderPerHour":
            return f"You have used up your budget for this hour: {sums}. I can answer you again from {when}."
