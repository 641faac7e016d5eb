"""What a job is: when it is due, what is done then, on whose authority, and what became of it."""

from dataclasses import dataclass
from typing import Literal

from openclaw.agent.tools.jobs import JobMaker
from openclaw.llm.chat import ThinkingLevel

WakeMode = Literal["now", "next-heartbeat"]
DeliveryMode = Literal["none", "announce", "webhook"]
RunStatus = Literal["ok", "error", "skipped"]

CHANNEL = "cron"
"""Under which a due job enters."""


@dataclass(frozen=True, slots=True)
class At:
    at: int


@dataclass(frozen=True, slots=True)
class Every:
    every_ms: int
    anchor: int


@dataclass(frozen=True, slots=True)
class Cron:
    expr: str
    tz: str | None = None
    """None: the owner's zone."""
    stagger_ms: int | None = None
    """None: five minutes for the full hour of every hour, else none."""


Schedule = At | Every | Cron


@dataclass(frozen=True, slots=True)
class SystemEvent:
    """Words that enter a conversation."""

    text: str


@dataclass(frozen=True, slots=True)
class AgentTurn:
    """A task in a session of its own."""

    text: str
    model: str | None = None
    thinking: ThinkingLevel | None = None
    timeout_seconds: float | None = None
    light_context: bool = True


Payload = SystemEvent | AgentTurn


@dataclass(frozen=True, slots=True)
class JobDelivery:
    mode: DeliveryMode = "announce"
    channel: str | None = None
    """None, or `last`: where it was asked for."""
    to: str | None = None
    account: str | None = None
    thread: str | None = None
    best_effort: bool = False
    """Nobody is told when it fails."""


@dataclass(frozen=True, slots=True)
class Job:
    id: str
    agent: str
    name: str
    schedule: Schedule
    payload: Payload
    target: str
    """`main`, `isolated`, or `session:<key>`."""
    maker: JobMaker
    created_at: int
    updated_at: int
    session_key: str | None = None
    description: str = ""
    enabled: bool = True
    delete_after_run: bool = False
    wake_mode: WakeMode = "now"
    delivery: JobDelivery = JobDelivery()


@dataclass(frozen=True, slots=True)
class JobState:
    """What is known of a job's runs. When it is due next stands in the ledger's own column."""

    last_run_at: int | None = None
    last_status: RunStatus | None = None
    last_error: str = ""
    last_duration_ms: int | None = None
    consecutive_errors: int = 0
    last_key: str = ""
    """Of its last run."""
    webhook: str | None = None
    """What became of the last POST: empty when it was taken."""


def session_of(job: Job) -> str:
    match job.target:
        case "main":
            return f"agent:{job.agent}:main"
        case "isolated":
            return f"agent:{job.agent}:{CHANNEL}:{job.id}"
        case target:
            return target.removeprefix("session:")
