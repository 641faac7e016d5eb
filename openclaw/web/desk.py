"""What the control plane asks of the house. The gateway implements it, `app` hands it in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from openclaw.bus import Bus

CostKey = Literal["agent", "model", "channel", "session", "day"]

Json = Mapping[str, object]
"""An object of the contract, ready to be written as JSON."""


@dataclass(frozen=True, slots=True)
class Question:
    """A message from an authenticated operator."""

    run_id: str
    """The asker's idempotency key: the same one again is the same run."""
    message: str
    session_key: str = "main"
    """Full key or a short form."""
    agent: str | None = None
    client: str = "cli"


@dataclass(frozen=True, slots=True)
class RunState:
    run_id: str
    status: Literal["in_flight", "ok", "error"]
    session_key: str
    """The full key."""
    text: str = ""
    error: str = ""
    started_at: int = 0
    ended_at: int = 0


@dataclass(frozen=True, slots=True)
class Nameplate:
    """What a client is told of the house when it connects. Does not change while the process lives."""

    version: str
    boot_id: str
    config_path: str
    state_dir: str
    sessions_path: str
    started_at: int
    default_agent: str = "main"
    model: str = ""
    """`provider/model` of the default agent."""
    context_tokens: int = 0
    auth_mode: str = "token"

    @property
    def main_session_key(self) -> str:
        return f"agent:{self.default_agent}:main"


class UnknownKeyError(LookupError):
    """No session, trace, row or request of that name; the text says so to the person who asked."""


class Desk(Protocol):
    def nameplate(self) -> Nameplate: ...

    async def ask(self, question: Question) -> RunState:
        """Durable when it returns. A known run id starts nothing and returns the state of its run."""

    async def stop(self, question: Question) -> list[str] | None:
        """The runs that were stopped, where the question is nothing but a word for stopping; else None."""

    async def abort(self, session_key: str) -> list[str]:
        """Stop what a session does; the runs that were stopped."""

    def run(self, run_id: str) -> RunState | None:
        """A run of the last minutes. Contract: tells its end no later than `TurnFinished` is published."""

    async def health(self) -> Json:
        """Holds at least `ok`."""

    async def status(self) -> Json: ...

    async def sessions(self, *, limit: int, agent: str | None, search: str | None) -> list[Json]:
        """Newest first: entries of sessions.json with their `key`."""

    async def session(self, key: str) -> Json:
        """`{key, sessionId, entry, lines}`; raises UnknownKeyError."""

    async def reset_session(self, key: str) -> Json:
        """`{ok, key, entry}`: a new session id under the same key; the old transcript is kept."""

    async def pairing_requests(self, channel: str | None) -> list[Json]:
        """`{channel, id, code, createdAt, lastSeenAt, meta}`."""

    async def approve_pairing(self, channel: str, code: str) -> Json:
        """`{channel, id}`; raises UnknownKeyError."""

    async def reject_pairing(self, channel: str, code: str) -> Json: ...

    async def traces(self, limit: int) -> list[Json]:
        """Newest first."""

    async def trace(self, trace_id: str) -> Json:
        """`{id, at, event, outcome, reason, session, spans}`; raises UnknownKeyError."""

    async def costs(self, *, by: CostKey, days: int) -> Json:
        """`{by, days, rows, total, budgets}`; a row is `{key, turns, input, output, cacheRead, cost}`."""

    async def budgets(self) -> list[Json]:
        """`{cap, limit}` of each cap there is, with `spent` and `freesAt` where it is the same for all."""

    async def models(self) -> list[Json]:
        """`{id, provider, name, alias?, contextWindow, reasoning, tags, available, cost …}`, the default one first."""

    async def model_status(self) -> Json:
        """`{model, fallbacks, profiles}`; a profile is `{id, provider, state, until, reason, lastUsed, models}`."""

    async def outbox(self, *, state: str | None, limit: int) -> list[Json]: ...

    async def settle(self, outbox_id: str, action: Literal["resend", "drop"]) -> Json:
        """Settles a row that is `ambiguous` or `failed`; raises UnknownKeyError."""


class House(Protocol):
    """The desk and the bus behind it; whoever answers over the method table has both."""

    @property
    def desk(self) -> Desk: ...

    @property
    def bus(self) -> Bus: ...
