"""From the outbox to people: claimed in the ledger, sent, recorded; one at a time per address, in order."""

import logging
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import anyio
from anyio.abc import TaskGroup

from openclaw.bus import Bus
from openclaw.compliance import gates
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.tracing import span
from openclaw.sessions.sessions import Sessions
from openclaw.sessions.transcript import TranscriptError
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Claimed, Later
from openclaw.types.channel import Channel, Editing
from openclaw.types.clock import Clock
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.events import ReplyReady, ReplySent
from openclaw.types.messages import Address, Outbound, Role
from openclaw.types.sending import Facts, SendIntent, Verdict

logger = logging.getLogger(__name__)

AmbiguousPolicy = Literal["resend-once-marked", "ask", "drop"]
LONGEST_WAIT_SECONDS = 300.0
ADDRESSES_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class DeliveryParts:
    ledger: Ledger
    sessions: Sessions
    channels: Mapping[tuple[str, str], Channel]
    bus: Bus
    clock: Clock
    secrets: Callable[[], frozenset[str]]


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    attempts: int = 8
    on_ambiguous: AmbiguousPolicy | None = None

    def policy(self, audience: Role) -> AmbiguousPolicy:
        """Resend to owners, who forgive a marked copy; ask before a stranger gets a message twice."""
        return self.on_ambiguous or ("resend-once-marked" if audience == "owner" else "ask")


def wait_seconds(attempts: int, asked: float, chance: float) -> float:
    """Pure. What the provider asks for, else doubling from one second, with up to a quarter more by chance."""
    doubled = 2.0 ** min(attempts - 1, 16)
    return max(asked, min(doubled, LONGEST_WAIT_SECONDS) * (1 + chance / 4))


class Delivery:
    def __init__(self, parts: DeliveryParts, rules: DeliveryRules) -> None:
        self._parts = parts
        self._rules = rules
        self._lanes: Lanes[Address] = Lanes(self._send_next, at_once=ADDRESSES_AT_ONCE)
        self._group: TaskGroup | None = None
        self._alarms: dict[Address, int] = {}
        """When an address is looked at again, in milliseconds since 1970."""

    async def run(self) -> None:
        """Until cancelled. The first pass settles and sends what an earlier life of the daemon left."""
        # Subscribed before the table is read: a row written in between is found by one or by the other.
        with self._parts.bus.subscribe(ReplyReady, depth=256, lossless=True) as ready:
            async with anyio.create_task_group() as group:
                self._group = group
                await group.start(self._lanes.run)
                for doubtful in await self._parts.ledger.doubt_unanswered():
                    await self._settle_ambiguous(doubtful.id, doubtful.audience)
                for address in await self._parts.ledger.addresses_due():
                    self._lanes.wake(address)
                async for event in ready:
                    if isinstance(event, ReplyReady):
                        self.wake(event.to)

    def wake(self, to: Address) -> None:
        self._lanes.wake(Address(to.channel, to.chat, to.account))

    async def finish(self) -> None:
        """Returns when all that is due now has been offered to its channel; later rows wait for the next start."""
        for address in await self._parts.ledger.addresses_due():
            self._lanes.wake(address)
        await self._lanes.rest()
        await self._lanes.finish()

    async def _send_next(self, to: Address) -> bool:
        channel = self._parts.channels.get((to.channel, to.account))
        if channel is None:
            return False  # it waits in the outbox until its channel is configured again
        match await self._parts.ledger.claim(to, self._decide):
            case None:
                return False
            case Later(at):
                self._wake_at(to, at)
                return False
            case Claimed() as claimed:
                await self._send(channel, claimed)
                return True

    def _decide(self, intent: SendIntent) -> Verdict:
        """Inside the claiming transaction, in the ledger's thread."""
        try:
            verdict = gates.decide(intent, Facts(self._parts.clock.now_ms(), self._parts.secrets()))
        except Exception:
            logger.exception("the gates failed, so message %s is not sent", intent.id)
            return Verdict("block", "gates", "failed")
        if verdict.outcome != "allow":
            logger.warning(
                "message %s: %s by %s (%s)", intent.id, verdict.outcome, verdict.gate, verdict.code
            )
        return verdict

    def _wake_at(self, to: Address, at: int) -> None:
        if self._group is None or self._alarms.get(to, at + 1) <= at:
            return  # however many messages wait for an address, one alarm is enough

        async def wait() -> None:
            await anyio.sleep(max(0.0, (at - self._parts.clock.now_ms()) / 1000))
            if self._alarms.get(to) == at:
                del self._alarms[to]
            self._lanes.wake(to)

        self._alarms[to] = at
        self._group.start_soon(wait)

    async def _send(self, channel: Channel, claimed: Claimed) -> None:
        message, parts = claimed.message, self._parts
        at, started = parts.clock.now_ms(), parts.clock.monotonic()
        try:
            provider_id = await self._offer(channel, message)
        except DeliveryError as error:
            await self._refused(claimed, error, at)
        except AmbiguousDeliveryError as error:
            logger.warning("%s (message %s)", error, message.id)
            await self._doubt(claimed, error.reason)
        except Exception as error:
            # A channel's own mistake: nobody knows how far it came, and no other chat suffers for it.
            logger.exception("%s failed while it sent message %s", message.to.channel, message.id)
            await self._doubt(claimed, f"unexpected {type(error).__name__}: {error}")
        else:
            ms = (parts.clock.monotonic() - started) * 1000
            facts = {"channel": message.to.channel, "providerId": provider_id, "attempts": claimed.attempts}
            released = await parts.ledger.sent(claimed, provider_id, span("send", at, ms, **facts))
            await self._write_echoes(dict.fromkeys(released))
            await parts.bus.publish(ReplySent(message.id, message.to, claimed.trace_id))

    async def _offer(self, channel: Channel, message: Outbound) -> str:
        """An edit that may or may not have happened is simply repeated: it is no doubtful send."""
        if message.edits is None:
            return await channel.send(message)
        if isinstance(channel, Editing):
            try:
                if await channel.edit(message.to, message.edits, message.part):
                    return message.edits
            except AmbiguousDeliveryError as error:
                raise DeliveryError(message.to, error.reason, retry_after=0.0) from error
        # Before it leaves as a message of its own: from here on it is one that must not be repeated.
        await self._parts.ledger.send_anew(message.id)
        return await channel.send(message)

    async def _write_echoes(self, session_keys: Iterable[str]) -> None:
        for session_key in session_keys:
            try:
                await self._parts.sessions.take_released(session_key)
            except (OSError, TranscriptError):
                logger.exception(
                    "the transcript of %s cannot be written; the ledger keeps its lines", session_key
                )

    async def _doubt(self, claimed: Claimed, reason: str) -> None:
        await self._parts.ledger.settle_send(claimed.message.id, "ambiguous", reason, claimed.trace_id)
        await self._settle_ambiguous(claimed.message.id, claimed.audience)

    async def _refused(self, claimed: Claimed, error: DeliveryError, at: int) -> None:
        if error.retry_after is None or claimed.attempts >= self._rules.attempts:
            logger.error(
                "%s; it is given up after %d attempts (message %s)",
                error,
                claimed.attempts,
                claimed.message.id,
            )
            await self._parts.ledger.settle_send(claimed.message.id, "failed", error.reason, claimed.trace_id)
            return
        wait = wait_seconds(claimed.attempts, error.retry_after, random.random())  # noqa: S311 - jitter, no secret
        logger.warning("%s; tried again in %.1f s (message %s)", error, wait, claimed.message.id)
        due = self._parts.clock.now_ms() + round(wait * 1000)
        told = span("send", at, 0.0, refused=error.reason, retryInSeconds=round(wait, 1))
        await self._parts.ledger.retry_send(claimed, due, error.reason, told)

    async def _settle_ambiguous(self, outbox_id: str, audience: Role) -> None:
        match self._rules.policy(audience):
            case "resend-once-marked":
                await self._parts.ledger.resend_marked(outbox_id)
                state, to = await self._parts.ledger.send_state(outbox_id)
                if state != "pending" or to is None:
                    _ask_what_to_do(outbox_id)  # the marked copy itself is in doubt
                    return
                logger.warning(
                    "message %s may have been delivered already; sent once more, marked", outbox_id
                )
                self.wake(to)
            case "ask":
                _ask_what_to_do(outbox_id)
            case "drop":
                await self._parts.ledger.settle_send(outbox_id, "dropped", "ambiguous")


def _ask_what_to_do(outbox_id: str) -> None:
    logger.warning(
        "message %s may have been delivered or not: openclaw outbox resend|drop %s", outbox_id, outbox_id
    )
