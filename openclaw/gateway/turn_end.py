"""How a turn ends: everything that follows from it, in one transaction."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from openclaw.agent.loop import INTERRUPTED
from openclaw.agent.taint import lowest
from openclaw.gateway import notices, quiet
from openclaw.gateway.journal import Attribution, last_heard, replay
from openclaw.gateway.mailbox import letter
from openclaw.gateway.phone import overlay
from openclaw.gateway.phone.echo import audit_echo
from openclaw.gateway.redaction import without_secrets
from openclaw.gateway.remainder import Settled, pieces
from openclaw.gateway.tracing import Trace
from openclaw.llm.chat import Substitution
from openclaw.sessions.index import SessionEntry
from openclaw.sessions.lines import encode_all
from openclaw.sessions.sessions import Session, Sessions
from openclaw.store.echoes import Echo
from openclaw.store.inbox import InboxRow
from openclaw.store.journal import Step
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.store.turning import Ending
from openclaw.store.usage import UsageRow
from openclaw.types.channel import Channel
from openclaw.types.clock import Clock
from openclaw.types.conversation import AssistantMessage, Entry, Thinking, ToolMessage, ToolResult, Usage
from openclaw.types.events import TurnOutcome
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Arrival, Part
from openclaw.types.money import usd

ARGUMENTS = 120
"""Characters of a tool call's arguments that are shown."""


@dataclass(frozen=True, slots=True)
class Close:
    row: InboxRow
    session: Session
    run_id: str
    entries: Sequence[Entry]
    """All of the turn's, the user's message first."""
    text: str
    state: Literal["answered", "dead", "aborted"]
    reason: str
    window: int
    instead_of: Substitution | None = None
    """The model that should have answered."""
    tamed: Callable[[str], str] = str
    """What goes out, with the links that may stand in it."""


class Streaming(Protocol):
    async def settle(self, row: InboxRow, run_id: str) -> Settled:
        """What people have of this run. From now on its end alone adds to it."""

    def withdraw(self, to: Address, message_id: str) -> None:
        """A preview that no answer follows is taken away."""


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
    @property
    def streams(self) -> Streaming: ...


async def close_turn(
    close: Close, parts: Parts, trace: Trace
) -> tuple[list[Draft], tuple[TurnOutcome, str, str, Usage]]:
    """Returns what goes out, and what the watchers are told: outcome, text, reason, usage."""
    row, session = close.row, close.session
    before, now = parts.sessions.entry(session), parts.clock.now_ms()
    read = quiet.heard(without_secrets(close.text, parts.secrets()), row.event, before, now)
    silent, text = read is None, read or ""
    settled = await parts.streams.settle(row, close.run_id)
    owed = [] if silent or _untold(close) else _owed(close, text, settled, parts.secrets())
    if owed and close.instead_of is not None and before.get("fallbackNotice") != close.instead_of.model:
        owed = [*owed, notices.substituted(close.instead_of.model, close.instead_of.fault, _answerer(close))]
    usage = _used(close.entries)
    # Not before: what was sent of it while it was written is compared word for word.
    text, owed = close.tamed(text), [close.tamed(piece) for piece in owed]
    if close.state == "answered" and not silent:
        owed = dressed(owed, close, {**before, **row.event.settings}, usage, settled)
    drafts = reply_drafts(row, overlay.applied(owed, row.event.settings), parts.channels, settled)
    entry = counted(parts.sessions.entry(session), close, usage, now)
    if drafts:
        entry.update(_beaten(row, text, now))
    state = _end_state(close)
    trace.add("transcript", entries=len(close.entries), session=session.id)
    ending = Ending(
        row.seq,
        state,
        "silent" if silent else close.reason,
        trace.record(state, close.reason, session.key),
        drafts=drafts,
        echoes=await _echoes(close, drafts, parts),
        usage=_last_reply_cost(close),
        session=parts.sessions.row(session, entry),
        run_id=close.run_id,
        mail=_letter(close, text, silent=silent, now=parts.clock.now_ms()),
    )
    await parts.ledger.end(ending)
    if settled.delivered.preview is not None and not drafts and row.event.reply_to is not None:
        parts.streams.withdraw(row.event.reply_to, settled.delivered.preview)
    parts.sessions.keep_entry(session, entry)
    return drafts, ("silent" if silent else close.state, "" if silent else text, close.reason, usage)


def _beaten(row: InboxRow, text: str, now: int) -> Mapping[str, object]:
    """What the next heartbeat must not say again."""
    return {"lastHeartbeatText": text, "lastHeartbeatSentAt": now} if row.channel == quiet.HEARTBEAT else {}


def _end_state(close: Close) -> Literal["answered", "dead"]:
    return "answered" if close.state == "aborted" else close.state


def _used(entries: Sequence[Entry]) -> Usage:
    return sum((entry.usage for entry in entries if isinstance(entry, AssistantMessage)), Usage())


async def _echoes(close: Close, drafts: Sequence[Draft], parts: Parts) -> Sequence[Echo]:
    """The turn's own lines, and what the main conversation hears of it once it is sent."""
    own = Echo("transcript", close.session.key, encode_all(close.entries))
    echo = audit_echo(close.row, close.entries, drafts, parts.clock.now_ms())
    if echo is None:
        return (own,)
    if parts.sessions.find(echo.target) is None:
        # It begins with this, under an id that stays.
        await parts.ledger.save_session(await parts.sessions.change(echo.target, close.row.agent, {}))
    return (own, echo)


def _untold(close: Close) -> bool:
    """What the house set itself to and failed at is told, if at all, by whoever watches over it."""
    return close.row.channel in quiet.WATCHED_OVER and close.state == "dead"


def _letter(close: Close, text: str, *, silent: bool, now: int) -> Arrival | None:
    if close.row.event.mail_to is None:
        return None
    rests_on = lowest([*close.session.entries, *close.entries])
    return letter(close.row, close.state, "" if silent else text, rests_on, now)


def dressed(
    texts: list[str], close: Close, entry: Mapping[str, object], usage: Usage, settled: Settled
) -> list[str]:
    """The answer with what its reader asked to see beside it: reasoning, tools, usage."""
    lines = (
        tools_line(entry.get("verboseLevel"), close.entries),
        usage_line(entry.get("responseUsage"), usage),
    )
    if below := "\n".join(line for line in lines if line):
        texts = [*texts[:-1], f"{texts[-1]}\n\n{below}"] if texts else [below]
    thoughts = _thoughts(close) if entry.get("reasoningLevel") == "on" else ""
    # A preview becomes the first message, and that must be the answer.
    return (
        [f"{notices.REASONING}\n{thoughts}", *texts] if thoughts and not settled.delivered.preview else texts
    )


def _thoughts(close: Close) -> str:
    said = (e for e in reversed(close.entries) if isinstance(e, AssistantMessage))
    blocks = next(said).blocks
    return "\n\n".join(block.thinking for block in blocks if isinstance(block, Thinking)).strip()


def tools_line(wanted: object, entries: Sequence[Entry]) -> str:
    """Pure. What `/verbose on` and `/verbose full` put below an answer."""
    calls = [call for entry in entries if isinstance(entry, AssistantMessage) for call in entry.calls]
    if wanted == "full":
        return "\n".join(
            f"Tool: {call.name} {json.dumps(dict(call.arguments))[:ARGUMENTS]}" for call in calls
        )
    names = dict.fromkeys(call.name for call in calls)
    return f"Tools: {', '.join(names)}" if calls and wanted == "on" else ""


def usage_line(wanted: object, usage: Usage) -> str:
    """Pure. What `/usage tokens` and `/usage full` put below an answer."""
    line = f"Usage: {usage.prompt:,} in, {usage.output:,} out"
    match wanted:
        case "tokens":
            return line
        case "full":
            return f"{line}, {usage.cache_read:,} from the cache, {usd(usage.cost)}"
        case _:
            return ""


def _answerer(close: Close) -> str:
    return next(
        (e.model for e in reversed(close.entries) if isinstance(e, AssistantMessage)), "another model"
    )


def _last_reply_cost(close: Close) -> Sequence[UsageRow]:
    """Replies with tool calls were counted when they were recorded; the final one is counted here."""
    last = close.entries[-1]
    if not isinstance(last, AssistantMessage) or last.usage == Usage():
        return ()
    return (Attribution.of(close.row, close.session.key).row(last),)


def _owed(close: Close, text: str, settled: Settled, secrets: frozenset[str]) -> list[str]:
    """The messages that are still to be sent."""
    said = [entry.text for entry in close.entries if isinstance(entry, AssistantMessage)]
    if close.state == "aborted" and settled.delivered.preview is not None:
        # What people have seen of it stays, and says that it goes no further.
        text = without_secrets(said[-1], secrets)
    return pieces(text, len(said) - 1, settled, marked=close.state == "answered")


def reply_drafts(
    row: InboxRow, texts: Sequence[str], channels: Mapping[tuple[str, str], Channel], settled: Settled
) -> list[Draft]:
    """Behind what has been sent of the answer already; a preview of it becomes its first message."""
    to, seen = row.event.reply_to, settled.delivered
    if to is None:
        return []
    channel = channels.get((to.channel, to.account))
    drafts: list[Draft] = []
    for text in texts:
        not_before = settled.pace()
        for part in channel.compose(text) if channel is not None else [Part(text)]:
            number, edits = seen.parts + len(drafts), None if drafts else seen.preview
            drafts.append(
                Draft(
                    new_id("o"), to, part, number, "reply", row.role, row.trace_id,
                    edits=edits, not_before=not_before,
                )
            )  # fmt: skip
    return drafts


def counted(entry: SessionEntry, close: Close, usage: Usage, now: int) -> SessionEntry:
    """The session's counters after this turn. `totalTokens` is what the conversation now fills of the window."""
    row = close.row
    answers = [item for item in close.entries if isinstance(item, AssistantMessage) and item.usage != Usage()]
    entry.update(
        sessionId=close.session.id,
        updatedAt=now,
        inputTokens=entry.get("inputTokens", 0) + usage.input,
        outputTokens=entry.get("outputTokens", 0) + usage.output,
        cacheRead=entry.get("cacheRead", 0) + usage.cache_read,
        cacheWrite=entry.get("cacheWrite", 0) + usage.cache_write,
        cost=round(entry.get("cost", 0.0) + usage.cost, 8),
        abortedLastRun=close.state == "dead",
    )
    entry.setdefault("compactionCount", 0)
    # Told once, until the model that was asked for answers again.
    entry.pop("fallbackNotice", None)
    if close.instead_of is not None:
        entry["fallbackNotice"] = close.instead_of.model
    if answers:
        entry.update(
            model=answers[-1].model,
            totalTokens=answers[-1].usage.prompt + answers[-1].usage.output,
            contextTokens=close.window,
        )
    if row.event.from_house:
        # Nobody has spoken: it keeps no conversation alive, and draws it to no other place.
        entry.setdefault("channel", row.channel)
        entry.setdefault("chatType", row.event.chat_type)
    else:
        entry.update(_last_spoken(row))
    return entry


def _last_spoken(row: InboxRow) -> SessionEntry:
    fields: SessionEntry = {
        "lastInteractionAt": row.received_at,
        "chatType": row.event.chat_type,
        "channel": row.channel,
        "lastChannel": row.channel,
    }
    if (to := row.event.reply_to) is not None:
        fields["lastTo"] = to.chat
        fields["deliveryContext"] = {
            "channel": to.channel,
            "to": to.chat,
            "accountId": to.account,
            **({"threadId": to.thread} if to.thread is not None else {}),
        }
    return fields


def unfinished_entries(steps: Sequence[Step]) -> tuple[Entry, ...]:
    """What a turn had done and heard before it was given up, with every tool call closed."""
    entries: list[Entry] = []
    for step in replay(steps):
        results = tuple(
            step.results.get(call.id) or ToolResult(call.id, INTERRUPTED.format(name=call.name), failed=True)
            for call in step.message.calls
        )
        closed = ToolMessage(f"{step.message.id}.results", step.message.at, results)
        entries += [*step.heard, step.message, closed]
    return (*entries, *last_heard(steps))
