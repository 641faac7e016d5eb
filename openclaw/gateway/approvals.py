"""The owner's word on single tool calls: asked for in his own chat, waited for, given once, for exactly one call."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import anyio

from openclaw.agent.loop import TurnPausedError
from openclaw.agent.tools.base import Scene
from openclaw.bus import Bus, Gap
from openclaw.gateway import approval_text
from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.approval_place import place_to_ask
from openclaw.gateway.approval_text import Deed, canonical
from openclaw.gateway.redaction import without_secrets
from openclaw.gateway.waiting import LOOK, WaitingRoom, same_place
from openclaw.sessions.sessions import Sessions
from openclaw.store.approvals import Approval, ApprovalLedger, Asking, Question, Replaced, TooManyQuestions
from openclaw.store.command_asks import COMMAND
from openclaw.store.inbox import InboxRow
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.types.channel import Channel, Editing
from openclaw.types.clock import Clock, iso
from openclaw.types.errors import OpenClawError
from openclaw.types.events import (
    ApprovalOutcome,
    ApprovalRequested,
    ApprovalResolved,
    Event,
    ReplyReady,
    ReplySent,
    Stopping,
    TurnFinished,
)
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Part

logger = logging.getLogger(__name__)

LASTS_MS = 600_000
NAP_SECONDS = 30.0
"""Between looks at the wall clock: a machine that slept has not counted the minutes."""
DEPTH = 1024

Outcome = Literal["approved", "denied", "expired", "withdrawn", "too-many"]


class UnknownApprovalError(OpenClawError):
    """There is no such question."""


class SettledApprovalError(OpenClawError):
    """It has its answer, or none was given in time."""


@dataclass(frozen=True, slots=True)
class ApprovalParts:
    approvals: ApprovalLedger
    ledger: Ledger
    sessions: Sessions
    room: WaitingRoom
    channels: Mapping[tuple[str, str], Channel]
    bus: Bus
    clock: Clock
    secrets: Callable[[], frozenset[str]]
    owners: Sequence[Address]
    """Where each owner is written to directly, on every account."""


@dataclass(slots=True)
class _Waiter:
    session_key: str
    changed: anyio.Event = field(default_factory=anyio.Event)


class Approvals:
    def __init__(self, parts: ApprovalParts) -> None:
        self._parts = parts
        self._waiters: dict[str, _Waiter] = {}
        self._asking_runs: set[str] = set()
        self._late: dict[str, tuple[str, Part]] = {}
        """Questions that were settled while they were being sent."""
        self._stopping = False
        self._new = anyio.Event()

    async def run(self) -> None:
        """Until cancelled: what nobody waits for any more is withdrawn, and a program's question ends in time."""
        await self._tidy()
        async with anyio.create_task_group() as group:
            group.start_soon(self._end_in_time)
            await self._parts.bus.watch(
                "approvals", self._see, TurnFinished, ReplySent, Stopping, depth=DEPTH
            )

    def knock(self, session_key: str, settings: Mapping[str, object]) -> None:
        """Somebody writes to a busy session: whoever waits there looks whether it is for him."""
        for waiter in self._waiters.values():
            if waiter.session_key == session_key:
                waiter.changed.set()

    # -- asking ---------------------------------------------------------------------------------------

    async def ask(self, deed: Deed, scene: Scene) -> tuple[str, Outcome]:
        """The approval's id, and what came of it. Raises TurnPausedError when the daemon stops meanwhile."""
        asking = self._asking(deed, scene)
        asked = await self._parts.approvals.ask(_question(deed, scene), asking)
        if isinstance(asked, TooManyQuestions):
            return "", "too-many"
        approval, fresh = asked
        self._asking_runs.add(scene.run_id)
        if fresh:
            await self.announce(approval, asking)
        outcome = approval.state if approval.state != "pending" else await self._answer_to(approval, scene)
        if outcome == "approved" and not await self._parts.approvals.use(approval.id):
            outcome = "withdrawn"
        return approval.id, outcome

    def _asking(self, deed: Deed, scene: Scene) -> Asking:
        name = approval_text.spoken_id()
        words = approval_text.summary(deed), approval_text.described(deed, scene), "may I do this, once?"
        return self.worded((name, *words), scene, LASTS_MS)

    def worded(self, words: tuple[str, str, str, str], scene: Scene, lasts_ms: int) -> Asking:
        """`words`: its id, its summary, its text, and how it is asked. Nothing is asked yet."""
        name, summary, text, asks = words
        secrets, to, draft = self._parts.secrets(), self._place_to_ask(scene), None
        text = without_secrets(text, secrets)
        if to is not None:
            part = approval_text.question_part(name, text, lasts_ms / 60_000, asks)
            draft = Draft(new_id("o"), to, part, 0, "owner", "owner", scene.trace_id)
        until = self._parts.clock.now_ms() + lasts_ms
        return Asking(name, without_secrets(summary, secrets), text, until, draft)

    def _place_to_ask(self, scene: Scene) -> Address | None:
        written = [
            Address(str(place["channel"]), str(place["to"]), str(place.get("accountId") or "default"))
            for _, entry in self._parts.sessions.listing()
            if entry.get("chatType") == "direct" and isinstance(place := entry.get("deliveryContext"), dict)
            if {"channel", "to"} <= place.keys()
        ]
        return place_to_ask(scene, self._parts.owners, written)

    async def announce(self, approval: Approval, asking: Asking) -> None:
        """It stands in the ledger: whoever may answer hears of it."""
        parts, question = self._parts, approval.question
        self._new.set()
        logger.info("approval %s is asked for: %s", approval.id, approval.summary)
        if asking.draft is not None:
            await parts.bus.publish(ReplyReady(asking.draft.to))
        await parts.bus.publish(
            ApprovalRequested(
                approval.id, question.agent, question.session_key, approval.summary,
                approval.asked_at, approval.expires_at,
            )
        )  # fmt: skip

    async def _answer_to(self, approval: Approval, scene: Scene) -> Outcome:
        waiter = self._waiters[approval.id] = _Waiter(scene.session_key)
        try:
            before = {row.seq for row in await self._waiting(scene)}
            while True:
                waiter.changed = anyio.Event()
                known = await self._parts.approvals.find(approval.id)
                if known is None or known.state != "pending":
                    return known.state if known is not None and known.state != "pending" else "withdrawn"
                if self._stopping:
                    raise TurnPausedError
                if ending := await self._reason_to_end(known, scene, before):
                    await self._settle(known, ending, "")
                    continue
                left = (known.expires_at - self._parts.clock.now_ms()) / 1000
                with anyio.move_on_after(min(NAP_SECONDS, left)):
                    await waiter.changed.wait()
        finally:
            del self._waiters[approval.id]

    async def _reason_to_end(
        self, approval: Approval, scene: Scene, before: set[int]
    ) -> Literal["expired", "withdrawn"] | None:
        if self._parts.clock.now_ms() >= approval.expires_at:
            return "expired"
        rows = await self._waiting(scene)
        entry = self._parts.sessions.find(scene.session_key) or {}

        def mode(row: InboxRow) -> str:
            return self._parts.room.rules({**entry, **row.event.settings}, row.channel).mode

        return "withdrawn" if somebody_writes(rows, scene.run_id, before, mode) else None

    async def _waiting(self, scene: Scene) -> list[InboxRow]:
        return await self._parts.ledger.waiting(scene.session_key, LOOK)

    # -- deciding -------------------------------------------------------------------------------------

    async def decide(self, approval_id: str, *, allow: bool, by: str) -> Approval:
        """`by`: an authenticated owner. Raises UnknownApprovalError and SettledApprovalError."""
        approval = await self._parts.approvals.find(approval_id.strip().lower())
        if approval is None:
            raise UnknownApprovalError(
                f"there is no approval {approval_id[:40]!r}; /approve and `openclaw approvals list` show what waits"
            )
        if approval.state == "pending" and self._parts.clock.now_ms() >= approval.expires_at:
            await self._settle(approval, "expired", "")
        elif await self._settle(approval, "approved" if allow else "denied", by):
            return await self._parts.approvals.find(approval.id) or approval
        settled = await self._parts.approvals.find(approval.id) or approval
        raise SettledApprovalError(f"approval {approval.id} is {settled.state} already; nothing was changed")

    async def pending(self) -> list[Approval]:
        now = self._parts.clock.now_ms()
        return [approval for approval in await self._parts.approvals.pending() if approval.expires_at > now]

    async def recent(self) -> list[Approval]:
        return await self._parts.approvals.recent()

    async def _settle(self, approval: Approval, outcome: ApprovalOutcome, by: str) -> bool:
        parts = self._parts
        told = approval_text.told_part(approval.id, approval.text, outcome, by)
        replaced = await parts.approvals.settle(approval.id, outcome, by, told, self._edits)
        if replaced is None:
            return False
        logger.info("approval %s: %s%s", approval.id, outcome, f" by {by}" if by else "")
        if (waiter := self._waiters.get(approval.id)) is not None:
            waiter.changed.set()
        await self._follow(approval.id, told, replaced)
        await parts.bus.publish(ApprovalResolved(approval.id, outcome, by, parts.clock.now_ms()))
        return True

    async def _follow(self, approval_id: str, told: Part, replaced: Replaced) -> None:
        if replaced.under_way:
            self._late[replaced.under_way] = (approval_id, told)
        if replaced.written_to is not None:
            await self._parts.bus.publish(ReplyReady(replaced.written_to))

    def _edits(self, to: Address) -> bool:
        return isinstance(self._parts.channels.get((to.channel, to.account)), Editing)

    # -- what nobody waits for ------------------------------------------------------------------------

    async def _see(self, event: Event | Gap) -> None:
        match event:
            case Stopping():
                self._stopping = True
                for waiter in self._waiters.values():
                    waiter.changed.set()
            case TurnFinished() if event.outcome != "paused":
                await self.leave(event.run_id)
            case ReplySent() if event.outbox_id in self._late:
                approval_id, told = self._late.pop(event.outbox_id)
                again = await self._parts.approvals.replace_question(approval_id, told, self._edits)
                await self._follow(approval_id, told, again)
            case Gap():
                await self._tidy()
            case _:
                pass

    async def expire(self, approval: Approval) -> None:
        """Nobody has answered in time."""
        await self._settle(approval, "expired", "")

    async def _end_in_time(self) -> None:
        # A turn looks at its own clock while it waits; a program may have left its question behind.
        while True:
            self._new = anyio.Event()
            until = None
            for each in await self._parts.approvals.pending():
                if each.question.kind != COMMAND:
                    continue
                if each.expires_at <= self._parts.clock.now_ms():
                    await self.expire(each)
                else:
                    until = min(until or each.expires_at, each.expires_at)
            left = None if until is None else (until - self._parts.clock.now_ms()) / 1000
            with anyio.move_on_after(None if left is None else min(NAP_SECONDS, left)):
                await self._new.wait()

    async def leave(self, run_id: str) -> None:
        """The run is over: nobody waits any more for what it asked."""
        if run_id in self._asking_runs:
            self._asking_runs.discard(run_id)
            waiting = await self._parts.approvals.pending()
            await self._withdraw(each for each in waiting if each.question.run_id == run_id)

    async def _tidy(self) -> None:
        """Turns that ended while nobody watched."""
        await self._withdraw(await self._parts.approvals.orphans())
        self._asking_runs |= {each.question.run_id for each in await self._parts.approvals.pending()}

    async def _withdraw(self, approvals: Iterable[Approval]) -> None:
        for approval in approvals:
            await self._settle(approval, "withdrawn", "")


def _question(deed: Deed, scene: Scene) -> Question:
    bound = canonical({"tool": deed.tool, "arguments": deed.arguments}).encode()
    return Question(
        scene.run_id, scene.call_id, scene.agent, scene.session_key, deed.tool, deed.act.kind.value, deed.why,
        canonical(deed.arguments), hashlib.sha256(bound).hexdigest(),
    )  # fmt: skip


def owner_addresses(policies: Mapping[tuple[str, str], AccessPolicy]) -> tuple[Address, ...]:
    """Pure. On channels that have owners a person's direct chat goes by his id."""
    return tuple(
        Address(channel, owner, account)
        for (channel, account), policy in policies.items()
        for owner in sorted(policy.owners)
    )


def somebody_writes(
    rows: Sequence[InboxRow], run_id: str, before: set[int], mode: Callable[[InboxRow], str]
) -> bool:
    """Whether a message waits that the turn should hear before it goes on. Pure.

    `before`: what waited when it was asked. With `steer-backlog` a message goes on waiting after it was heard.
    """
    own = next((row for row in rows if row.run_id == run_id), None)
    if own is None:
        return False
    others = [row for row in rows if row.seq > own.seq and same_place(row, own)]
    return any(
        row.event.command or mode(row) == "steer" or (mode(row) == "steer-backlog" and row.seq not in before)
        for row in others
    )


def shown(approval: Approval) -> dict[str, Any]:
    """As programs read it."""
    question = approval.question
    return {
        "id": approval.id,
        "state": approval.state,
        "tool": question.tool,
        "kind": question.kind,
        "summary": approval.summary,
        "why": question.why,
        "text": approval.text,
        "arguments": question.arguments,
        "sha256": question.sha256,
        "agent": question.agent,
        "sessionKey": question.session_key,
        "runId": question.run_id,
        "askedAt": iso(approval.asked_at),
        "expiresAt": iso(approval.expires_at),
        "decidedBy": approval.decided_by,
        "decidedAt": iso(approval.decided_at) if approval.decided_at is not None else None,
    }
