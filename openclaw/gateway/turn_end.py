"""How a turn ends: everything that follows from it, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from openclaw.agent.loop import INTERRUPTED
from openclaw.agent.ports import RecordedStep
from openclaw.gateway import notices
from openclaw.gateway.journal import Attribution
from openclaw.gateway.tracing import Trace
from openclaw.sessions.index import SessionEntry
from openclaw.sessions.lines import encode_all
from openclaw.sessions.sessions import Session, Sessions
from openclaw.store.echoes import Echo
from openclaw.store.inbox import InboxRow
from openclaw.store.ledger import Ending, Ledger
from openclaw.store.outbox import Draft
from openclaw.store.usage import UsageRow
from openclaw.types.channel import Channel
from openclaw.types.clock import Clock
from openclaw.types.conversation import AssistantMessage, Entry, ToolMessage, ToolResult, Usage
from openclaw.types.events import TurnOutcome
from openclaw.types.ids import new_id
from openclaw.types.messages import Part


@dataclass(frozen=True, slots=True)
class Close:
    row: InboxRow
    session: Session
    run_id: str
    entries: Sequence[Entry]
    """All of the turn's, the user's message first."""
    text: str
    state: Literal["answered", "dead"]
    reason: str
    window: int


class Parts(Protocol):
    @property
    def ledger(self) -> Ledger: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def channels(self) -> Mapping[tuple[str, str], Channel]: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def secrets(self) -> Callable[[], frozenset[str]]: ...


async def close_turn(
    close: Close, parts: Parts, trace: Trace
) -> tuple[list[Draft], tuple[TurnOutcome, str, str, Usage]]:
    """Returns what goes out, and what the watchers are told: outcome, text, reason, usage."""
    row, session = close.row, close.session
    text = without_secrets(close.text, parts.secrets())
    silent = text.strip() == notices.SILENT
    drafts = [] if silent else reply_drafts(row, text, parts.channels)
    usage = sum((entry.usage for entry in close.entries if isinstance(entry, AssistantMessage)), Usage())
    entry = counted(parts.sessions.entry(session), close, usage, parts.clock.now_ms())
    trace.add("transcript", entries=len(close.entries), session=session.id)
    ending = Ending(
        row.seq,
        close.state,
        "silent" if silent else close.reason,
        trace.record(close.state, close.reason, session.key),
        drafts=drafts,
        echoes=(Echo("transcript", session.key, encode_all(close.entries)),),
        usage=_last_reply_cost(close),
        session=parts.sessions.row(session, entry),
        run_id=close.run_id,
    )
    await parts.ledger.end(ending)
    parts.sessions.keep_entry(session, entry)
    outcome: TurnOutcome = "silent" if silent else close.state
    return drafts, (outcome, "" if silent else text, close.reason, usage)


def _last_reply_cost(close: Close) -> Sequence[UsageRow]:
    """Replies with tool calls were counted when they were recorded; the final one is counted here."""
    last = close.entries[-1]
    if not isinstance(last, AssistantMessage) or last.usage == Usage():
        return ()
    row = close.row
    sender = f"{row.channel}:{row.event.sender.id}"
    counted_to = Attribution(row.agent, row.channel, close.session.key, row.trace_id, sender)
    return (counted_to.row(last),)


def reply_drafts(row: InboxRow, text: str, channels: Mapping[tuple[str, str], Channel]) -> list[Draft]:
    to = row.event.reply_to
    if to is None:
        return []
    channel = channels.get((to.channel, to.account))
    parts = channel.compose(text) if channel is not None else [Part(text)]
    return [
        Draft(new_id("o"), to, part, number, "reply", row.role, row.trace_id)
        for number, part in enumerate(parts)
    ]


def without_secrets(text: str, secrets: frozenset[str]) -> str:
    # The longest first: where one secret begins another, the rest of it must not stay.
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, notices.WITHHELD)
    return text


def counted(entry: SessionEntry, close: Close, usage: Usage, now: int) -> SessionEntry:
    """The session's counters after this turn. `totalTokens` is what the conversation now fills of the window."""
    row = close.row
    answers = [item for item in close.entries if isinstance(item, AssistantMessage) and item.usage != Usage()]
    entry.update(
        sessionId=close.session.id,
        updatedAt=now,
        chatType=row.event.chat_type,
        channel=row.channel,
        lastChannel=row.channel,
        inputTokens=entry.get("inputTokens", 0) + usage.input,
        outputTokens=entry.get("outputTokens", 0) + usage.output,
        cacheRead=entry.get("cacheRead", 0) + usage.cache_read,
        cacheWrite=entry.get("cacheWrite", 0) + usage.cache_write,
        cost=round(entry.get("cost", 0.0) + usage.cost, 8),
        abortedLastRun=close.state == "dead",
    )
    entry.setdefault("compactionCount", 0)
    if answers:
        entry.update(
            model=answers[-1].model,
            totalTokens=answers[-1].usage.prompt + answers[-1].usage.output,
            contextTokens=close.window,
        )
    if (to := row.event.reply_to) is not None:
        entry["lastTo"] = to.chat
        entry["deliveryContext"] = {
            "channel": to.channel,
            "to": to.chat,
            "accountId": to.account,
            **({"threadId": to.thread} if to.thread is not None else {}),
        }
    return entry


def unfinished_entries(recorded: Sequence[RecordedStep]) -> tuple[Entry, ...]:
    """What a turn had done before it was given up, with every tool call closed."""
    entries: list[Entry] = []
    for step in recorded:
        results = tuple(
            step.results.get(call.id) or ToolResult(call.id, INTERRUPTED.format(name=call.name), failed=True)
            for call in step.message.calls
        )
        entries += [step.message, ToolMessage(f"{step.message.id}.results", step.message.at, results)]
    return tuple(entries)
