"""What the control plane asks of the house. The gateway implements it, `app` hands it in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from openclaw.agent.tools.jobs import Jobs
from openclaw.bus import Bus
from openclaw.gateway.command_requests import CommandRequests
from openclaw.gateway.phone.desk import PhoneDesk
from openclaw.gateway.tool_survey import Asked
from openclaw.store.consents import ComplianceEvent
from openclaw.types.conversation import ToolCall, Usage
from openclaw.types.messages import Address, Attachment, Brought
from openclaw.types.secrets import Secret
from openclaw.types.sending import Purpose, Verdict
from openclaw.web.office.desk import Office
from openclaw.web.office.told import Json as Json
from openclaw.web.office.told import UnknownKeyError as UnknownKeyError

CostKey = Literal["agent", "model", "channel", "session", "day"]


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
    brought: Brought | None = None
    """Set for a program's request, which is never a command."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Fields of the session's entry as they hold for this question alone."""
    files: tuple[Attachment, ...] = ()
    """Kept already."""


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
    reason: str = ""
    """What there is to say of how it ended, `max_tokens` for instance."""
    usage: Usage = field(default_factory=Usage)
    calls: tuple[ToolCall, ...] = ()
    """For whoever asked, who runs them."""


@dataclass(frozen=True, slots=True)
class Nameplate:
    """What a client is told of the house when it connects; another one only with another config."""

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


@dataclass(frozen=True, slots=True)
class LoginCode:
    """Lets one browser in, once."""

    code: Secret
    expires_at: int


class LoginDesk(Protocol):
    """The owner's browsers."""

    def offer(self) -> LoginCode: ...

    async def redeem(self, code: str, name: str) -> Secret | None:
        """What the browser shows from now on; None for a code that is unknown, used or too old."""

    async def browser(self, token: str) -> str | None:
        """The id of the browser that shows it; None when it is not signed in."""

    async def browsers(self) -> Sequence[Json]:
        """`{id, name, signedInAt, seenAt}`, the one that was here last first."""

    async def revoke(self, browser_id: str | None) -> int:
        """Of all when it is None; how many that were. Raises UnknownKeyError."""

    async def until_revoked(self, browser_id: str) -> None: ...


Recognise = Callable[[Mapping[str, str], bool], Awaitable[str | None]]
"""From a request's headers, and whether it changes nothing, the id of the signed-in browser that sent it."""


class ComplianceDesk(Protocol):
    async def explain(self, to: Address, text: str, purpose: Purpose) -> Verdict:
        """What each gate says; nothing is sent and nothing recorded."""

    async def record(self, event: ComplianceEvent) -> str:
        """The record's id."""

    async def records(self, number: str | None, limit: int) -> Sequence[Json]:
        """The newest first."""

    async def recent(self, limit: int) -> Sequence[Json]:
        """What the gates said of the last messages, the newest first."""


class Desk(Protocol):
    def nameplate(self) -> Nameplate: ...

    async def ask(self, question: Question) -> RunState:
        """Durable when it returns. A known run id starts nothing and returns the state of its run."""

    async def note(self, question: Question) -> str:
        """Words for a conversation that nobody answers; durable when it returns the line's id."""

    def arrival_key(self, run_id: str) -> str:
        """By what the message of a run is found among the traces."""

    async def stop(self, question: Question) -> list[str] | None:
        """The runs that were stopped, where the question is nothing but a word for stopping; else None."""

    async def abort(self, session_key: str, run_id: str | None = None) -> list[str]:
        """Stop what a session does, or this run of it alone; the runs that were stopped."""

    def leave(self, run_id: str) -> None:
        """Nobody waits for this run any more: it is stopped, and nothing else of its session is."""

    def agents(self) -> Sequence[str]:
        """Their names, the default one's first."""

    def run(self, run_id: str) -> RunState | None:
        """A run of the last minutes. Contract: tells its end no later than `TurnFinished` is published."""

    async def old_run(self, run_id: str) -> RunState | None:
        """Any that the ledger knows, without its words. One that goes on is found by `run` from now on."""

    async def health(self) -> Json:
        """Holds at least `ok`."""

    async def status(self) -> Json: ...

    async def sessions(self, *, limit: int, agent: str | None, search: str | None) -> list[Json]:
        """Newest first: entries of sessions.json with their `key`. `search`: in keys, names and last words."""

    async def last_words(self, keys: Sequence[str]) -> Mapping[str, str]:
        """What was said last in these sessions, by full key."""

    async def session(self, key: str) -> Json:
        """`{key, sessionId, entry, lines}`; raises UnknownKeyError."""

    async def history(self, key: str, limit: int) -> Json:
        """As `session`, with only the lines of the last messages, and `total`, how many messages there are."""

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

    async def mcp_servers(self) -> list[Json]:
        """`{name, transport, state, reason, since, server, protocol, agents, tools, leftOut}`, by name."""

    async def approvals(self, *, settled: bool) -> list[Json]:
        """What waits for the owner's word, `{id, state, tool, kind, summary, why, text, arguments …}`.

        `settled`: the newest, whatever became of them.
        """

    async def decide_approval(self, approval_id: str, *, allow: bool, by: str) -> Json:
        """The approval, decided; raises UnknownKeyError, and OpenClawError when it is settled already."""

    def commands(self) -> CommandRequests:
        """What programs ask the owner before they run a command themselves."""

    async def tools(self, asked: Asked) -> list[Json]:
        """`{name, origin, from, effect, allowed, rule}` of every tool of an agent, by name."""

    async def explain_tool(self, name: str, asked: Asked) -> Json:
        """Such a row with `exists`, `known` and `for`."""

    def config(self) -> Json:
        """`{path, exists, valid, hash, config, issues}`: what this process runs with, without a secret."""

    def compliance(self) -> ComplianceDesk:
        """The pre-send gates and the records that they rest on."""

    def jobs(self) -> Jobs:
        """Reminders and recurring tasks."""

    def phone(self) -> PhoneDesk:
        """Authorised numbers, texts and calls."""

    async def webhooks(self) -> list[Json]:
        """`{path, methods, channel, served, checkedBy, lastAcceptedAt, lastRefusedAt, lastRefusal, mend}`."""

    async def outbox(self, *, state: str | None, limit: int) -> list[Json]: ...

    async def settle(self, outbox_id: str, action: Literal["resend", "drop"]) -> Json:
        """Settles a row that is `ambiguous` or `failed`; raises UnknownKeyError."""


class House(Protocol):
    """What stands behind the method table."""

    @property
    def desk(self) -> Desk: ...

    @property
    def bus(self) -> Bus: ...

    @property
    def logins(self) -> LoginDesk: ...

    @property
    def office(self) -> Office: ...
