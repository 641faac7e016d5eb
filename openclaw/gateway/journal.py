"""A turn's steps, between the agent and the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import orjson

from openclaw.agent.ports import RecordedStep
from openclaw.failpoints import Failpoint, passing
from openclaw.sessions.lines import decode, encode
from openclaw.store.inbox import InboxRow
from openclaw.store.journal import Step
from openclaw.store.ledger import Ledger
from openclaw.store.usage import UsageRow
from openclaw.types.conversation import AssistantMessage, Picture, ToolCall, ToolResult, Usage, UserMessage


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whom a model call is counted to."""

    agent: str
    channel: str
    session_key: str
    trace_id: str
    sender: str = ""
    """`<channel>:<id>`."""

    @classmethod
    def of(cls, row: InboxRow, session_key: str) -> Self:
        return cls(row.agent, row.channel, session_key, row.trace_id, f"{row.channel}:{row.event.sender.id}")

    def row(self, message: AssistantMessage) -> UsageRow:
        return self.spent(message.model, message.usage, message.at)

    def spent(self, model: str, usage: Usage, at: int) -> UsageRow:
        key, trace_id = self.session_key, self.trace_id
        return UsageRow(at, self.agent, model, self.channel, key, trace_id, usage, sender=self.sender)


class TurnJournal:
    """Writes each step to the ledger and keeps it, so that the turn can be taken up again."""

    def __init__(self, ledger: Ledger, run_id: str, steps: Sequence[Step], attribution: Attribution) -> None:
        self._ledger = ledger
        self._run_id = run_id
        self._attribution = attribution
        self._steps = list(steps)

    @property
    def steps(self) -> Sequence[Step]:
        return self._steps

    def joined(self, steps: Sequence[Step]) -> None:
        """Steps that the ledger has taken in another transaction than ours."""
        self._steps += steps

    @property
    def recorded(self) -> tuple[RecordedStep, ...]:
        return replay(self._steps)

    async def replied(self, message: AssistantMessage) -> None:
        passing(Failpoint.MODEL_REPLIED)
        step = Step("model", "", encode(message).decode())
        await self._record(step, self._attribution.row(message))
        passing(Failpoint.MODEL_STEP_COMMITTED)

    async def starting(self, call: ToolCall) -> None:
        await self._record(Step("starting", call.id, "{}"))
        passing(Failpoint.TOOL_INTENDED)

    async def finished(self, call: ToolCall, result: ToolResult) -> None:
        passing(Failpoint.TOOL_RAN)
        await self._record(Step("tool", call.id, orjson.dumps(result).decode()))
        passing(Failpoint.TOOL_STEP_COMMITTED)

    async def _record(self, step: Step, cost: UsageRow | None = None) -> None:
        await self._ledger.record(self._run_id, step, cost)
        self._steps.append(step)


def replay(steps: Sequence[Step]) -> tuple[RecordedStep, ...]:
    """The recorded steps of a turn, each model message with what is known of its tools. Pure."""
    found: list[RecordedStep] = []
    results: dict[str, ToolResult] = {}
    started: set[str] = set()
    heard: list[UserMessage] = []
    for step in steps:
        match step.kind:
            case "user":
                heard += _said(step)
            case "model":
                message = decode(step.body.encode())
                assert isinstance(message, AssistantMessage)
                results, started = {}, set()
                # The step keeps looking at these two: what comes next is known of it.
                found.append(RecordedStep(message, results, started, tuple(heard)))
                heard = []
            case "starting":
                started.add(step.call_id)
            case "tool":
                results[step.call_id] = _result(step.body)
    return tuple(found)


def _result(body: str) -> ToolResult:
    written = orjson.loads(body)
    pictures = tuple(Picture(**picture) for picture in written.pop("pictures", ()))
    return ToolResult(**written, pictures=pictures)


def last_heard(steps: Sequence[Step]) -> tuple[UserMessage, ...]:
    """What was said behind the last recorded message of the model. Pure."""
    last = max((number for number, step in enumerate(steps) if step.kind == "model"), default=-1)
    return tuple(message for step in steps[last + 1 :] if step.kind == "user" for message in _said(step))


def _said(step: Step) -> list[UserMessage]:
    """Nothing, for a message that another one tells of."""
    message = decode(step.body.encode()) if step.body else None
    return [message] if isinstance(message, UserMessage) else []
