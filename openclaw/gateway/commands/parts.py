"""What commands are carried out with."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Protocol

from openclaw.agent.config import AgentDefaults
from openclaw.agent.profile import AgentProfile
from openclaw.bus import Bus
from openclaw.gateway.approvals import Approvals
from openclaw.gateway.briefing import model_ref
from openclaw.gateway.budgets import Budgets
from openclaw.gateway.commands.settings import Shelf, Situation
from openclaw.gateway.config import CommandsConfig
from openclaw.gateway.runs import Runs
from openclaw.gateway.tracing import TraceBook
from openclaw.gateway.waiting import WaitingRoom
from openclaw.sessions.sessions import Sessions
from openclaw.store.inbox import InboxRow
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.types.channel import Channel
from openclaw.types.clock import Clock
from openclaw.types.ids import new_id
from openclaw.types.messages import Part

Weights = Mapping[str, Mapping[str, int]]
"""Characters of a prompt: by kind, then by name."""


class Aborts(Protocol):
    def abort(self, session_key: str, reason: str = "aborted", run_id: str | None = None) -> int:
        """How many were stopped. `run_id`: only the turn of this run."""


class ConfigDesk(Protocol):
    """The config file, as far as its owner reaches it from a chat. Each answers in words, or raises OpenClawError."""

    async def show(self, key: str) -> str:
        """Without a secret. No key: all of it."""

    async def put(self, key: str, value: str) -> str: ...

    async def take(self, key: str) -> str: ...


@dataclass(slots=True)
class CommandParts:
    ledger: Ledger
    sessions: Sessions
    bus: Bus
    runs: Runs
    traces: TraceBook
    clock: Clock
    channels: Mapping[tuple[str, str], Channel]
    room: WaitingRoom
    models: Shelf
    agents: Mapping[str, AgentProfile]
    defaults: AgentDefaults
    config: CommandsConfig
    reset_triggers: tuple[str, ...]
    budgets: Budgets
    zone: tzinfo
    """The owner's."""
    started_at: int
    weigh: Callable[[str], Awaitable[Weights]]
    """The prompt of an agent."""
    approvals: Approvals
    restart: Callable[[], None] | None = None
    """None: nobody would start it again."""
    config_desk: ConfigDesk | None = None

    def adopt(self, defaults: AgentDefaults, config: CommandsConfig, reset_triggers: tuple[str, ...]) -> None:
        """For commands that are given from now on."""
        self.defaults, self.config, self.reset_triggers = defaults, config, reset_triggers

    def situation(self, row: InboxRow) -> Situation:
        """`row`: of a known session."""
        entry: Mapping[str, Any] = self.sessions.find(row.session_key) or {}
        profile = self.agents[row.agent]
        return Situation(
            entry,
            self.models,
            self.models.default_name(model_ref(profile, entry, self.defaults)),
            self.defaults.model.primary if self.defaults.model is not None else None,
            self.room.rules(entry, row.channel),
            profile.model.primary if profile.model is not None else None,
        )

    def drafts(self, row: InboxRow, text: str, first: int = 0) -> tuple[Draft, ...]:
        """The answer to a command. `first`: its place among the messages of its event."""
        to = row.event.reply_to
        if to is None or not text:
            return ()
        channel = self.channels.get((to.channel, to.account))
        parts = channel.compose(text) if channel is not None else [Part(text)]
        return tuple(
            Draft(new_id("o"), to, part, first + number, "notice", row.role, row.trace_id)
            for number, part in enumerate(parts)
        )
