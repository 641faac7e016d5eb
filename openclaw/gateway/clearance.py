"""What leaves for a telephone is cleared here: judged, recorded, and where the gates hold it put to the owner."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from openclaw.bus import Bus
from openclaw.compliance import gates
from openclaw.compliance.reasons import explained
from openclaw.gateway import approval_text
from openclaw.gateway.approval_text import canonical, fitted, visible
from openclaw.gateway.redaction import without_secrets
from openclaw.store.approvals import HELD_MESSAGE, Asking, Question
from openclaw.store.consents import ComplianceEvent, ConsentLedger
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Claimed, Draft, Later
from openclaw.store.verdicts import Judged, VerdictLedger
from openclaw.types.clock import Clock
from openclaw.types.dealings import Dealings
from openclaw.types.events import ApprovalRequested, ReplyReady
from openclaw.types.ids import new_id
from openclaw.types.messages import Address
from openclaw.types.sending import Facts, Purpose, SendIntent, Submission, Verdict
from openclaw.types.sending_rules import SendingRules

logger = logging.getLogger(__name__)

HELD_FOR_MS = 24 * 3_600_000
WORDS = 1_600
"""Characters of a held message that the owner is shown: all that a text can have."""
FAILED = Verdict("block", "gate-computer", "failed")


@dataclass(frozen=True, slots=True)
class ClearanceParts:
    verdicts: VerdictLedger
    consents: ConsentLedger
    bus: Bus
    clock: Clock
    secrets: Callable[[], frozenset[str]]
    authorized: Callable[[], frozenset[str]]
    """Numbers of the authorised list. Called in the ledger's thread: it reads memory and nothing else."""


class Clearance:
    """Satisfies `store.verdicts.Gatekeeper`."""

    def __init__(self, parts: ClearanceParts, rules: SendingRules, owners: Sequence[Address]) -> None:
        """`owners`: where the owner can be written to directly; the first is asked about what is held."""
        self._parts = parts
        self._rules = rules
        self._owners = owners

    def adopt(self, rules: SendingRules) -> None:
        """For what leaves from now on."""
        self._rules = rules

    @property
    def consents(self) -> ConsentLedger:
        return self._parts.consents

    # -- what leaves ------------------------------------------------------------------------------------

    async def claim(self, ledger: Ledger, to: Address) -> Claimed | Later | None:
        """For delivery: the next message for a telephone."""
        claim = await ledger.claim_gated(to, self)
        await self._tell(claim.said)
        return claim.found

    async def submit(self, draft: Draft) -> Submission:
        """A message that nobody's turn has brought forth: into the outbox, with what the gates say of it now."""
        submission, asked = await self._parts.verdicts.submit(draft, self)
        intent = _intent(draft, self._parts.clock.now_ms())
        await self._tell([(intent, Judged(submission.verdict, submission.approval_id, asked))])
        if submission.status in {"queued", "deferred"}:
            await self._parts.bus.publish(ReplyReady(draft.to))
        return submission

    async def explain(self, to: Address, text: str, purpose: Purpose) -> Verdict:
        """Nothing is sent and nothing recorded."""
        now = self._parts.clock.now_ms()
        intent = SendIntent(new_id("o"), to, text, purpose, "stranger", 0, now)
        return await self._parts.verdicts.explain(intent, self)

    async def records(self, number: str | None, limit: int) -> list[dict[str, object]]:
        return await self._parts.consents.listing(number, limit)

    async def recent(self, limit: int) -> list[dict[str, object]]:
        """What the gates said, the newest first."""
        return await self._parts.verdicts.recent(limit)

    async def record(self, event: ComplianceEvent) -> str:
        logger.info("%s recorded for %s by %s", event.kind, event.subject or "all numbers", event.by or "-")
        return await self._parts.consents.record(event)

    # -- inside the transaction -------------------------------------------------------------------------

    def own_number(self, to: Address) -> str:
        return self._rules.senders.get((to.channel, to.account), "")

    def judge(self, intent: SendIntent, dealings: Dealings | None) -> Verdict:
        parts = self._parts
        try:
            facts = Facts(parts.clock.now_ms(), parts.secrets(), parts.authorized(), dealings, self._rules)
            return gates.decide(intent, facts)
        except Exception:
            logger.exception("the gates failed, so %s is not sent", intent.id)
            return FAILED

    def question(self, intent: SendIntent, verdict: Verdict, now: int) -> tuple[Question, Asking]:
        name, summary = approval_text.spoken_id(), _summary(intent)
        text = without_secrets(described(intent, verdict), self._parts.secrets())
        arguments = canonical({"channel": intent.to.channel, "to": intent.to.chat, "text": intent.text})
        bound = f"{intent.id}\n{arguments}".encode("utf-8", "replace")
        question = Question(
            f"gate:{intent.id}", intent.id, "", "", "send", HELD_MESSAGE, verdict.reason, arguments,
            hashlib.sha256(bound).hexdigest(),
        )  # fmt: skip
        draft = None
        if self._owners:
            part = approval_text.question_part(name, text, HELD_FOR_MS // 60_000)
            draft = Draft(new_id("o"), self._owners[0], part, 0, "owner", "owner", "")
        return question, Asking(name, summary, text, now + HELD_FOR_MS, draft)

    # -- what follows -----------------------------------------------------------------------------------

    async def _tell(self, said: Iterable[tuple[SendIntent, Judged]]) -> None:
        for intent, found in said:
            verdict = found.verdict
            if verdict.outcome == "allow":
                continue
            level = logging.INFO if verdict.outcome == "defer" else logging.WARNING
            logger.log(
                level,
                "message %s to %s: %s, %s",
                intent.id,
                intent.to.chat,
                verdict.outcome,
                explained(verdict),
            )
            if found.asked is not None:
                now = self._parts.clock.now_ms()
                await self._parts.bus.publish(ReplyReady(found.asked))
                await self._parts.bus.publish(
                    ApprovalRequested(found.approval_id, "", "", _summary(intent), now, now + HELD_FOR_MS)
                )


def described(intent: SendIntent, verdict: Verdict) -> str:
    """Pure. Built from the message alone: nothing in it can pass for a line of ours."""
    what = "Call" if intent.to.channel == "voice" else "Message"
    lines = [
        f"{what} on {visible(intent.to.channel)} to {visible(intent.to.chat)}",
        f"Why I ask: {visible(explained(verdict))}",
    ]
    if intent.text:
        words = fitted(visible(intent.text, lines=True), WORDS).split("\n")
        lines += ["Words:", *(f"> {line}" for line in words)]
    return "\n".join(lines)


def _summary(intent: SendIntent) -> str:
    return f"{intent.to.channel} to {visible(intent.to.chat)}"


def _intent(draft: Draft, now: int) -> SendIntent:
    return SendIntent(
        draft.id, draft.to, draft.part.text, draft.purpose, draft.audience, 0, now, draft.campaign
    )
