"""A program asks the owner before it runs a command itself: by the same questions as our own tools, never run by us."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import anyio

from openclaw.agent.tools.base import Scene
from openclaw.bus import Bus, Gap, Subscription
from openclaw.gateway import command_text
from openclaw.gateway.approval_text import canonical, spoken_id
from openclaw.gateway.approvals import LASTS_MS, NAP_SECONDS, Approvals, UnknownApprovalError
from openclaw.gateway.command_text import Asker, Command
from openclaw.store.approvals import Approval, ApprovalState, Question, TooManyQuestions
from openclaw.store.command_asks import COMMAND, CommandLedger, OtherContent
from openclaw.types.clock import Clock
from openclaw.types.errors import OpenClawError
from openclaw.types.events import ApprovalResolved

MOST_LISTENING = 16
"""Of one asker's requests that wait for an answer at the same time."""
WHY = "a program asks before it runs a command itself"


class TooManyCommandsError(OpenClawError):
    """Whoever asks has to wait until some of his questions have their answers."""


class OtherCommandError(OpenClawError):
    """An id stands for one command, exactly as it was asked about."""


@dataclass(frozen=True, slots=True)
class Decided:
    approval: Approval
    allowed: bool
    outcome: ApprovalState | Literal["used"]
    """`used`: the yes was told to another connection already, or nobody fetched it in time."""


class CommandRequests:
    def __init__(self, approvals: Approvals, ledger: CommandLedger, bus: Bus, clock: Clock) -> None:
        self._approvals = approvals
        self._ledger = ledger
        self._bus = bus
        self._clock = clock
        self._listening: Counter[str] = Counter()

    async def ask(self, command: Command, asker: Asker, name: str | None, lasts_ms: int) -> Approval:
        """Asks the owner; at once, without his answer. The same `name` again is the same question.

        Raises TooManyCommandsError and OtherCommandError.
        """
        ours = spoken_id()
        question = _question(command, asker, name or ours)
        text, told = command_text.described(command, asker), command_text.summary(command, asker)
        scene = Scene(question.agent, question.session_key, question.run_id, Path())
        asking = self._approvals.worded(
            (ours, told, text, "may this run, once?"), scene, min(lasts_ms, LASTS_MS)
        )
        asked = await self._ledger.ask(question, asking)
        if isinstance(asked, TooManyQuestions):
            raise TooManyCommandsError("too many questions of programs wait already; ask again later")
        if isinstance(asked, OtherContent):
            raise OtherCommandError(f"id {name!r} stands for another command already; use a new one")
        approval, fresh = asked
        if fresh:
            await self._approvals.announce(approval, asking)
        return approval

    async def decision(self, name: str, asker: Asker, connection: str) -> Decided:
        """Waits for the owner's word. Raises UnknownApprovalError and TooManyCommandsError."""
        # Subscribed before the first look, so that an answer between the two is not missed.
        with (
            self._one_more(asker),
            self._bus.subscribe(ApprovalResolved, depth=64, lossless=False) as answers,
        ):
            while True:
                approval = await self._ledger.find(asker.id, name)
                if approval is None:
                    raise UnknownApprovalError(
                        "approval expired or not found; ask with exec.approval.request"
                    )
                if approval.state != "pending":
                    return await self._handed_out(approval, connection)
                left = (approval.expires_at - self._clock.now_ms()) / 1000
                if left <= 0:
                    await self._approvals.expire(approval)
                    continue
                with anyio.move_on_after(min(NAP_SECONDS, left)):
                    await _answer(answers, approval.id)

    async def _handed_out(self, approval: Approval, connection: str) -> Decided:
        if approval.state != "approved":
            return Decided(approval, False, approval.state)
        since = self._clock.now_ms() - LASTS_MS
        if await self._ledger.hand_out(approval.id, connection, since):
            return Decided(approval, True, "approved")
        return Decided(approval, False, "used")

    @contextmanager
    def _one_more(self, asker: Asker) -> Iterator[None]:
        if self._listening[asker.id] >= MOST_LISTENING:
            raise TooManyCommandsError("too many requests of yours wait for answers; wait for one of them")
        self._listening[asker.id] += 1
        try:
            yield
        finally:
            self._listening[asker.id] -= 1
            self._listening += Counter()  # forgets those who wait for nothing


async def _answer(answers: Subscription, approval_id: str) -> None:
    while True:
        event = await answers.next()
        if isinstance(event, Gap) or (
            isinstance(event, ApprovalResolved) and event.approval_id == approval_id
        ):
            return


def _question(command: Command, asker: Asker, name: str) -> Question:
    kept = command_text.without_values(command)
    bound = canonical({"kind": COMMAND, "asker": asker.id, **kept, "env": dict(command.env)}).encode()
    return Question(
        asker.id, name, command.agent, command.session_key, "exec", COMMAND, WHY, canonical(kept),
        hashlib.sha256(bound).hexdigest(),
    )  # fmt: skip
