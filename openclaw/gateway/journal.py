"""A turn's steps, between the agent and the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from openclaw.agent.ports import RecordedStep
from openclaw.failpoints import Failpoint, passing
from openclaw.sessions.lines import decode, encode
from openclaw.store.journal import Step
from openclaw.store.ledger import Ledger
from openclaw.store.usage import UsageRow
from openclaw.types.conversation import AssistantMessage, ToolCall, ToolResult


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whom a model call is counted to."""

    agent: str
    channel: str
    session_key: str
    trace_id: str
    sender: str = ""
    """`<channel>:<id>`."""

    def row(self, message: AssistantMessage) -> UsageRow:
        return UsageRow(
            message.at,
            self.agent,
            message.model,
            self.channel,
            self.session_key,
            self.trace_id,
            message.usage,
            sender=self.sender,
        )


class TurnJournal:
    """Writes each step to the ledger and keeps it, so that the turn can be taken up again."""

    def __init__(self, ledger: Ledger, run_id: str, steps: Sequence[Step], attribution: Attribution) -> None:
        self._ledger = ledger
        self._run_id = run_id
        self._attribution = attribution
        self._steps = list(steps)

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
    messages: list[AssistantMessage] = []
    results: list[dict[str, ToolResult]] = []
    started: list[set[str]] = []
    for step in steps:
        match step.kind:
            case "model":
                message = decode(step.body.encode())
                assert isinstance(message, AssistantMessage)
                messages.append(message)
                results.append({})
                started.append(set())
            case "starting":
                started[-1].add(step.call_id)
            case "tool":
                results[-1][step.call_id] = ToolResult(**orjson.loads(step.body))
    return tuple(
        RecordedStep(message, known, frozenset(begun))
        for message, known, begun in zip(messages, results, started, strict=True)
    )
