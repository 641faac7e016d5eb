"""What a program of the owner's asks for when it calls a tool directly, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from openclaw.agent.policy.names import ToolName, first_naming
from openclaw.agent.tools.base import Act, Kind
from openclaw.gateway.policy_table import Verdict
from openclaw.types.conversation import Picture, Provenance
from openclaw.types.errors import OpenClawError

CLOSED = (
    "sessions_spawn",
    "sessions_send",
    "subagents",
    "cron",
    "gateway",
    "whatsapp_login",
    "exec",
    "process",
)
CLOSED_KINDS = frozenset({Kind.EXECUTE, Kind.EXECUTE_OUTSIDE, Kind.SCHEDULE, Kind.DELEGATE, Kind.ADMINISTER})
"""What works on after the answer, runs programs or changes the house: for that somebody has to speak with it."""


class NoSuchToolError(OpenClawError):
    """There is none of that name, or none for this caller."""


class NotAdmittedError(OpenClawError):
    """The gate, or the owner, said no."""


class ToolFailedError(OpenClawError):
    """It was run, and brought nothing."""


class TooManyCallsError(OpenClawError):
    pass


@dataclass(frozen=True, slots=True)
class Doors:
    """What the owner's file opens and closes besides the tool policy: `gateway.tools`."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    def shut(self, tool: ToolName) -> str:
        """Why the tool cannot be called from outside; empty when it can."""
        if (named := first_naming(self.deny, tool)) is not None:
            return f'gateway.tools.deny: "{named}"'
        if not self.opens(tool) and first_naming(CLOSED, tool) is not None:
            return "it is only for conversations; gateway.tools.allow can open it"
        return ""

    def opens(self, tool: ToolName) -> bool:
        return first_naming(self.allow, tool) is not None


@dataclass(frozen=True, slots=True)
class Invocation:
    tool: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    action: str | None = None
    session_key: str = "main"
    """Full key or a short form."""
    dry_run: bool = False
    key: str = ""
    """The caller's own: the same call by the same key has its effect once."""
    channel: str | None = None
    account: str = "default"
    """For whose channel it is: its rules hold too."""


@dataclass(frozen=True, slots=True)
class Invoked:
    tool: str
    text: str
    trace_id: str
    provenance: Provenance
    pictures: tuple[Picture, ...] = ()
    left_out: int = 0
    """Characters."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of a call."""

    tool: str
    act: Act
    verdict: Verdict
